"""``normalize``, by a trace's own largest sample or a stream's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .._core import Step
from .._errors import DeclinedError
from .._plan import Message, Planned, Planner, State, real

if TYPE_CHECKING:
    from obspy import Stream

_NEGATIVE = "Normalizing with negative values is forbidden. Using absolute value."
_LARGEST_SINGLE = float(np.finfo(np.float32).max)
NUMPY_2 = int(np.__version__.split(".", maxsplit=1)[0]) >= 2


def prepare(norm: Any = None) -> Planner:
    """Settle the arguments of ``Trace.normalize``."""
    value, double, warn = None, False, list[Message]()
    if norm is not None:
        value = _size(norm)
        if norm < 0:
            warn.append((_NEGATIVE, UserWarning))
        # Before NumPy 2 a scalar's type did not count beside an array's.
        double = (
            NUMPY_2
            and isinstance(norm, np.generic)
            and np.result_type(np.float32, norm.dtype) != np.float32
        )
    step = Step.normalize(value, double)

    def plan(state: State) -> Planned:
        if state.dtype == np.float32 and value is not None and value > _LARGEST_SINGLE:
            raise DeclinedError("a norm too large for single precision")
        in_place = state.dtype.kind == "f"
        return Planned(step, real(state.dtype), in_place, warnings=warn)

    return plan


def _size(norm: Any) -> float:
    """Return the absolute value of a number that data can be divided by."""
    if isinstance(norm, bool) or not isinstance(norm, (int, float, np.integer, np.float32)):
        raise DeclinedError(f"norm={norm!r}")
    if not NUMPY_2 and type(norm) is int and abs(norm) > np.iinfo(np.int64).max:
        raise DeclinedError("a norm that NumPy 1 makes an object of")
    if isinstance(norm, np.signedinteger) and norm == np.iinfo(norm.dtype).min:
        raise DeclinedError("a norm without an absolute value")
    try:
        size = abs(float(norm))
    except OverflowError:
        size = np.inf
    if not 0 < size < np.inf:
        raise DeclinedError("a norm that is zero or not finite")
    return size


def normalize_stream(stream: Stream, global_max: bool = False) -> dict[str, Any]:
    """Turn the arguments of ``Stream.normalize`` into those of the Trace method."""
    if not global_max:
        return {"norm": None}
    with np.errstate(all="raise"):  # what NumPy warns of here, it is to warn ObsPy of
        return {"norm": max(abs(trace.max()) for trace in stream)}
