"""``trim``: the samples of a trace between two times."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, floor
from typing import TYPE_CHECKING, Any

from obspy import UTCDateTime

from .. import _core
from .._errors import DeclinedError
from .._plan import Planned, State

if TYPE_CHECKING:
    from obspy.core import Stats

    from .._plan import Planner

# Digits of a position in samples that count where the nearest sample is not asked for.
_DIGITS = 7


def prepare(
    starttime: Any = None,
    endtime: Any = None,
    pad: bool = False,
    nearest_sample: bool = True,
    fill_value: Any = None,
) -> Planner:
    """Settle the arguments of ``Trace.trim``; seconds count from the start and before the end."""
    if pad or fill_value is not None:
        raise DeclinedError("trim with pad")
    for time in (starttime, endtime):
        if time is not None and type(time) not in {UTCDateTime, int, float}:
            raise DeclinedError(f"a time is a {type(time).__name__}")

    def planner(state: State) -> Planned:
        begin, end, start = _range(state.stats, starttime, endtime, nearest_sample)
        return Planned(
            _core.Step.cut(begin, end),
            state.dtype,
            stats=_starting_at(start),
            npts=end - begin,
            cut=(begin, end),
        )

    return planner


def _range(
    stats: Stats, starttime: Any, endtime: Any, nearest_sample: bool
) -> tuple[int, int, UTCDateTime]:
    """Return the range of samples and the time of the first."""
    first, npts, rate = stats.starttime, stats.npts, stats.sampling_rate
    if type(starttime) in {int, float}:
        starttime = first + starttime
    if type(endtime) in {int, float}:
        endtime = stats.endtime - endtime
    if starttime is not None and endtime is not None and starttime > endtime:
        raise DeclinedError("the start is after the end")
    begin, end = 0, npts
    if starttime is not None:
        begin = max(0, _sample((starttime - first) * rate, ceil, nearest_sample))
        if begin:
            first += begin * stats.delta
    if endtime is not None:
        if endtime < first:
            raise DeclinedError("no sample is left")
        if nearest_sample:
            end = min(npts, begin + _sample((endtime - first) * rate, floor, True) + 1)
        else:
            last = first + (npts - begin - 1) * stats.delta
            end = npts - max(0, _sample((last - endtime) * rate, ceil, False))
    if begin >= end:
        raise DeclinedError("no sample is left")
    return begin, end, first


def _sample(position: float, inner: Callable[[float], int], nearest: bool) -> int:
    """Return the sample nearest to a position, halves away from zero, or the one next to it."""
    if nearest:
        return floor(position + 0.5) if position >= 0 else -floor(0.5 - position)
    return inner(round(position, _DIGITS))


def _starting_at(start: UTCDateTime) -> Callable[[Stats], None]:
    def move(stats: Stats) -> None:
        stats.starttime = start

    return move
