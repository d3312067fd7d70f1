"""ObsPy's own methods, whatever is patched over them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

from obspy import Stream, Trace

Function = Callable[..., Any]

ours: dict[tuple[type, str], Function] = {}
"""What obspeed has put into ObsPy's classes, each with what it covers as ``__wrapped__``."""


def _is_obspys(function: Any) -> bool:
    """Whether a function is defined in ObsPy, decorators of its own included."""
    while inspect.isfunction(function):
        if not hasattr(function, "__wrapped__"):
            return function.__module__.startswith("obspy.")
        function = function.__wrapped__
    return False


_at_import: dict[tuple[type, str], Function] = {
    (kind, name): function
    for kind in (Stream, Trace)
    for name, function in vars(kind).items()
    if _is_obspys(function)
}


def original(kind: type, name: str) -> Function:
    """Return the method `name` of Stream or Trace as it is without obspeed."""
    function: Function = vars(kind)[name]
    return function.__wrapped__ if function is ours.get((kind, name)) else function  # type: ignore[attr-defined]


def is_original(kind: type, name: str) -> bool:
    """Whether Stream or Trace has ObsPy's own method now: neither obspeed's nor somebody else's."""
    return vars(kind).get(name) is _at_import.get((kind, name), ...)


def is_known(kind: type, name: str) -> bool:
    """Whether objects of this class have ObsPy's method or obspeed's, not an override or a mock."""
    function = getattr(kind, name, None)
    key = (Stream if issubclass(kind, Stream) else Trace, name)
    return function is not None and (function is _at_import.get(key) or function is ours.get(key))


@cache
def signature(name: str) -> inspect.Signature:
    """Return the signature of a method of Trace, or of one that only Stream has."""
    kind = Trace if hasattr(Trace, name) else Stream
    return inspect.signature(_at_import.get((kind, name), vars(kind)[name]))
