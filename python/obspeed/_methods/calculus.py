"""``differentiate`` and ``integrate``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State, real
from .normalize import NUMPY_2


def prepare_differentiate(method: str = "gradient", **options: Any) -> Planner:
    """Settle the arguments of ``Trace.differentiate``."""
    if not isinstance(method, str) or method.lower() != "gradient":
        raise DeclinedError(f"differentiate method {method!r}")
    edge_order = options.pop("edge_order", 1)
    if options or type(edge_order) is not int or edge_order not in {1, 2}:
        raise DeclinedError(f"edge_order={edge_order!r} and options {sorted(options)}")
    return _for_each_delta(lambda delta: Step.differentiate(delta, edge_order, double=not NUMPY_2))


def differentiate_stream(_: Any, method: str = "gradient") -> dict[str, Any]:
    """Turn the arguments of ``Stream.differentiate``, which has no options, into Trace's."""
    return {"method": method}


def prepare_integrate(method: str = "cumtrapz", **options: Any) -> Planner:
    """Settle the arguments of ``Trace.integrate``; ObsPy overlooks most options."""
    kind = method.lower() if isinstance(method, str) else None
    if options.keys() & {"data", "dx"}:
        raise DeclinedError("arguments that ObsPy sets itself")
    if kind == "cumtrapz":
        return _for_each_delta(Step.integrate)
    degree = options.get("k", 3)
    if kind != "spline" or type(degree) is not int or degree != 3:
        raise DeclinedError(f"integrate method {method!r} with options {sorted(options)}")
    steps: dict[tuple[float, int], Step] = {}

    def plan(state: State) -> Planned:
        key = (state.delta, state.npts)
        if key not in steps:
            steps[key] = Step.integrate_spline(*key)
        return Planned(steps[key], np.dtype(np.float64))

    return plan


def _for_each_delta(make: Callable[[float], Step]) -> Planner:
    steps: dict[float, Step] = {}

    def plan(state: State) -> Planned:
        delta = state.delta
        if delta not in steps:
            steps[delta] = make(delta)
        return Planned(steps[delta], real(state.dtype))

    return plan
