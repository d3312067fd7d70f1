"""``trigger``: the characteristic functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from obspy.core.util.base import ENTRY_POINTS

from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State
from .normalize import NUMPY_2

_STEPS: dict[str, Callable[..., Step]] = {
    "recstalta": lambda npts, nsta, nlta: Step.recursive_sta_lta(npts, nsta, nlta, False),
    "recstaltapy": lambda npts, nsta, nlta: Step.recursive_sta_lta(npts, nsta, nlta, True),
    "classicstalta": lambda npts, nsta, nlta: Step.classic_sta_lta(npts, nsta, nlta, False),
    "classicstaltapy": lambda npts, nsta, nlta: Step.classic_sta_lta(npts, nsta, nlta, True),
    "delayedstalta": Step.delayed_sta_lta,
    "carlstatrig": Step.carl_sta_trig,
    "zdetect": Step.z_detect,
    "energyratio": Step.energy_ratio,
    "modifiedenergyratio": lambda npts, nsta, power=3: Step.modified_energy_ratio(
        npts, nsta, power
    ),
}
_SECONDS = {"sta": "nsta", "lta": "nlta"}
_SAMPLES = frozenset(_SECONDS.values())


def prepare(type: str, **options: Any) -> Planner:  # noqa: A002 - ObsPy's name
    """Settle the arguments of ``Trace.trigger``."""
    kind = type.lower() if isinstance(type, str) else None
    if kind not in _STEPS or kind not in ENTRY_POINTS["trigger"]:
        raise DeclinedError(f"trigger type {type!r}")
    if any(_SECONDS[key] in options for key in options.keys() & _SECONDS.keys()):
        raise DeclinedError("a window both in seconds and in samples")
    for key, value in options.items():
        # bool is an int, and a number of seconds too; as one of samples not all types take it.
        number = isinstance(value, int if key in _SAMPLES else (int, float))
        if not number or (key in _SAMPLES and isinstance(value, bool)) or not abs(value) < 1e15:
            raise DeclinedError(f"{key}={value!r}")
    steps: dict[tuple[int, float], Step] = {}

    def plan(state: State) -> Planned:
        if kind == "delayedstalta" and state.dtype == np.float32 and not NUMPY_2:
            raise DeclinedError("single precision, which NumPy 1 squares in another way")
        npts, rate = state.npts, state.sampling_rate
        if (npts, rate) not in steps:
            arguments = {
                _SECONDS.get(key, key): int(value * rate) if key in _SECONDS else value
                for key, value in options.items()
            }
            if any(arguments[key] < 1 for key in arguments.keys() & _SAMPLES):
                raise DeclinedError("a window of no samples")
            steps[npts, rate] = _STEPS[kind](npts, **arguments)
        return Planned(steps[npts, rate], np.dtype(np.float64))

    return plan
