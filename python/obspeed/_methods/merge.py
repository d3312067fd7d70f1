"""``merge``: the pieces of each channel put together."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from itertools import pairwise
from typing import Any

import numpy as np
from obspy import Stream, Trace
from obspy.core import Stats

from .._errors import DeclinedError
from .._plan import DTYPES, Samples

# In samples: how far from the grid of the first a piece may start. ObsPy takes a hundredth
# from the end of what is joined so far, which is not always where the grid has it.
_MISALIGNED = 1e-3
_EXACT = 2**53


def prepare(
    stream: Stream,
    method: int = 0,
    fill_value: Any = None,
    interpolation_samples: int = 0,
    **kwargs: Any,
) -> Callable[[], None]:
    """
    Merge channels whose pieces do not overlap; `method` and the samples are for those that do.

    ObsPy joins the pieces one by one and copies what it has each time.
    """
    if kwargs or type(method) is not int or method not in {0, 1}:
        raise DeclinedError("merge with a method of its own")
    if type(interpolation_samples) is not int:
        raise DeclinedError("interpolation_samples is not an int")
    channels: dict[tuple[str, ...], list[Trace]] = {}
    for trace in stream.traces:
        _check(trace)
        stats = trace.stats
        key = (stats.network, stats.station, stats.location, stats.channel)
        channels.setdefault(key, []).append(trace)
    # ObsPy's usual order, which depends on addresses: what has gaps, and then what has none.
    with_gaps: list[Trace] = []
    without: list[Trace] = []
    for _, pieces in sorted(channels.items()):
        if len(pieces) == 1:
            without += pieces
            continue
        bounds = _bounds(pieces)
        merged = Trace(_join(bounds, fill_value), deepcopy(bounds[0][2].stats))
        merged.stats.npts = len(merged.data)
        gaps = any(end < begin for (_, end, _), (begin, _, _) in pairwise(bounds))
        (with_gaps if gaps else without).append(merged)

    def commit() -> None:
        stream.traces = with_gaps + without

    return commit


def _check(trace: Trace) -> None:
    data = trace.data
    if type(trace) is not Trace or type(trace.stats) is not Stats:
        raise DeclinedError(f"a trace is a {type(trace).__name__}")
    if type(data) is not np.ndarray or data.ndim != 1 or data.dtype not in DTYPES:
        raise DeclinedError("the data of a trace are masked or of another type")
    if len(data) == 0 or len(data) != trace.stats.npts:
        raise DeclinedError("a trace is empty, or stats.npts is not its number of samples")


def _bounds(pieces: list[Trace]) -> list[tuple[int, int, Trace]]:
    """Return begin and end of each piece on the grid of the first one, in order."""
    pieces = sorted(pieces, key=lambda trace: trace.stats.starttime.ns)
    first = pieces[0]
    rate, start = first.stats.sampling_rate, first.stats.starttime.ns
    if 1.0 / (1.0 / rate) != rate:
        raise DeclinedError("the sampling rate is not that of its interval")
    bounds = []
    for piece in pieces:
        stats = piece.stats
        if (stats.sampling_rate, stats.calib) != (rate, first.stats.calib):
            raise DeclinedError("pieces of a channel differ in sampling rate or calibration")
        if piece.data.dtype != first.data.dtype:
            raise DeclinedError("pieces of a channel differ in data type")
        begin = (stats.starttime.ns - start) * 1e-9 * rate
        if abs(begin - round(begin)) > _MISALIGNED:
            raise DeclinedError("pieces of a channel are not on one grid")
        bounds.append((round(begin), round(begin) + stats.npts, piece))
    if any(begin < end for (_, end, _), (begin, _, _) in pairwise(bounds)):
        raise DeclinedError("pieces of a channel overlap")
    return bounds


def _join(bounds: list[tuple[int, int, Trace]], fill_value: Any) -> Samples:
    """Return all pieces in one array, what is between them filled or masked."""
    dtype = bounds[0][2].data.dtype
    data = np.empty(bounds[-1][1], dtype)
    for begin, end, piece in bounds:
        data[begin:end] = piece.data
    gaps = [(a, b) for (_, a, _), (b, _, _) in pairwise(bounds) if a < b]
    filled = _filler(data, fill_value)
    for begin, end in gaps:
        filled(begin, end)
    if fill_value is not None or not gaps:
        return data
    mask = np.zeros(len(data), bool)
    for begin, end in gaps:
        mask[begin:end] = True
    masked = np.ma.MaskedArray(data, mask)
    masked.unshare_mask()  # as it is in ObsPy
    return masked


def _filler(data: Samples, value: Any) -> Callable[[int, int], None]:
    """Return what fills `data` from begin to end."""
    if value is None:
        value = np.nan if data.dtype.kind == "f" else np.iinfo(data.dtype).min
    elif value not in {"latest", "interpolate"}:
        floats = data.dtype.kind == "f"
        largest = _EXACT if floats else np.iinfo(data.dtype).max
        is_int = type(value) is int and abs(value) <= largest
        if not (is_int or (type(value) is float and floats)):
            raise DeclinedError("a fill_value that is not of the type of the data")

    def filled(begin: int, end: int) -> None:
        if isinstance(value, str):
            last, following = data[begin - 1], data[end]
            if value == "latest":
                data[begin:end] = last
            else:
                data[begin:end] = np.linspace(last, following, end - begin + 2)[1:-1]
        else:
            data[begin:end] = value

    return filled
