"""``detrend``: simple, constant or demean, linear, polynomial, spline."""

from __future__ import annotations

import operator
from collections.abc import Callable
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
    if kind == "polynomial":
        return _polynomial(**options)
    if kind == "spline":
        return _spline(**options)
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


def _polynomial(order: Any, plot: Any = False) -> Planner:
    _check_fit(order, plot)
    return _for_each_length(lambda npts: Step.detrend_polynomial(order, npts))


def _spline(order: Any, dspline: Any, plot: Any = False) -> Planner:
    _check_fit(order, plot)
    if not isinstance(dspline, (int, float)) or not dspline > 0:
        raise DeclinedError(f"dspline={dspline!r}")
    return _for_each_length(lambda npts: Step.detrend_spline(order, float(dspline), npts))


def _check_fit(order: Any, plot: Any) -> None:
    if plot is not False:
        raise DeclinedError("a plot is asked for")
    if type(order) is not int or order < 0:
        raise DeclinedError(f"order={order!r}")


def _for_each_length(make: Callable[[int], Step]) -> Planner:
    steps: dict[int, Step] = {}

    def plan(state: State) -> Planned:
        if state.npts not in steps:
            steps[state.npts] = make(state.npts)
        return Planned(steps[state.npts], real(state.dtype), in_place=state.dtype.kind == "f")

    return plan


def _linear(bp: Any) -> Planner:
    try:
        breakpoints = sorted(
            {operator.index(b) for b in (bp if isinstance(bp, (list, tuple)) else [bp])}
        )
    except TypeError:
        raise DeclinedError(f"breakpoints {bp!r}") from None
    if not breakpoints or breakpoints[0] < 0:
        raise DeclinedError("no breakpoints, or negative ones")

    def plan(state: State) -> Planned:
        if breakpoints and breakpoints[-1] > state.npts:
            raise DeclinedError("breakpoints beyond the end of the data")
        inside = [b for b in breakpoints if 0 < b < state.npts]
        if min(b - a for a, b in pairwise([0, *inside, state.npts])) < 3:
            # A line fits so few samples exactly: what is left is LAPACK's rounding.
            raise DeclinedError("fewer than three samples between breakpoints")
        return Planned(Step.detrend_linear(inside), real(state.dtype))

    return plan
