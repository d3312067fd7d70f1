"""Warnings of a job, counted instead of printed."""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .._locks import ForkSafeLock

_KINDS = 200

_lock = ForkSafeLock()
_listening: list[Counter[str]] = []
_before: list[warnings.catch_warnings[None]] = []


def note(notes: Counter[str], text: str, count: int = 1) -> None:
    """Count a note; beyond a number of different ones they are counted together."""
    text = re.sub(r"\d+", "#", " ".join(text.split()))
    notes[text if text in notes or len(notes) < _KINDS else "other notes"] += count


@contextmanager
def noted(notes: Counter[str]) -> Iterator[None]:
    """
    Count the warnings within the block, numbers in them aside, instead of showing them.

    Several threads may be within one: the first to come changes Python's settings, which are the
    process's, and the last to go restores them.
    """
    with _lock:
        if not _listening:
            _before.append(warnings.catch_warnings())
            _before[-1].__enter__()
            warnings.simplefilter("always")
            warnings.showwarning = _count
        _listening.append(notes)
    try:
        yield
    finally:
        with _lock:
            _listening[:] = [one for one in _listening if one is not notes]
            if not _listening:
                _before.pop().__exit__(None, None, None)


def _count(message: Warning | str, category: type[Warning], *_: Any, **__: Any) -> None:
    with _lock:
        if _listening:
            note(_listening[-1], f"{category.__name__}: {message}")
