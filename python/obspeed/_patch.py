"""Putting obspeed's methods into ObsPy's classes, and taking them out again."""

from __future__ import annotations

import functools
import os
from collections import Counter
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
_chosen: set[str] = set()
_blocks: Counter[str] = Counter()


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
    with _lock:
        _chosen.update(_checked(names))
        _apply()


def disable() -> None:
    """Give ObsPy its own methods back: the very functions that were there before."""
    with _lock:
        _chosen.clear()
        _blocks.clear()
        _apply()


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
    Enable within a ``with`` block; what was enabled before, or by other blocks, is not touched.

    Parameters
    ----------
    *names : str
        As for `enable`.
    """
    wanted = _checked(names)
    with _lock:
        _blocks.update(wanted)
        _apply()
    try:
        yield
    finally:
        with _lock:
            _blocks.subtract({name: 1 for name in wanted if _blocks[name] > 0})
            _apply()


def _checked(names: tuple[str, ...]) -> set[str]:
    """Return the methods that are meant; none with ``OBSPEED_DISABLE=1``."""
    unknown = set(names) - METHODS.keys()
    if unknown:
        raise ValueError(f"expected names among {sorted(METHODS)}, got {sorted(unknown)}")
    return set() if os.environ.get("OBSPEED_DISABLE") == "1" else set(names or METHODS)


def _apply() -> None:
    """Patch what is chosen and what a block asks for, and nothing else."""
    _set(_chosen | {name for name, count in _blocks.items() if count > 0})


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
    # What somebody else has put there stays: ours may be beneath it, and is active again then.
    if _originals.is_original(kind, name):
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
