"""``interpolate`` with the Lanczos kernel; ObsPy's other methods are left to ObsPy."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import UTCDateTime

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State, sampling

if TYPE_CHECKING:
    from obspy.core import Stats


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
    if not isinstance(method, str) or method.lower() != "lanczos":
        raise DeclinedError(f"interpolate method {method!r}")
    if args:
        raise DeclinedError("positional arguments for the interpolation method")
    a = kwargs.get("a")
    half_width = int(a) if isinstance(a, (int, float, np.number)) and 1 <= a < 1e6 else 0
    if not half_width:
        raise DeclinedError(f"a={a!r}")
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
    steps: dict[tuple[int, int, float, float], Step] = {}

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
        ratio, offset = dt / stats.delta, (new_start - old_start) / stats.delta
        key = (state.npts, count, ratio, offset)
        if key not in steps:
            steps[key] = Step.lanczos(state.npts, count, ratio, offset, half_width)

        def move(stats: Stats) -> None:
            stats.starttime = UTCDateTime(new_start)
            stats.delta = dt

        return Planned(steps[key], np.dtype(np.float64), stats=move, npts=count)

    return plan
