"""Putting obspeed's methods into ObsPy's classes, and taking them out again."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from obspy import Stream, Trace

from . import _originals
from ._execute import call_method, is_passing
from ._locks import ForkSafeLock
from ._methods import METHODS

_lock = ForkSafeLock()
_enabled: set[str] = set()


def enable(*names: str) -> None:
    """
    Make ObsPy's own methods run on obspeed.

    Parameters
    ----------
    *names : str
        Methods of Stream and Trace, such as ``"detrend"``; all that obspeed accelerates if none is
        given. What is enabled already stays enabled.

    Raises
    ------
    ValueError
        If obspeed does not accelerate a method of that name.

    Notes
    -----
    With ``OBSPEED_DISABLE=1`` in the environment this has no effect.
    """
    unknown = set(names) - METHODS.keys()
    if unknown:
        raise ValueError(f"expected names among {sorted(METHODS)}, got {sorted(unknown)}")
    if os.environ.get("OBSPEED_DISABLE") == "1":
        return
    with _lock:
        _set(_enabled | set(names or METHODS))


def disable() -> None:
    """Give ObsPy its own methods back: the very functions that were there before."""
    with _lock:
        _set(set())


def is_enabled(name: str | None = None) -> bool:
    """
    Return whether ObsPy's methods run on obspeed.

    Parameters
    ----------
    name : str, optional
        One method; without it, whether any does.
    """
    return bool(_enabled) if name is None else name in _enabled


@contextmanager
def enabled(*names: str) -> Iterator[None]:
    """
    Enable within a ``with`` block, and return to what was enabled before.

    Parameters
    ----------
    *names : str
        As for `enable`.
    """
    with _lock:
        before = set(_enabled)
        enable(*names)
    try:
        yield
    finally:
        with _lock:
            _set(before)


def _set(names: set[str]) -> None:
    """Patch exactly these methods."""
    for name in METHODS:
        for kind in (Stream, Trace):
            if name in names:
                _patch(kind, name)
            else:
                _unpatch(kind, name)
    _enabled.clear()
    _enabled.update(names)


def _patch(kind: type, name: str) -> None:
    # Where somebody has patched over ours, ours is still beneath and only has to be active again.
    if (kind, name) not in _originals.ours:
        function = _wrap(name, vars(kind)[name])
        _originals.ours[kind, name] = function
        setattr(kind, name, function)


def _unpatch(kind: type, name: str) -> None:
    function = _originals.ours.get((kind, name))
    if function is not None and vars(kind)[name] is function:
        setattr(kind, name, function.__wrapped__)  # type: ignore[attr-defined]
        del _originals.ours[kind, name]


def _wrap(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method with the signature and the docstring of `original`."""

    @functools.wraps(original)
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        if name not in _enabled or is_passing():
            return original(self, *args, **kwargs)
        return call_method(self, name, args, kwargs)

    return method
