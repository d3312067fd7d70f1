"""``simulate``: one instrument, by poles and zeros, in place of another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State

Paz = tuple[tuple[complex, ...], tuple[complex, ...], float, float | None]
"""Zeros, poles, gain, and the sensitivity if it is to be applied."""


def prepare(
    paz_remove: Any = None,
    paz_simulate: Any = None,
    remove_sensitivity: Any = True,
    simulate_sensitivity: Any = True,
    **kwargs: Any,
) -> Planner:
    """Settle the arguments of ``Trace.simulate``."""
    if "seedresp" in kwargs:
        raise DeclinedError("a response in a SEED or RESP file")
    options = _options(**kwargs)
    with_sensitivity = _switch("remove_sensitivity", remove_sensitivity)
    simulated = _instrument(paz_simulate, _switch("simulate_sensitivity", simulate_sensitivity))
    of_trace = isinstance(paz_remove, str) and paz_remove == "self"
    removed = None if of_trace else _instrument(paz_remove, with_sensitivity)
    steps: dict[tuple[int, float, Paz | None], Step] = {}

    def plan(state: State) -> Planned:
        remove = removed
        if of_trace:
            remove = _instrument(state.trace.stats.get("paz"), with_sensitivity)
            if remove is None:
                raise DeclinedError("the trace has no poles and zeros")
        npts, delta = state.npts, state.delta
        key = npts, delta, remove
        if key not in steps:
            steps[key] = Step.simulate(npts, delta, remove=remove, simulate=simulated, **options)
        return Planned(steps[key], np.dtype(np.float64))

    return plan


def _options(
    *,
    water_level: Any = 600.0,
    zero_mean: Any = True,
    taper: Any = True,
    taper_fraction: Any = 0.05,
    pre_filt: Any = None,
    nfft_pow2: Any = False,
    pitsasim: Any = True,
    sacsim: Any = False,
    shsim: Any = False,
) -> dict[str, Any]:
    """Return the keywords of `Step.simulate`."""
    level = _number("water_level", water_level)
    if not abs(level) < 6000:
        raise DeclinedError(f"water_level={water_level!r}")
    if pre_filt is not None:
        if not isinstance(pre_filt, (tuple, list)) or len(pre_filt) != 4:
            raise DeclinedError(f"pre_filt={pre_filt!r}")
        pre_filt = tuple(_number("pre_filt", corner) for corner in pre_filt)
    taper = _switch("taper", taper)
    return {
        "water_level": level,
        "zero_mean": _switch("zero_mean", zero_mean),
        "taper_fraction": _number("taper_fraction", taper_fraction) if taper else None,
        "pre_filt": pre_filt,
        "nfft_pow2": _switch("nfft_pow2", nfft_pow2),
        "pitsasim": _switch("pitsasim", pitsasim),
        "sacsim": _switch("sacsim", sacsim),
        "shsim": _switch("shsim", shsim),
    }


def _instrument(paz: Any, with_sensitivity: bool) -> Paz | None:
    if paz is None:
        return None
    if not isinstance(paz, Mapping) or not paz.keys() >= {"zeros", "poles", "gain"}:
        raise DeclinedError("an instrument that is not poles, zeros and gain")
    sensitivity = _number("sensitivity", paz.get("sensitivity")) if with_sensitivity else None
    return _roots(paz, "zeros"), _roots(paz, "poles"), _number("gain", paz["gain"]), sensitivity


def _roots(paz: Mapping[str, Any], name: str) -> tuple[complex, ...]:
    roots = paz[name]
    if not isinstance(roots, (list, tuple, np.ndarray)):
        raise DeclinedError(f"{name} of type {type(roots).__name__}")
    if not all(isinstance(root, (int, float, complex, np.number)) for root in roots):
        raise DeclinedError(f"{name} that are not numbers")
    return tuple(complex(root) for root in roots)


def _number(name: str, value: Any) -> float:
    if not isinstance(value, (int, float, np.integer)) or not math.isfinite(value):
        raise DeclinedError(f"{name}={value!r}")
    return float(value)


def _switch(name: str, value: Any) -> bool:
    if not isinstance(value, (bool, int, np.bool_)):
        raise DeclinedError(f"{name}={value!r}")
    return bool(value)
