"""``detrend``: simple, constant or demean, linear."""

from __future__ import annotations

import operator
from itertools import pairwise
from typing import Any

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State, real


def prepare(type: str = "simple", **options: Any) -> Planner:  # noqa: A002 - ObsPy's name
    """Settle the arguments of ``Trace.detrend``."""
    kind = type.lower() if isinstance(type, str) else None
    if kind == "linear" and options.keys() <= {"bp"}:
        return _linear(options.get("bp", 0))
    if options:
        raise DeclinedError(f"detrend {kind} with options {sorted(options)}")
    if kind == "simple":
        step = Step.detrend_simple()
    elif kind in {"constant", "demean"}:
        step = Step.detrend_mean()
    else:
        raise DeclinedError(f"detrend type {type!r}")

    def plan(state: State) -> Planned:
        in_place = kind == "simple" and state.dtype.kind == "f"
        return Planned(step, real(state.dtype), in_place)

    return plan


def _linear(bp: Any) -> Planner:
    try:
        breakpoints = sorted(
            {operator.index(b) for b in (bp if isinstance(bp, (list, tuple)) else [bp])}
        )
    except TypeError:
        raise DeclinedError(f"breakpoints {bp!r}") from None
    if breakpoints and breakpoints[0] < 0:
        raise DeclinedError("negative breakpoints")

    def plan(state: State) -> Planned:
        if breakpoints and breakpoints[-1] > state.npts:
            raise DeclinedError("breakpoints beyond the end of the data")
        inside = [b for b in breakpoints if 0 < b < state.npts]
        if min(b - a for a, b in pairwise([0, *inside, state.npts])) < 3:
            # A line fits so few samples exactly: what is left is LAPACK's rounding.
            raise DeclinedError("fewer than three samples between breakpoints")
        return Planned(Step.detrend_linear(inside), real(state.dtype))

    return plan
