"""``interpolate``: weighted average slopes, the nearest samples, cubic splines, Lanczos."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from obspy import UTCDateTime

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State, sampling

if TYPE_CHECKING:
    from obspy.core import Stats

Times = tuple[float, float, int]
"""Start, sampling interval, number of samples."""
Maker = Callable[[Times, Times], Step]

_LOOKUPS: Sequence[Literal["linear", "nearest", "zero"]] = ("linear", "nearest", "zero")
_SET_BY_OBSPY = {"data", "old_start", "old_dt", "new_start", "new_dt", "new_npts", "type"}


def prepare(
    sampling_rate: float,
    method: str | int = "weighted_average_slopes",
    starttime: UTCDateTime | float | None = None,
    npts: int | None = None,
    time_shift: float = 0.0,
    *args: Any,
    **kwargs: Any,
) -> Planner:
    """
    Settle the arguments of ``Trace.interpolate``.

    As in ObsPy, ``window`` and unknown keywords have no effect.
    """
    if args or kwargs.keys() & _SET_BY_OBSPY:
        raise DeclinedError("arguments that ObsPy sets itself, or by position")
    make = _maker(method, kwargs)
    if not isinstance(sampling_rate, (int, float)) or not 0 < sampling_rate < math.inf:
        raise DeclinedError(f"sampling rate {sampling_rate!r}")
    if not isinstance(time_shift, (int, float)) or not math.isfinite(time_shift):
        raise DeclinedError(f"time_shift={time_shift!r}")
    if starttime is not None and not isinstance(starttime, (UTCDateTime, int, float)):
        raise DeclinedError(f"starttime={starttime!r}")
    if npts is not None and (
        isinstance(npts, bool) or not isinstance(npts, (int, np.integer)) or npts < 1
    ):
        raise DeclinedError(f"npts={npts!r}")
    dt = 1.0 / sampling_rate
    steps: dict[tuple[Times, Times], Step] = {}
    plans: dict[tuple[int, int, int], Planned] = {}

    def plan(state: State) -> Planned:
        stats = state.stats
        if time_shift:
            stats = sampling(stats)
            stats.starttime += time_shift
        old_start = stats.starttime.timestamp
        if starttime is None:
            new_start = old_start
        elif isinstance(starttime, UTCDateTime):
            new_start = starttime.timestamp
        else:
            new_start = starttime
        if not math.isfinite(new_start):
            raise DeclinedError(f"starttime={starttime!r}")
        if npts is None:
            count = math.floor((stats.endtime.timestamp - new_start) / dt) + 1
        else:
            count = int(npts)
        old_end = old_start + stats.delta * (state.npts - 1)
        if count < 1 or old_start > new_start or old_end < new_start + dt * (count - 1):
            raise DeclinedError("the new samples are not all within the old ones")
        times = (old_start, stats.delta, state.npts), (new_start, dt, count)
        if times not in steps:
            steps[times] = make(*times)
        # ObsPy takes the start from a float, which may be some nanoseconds off.
        later = UTCDateTime(new_start).ns - state.stats.starttime.ns
        key = id(steps[times]), count, later
        if key not in plans:
            move = partial(_move, later, dt)
            plans[key] = Planned(steps[times], np.dtype(np.float64), stats=move, npts=count)
        return plans[key]

    return plan


def _move(later: int, delta: float, stats: Stats) -> None:
    stats.starttime = UTCDateTime(ns=stats.starttime.ns + later)
    stats.delta = delta


def _maker(method: Any, options: dict[str, Any]) -> Maker:
    """Return what makes the step of a method for these old and new times."""
    kind = method.lower() if isinstance(method, str) else method
    if kind == "weighted_average_slopes":
        return Step.slopes
    if kind == "lanczos":
        return _lanczos(options.get("a"))
    if kind in _LOOKUPS:
        _check_scipy("interp1d")
        return partial(Step.lookup, _LOOKUPS[_LOOKUPS.index(kind)])
    if kind == "cubic" or (type(kind) is int and kind == 3):
        _check_scipy("InterpolatedUnivariateSpline")
        return Step.cubic_spline
    raise DeclinedError(f"interpolate method {method!r}")


def _check_scipy(name: str) -> None:
    """Decline where somebody has put something of his own in the place of SciPy's."""
    import scipy.interpolate  # noqa: PLC0415 - importing obspeed starts no BLAS

    theirs = getattr(scipy.interpolate, name)
    if not isinstance(theirs, type) or not theirs.__module__.startswith("scipy."):
        raise DeclinedError(f"scipy.interpolate.{name} is not SciPy's")


def _lanczos(a: Any) -> Maker:
    half_width = int(a) if isinstance(a, (int, float, np.number)) and 1 <= a < 1e6 else 0
    if not half_width:
        raise DeclinedError(f"a={a!r}")

    lanczos = cache(Step.lanczos)

    def make(old: Times, new: Times) -> Step:
        (old_start, delta, npts_in), (new_start, dt, npts) = old, new
        ratio, offset = dt / delta, (new_start - old_start) / delta
        return lanczos(npts_in, npts, ratio, offset, half_width)

    return make
