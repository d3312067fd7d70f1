"""
How long each method goes on without a look at signals, on one trace: the wait after Ctrl-C.

    python tests/campaign/signals.py --npts 8640000 --calls 5

Milliseconds of this thread's CPU time between two calls of a handler that a timer asks for every
4 ms, so that what else the machine does is left out. A call that ends counts as a look.
"""

import argparse
import signal
import sys
import time
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import numpy as np
from methods import CALLS, run, stream

import obspeed


def stretches(label, st):
    """Seconds between two looks at signals in one call, and of the whole call."""
    looks = []
    signal.signal(signal.SIGALRM, lambda *_: looks.append(time.thread_time()))
    signal.setitimer(signal.ITIMER_REAL, 0.004, 0.004)
    began = time.thread_time()
    try:
        run(label, st)
    finally:
        ended = time.thread_time()
        signal.setitimer(signal.ITIMER_REAL, 0.0)
    looks = [began, *(look for look in looks if look <= ended), ended]
    return [later - earlier for earlier, later in pairwise(looks)], ended - began


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0].strip())
    parser.add_argument("--npts", type=int, default=8_640_000)
    parser.add_argument("--calls", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=list(CALLS))
    options = parser.parse_args()
    obspeed.set_num_threads(1)
    print(f"{'':22} {'longest':>8} {'median':>8} {'call':>8}   ms")
    for label in options.only:
        longest, seconds = [], []
        for number in range(options.calls):
            traces = 2 if label == "merge" else 1
            dtype = ("float64", "int32")[number % 2]
            st = stream(label, traces=traces, npts=options.npts // traces, dtype=dtype)
            obspeed.clear_cache()
            waits, call = stretches(label, st)
            longest.append(max(waits))
            seconds.append(call)
        row = [1e3 * x for x in (max(longest), np.median(longest), np.median(seconds))]
        print(f"{label:22} {row[0]:8.0f} {row[1]:8.0f} {row[2]:8.0f}", flush=True)


if __name__ == "__main__":
    main()
