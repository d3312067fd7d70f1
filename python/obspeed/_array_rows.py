"""Arrays as rows of samples: planned as a trace of that length, run by the one door."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
from obspy import Trace

from . import _core
from ._errors import DeclinedError
from ._methods import METHODS
from ._plan import DTYPES, Planned, Samples, State, check_trace, plan_calls
from ._threads import get_num_threads

Failure = tuple[int, Exception]


def in_rows(
    name: str,
    args: tuple[Any, ...],
    options: dict[str, Any],
    x: Samples,
    sampling_rate: float,
    axis: int,
    out: Samples | None,
    **stats: Any,
) -> Samples:
    """Do one Trace method on every row of `x`, as of traces with these stats."""
    _check(x, axis)
    source = np.moveaxis(np.asarray(x), axis, -1)
    try:
        planned = _plan(name, args, options, source, {"sampling_rate": sampling_rate, **stats})
    except DeclinedError as error:
        raise ValueError(f"{name}: {error}") from None
    npts = source.shape[-1] if planned.npts is None else planned.npts
    shape = (*source.shape[:-1], npts)
    dtype = np.dtype(np.float32 if x.dtype == np.float32 else np.float64)
    target = _new(source, shape, dtype) if out is None else _fitting(out, shape, dtype, axis)
    if np.may_share_memory(source, target) and not _alike(source, target):
        source = source.copy()
    for text, category in planned.warnings:
        warnings.warn(text, category, stacklevel=3)
    failed = _compute(planned, np.atleast_2d(source), np.atleast_2d(target))
    if failed is not None:
        kind = "row" if axis in {-1, x.ndim - 1} else "column"
        place = f"{kind} {failed[0]}: " if x.ndim == 2 else ""
        raise ValueError(f"{name}: {place}{failed[1]}")
    return np.moveaxis(target, -1, axis) if out is None else out


def _check(x: Any, axis: Any) -> None:
    if not isinstance(x, np.ndarray) or isinstance(x, np.ma.MaskedArray):
        raise TypeError(f"expected an ndarray without a mask, got {type(x).__name__}")
    if x.dtype not in DTYPES or not x.dtype.isnative:
        raise TypeError(
            "expected int16, int32, int64, float32 or float64 in native byte order, "
            f"got {x.dtype.str}"
        )
    if x.ndim not in {1, 2}:
        raise ValueError(f"expected one or two dimensions, got {x.ndim}")
    if axis not in range(-x.ndim, x.ndim):
        raise ValueError(f"expected an axis of {x.ndim} dimension(s), got {axis!r}")


def _plan(
    name: str, args: tuple[Any, ...], options: dict[str, Any], x: Samples, stats: dict[str, Any]
) -> Planned:
    """Plan the method for a trace as long as a row, at time zero."""
    if not 0.0 < stats["sampling_rate"] < math.inf:
        raise DeclinedError(f"sampling_rate={stats['sampling_rate']!r}")
    trace = Trace(np.empty(x.shape[-1], x.dtype), stats)
    prepare = METHODS[name].prepare
    if prepare is None:
        raise DeclinedError(f"{name} has no kernel")
    check_trace(trace)
    return plan_calls([prepare(*args, **options)], State(trace))[0]


def _fitting(out: Any, shape: tuple[int, ...], dtype: np.dtype[Any], axis: int) -> Samples:
    """Return `out` with time last, if it can take a result of that shape (time last) and type."""
    if not isinstance(out, np.ndarray):
        raise TypeError(f"expected an ndarray as out, got {type(out).__name__}")
    wanted = shape if axis in {-1, len(shape) - 1} else shape[::-1]
    if (out.shape, out.dtype) != (wanted, dtype) or not out.flags.writeable:
        kind = "" if out.flags.writeable else "read-only "
        raise ValueError(
            f"expected a writable {dtype} array of shape {wanted} as out, "
            f"got a {kind}{out.dtype} array of shape {out.shape}"
        )
    return np.moveaxis(np.asarray(out), axis, -1)


def _new(x: Samples, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Samples:
    """Return a new array laid out as `x` is."""
    columns = x.ndim == 2 and abs(x.strides[0]) < abs(x.strides[1])
    return _core.empty(shape, dtype, "F" if columns else "C")


def _alike(x: Samples, y: Samples) -> bool:
    """Whether each sample of `y` lies where the same one of `x` does."""
    first = (a.__array_interface__["data"][0] for a in (x, y))
    return len({*first}) == 1 and (x.shape, x.strides, x.dtype) == (y.shape, y.strides, y.dtype)


def _compute(planned: Planned, x: Samples, y: Samples) -> Failure | None:
    """Fill the rows of `y`, and return the number of one that failed and why, if any did."""
    if not y.size:
        return None
    if not x.flags.aligned:
        x = x.copy()
    if not y.flags.aligned or not _is_apart(y):
        held = np.empty(y.shape, y.dtype)
        failed = _compute(planned, x, held)
        y[...] = held
        return failed
    steps = (*planned.before, planned.step)
    source = None if np.may_share_memory(x, y) else x
    failed, interrupt = _core.run_rows(source, y, steps, get_num_threads())
    if interrupt is not None:
        raise interrupt
    return failed


def _is_apart(y: Samples) -> bool:
    """Whether no two samples of a two-dimensional array can share memory."""
    axes = [(abs(step), n) for step, n in zip(y.strides, y.shape, strict=True) if n > 1]
    span = y.itemsize
    for step, n in sorted(axes):
        if step < span:
            return False
        span = step * n
    return True
