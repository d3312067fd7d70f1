"""
The differential campaign: seeded cases through ObsPy and obspeed, compared in all that can be seen.

    python tests/campaign/run.py --cases 100000 --seed 1 -j 2
    python tests/campaign/run.py --case 1.4711

A failure prints the seed of its case and the command that reproduces it. `--responses FOLDER` draws
from the StationXML files below a folder instead of from what ObsPy installs.
"""

import argparse
import faulthandler
import multiprocessing
import os
import resource
import sys
import tempfile
import time
import traceback
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from case import Case
from judge import judge

CHUNK = 250
MEMORY = 6 << 30


def one(seed, folder=None):
    """Judge one case; an error of the campaign itself is a difference too."""
    try:
        return judge(Case(seed, folder))
    except Exception:  # noqa: BLE001 - the run goes on
        text = traceback.format_exc(limit=-6)
        return type("Broken", (), {"differences": [text], "accelerated": {}, "total": 0})


def begin(folder):
    """Keep what C code writes to stderr, and the case at hand, for after a crash."""
    log = os.open(Path(folder) / f"{os.getpid()}.stderr", os.O_WRONLY | os.O_CREAT)
    os.dup2(log, 2)
    faulthandler.enable()
    limit_memory()
    os.environ["CAMPAIGN_CASE"] = str(Path(folder) / f"{os.getpid()}.case")


def limit_memory():
    """Let what asks for too much memory fail at once, instead of the machine."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


def chunk(numbers, seed, folder):
    """Judge some cases: failures by seed, and how many traces were accelerated and in all."""
    failures, done, asked = {}, Counter(), Counter()
    for number in numbers:
        if "CAMPAIGN_CASE" in os.environ:
            Path(os.environ["CAMPAIGN_CASE"]).write_text(f"{seed}.{number}", encoding="utf-8")
        verdict = one(f"{seed}.{number}", folder)
        if verdict.differences:
            failures[f"{seed}.{number}"] = verdict.differences
        for name, count in verdict.accelerated.items():
            done[name] += count
            asked[name] += verdict.total
    return failures, done, asked


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--cases", type=int, default=1000)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--seed", default="0")
    parser.add_argument("-j", "--jobs", type=int, default=1)
    parser.add_argument("--case", help="play this one and say what it is")
    parser.add_argument("--responses", help="folder of StationXML files to draw from")
    options = parser.parse_args()
    if options.case:
        limit_memory()
        print(Case(options.case, options.responses).build())
        verdict = one(options.case, options.responses)
        print(f"accelerated {verdict.accelerated} of {verdict.total} traces")
        print("\n".join(verdict.differences) or "no difference")
        return bool(verdict.differences)
    return campaign(options)


def campaign(options):
    began = time.perf_counter()
    end = options.first + options.cases
    numbers = [range(n, min(end, n + CHUNK)) for n in range(options.first, end, CHUNK)]
    work = partial(chunk, seed=options.seed, folder=options.responses)
    failures, done, asked = {}, Counter(), Counter()
    context = multiprocessing.get_context("spawn")
    logs = tempfile.mkdtemp()
    executor = ProcessPoolExecutor(
        options.jobs, mp_context=context, initializer=begin, initargs=(logs,)
    )
    with executor:
        try:
            for found, accelerated, traces in executor.map(work, numbers):
                for seed, differences in found.items():
                    print(f"--case {seed}", *differences, sep="\n    ", flush=True)
                failures |= found
                done += accelerated
                asked += traces
        except BrokenProcessPool:
            cases = [path.read_text(encoding="utf-8") for path in Path(logs).glob("*.case")]
            print(f"a process died in one of {cases}; what it said is in {logs}")
            return 1
    print(f"{options.cases} cases, {len(failures)} differ, {time.perf_counter() - began:.0f} s")
    for name in sorted(asked):
        print(f"    {name:20} {done[name]:7} of {asked[name]:7} traces accelerated")
    return bool(failures)


if __name__ == "__main__":
    sys.exit(main())
