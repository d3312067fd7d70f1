"""Warnings of a job, counted instead of printed."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from .._locks import ForkSafeLock

_KINDS = 200

_lock = ForkSafeLock()
_listening: list[object] = []
_before: list[warnings.catch_warnings[None]] = []
_shown = [warnings.showwarning]
_notes: ContextVar[Counter[str] | None] = ContextVar("obspeed_notes", default=None)


def note(notes: Counter[str], text: str, count: int = 1) -> None:
    """Count a note; beyond a number of different ones they are counted together."""
    text = re.sub(r"\d+", "#", " ".join(text.split()))
    notes[text if text in notes or len(notes) < _KINDS else "other notes"] += count


@contextmanager
def listening() -> Iterator[None]:
    """
    Let `noted` count warnings within the block.

    Several threads may be within one: the first to come changes Python's settings, which are the
    process's, and the last to go restores them.
    """
    me = object()
    with _lock:
        if not _listening:
            _before.append(warnings.catch_warnings())
            _before[-1].__enter__()
            warnings.simplefilter("always")
            _shown[:] = [warnings.showwarning]
            warnings.showwarning = _count
        _listening.append(me)
    try:
        yield
    finally:
        with _lock:
            _listening.remove(me)
            if not _listening:
                _before.pop().__exit__(None, None, None)


@contextmanager
def noted(notes: Counter[str]) -> Iterator[None]:
    """Count this thread's warnings within the block, numbers in them aside, while `listening`."""
    token = _notes.set(notes)
    try:
        yield
    finally:
        _notes.reset(token)


def _count(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
    notes = _notes.get()
    if notes is None:  # somebody else's
        _shown[0](message, category, *where, **more)
        return
    with _lock:
        note(notes, f"{category.__name__}: {message}")
