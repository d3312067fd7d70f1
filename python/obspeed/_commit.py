"""Commit: bring a trace to what its calls make of it, in one piece."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
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
    own = trace.stats.__dict__
    log = own.get("processing")
    limit = trace._max_processing_info
    room = limit - len(log or ())
    kept = list(entries) if len(entries) < room else list(entries[: max(0, room)])
    messages: list[Message] = []
    if kept and len(kept) == room:
        text = (
            "List of processing information in Trace.stats.processing reached maximal length of "
            f"{limit} entries."
        )
        messages.append((text, UserWarning))
    if log is None and "processing" not in own:
        return [(own, "processing", kept)], messages
    return [(log, None, entry) for entry in kept], messages


def _in_order(planned: Sequence[Planned], messages: list[Message], room: int) -> Iterator[Message]:
    """Yield what calls warn of, and that of a history with `room` after the call that fills it."""
    done = 0
    for p in planned:
        yield from p.warnings
        before, done = done, done + len(p.entries) + 1
        if before < room <= done:
            yield from messages


def is_plain(trace: Trace) -> bool:
    """Whether what ObsPy derives when data and stats are set can be settled beforehand."""
    return type(trace).__setattr__ is Trace.__setattr__ and type(trace.stats) is Stats


def changes(
    trace: Trace, planned: Sequence[Planned], data: Samples, entries: Sequence[str]
) -> tuple[list[Effect], list[Message]]:
    """
    Plan what brings a plain trace to what its calls make of it.

    Parameters
    ----------
    trace : obspy.Trace
        The trace, which is only read.
    planned : sequence of Planned
        What the calls do to it.
    data : ndarray
        Where the samples after them are, or will be.
    entries : sequence of str
        Their history.

    Returns
    -------
    effects : list of Effect
        For `_core.apply`.
    messages : list of (str, type)
        What is to be warned of before.
    """
    effects, full = write_history(trace, entries)
    messages: list[Message] = []
    moves, in_place = [], True
    for p in planned:
        messages += p.warnings
        in_place = in_place and p.in_place
        if p.stats is not None:
            moves.append(p.stats)
    if full:
        room = trace._max_processing_info - len(trace.stats.__dict__.get("processing") or ())
        messages = list(_in_order(planned, full, room))
    if in_place:
        return [(trace.data, Ellipsis, data), *effects], messages
    effects.append((trace.__dict__, "data", data))
    if moves:
        own: dict[str, Any] = trace.stats.__dict__
        moved = _moved(trace.stats, moves, data).__dict__
        effects += [(own, key, moved[key]) for key in SAMPLING]
    return effects, messages


def _moved(stats: Stats, moves: Sequence[Callable[[Stats], None]], data: Samples) -> Stats:
    """Return new stats with the sampling after all moves."""
    moved = sampling(stats)
    for move in moves:
        move(moved)
    moved.npts = len(data)
    return moved


def commit(trace: Trace, planned: Sequence[Planned], data: Samples, entries: Sequence[str]) -> None:
    """Warn, then set data, stats and history; an interrupt comes before all of it or after."""
    effects, messages = changes(trace, planned, data, entries)
    for message, category in messages:
        warn(message, category)
    if not is_plain(trace) and not all(p.in_place for p in planned):
        effects, _ = write_history(trace, entries)
        moves = [p.stats for p in planned if p.stats is not None]
        if moves:
            moved = _moved(trace.stats, moves, data)
            for key in ("starttime", "sampling_rate"):
                trace.stats[key] = moved[key]
        trace.data = data
    _core.apply(effects)
