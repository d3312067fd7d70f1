"""A few traces before and after, small enough to travel, and what each step took."""

from __future__ import annotations

import time
from collections import Counter
from typing import NamedTuple

import numpy as np
from obspy import Trace

from .._pipeline import Pipeline
from .._turns import check_stopped

_COLUMNS = 600


class Curve(NamedTuple):
    """
    A waveform as its least and largest sample in each of some columns.

    Attributes
    ----------
    seconds : float
        Its length.
    low, high : list of float
        As many as there are columns.
    """

    seconds: float
    low: list[float]
    high: list[float]


class Picture(NamedTuple):
    """One trace of a file, by its id, before and after a pipeline."""

    file: str
    id: str
    before: Curve
    after: Curve


def curve(trace: Trace) -> Curve:
    """Return the outline of a trace."""
    data = np.ma.filled(np.ma.asarray(trace.data, dtype=np.float64), np.nan)
    data = np.nan_to_num(data, posinf=0.0, neginf=0.0)
    edges = np.unique(np.linspace(0, len(data), _COLUMNS, endpoint=False, dtype=np.int64))
    if len(data) == 0:
        return Curve(0.0, [0.0], [0.0])
    low, high = np.minimum.reduceat(data, edges), np.maximum.reduceat(data, edges)
    return Curve(len(data) * float(trace.stats.delta), low.tolist(), high.tolist())


def time_steps(pipeline: Pipeline, trace: Trace) -> Counter[str]:
    """Do the steps one by one on a trace, and return the seconds of each by its name."""
    seconds: Counter[str] = Counter()
    for name, args, kwargs in pipeline._steps:
        step: Pipeline = getattr(Pipeline(), name)(*args, **kwargs)
        started = time.perf_counter()
        step._run([trace], None, raises=False, advance=check_stopped)
        seconds[name] += time.perf_counter() - started  # type: ignore[assignment]
    return seconds
