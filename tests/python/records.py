"""miniSEED 2 records, field by field as the SEED manual has them, any of them wrong at will."""

import struct

import numpy as np

ENCODINGS = {"INT16": (1, "i2"), "INT32": (3, "i4"), "FLOAT32": (4, "f4"), "FLOAT64": (5, "f8")}


def record(
    start=0,
    data=None,
    *,
    network="XX",
    station="ABC",
    location="",
    channel="BHZ",
    quality="D",
    year=2020,
    day=10,
    factor=100,
    multiplier=1,
    flags=0,
    correction=0,
    encoding="INT32",
    length=512,
    order=">",
    microseconds=None,
    rate=None,
    number=b"000001",
    npts=None,
):
    """One record, `start` microseconds after midnight, with the blockettes asked for."""
    code, kind = ENCODINGS.get(encoding, (encoding, "i4"))
    data = np.arange(20) if data is None else data
    payload = np.asarray(data).astype(order + kind).tobytes()
    blockettes = [(1000, struct.pack("4B", code, order == ">", length.bit_length() - 1, 0))]
    if microseconds is not None:
        blockettes.append((1001, struct.pack("BbBB", 0, microseconds, 0, 0)))
    if rate is not None:
        blockettes.append((100, struct.pack(order + "fI", rate, 0)))
    chain, end = b"", 48
    for i, (number_, body) in enumerate(blockettes):
        end += 4 + len(body)
        following = end if i + 1 < len(blockettes) else 0
        chain += struct.pack(order + "2H", number_, following) + body
    data_at = (end + 63) // 64 * 64
    seconds, fraction = divmod(start, 10**6)
    header = b"%6b%1b %-5b%-2b%-3b%-2b" % (
        number,
        *(code.encode() for code in (quality, station, location, channel, network)),
    )
    header += struct.pack(
        order + "2H4BH",
        *(year, day, seconds // 3600, seconds // 60 % 60, seconds % 60, 0, fraction // 100),
    )
    npts = len(data) if npts is None else npts
    header += struct.pack(
        order + "Hhh4BiHH",
        *(npts, factor, multiplier, flags, 0, 0, len(blockettes), correction, data_at, 48),
    )
    return ((header + chain).ljust(data_at, b"\0") + payload).ljust(length, b"\0")
