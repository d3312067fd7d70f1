"""``obspeed.detrend(st, ...)`` and its like: the methods as functions, with nothing patched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from obspy import Stream, Trace

from . import _originals
from ._execute import call_method
from ._methods import METHODS


def _function(name: str) -> Callable[..., Any]:
    def function(target: Stream | Trace, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(target, (Stream, Trace)):
            raise TypeError(f"expected a Stream or a Trace, got {type(target).__name__}")
        if not _originals.is_known(type(target), name):
            return getattr(target, name)(*args, **kwargs)
        return call_method(target, name, args, kwargs)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "obspeed"
    function.__signature__ = _signature(name)  # type: ignore[attr-defined]
    function.__doc__ = f"""
    Do ``{name}`` for a Stream or a Trace: the same call, the same answer as ObsPy's method.

    Parameters
    ----------
    target : obspy.Stream or obspy.Trace
        What to work on; its traces are changed as the method changes them.
    *args, **kwargs
        The arguments of ``obspy.Trace.{name}``.

    Returns
    -------
    obspy.Stream or obspy.Trace
        What the method returns: `target`, or None where ObsPy returns None.

    Raises
    ------
    Exception
        What the method raises, for the same reasons.

    See Also
    --------
    obspy.core.trace.Trace.{name} : Meaning of the arguments.
    """
    return function


def _signature(name: str) -> Any:
    first, *rest = _originals.signature(name).parameters.values()
    return _originals.signature(name).replace(parameters=[first.replace(name="target"), *rest])


FUNCTIONS = {name: _function(name) for name in METHODS}
