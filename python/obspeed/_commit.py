"""Commit: bring a trace to what its calls make of it, in one piece."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import obspy.core.trace
from obspy import Trace
from obspy.core import Stats

from . import _core
from ._plan import SAMPLING, Message, Planned, Samples, sampling

Effect = tuple[Any, Any, Any]
"""A value to set in a container under a key, or with None for a key to append to a list."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn as if from ObsPy's own module, so that filters by module hold."""
    source = vars(obspy.core.trace)
    registry = source.setdefault("__warningregistry__", {})
    file = source["__file__"]
    warnings.warn_explicit(message, category, file, 1, source["__name__"], registry)


def write_history(trace: Trace, entries: Sequence[str]) -> tuple[list[Effect], list[Message]]:
    """
    Plan the entries in ``stats.processing``.

    Returns
    -------
    effects : list of Effect
        For `_core.apply`; ObsPy keeps a bounded number of entries.
    messages : list of (str, type)
        ObsPy's warning that this number is reached.
    """
    log = trace.stats.__dict__.get("processing", [])
    limit = trace._max_processing_info
    kept = list(entries[: max(0, limit - len(log))])
    text = (
        "List of processing information in Trace.stats.processing reached maximal length of "
        f"{limit} entries."
    )
    full = kept and len(log) + len(kept) == limit
    messages: list[Message] = [(text, UserWarning)] if full else []
    if "processing" in trace.stats.__dict__:
        return [(log, None, entry) for entry in kept], messages
    return [(trace.stats.__dict__, "processing", kept)], messages


def _in_order(planned: Sequence[Planned], messages: list[Message], room: int) -> Iterator[Message]:
    """Yield what calls warn of, and that of a history with `room` after the call that fills it."""
    done = 0
    for p in planned:
        yield from p.warnings
        before, done = done, done + len(p.entries) + 1
        if before < room <= done:
            yield from messages


def commit(trace: Trace, planned: Sequence[Planned], data: Samples, entries: Sequence[str]) -> None:
    """
    Warn, then set data, stats and history; an interrupt comes before all of it or after.

    Parameters
    ----------
    trace : obspy.Trace
        The trace.
    planned : sequence of Planned
        What the calls do to it.
    data : ndarray
        The samples after them.
    entries : sequence of str
        Their history.
    """
    effects, messages = write_history(trace, entries)
    room = trace._max_processing_info - len(trace.stats.__dict__.get("processing", []))
    for message, category in _in_order(planned, messages, room):
        warn(message, category)
    if all(p.in_place for p in planned):
        _core.apply([(trace.data, Ellipsis, data), *effects])
        return
    stats = trace.stats
    moved = [p.stats for p in planned if p.stats is not None]
    if moved:
        stats = sampling(stats)
        for move in moved:
            move(stats)
        stats.npts = len(data)
    if type(trace).__setattr__ is Trace.__setattr__ and type(stats) is Stats:
        # What Trace and Stats check and derive when they are set is settled here, and in one piece.
        own: dict[str, Any] = trace.stats.__dict__
        changed = [(own, key, stats.__dict__[key]) for key in SAMPLING] if moved else []
        _core.apply([*changed, (trace.__dict__, "data", data), *effects])
    else:
        for key in ("starttime", "sampling_rate") if moved else ():
            trace.stats[key] = stats[key]
        trace.data = data
        _core.apply(effects)
