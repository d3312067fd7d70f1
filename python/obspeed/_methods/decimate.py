"""``decimate``: filter and pick in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .. import _history, _originals
from .._core import Step
from .._errors import DeclinedError
from .._plan import Planned, Planner, State
from .filter import anti_alias

if TYPE_CHECKING:
    from obspy.core import Stats

LARGEST_FACTOR = 16


def prepare(factor: int, no_filter: bool = False, strict_length: bool = False) -> Planner:
    """Settle the arguments of ``Trace.decimate``."""
    if no_filter:
        raise DeclinedError("without a filter there is nothing to compute")
    if not isinstance(factor, int) or not 1 <= factor <= LARGEST_FACTOR:
        raise DeclinedError(f"factor={factor!r}")
    steps: dict[float, tuple[Step, str]] = {}

    def move(stats: Stats) -> None:
        stats.sampling_rate /= float(factor)

    def plan(state: State) -> Planned:
        check_filter(state)
        if strict_length and state.npts % factor:
            raise DeclinedError("strict_length, and the end of the trace would change")
        rate = state.sampling_rate
        if rate not in steps:
            freq = rate * 0.5 / float(factor)
            steps[rate] = Step.decimate(anti_alias(freq, rate), int(factor)), filter_entry(freq)
        step, entry = steps[rate]
        return Planned(
            step,
            np.dtype(np.float64),
            stats=move,
            npts=-(-state.npts // factor),
            entries=(entry,),
        )

    return plan


def check_filter(state: State) -> None:
    """Decline for a trace whose `filter`, which ObsPy calls, is not ObsPy's."""
    if state.has_own("filter") or not _originals.is_known(state.kind, "filter"):
        raise DeclinedError(f"{state.kind.__name__}.filter is not ObsPy's")


def filter_entry(freq: float) -> str:
    """Return what ObsPy's call of its anti-alias filter leaves in the history."""
    options: dict[str, Any] = {"freq": freq, "maxorder": 12}
    return _history.entry("filter", ("lowpass_cheby_2",), options)
