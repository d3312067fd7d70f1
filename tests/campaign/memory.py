"""
Resident memory over many calls of each method, and the peak of one call beside ObsPy's.

    python tests/campaign/memory.py --calls 10000
    python tests/campaign/memory.py --peak

Growth is that from the first tenth of the calls to the last, by the median of each: what is kept
once, by a cache or the allocator, is no growth.
"""

import argparse
import ctypes
import gc
import multiprocessing
import resource
import statistics
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from methods import CALLS, arguments, run, stream

import obspeed

PAGE = resource.getpagesize()


def resident():
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="utf-8").split()[1]) * PAGE


def growth(label, calls):
    """Bytes by which the process is larger after `calls` calls than after a tenth of them."""
    source = stream(label, traces=4, npts=4001)
    seen = []
    for number in range(calls):
        run(label, source.copy())
        if number % 100 == 0:
            obspeed.clear_cache()
            obspeed.reset_report()
        if number % max(1, calls // 200) == 0:
            gc.collect(0)
            seen.append(resident())
    tenth = len(seen) // 10
    return statistics.median(seen[-tenth:]) - statistics.median(seen[tenth : 2 * tenth])


def peak(label, by_obspy):
    """Bytes by which a process has to be larger for one call on a trace of 2 million samples."""
    # A fresh one: what earlier calls have given back would be taken again unseen.
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_peak, (label, by_obspy))


def _peak(label, by_obspy):
    name = CALLS[label][0]
    st = stream(label, traces=2 if name == "merge" else 1, npts=2_000_000, dtype="float64")
    for work in (stream(label, traces=2, npts=3000), st):
        ctypes.CDLL(None).malloc_trim(0)
        Path("/proc/self/clear_refs").write_text("5", encoding="utf-8")
        before = resident()
        if by_obspy:
            getattr(work, name)(**arguments(label))
        else:
            run(label, work)
    for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024 - before
    return np.nan


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0].strip())
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--only", nargs="*", default=list(CALLS))
    parser.add_argument("--peak", action="store_true", help="the peak of one call, MiB")
    options = parser.parse_args()
    for label in options.only:
        if options.peak:
            ours, theirs = (peak(label, by_obspy) / 2**20 for by_obspy in (False, True))
            print(f"{label:22} obspeed {ours:7.0f} MiB, ObsPy {theirs:7.0f} MiB", flush=True)
        else:
            began = time.perf_counter()
            grown = growth(label, options.calls) / 2**10
            seconds = time.perf_counter() - began
            print(
                f"{label:22} {grown:8.0f} KiB after {options.calls} calls, {seconds:.0f} s",
                flush=True,
            )


if __name__ == "__main__":
    main()
