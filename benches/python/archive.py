"""Files to files: `obspeed.process` beside the serial ObsPy script, outputs compared.

    python benches/python/archive.py EVENTS [--files N] [--threads N]

EVENTS has folders EVENT/raw/*.mseed and EVENT/resp/*.xml; they are copied, again and again under
new names until there are N files. Beside the serial script stand the same script in two processes,
and ObsPy's readers and writers around obspeed's kernels.
"""

import argparse
import contextlib
import csv
import re
import shutil
import sys
import tempfile
import time
import warnings
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from obspy import Inventory, Stream, read, read_inventory

import obspeed

PIPE = (
    obspeed.Pipeline()
    .detrend("demean")
    .taper(0.05, type="hann")
    .remove_response(output="DISP", pre_filt=(0.001, 0.005, 4.5, 4.9))
    .interpolate(10.0, method="lanczos", a=25)
)


def copies(source, target, files):
    """Copy events under new names until there are so many files; return how many there are."""
    made = i = 0
    while True:
        for event in sorted(path for path in source.iterdir() if (path / "raw").is_dir()):
            if made >= files > 0 or (files == 0 and i):
                return made
            for part in ("raw", "resp"):
                shutil.copytree(event / part, target / f"{event.name}_{i}" / part)
            made += len(list((event / "raw").iterdir()))
        i += 1


def load(event):
    """Read an event as the serial script does."""
    inventory = Inventory()
    for path in sorted(event.glob("resp/*.xml")):
        inventory += read_inventory(str(path))
    traces = [trace for path in sorted(event.glob("raw/*.mseed")) for trace in read(str(path))]
    return traces, inventory


def save(trace, folder):
    """Write a trace as the serial script does."""
    start, end = (
        t.strftime("%Y%m%dT%H%M%SZ") for t in (trace.stats.starttime, trace.stats.endtime)
    )
    trace.write(str(folder / f"{trace.id}__{start}__{end}.sac"), format="SAC")


def by_script(event, target):
    """Do one event by the serial script; return what failed."""
    warnings.simplefilter("ignore")
    folder = target / event.name
    folder.mkdir(parents=True)
    failed = []
    traces, inventory = load(event)
    for trace in traces:
        try:
            for name, kwargs in PIPE.steps:
                extra = {"inventory": inventory} if name == "remove_response" else {}
                getattr(trace, name)(**kwargs, **extra)
        except Exception as error:  # noqa: BLE001 - as a user does to survive a bad trace
            failed.append((event.name, trace.id, type(error).__name__, str(error)))
        else:
            save(trace, folder)
    return failed


def by_kernels(event, target):
    """Do one event with ObsPy's readers and writers around the kernels."""
    folder = target / event.name
    folder.mkdir(parents=True)
    traces, inventory = load(event)
    report = PIPE.run(Stream(traces), inventory, on_error="collect")
    failed = {row.index for row in report.failed}
    for i, trace in enumerate(traces):
        if i not in failed:
            save(trace, folder)
    return [(event.name, row.id, row.error, row.message) for row in report.failed]


def serial(function, events, target):
    """Do all events, one after another."""
    return [row for event in events for row in function(event, target)]


def in_processes(events, target):
    """Do all events by the script in two processes."""
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        rows = pool.map(by_script, events, [target] * len(events))
        return [row for part in rows for row in part]


def by_process(root, target, threads):
    """Do all with `obspeed.process`."""
    name = f"{target}/{{event}}/{{id}}__{{start}}__{{end}}.sac"
    obspeed.process(root, PIPE, output=name, threads=threads, progress=False)
    with (target / "failures.csv").open(encoding="utf-8") as file:
        return [
            (row["file"].split("/")[0], row["id"], row["error"], row["message"])
            for row in csv.DictReader(file)
        ]


def pool_seconds():
    """CPU seconds of obspeed's own threads so far; 0 where the system does not tell."""
    spent = 0
    for thread in Path("/proc/self/task").glob("*"):
        with contextlib.suppress(OSError):  # a thread that ends just now
            if re.fullmatch(r"obspeed-\d+", (thread / "comm").read_text().strip()):
                spent += int((thread / "schedstat").read_text().split()[0])
    return spent / 1e9


def differences(ours, theirs):
    """Return the largest difference of samples, of the largest sample; inf if files differ."""
    a, b = ({p.relative_to(top) for p in top.glob("*/*.sac")} for top in (ours, theirs))
    if a != b:
        return float("inf")
    worst = 0.0
    for path in a:
        x, y = (read(str(top / path), format="SAC")[0].data for top in (ours, theirs))
        if x.shape != y.shape:
            return float("inf")
        worst = max(worst, float(np.abs(x - y).max() / np.abs(y).max()))
    return worst


def main():
    """Run what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("events", type=Path)
    parser.add_argument("--files", type=int, default=0, help="how many (those there are)")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="obspeed-bench-") as folder:
        top = Path(folder)
        files = copies(args.events, top / "events", args.files)
        events = sorted((top / "events").iterdir())
        engines = {
            "ObsPy": lambda target: serial(by_script, events, target),
            "ObsPy, 2 processes": lambda target: in_processes(events, target),
            "ObsPy around kernels": lambda target: serial(by_kernels, events, target),
            "obspeed.process": lambda target: by_process(top / "events", target, args.threads),
        }
        by_script(events[0], top / "warm")  # imports and plug-ins are no part of it
        by_kernels(events[0], top / "warm kernels")
        obspeed.clear_cache()
        seconds, failed = {}, {}
        for name, run in engines.items():
            started, cpu, pool = time.perf_counter(), time.process_time(), pool_seconds()
            failed[name] = sorted(run(top / name))
            seconds[name] = time.perf_counter() - started
            cpu, pool = time.process_time() - cpu, pool_seconds() - pool  # the last one's stay
            obspeed.clear_cache()
        worst = differences(top / "obspeed.process", top / "ObsPy")
        same = failed["obspeed.process"] == failed["ObsPy"]
        print(f"{files} files, {args.threads} threads")
        for name, spent in seconds.items():
            ratio = spent / seconds["obspeed.process"]
            print(f"{name:<24}{spent:9.2f} s{1000 * spent / files:9.2f} ms a file{ratio:8.1f}x")
        print(
            f"obspeed.process: {1000 * cpu / files:.2f} ms of CPU a file, "
            f"{1000 * (cpu - pool) / files:.2f} of it not on the pool's threads (Python)"
        )
        print(
            f"largest difference {worst:.1e} of a record's maximum; failures "
            f"{'the same' if same else 'NOT THE SAME'}: {len(failed['ObsPy'])}"
        )
    return 0 if worst < 1e-6 and same else 1


if __name__ == "__main__":
    sys.exit(main())
