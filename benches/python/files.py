"""Files read and written by ObsPy and by obspeed, the streams and the bytes compared.

python benches/python/files.py [--budget SECONDS] [--folder FOLDER]
"""

import argparse
import sys
import tempfile
from functools import partial
from pathlib import Path

import numpy as np
import obspy
from obspy import Stream, Trace, UTCDateTime
from timing import HEADER, Case, NotEqualError, measure

from obspeed import _io


def recording(npts, rate=100.0, dtype="int32", seed=0):
    """A wandering trace of counts, or of floats."""
    steps = np.random.default_rng(seed).normal(0, 300, npts)
    header = {"network": "XX", "station": "ABC", "channel": "HHZ", "sampling_rate": rate}
    header["starttime"] = UTCDateTime(2020, 1, 10)
    return Trace(steps.cumsum().astype(dtype), header)


def reading(name, paths, goal, threads=1):
    """All files to one stream."""

    def theirs(stream):
        for path in paths:
            stream += obspy.read(path)

    def ours(stream):
        for answer in _io.read_many(paths):
            stream += answer

    return Case(name, Stream(), theirs, ours, bound=0.0, goal=goal, threads=threads)


def writing(name, traces, folder, kind, goal, threads=1):
    """Each trace to a file of its own."""
    paths = [str(folder / f"{i}.{kind}") for i in range(len(traces))]  # ObsPy writes no Path

    def theirs(stream):
        for trace, path in zip(stream, paths, strict=True):
            trace.write(path, format=kind)

    def ours(stream):
        items = [(trace, path, None) for trace, path in zip(stream, paths, strict=True)]
        if any(isinstance(size, Exception) for size in _io.write_many(items, kind)):
            raise NotEqualError("a file was not written")

    stream = Stream(traces)
    theirs(stream)
    expected = [Path(path).read_bytes() for path in paths]
    ours(stream)
    if [Path(path).read_bytes() for path in paths] != expected:
        raise NotEqualError(f"{name}: the bytes differ")
    return Case(name, stream, theirs, ours, bound=0.0, goal=goal, threads=threads)


def cases(folder):
    """Files of an hour, a day and twenty minutes; of one and of many."""

    def write(name, trace):
        trace.write(folder / name, format="MSEED")
        return folder / name

    hour, day = write("hour", recording(360_000)), write("day", recording(8_640_000))
    small = [write(f"small{i}", recording(48_000, 40.0, seed=i)) for i in range(100)]
    yield partial(reading, "read 1 h @ 100 Hz", [hour], 3)
    yield partial(reading, "read 24 h @ 100 Hz", [day], 2)
    yield partial(reading, "read 20 min @ 40 Hz", small[:1], 8)
    yield partial(reading, "read 100 files of 20 min", small, 8)
    yield partial(reading, "read 100 files of 20 min", small, 12, threads=2)
    for dtype in ("float64", "float32", "int32"):
        traces = [recording(120_000, dtype=dtype)]
        yield partial(writing, f"SAC 120 000 {dtype}", traces, folder, "SAC", 20)
    for dtype, goal in (("int32", 2), ("float32", 3)):
        traces = [recording(120_000, dtype=dtype)]
        yield partial(writing, f"miniSEED 120 000 {dtype}", traces, folder, "MSEED", goal)
    traces = [recording(48_000, 40.0, "float32", seed) for seed in range(100)]
    yield partial(writing, "SAC 100 x 48 000 float32", traces, folder, "SAC", 10, threads=2)


def main():
    """Print a row for each case; 1 if answers differ."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--budget", type=float, default=2.0, help="seconds for one case")
    parser.add_argument("--folder", type=Path, help="where the files go; a temporary folder")
    args = parser.parse_args()
    unequal = 0
    print(HEADER, flush=True)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        for make in cases(Path(folder)):
            try:
                print(measure(make(), args.budget), flush=True)
            except NotEqualError as error:
                unequal += 1
                print(error, flush=True)
    return bool(unequal)


if __name__ == "__main__":
    sys.exit(main())
