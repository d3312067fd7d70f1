"""``taper``: every window ObsPy knows, designed by SciPy and kept."""

from __future__ import annotations

from collections.abc import Hashable
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from .._core import Step
from .._errors import DeclinedError
from .._filters import filtered
from .._plan import Message, Planned, Planner, State, real
from .._recent import Recent

if TYPE_CHECKING:
    from warnings import WarningMessage

    import numpy.typing as npt

_TOO_LONG = (
    "The requested taper is longer than the trace. The taper will be shortened to trace length."
)
_LARGEST_KEPT = 4 << 20
_kept: Recent[Hashable, Step] = Recent(16 << 20)
"""Steps by what they are made of, up to a number of bytes."""

# Windows without parameters, of which nothing is warned.
_SILENT = {"barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar", "cosine"}
_SILENT |= {"flattop", "hamming", "hann", "nuttall", "parzen", "triang"}


def prepare(
    max_percentage: float | None,
    type: str = "hann",  # noqa: A002 - ObsPy's name
    max_length: float | None = None,
    side: str = "both",
    **kwargs: Any,
) -> Planner:
    """Settle the arguments of ``Trace.taper``."""
    if not isinstance(type, str) or not isinstance(side, str):
        raise DeclinedError("type and side must be strings")
    side = side.lower()
    if side not in {"both", "left", "right"}:
        raise DeclinedError(f"side {side!r}")
    for value in (max_percentage, max_length):
        number = isinstance(value, (int, float, np.number))
        if value is not None and not (number and 0 <= value < 1e15):
            raise DeclinedError(f"taper length {value!r}")
    try:
        options = tuple(sorted(kwargs.items()))
        hash(options)
    except TypeError:
        raise DeclinedError("window arguments that cannot be compared") from None

    plans: dict[Hashable, Planned] = {}

    def plan(state: State) -> Planned:
        key = state.npts, state.sampling_rate, state.dtype
        if key not in plans:
            plans[key] = make(*key)
        return plans[key]

    def make(npts: int, sampling_rate: float, dtype: np.dtype[Any]) -> Planned:
        lengths = []
        if max_percentage is not None:
            lengths.append(int(max_percentage * npts))
        if max_length is not None:
            lengths.append(int(max_length * sampling_rate))
        warn: list[Message] = []
        if all(2 * length > npts for length in lengths):
            warn.append((_TOO_LONG, UserWarning))
        step = _step(type, npts, min([*lengths, int(npts / 2)]), side, options)
        return Planned(step, real(dtype), in_place=dtype.kind == "f", warnings=warn)

    return plan


def _step(kind: str, npts: int, half: int, side: str, options: tuple[tuple[str, Any], ...]) -> Step:
    """Return the step for a trace of `npts` samples, of which `half` at each end are tapered."""
    key = kind, npts, half, side, options
    step = _kept.get(key)
    if step is None:
        window = _window(kind, npts if 2 * half == npts else 2 * half + 1, dict(options))
        left = window[:half] if side in {"both", "left"} else window[:0]
        right = window[len(window) - half :] if side in {"both", "right"} else window[:0]
        step = Step.taper(left, right, npts)
        nbytes = left.nbytes + right.nbytes
        if nbytes <= _LARGEST_KEPT:
            _kept.put(key, step, nbytes + 200)
    return step


def _window(kind: str, length: int, options: dict[str, Any]) -> npt.NDArray[np.float64]:
    """Return ObsPy's own window."""
    if kind.lower() == "cosine":
        options["p"] = 1.0
    quiet: AbstractContextManager[list[WarningMessage]] = nullcontext([])
    try:
        with quiet if kind.lower() in _SILENT else filtered("always") as caught:
            window = _function(kind)(length, **options)
        if caught:  # ObsPy is to warn of it at every call
            raise DeclinedError(str(caught[0].message))
    except MemoryError:
        raise
    except Exception as error:
        raise DeclinedError(f"window {kind!r} cannot be made: {error}") from error
    if not isinstance(window, np.ndarray) or window.shape != (length,):
        raise DeclinedError(f"window {kind!r} is not an array of {length} values")
    return np.ascontiguousarray(window, dtype=np.float64)


@lru_cache(maxsize=64)
def _function(kind: str) -> Any:
    """Return what makes a window, SciPy's or whoever registered it: a slow look at all packages."""
    from obspy.core.util.base import _get_function_from_entry_point  # noqa: PLC0415

    return _get_function_from_entry_point("taper", kind)
