"""``OBSPEED_CHECK=1``: every call is done twice, and a difference is a warning."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import Stream, Trace

from ._errors import CheckWarning, DeclinedError
from ._filters import filtered

if TYPE_CHECKING:
    from ._execute import Call
    from ._methods import Equality


def is_on() -> bool:
    """Whether calls are to be checked."""
    return os.environ.get("OBSPEED_CHECK") == "1"


@contextmanager
def checked(
    call: Call, target: Stream | Trace, by_obspy: Callable[[Stream | Trace], Any]
) -> Iterator[Stream]:
    """
    Compare what the block makes of `target` with what `by_obspy` makes of a copy of it.

    So are the new traces of a method that makes some, which the block puts into the Stream it gets.
    """
    made, expected_made = Stream(), Stream()
    try:
        expected = deepcopy(target)
        before = [(tr.data.dtype, _largest(tr)) for tr in _traces(target)]
    except Exception as error:  # noqa: BLE001 - anything may be in the stats
        _tell(call, f"cannot be checked: {error!r}")
        yield made
        return
    failed: Exception | None = None
    try:
        with filtered("ignore"):
            result = by_obspy(expected)
            if call.maker is not None:
                expected_made.extend(result)
    except Exception as error:  # noqa: BLE001 - compared below
        failed = error
    try:
        yield made
    except DeclinedError:  # with ``OBSPEED_STRICT=1``: no answer, so no difference
        raise
    except Exception as error:
        if type(error) is not type(failed) or str(error) != str(failed):
            _tell(call, f"expected {failed!r}, got {error!r}")
        _compare(call, _traces(target), _traces(expected), before)
        raise
    if call.whole is not None:
        before = [(np.dtype(float), 0.0)] * len(_traces(target))
    _compare(call, _traces(target), _traces(expected), before)
    _compare(call, made.traces, expected_made.traces, [(np.dtype(float), 0.0)] * len(made))
    if failed is not None:
        _tell(call, f"expected {failed!r}, got no exception")


def _traces(target: Stream | Trace) -> list[Trace]:
    return target.traces if isinstance(target, Stream) else [target]


def _compare(
    call: Call,
    got: list[Trace],
    expected: list[Trace],
    before: list[tuple[np.dtype[Any], float]],
) -> None:
    """Tell of traces that differ; `before` has their types and largest values before the call."""
    if len(got) != len(expected):
        _tell(call, f"expected {len(expected)} traces, got {len(got)}")
    for trace, reference, (dtype, scale) in zip(got, expected, before, strict=False):
        reason = difference(call.equality, trace, reference, scale, dtype)
        if reason:
            _tell(call, f"{trace.id}: {reason}")


def _largest(trace: Trace) -> float:
    return float(np.abs(np.asarray(trace.data, complex)).max(initial=0.0))


def _tell(call: Call, what: str) -> None:
    warnings.warn(f"obspeed differs from ObsPy in {call.name}: {what}", CheckWarning, stacklevel=3)


def difference(
    equality: Equality, trace: Trace, reference: Trace, scale: float = 0.0, dtype: Any = np.float64
) -> str | None:
    """
    Say how a trace differs from ObsPy's beyond the class of the call, or return None.

    Parameters
    ----------
    equality : Equality
        How equal they are to be.
    trace, reference : obspy.Trace
        obspeed's result and ObsPy's.
    scale : float
        The largest sample before the call.
    dtype : numpy.dtype
        The type of the samples before the call.

    Returns
    -------
    str or None
        The first difference in data type, length, values or stats.
    """
    got, expected = trace.data, reference.data
    if (
        type(got) is not type(expected)
        or got.dtype != expected.dtype
        or got.shape != expected.shape
    ):
        return f"expected {_kind(expected)}, got {_kind(got)}"
    bound = equality.bound
    if equality.bound_single is not None and dtype == np.float32:
        bound = equality.bound_single
    if isinstance(expected, np.ma.MaskedArray):
        if not np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(expected)):
            return "expected other samples to be masked"
        got, expected = got.data, expected.data
    error = relative_difference(got, expected, scale if equality.of_input else 0.0)
    if not error <= bound:
        return f"expected values within {bound:g} of the largest, got {error:g}"
    if trace.stats != reference.stats:
        keys = [k for k in reference.stats if trace.stats.get(k) != reference.stats[k]]
        return f"expected other stats {keys}"
    return None


def relative_difference(got: Any, expected: Any, scale: float = 0.0) -> float:
    """Return max|got-expected|/max(|expected|, scale): inf where only one of them is finite."""
    if np.array_equal(got, expected, equal_nan=True):
        return 0.0
    finite = np.isfinite(expected)
    if not np.array_equal(got[~finite], expected[~finite], equal_nan=True) or not finite.any():
        return float("inf")
    largest = max(scale, float(np.abs(expected[finite]).max()))
    error = float(np.abs(got[finite].astype(float) - expected[finite].astype(float)).max())
    return error / largest if largest and not np.isnan(error) else float("inf")


def _kind(data: Any) -> str:
    return f"{type(data).__name__} of {len(data)} {data.dtype}"
