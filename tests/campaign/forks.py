"""
Forks of a process whose threads are busy: every child computes, in time and to the same bits.

    python tests/campaign/forks.py --forks 500 --seed 0

Four Python threads go on through all methods meanwhile, each on obspeed's own threads, with lengths
and limits that keep plans and spectra being made and given up. What a child asks for is another
method at each fork; every tenth child has a child of its own.
"""

import argparse
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "python"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from inchild import in_fork
from methods import CALLS, bits, run, stream

import obspeed

BUSY = 4


def forks(number, seed=0):
    """Fork `number` times, and return the seconds that the slowest child took."""
    expected = {label: bits(run(label, stream(label))) for label in CALLS}  # warms, too
    ends, errors = threading.Event(), []

    def work(n):
        rng = random.Random(seed + n)
        try:
            while not ends.is_set():
                obspeed.set_cache_limit(1_000_000 * rng.randrange(4))
                label = rng.choice(["remove_response", *CALLS])
                run(label, stream(label, npts=6000 + rng.randrange(3000)))
        except BaseException as error:
            errors.append(error)
            raise

    def compute(labels):
        for label in labels:
            assert bits(run(label, stream(label))) == expected[label], label

    def child(n, labels):
        compute(labels)
        if n % 10 == 0:
            in_fork(compute, labels)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(BUSY)]
    for thread in threads:
        thread.start()
    rng, slowest = random.Random(seed), 0.0
    try:
        for n in range(number):
            time.sleep(rng.uniform(0.0, 0.05))
            labels = ["remove_response", list(CALLS)[n % len(CALLS)]]
            began = time.perf_counter()
            in_fork(child, n, labels)
            slowest = max(slowest, time.perf_counter() - began)
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    assert not errors, errors
    compute(CALLS)  # the parent goes on
    return slowest


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0].strip())
    parser.add_argument("--forks", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.perf_counter()
    slowest = forks(options.forks, options.seed)
    seconds = time.perf_counter() - began
    print(f"{options.forks} forks in {seconds:.0f} s; the slowest child took {slowest:.1f} s")


if __name__ == "__main__":
    main()
