"""Traces to try a method on: every type and length, odd values, odd layouts."""

import numpy as np
from obspy import Trace, UTCDateTime

DTYPES = ["int16", "int32", "int64", "float32", "float64"]
LENGTHS = [1, 2, 3, 7, 8, 9, 100, 127, 128, 129, 1000, 8191, 8193, 20011]


def samples(npts, dtype="float64", seed=0, scale=1000.0):
    x = np.random.default_rng(seed).standard_normal(npts).cumsum() * scale + 100 * scale / 7
    return np.clip(x, -32000, 32000).astype(dtype) if dtype == "int16" else x.astype(dtype)


def trace(npts=1000, dtype="float64", seed=0, **header):
    start = UTCDateTime(2020, 1, 1, 0, 0, 0, 123456)
    return Trace(samples(npts, dtype, seed), {"sampling_rate": 100.0, "starttime": start} | header)


ODD = {
    "masked": lambda x: np.ma.masked_greater(x, 1e4),
    "masked array without masked values": np.ma.masked_array,
    "big-endian": lambda x: x.astype(">f8"),
    "big-endian single": lambda x: x.astype(">f4"),
    "unsigned": lambda x: x.astype("u4"),
    "int8": lambda x: (x % 100).astype("i1"),
    "half": lambda x: (x % 100).astype("f2"),
    "bool": lambda x: x > 0,
    "NaN": lambda x: np.where(np.arange(x.size) == 300, np.nan, x),
    "NaN at the start": lambda x: np.where(np.arange(x.size) == 0, np.nan, x),
    "Inf": lambda x: np.where(np.arange(x.size) == 300, np.inf, x),
    "Inf at the end": lambda x: np.where(np.arange(x.size) == x.size - 1, -np.inf, x),
    "two Infs": lambda x: np.where(np.arange(x.size) % 400 == 0, np.inf, x),
    "all zero": np.zeros_like,
    "constant": lambda x: np.full_like(x, 7.1),
    "huge": lambda x: x * 1e303,
    "tiny": lambda x: x * 1e-280,
    "empty": lambda x: x[:0],
}


def odd_layouts(header=None):
    """Strided, reversed, offset and read-only data, and headers that belong to other data."""
    header = header or trace(1).stats
    x = samples(2000)
    for data in (x[::2], x[::-1], x[5:905]):
        tr = Trace(np.zeros(1), header)
        object.__setattr__(tr, "data", data)
        tr.stats.npts = len(data)
        yield tr
    read_only = x.copy()
    read_only.flags.writeable = False
    tr = Trace(read_only, header)
    tr.data.flags.writeable = False
    yield tr
    other = Trace(x.copy(), header)
    other.stats.npts = 1500
    yield other
