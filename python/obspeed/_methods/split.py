"""``split``: the runs of samples that are not masked, as traces."""

from __future__ import annotations

from copy import deepcopy
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import Trace
from obspy.core import Stats

from .. import _originals
from .._errors import DeclinedError

if TYPE_CHECKING:
    from .._plan import Maker, Samples

_IMMUTABLE = frozenset({str, int, float, bool, type(None)})


def prepare() -> Maker:
    """Settle the arguments of ``Trace.split``: there are none."""
    return _split


def _split(trace: Trace) -> list[Trace]:
    data = trace.data
    if type(trace.stats.__dict__.get("processing", [])) is not list:
        raise DeclinedError("stats.processing is not a list")
    if isinstance(data, np.ma.MaskedArray):
        _check(trace, data)
        mask = np.ma.getmaskarray(data)
        if mask.any():
            return _pieces(trace.stats, data.data, mask)
    if not _originals.is_known(type(trace), "copy"):
        raise DeclinedError(f"{type(trace).__name__}.copy is not ObsPy's")
    whole = trace.copy()
    if isinstance(data, np.ma.MaskedArray):
        whole.data = whole.data.data
    return [whole]


def _check(trace: Trace, data: Any) -> None:
    if type(data) is not np.ma.MaskedArray or type(data.data) is not np.ndarray:
        raise DeclinedError(f"the data are a {type(data).__name__} of {type(data.data).__name__}")
    if data.dtype.names is not None:
        raise DeclinedError(f"the data are of type {data.dtype.str}")
    if data.ndim != 1 or not data.flags.aligned:
        raise DeclinedError("the data are not a one-dimensional, aligned array")
    if len(data) != trace.stats.npts:
        raise DeclinedError("stats.npts is not the number of samples")
    if type(trace.stats) is not Stats:
        raise DeclinedError(f"the stats are a {type(trace.stats).__name__}")


def _pieces(stats: Stats, data: Samples, mask: Samples) -> list[Trace]:
    """Cut out what is not masked; a piece shares memory with `data` where that is contiguous."""
    bounds = [0, *(np.flatnonzero(mask[1:] != mask[:-1]) + 1).tolist(), len(mask)]
    # As for any header, the sampling rate follows from the interval, and dicts become AttribDicts.
    header = Stats({key: value for key, value in stats.__dict__.items() if key != "endtime"})
    pieces = []
    for begin, end in list(pairwise(bounds))[int(mask[0]) :: 2]:
        memo: dict[int, Any] = {}
        own = {
            key: value if type(value) in _IMMUTABLE else deepcopy(value, memo)
            for key, value in header.__dict__.items()
            if key not in {"starttime", "endtime"}
        }
        start = header.starttime + begin * header.delta
        moved = {
            "starttime": start,
            "endtime": start + (end - begin - 1) * header.delta,
            "npts": end - begin,
        }
        piece = Trace.__new__(Trace)
        piece.__dict__["stats"] = Stats.__new__(Stats)
        # The order of the keys is part of what str() shows.
        piece.stats.__dict__.update((key, moved.get(key, own.get(key))) for key in header.__dict__)
        piece.__dict__["data"] = np.ascontiguousarray(data[begin:end])
        pieces.append(piece)
    return pieces
