"""`obspeed.array` beside scipy.signal on an array of many channels, the answers compared."""

import argparse
import time

import numpy as np
import scipy.signal

import obspeed
from obspeed import array

RATE, BAND = 100.0, (5.0, 20.0)


def main():
    """Print a row for each function, axis and layout; with equal answers only."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--channels", type=int, default=10_000)
    # Less than the 10 000 of the goal: SciPy needs some 3 GB for those.
    parser.add_argument("--npts", type=int, default=2_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--cpu", action="store_true", help="CPU seconds, for a busy machine")
    given = parser.parse_args()
    clock = time.process_time if given.cpu else time.perf_counter
    shape = given.channels, given.npts
    x = np.random.default_rng(0).standard_normal(shape, dtype=np.float32)
    sos = scipy.signal.iirfilter(4, BAND, btype="band", output="sos", fs=RATE)
    options = {"freqmin": BAND[0], "freqmax": BAND[1], "sampling_rate": RATE}
    works = {
        "bandpass": (
            lambda x, axis: scipy.signal.sosfilt(sos, x, axis=axis),
            lambda x, axis: array.filter(x, "bandpass", axis=axis, **options),
            0.0,
        ),
        "detrend": (
            lambda x, axis: scipy.signal.detrend(x, axis=axis),
            lambda x, axis: array.detrend(x, axis=axis),
            1e-6,
        ),
    }
    print(f"{shape[0]} x {shape[1]} float32, {obspeed.get_num_threads()} threads")
    print(f"{'case':<24}{'SciPy ms':>11}{'obspeed ms':>12}{'ratio':>9}{'max diff':>11}")
    for name, (theirs, ours, bound) in works.items():
        for layout in "CF":
            for axis in (1, 0):
                case = f"{name} axis={axis} {layout}"
                laid = np.array(x, order=layout)
                print(row(case, theirs, ours, bound, laid, axis, given.rounds, clock))


def row(case, theirs, ours, bound, x, axis, rounds, clock):
    """Time both in turns, after comparing what they answer."""
    expected, got = theirs(x, axis).astype(np.float32), ours(x, axis)
    difference = np.abs(got - expected).max() / np.abs(x).max()
    if got.dtype != np.float32 or not difference <= bound:
        raise SystemExit(f"{case}: differs by {difference:.1e}, allowed {bound:.1e}")
    del expected, got
    best = [np.inf, np.inf]
    for _ in range(rounds):
        for i, work in enumerate((theirs, ours)):
            began = clock()
            work(x, axis)
            best[i] = min(best[i], clock() - began)
    ratio = best[0] / best[1]
    return (
        f"{case:<24}{best[0] * 1e3:>11.1f}{best[1] * 1e3:>12.1f}{ratio:>8.1f}x{difference:>11.1e}"
    )


if __name__ == "__main__":
    main()
