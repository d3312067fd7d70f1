"""Commit: bring a trace to what its calls make of it, in one piece."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import obspy.core.trace
from obspy import Trace, UTCDateTime
from obspy.core import Stats

from . import _core
from ._errors import ObspeedError
from ._plan import SAMPLING, Message, Planned, Samples, sampling

Effect = tuple[Any, Any, Any]
"""A value to set in a container under a key, or with None for a key to append to a list."""


def warn(message: str, category: type[Warning]) -> None:
    """Warn as if from ObsPy's own module, so that filters by module hold."""
    source = vars(obspy.core.trace)
    registry = source.setdefault("__warningregistry__", {})
    file = source["__file__"]
    warnings.warn_explicit(message, category, file, 1, source["__name__"], registry)


def write_history(trace: Trace, entries: Sequence[str]) -> tuple[list[str], list[Message]]:
    """
    Plan the entries in ``stats.processing``.

    Returns
    -------
    kept : list of str
        Those that are written; ObsPy keeps a bounded number of entries.
    messages : list of (str, type)
        ObsPy's warning that this number is reached.
    """
    own = trace.stats.__dict__
    limit = trace._max_processing_info
    room = limit - len(own.get("processing") or ())
    kept = list(entries) if len(entries) < room else list(entries[: max(0, room)])
    messages: list[Message] = []
    if kept and len(kept) == room:
        text = (
            "List of processing information in Trace.stats.processing reached maximal length of "
            f"{limit} entries."
        )
        messages.append((text, UserWarning))
    return kept, messages


def _in_order(planned: Sequence[Planned], messages: list[Message], room: int) -> Iterator[Message]:
    """Yield what calls warn of, and that of a history with `room` where an entry fills it."""
    done = 0
    for p in planned:
        within = done + len(p.entries)  # of calls that ObsPy makes before it warns
        if done < room <= within:
            yield from messages
        yield from p.warnings
        done = within + 1
        if done == room:
            yield from messages


def is_plain(trace: Trace) -> bool:
    """Whether what ObsPy derives when data and stats are set can be settled beforehand."""
    return type(trace).__setattr__ is Trace.__setattr__ and type(trace.stats) is Stats


def changes(
    trace: Trace, planned: Sequence[Planned], npts: int, entries: Sequence[str]
) -> tuple[_core.Change, list[Message]]:
    """
    Plan what brings a trace, and all others of its kind, to what its calls make of it.

    Parameters
    ----------
    trace : obspy.Trace
        The trace, which is only read.
    planned : sequence of Planned
        What the calls do to it.
    npts : int
        Number of samples after them.
    entries : sequence of str
        Their history.

    Returns
    -------
    change : _core.Change
        What is set; of a trace that is not plain the history alone.
    messages : list of (str, type)
        What is to be warned of before.
    """
    kept, full = write_history(trace, entries)
    messages: list[Message] = [message for p in planned for message in p.warnings]
    if full:
        room = trace._max_processing_info - len(trace.stats.__dict__.get("processing") or ())
        messages = list(_in_order(planned, full, room))
    in_place = all(p.in_place for p in planned)
    values: dict[str, Any] = {}
    times: dict[str, tuple[int, int]] = {}
    if not in_place and is_plain(trace) and any(p.stats for p in planned):
        own, moved = trace.stats.__dict__, _moved(trace.stats, planned, npts).__dict__
        for key in SAMPLING:
            if not isinstance(moved[key], UTCDateTime):
                values[key] = moved[key]
            elif moved[key] is not own[key]:
                # So many seconds after a start are as many nanoseconds, whatever the start is.
                time = moved[key]
                times[key] = time.ns - own["starttime"].ns, time.precision
    return _core.Change(in_place, values, times, kept), messages


def _moved(stats: Stats, planned: Sequence[Planned], npts: int) -> Stats:
    """Return new stats with the sampling after all calls."""
    moved = sampling(stats)
    for p in planned:
        if p.stats is not None:
            p.stats(moved)
    moved.npts = npts
    return moved


def commit(
    trace: Trace,
    planned: Sequence[Planned],
    change: _core.Change,
    messages: Sequence[Message],
    data: Samples,
    before: Samples,
) -> None:
    """
    Warn, then set data, stats and history; an interrupt comes before all of it or after.

    Raises
    ------
    ObspeedError
        If the trace no longer has the samples that it had `before`, as `_core.run` does.
    """
    for message, category in messages:
        warn(message, category)
    if trace.data is not before:
        raise ObspeedError("the trace has been given other samples while its own were worked on")
    if is_plain(trace) or all(p.in_place for p in planned):
        change.apply(trace, data)
        return
    if any(p.stats for p in planned):
        moved = _moved(trace.stats, planned, len(data))
        for key in ("starttime", "sampling_rate"):
            trace.stats[key] = moved[key]
    trace.data = data
    change.apply(trace)
