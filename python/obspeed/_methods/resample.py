"""``resample``: a transform there and back, with SciPy's windows."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core import Step
from .._errors import DeclinedError
from .._plan import Message, Planned, Planner, Samples, State
from .decimate import LARGEST_FACTOR, check_filter, filter_entry
from .filter import anti_alias

if TYPE_CHECKING:
    from obspy.core import Stats

_NONE_LEFT = "Resampled trace would have less than one sample. Retaining exactly one sample."
_PIECE = 1 << 18
_LARGEST_KEPT = 1 << 19


def prepare(
    sampling_rate: float,
    window: Any = "hann",
    no_filter: bool = True,
    strict_length: bool = False,
) -> Planner:
    """Settle the arguments of ``Trace.resample``."""
    if not isinstance(sampling_rate, (int, float)) or not 0 < sampling_rate < math.inf:
        raise DeclinedError(f"sampling rate {sampling_rate!r}")
    steps: dict[tuple[int, float, float], tuple[Step, float]] = {}
    filters: dict[float, tuple[Step, str]] = {}

    def move(stats: Stats) -> None:
        stats.sampling_rate = sampling_rate

    def filtered(state: State, rate: float, factor: float) -> tuple[Step, str]:
        check_filter(state)
        if factor > LARGEST_FACTOR:
            raise DeclinedError("a factor the anti-alias filter is unstable for")
        if rate not in filters:
            freq = rate * 0.5 / factor
            filters[rate] = Step.filter(anti_alias(freq, rate), False), filter_entry(freq)
        return filters[rate]

    def plan(state: State) -> Planned:
        npts, rate = state.npts, state.sampling_rate
        factor = rate / float(sampling_rate)
        if strict_length and npts % factor != 0.0:
            raise DeclinedError("strict_length, and the end of the trace would change")
        count, warn = int(npts / factor), list[Message]()
        if count == 0:
            warn.append((_NONE_LEFT, UserWarning))
            count = 1
        key = npts, rate, state.delta
        if key not in steps:
            weights = _weights(window, npts)
            last = 1.0 if weights is None else abs(weights[-1])
            new = float(sampling_rate)
            steps[key] = Step.resample(npts, count, state.delta, new, weights), last
        (step, last), dtype = steps[key], np.dtype(np.float64)
        if state.dtype == np.float32 and no_filter and factor < 1 and last > 1e-3:
            # ObsPy holds the last bin up to the new Nyquist frequency, and with it its rounding.
            raise DeclinedError("single precision upsampled without a window")
        if no_filter:
            return Planned(step, dtype, stats=move, npts=count, warnings=warn)
        alias, entry = filtered(state, rate, factor)
        return Planned(
            step,
            dtype,
            stats=move,
            npts=count,
            before=(alias,),
            entries=(entry,),
            warnings=warn,
        )

    return plan


def _weights(window: Any, npts: int) -> Samples | None:
    """Return what the spectrum is multiplied by, up to the Nyquist frequency."""
    if window is None:
        return None
    if isinstance(window, str) and window == "hann" and npts > _LARGEST_KEPT:
        return _hann(npts)
    if isinstance(window, (str, float, tuple)):
        make = _named if npts <= _LARGEST_KEPT else _named.__wrapped__
        try:
            return make(window, npts)
        except MemoryError:
            raise
        except Exception as error:
            raise DeclinedError(f"window {window!r} cannot be made: {error}") from error
    weights = window(np.fft.fftfreq(npts)) if callable(window) else window
    if not isinstance(weights, np.ndarray) or weights.shape != (npts,):
        raise DeclinedError(f"the window is not an array of {npts} weights")
    if weights.dtype.kind not in "fiu":
        raise DeclinedError(f"the window is of type {weights.dtype}")
    return _half(weights)


@lru_cache(maxsize=16, typed=True)
def _named(window: Any, npts: int) -> Samples:
    from scipy.signal import get_window  # noqa: PLC0415 - importing obspeed starts no BLAS

    return _half(np.fft.ifftshift(get_window(window, npts)))


def _hann(npts: int) -> Samples:
    """Return what SciPy's window comes to, by pieces: no Ctrl-C is heard in one call for a day."""
    weights = np.empty(npts // 2 + 1)
    for begin in range(0, len(weights), _PIECE):
        k = np.arange(begin, min(begin + _PIECE, len(weights)))
        weights[begin : begin + len(k)] = 0.5 - 0.5 * np.cos(2.0 * np.pi / npts * (k + npts // 2))
    return weights


def _half(weights: Samples) -> Samples:
    return np.ascontiguousarray(weights[: len(weights) // 2 + 1], dtype=np.float64)
