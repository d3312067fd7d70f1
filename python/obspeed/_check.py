"""``OBSPEED_CHECK=1``: every call is done twice, and a difference is a warning."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import Stream

from ._errors import CheckWarning

if TYPE_CHECKING:
    from obspy import Trace

    from ._execute import Call
    from ._methods import Equality


def is_on() -> bool:
    """Whether calls are to be checked."""
    return os.environ.get("OBSPEED_CHECK") == "1"


@contextmanager
def checked(call: Call, traces: list[Trace]) -> Iterator[Stream]:
    """
    Compare what happens to `traces` in the block with what ObsPy makes of copies of them.

    So are the new traces of a method that makes some, which the block puts into the Stream it gets.
    """
    made, expected_made = Stream(), Stream()
    expected = deepcopy(traces)
    before = [(tr.data.dtype, _largest(tr)) for tr in traces]
    failed: Exception | None = None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for trace in expected:
                result = call.by_obspy(trace)
                if call.maker is not None:
                    expected_made.extend(result)
    except Exception as error:  # noqa: BLE001 - compared below
        failed = error
    try:
        yield made
    except Exception as error:
        if type(error) is not type(failed) or str(error) != str(failed):
            _tell(call, f"expected {failed!r}, got {error!r}")
        raise
    finally:
        for trace, reference, (dtype, scale) in zip(traces, expected, before, strict=True):
            reason = difference(call.equality, trace, reference, scale, dtype)
            if reason:
                _tell(call, f"{trace.id}: {reason}")
    if len(made) != len(expected_made):
        _tell(call, f"expected {len(expected_made)} traces, got {len(made)}")
    for trace, reference in zip(made, expected_made, strict=False):
        reason = difference(call.equality, trace, reference)
        if reason:
            _tell(call, f"{trace.id}: {reason}")
    if failed is not None:
        _tell(call, f"expected {failed!r}, got no exception")


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
