"""ObsPy's own tests with obspeed enabled, beside the same tests without it.

    python tests/upstream/run.py [-j JOBS] [MODULE ...]

Every module runs twice, each time in a process of its own (ObsPy's modules disturb one another):
with ObsPy alone, and with `obspeed.enable()` before collection. A test must come out the same,
except those of `deselected.toml`, which must still fail. Tests that fail without obspeed are
reported and not held against it. The modules below must also show that accelerated calls really
happened.
"""

import argparse
import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

HERE = Path(__file__).resolve().parent

# Module of ObsPy's suite, and the methods of which it must have accelerated at least one call.
MODULES = {
    "obspy.core.tests.test_trace": {
        "detrend",
        "differentiate",
        "filter",
        "integrate",
        "interpolate",
        "normalize",
        "remove_response",
        "remove_sensitivity",
        "resample",
        "simulate",
        "taper",
        "trigger",
    },
    "obspy.core.tests.test_stream": {
        "detrend",
        "differentiate",
        "filter",
        "integrate",
        "normalize",
        "remove_response",
        "resample",
        "simulate",
        "taper",
        "trigger",
    },
    "obspy.core.tests.test_response": set(),
    "obspy.core.tests.test_stats": set(),
    "obspy.signal.tests.test_array_analysis": set(),
    "obspy.signal.tests.test_calibration": set(),
    "obspy.signal.tests.test_cpxtrace": set(),
    "obspy.signal.tests.test_cross_correlation": {"detrend", "filter", "normalize"},
    "obspy.signal.tests.test_detrend": set(),
    "obspy.signal.tests.test_differentiate_and_integrate": set(),
    "obspy.signal.tests.test_filter": set(),
    "obspy.signal.tests.test_freqattributes": set(),
    "obspy.signal.tests.test_hoctavbands": set(),
    "obspy.signal.tests.test_interpolation": set(),
    "obspy.signal.tests.test_invsim": set(),
    "obspy.signal.tests.test_konnoohmachi": set(),
    "obspy.signal.tests.test_polarization": set(),
    "obspy.signal.tests.test_quality_control": set(),
    "obspy.signal.tests.test_regression": set(),
    "obspy.signal.tests.test_rotate": set(),
    "obspy.signal.tests.test_sonic": {"filter"},
    "obspy.signal.tests.test_spectral_estimation": set(),
    "obspy.signal.tests.test_stream": {"decimate", "filter", "simulate"},
    "obspy.signal.tests.test_tf_misfit": set(),
    "obspy.signal.tests.test_trace": {"decimate", "filter", "simulate"},
    "obspy.signal.tests.test_trigger": {"filter", "trigger"},
}

DEADLINE = 300  # seconds for one module; the slowest takes about 15


class Run(NamedTuple):
    """One module, run once."""

    tests: dict[str, tuple[str, str]]
    obspeed: dict
    seconds: float
    problem: str  # why there is no result, or nothing

    def count(self, outcome):
        return sum(found == outcome for found, _ in self.tests.values())

    def __str__(self):
        kinds = ("passed", "failed", "skipped", "xfailed")
        counts = [f"{self.count(kind)} {kind}" for kind in kinds if self.count(kind)]
        return f"{', '.join(counts) or 'nothing'} in {self.seconds:.1f} s"


def environment(accelerate, result):
    """A clean environment: neither the user's obspeed settings nor pytest's count."""
    env = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("OBSPEED_", "PYTEST_", "PYTHONWARNINGS"))
    }
    return env | {
        "MPLBACKEND": "Agg",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONPATH": os.pathsep.join(filter(None, [str(HERE), env.get("PYTHONPATH")])),
        "OBSPEED_UPSTREAM_RESULT": str(result),
        "OBSPEED_UPSTREAM_ACCELERATE": str(int(accelerate)),
    }


def run(module, accelerate):
    """Run one module in a fresh process and an empty directory, without pytest configuration."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "upstream_plugin"]
        command += ["-p", "no:cacheprovider", f"--rootdir={folder}", "--pyargs", module]
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(accelerate, result),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=DEADLINE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return Run({}, {}, DEADLINE, f"no end after {DEADLINE} s")
        seconds = time.monotonic() - began
        if process.returncode not in (0, 1) or not result.exists():
            return Run({}, {}, seconds, f"exit status {process.returncode}:\n{output[-3000:]}")
        found = json.loads(result.read_text(encoding="utf-8"))
    return Run(found["tests"], found["obspeed"], seconds, "")


def compare(module, off, on, deselected):
    """`(lines to print, number of failures)` for one module."""
    problems = [f"without obspeed: {off.problem}"] if off.problem else []
    problems += [f"with obspeed: {on.problem}"] if on.problem else []
    notes = []
    if not problems:
        for test, (outcome, message) in off.tests.items():
            found, text = on.tests.get(test, ("missing", ""))
            if test in deselected:
                if outcome == "passed" and found == "passed":
                    problems.append(f"{test}: passes, so its entry in deselected.toml must go")
                else:
                    notes.append(f"deselected: {test}: {deselected[test]}")
            elif outcome == "failed":
                notes.append(f"fails without obspeed too: {test}: {message.splitlines()[-1:]}")
            elif found != outcome:
                problems.append(f"{test}: {outcome} without obspeed, {found} with it\n{text}")
        for test in sorted(deselected.keys() - off.tests.keys()):
            problems.append(f"{test}: in deselected.toml, but there is no such test")
        problems += unaccelerated(module, on)
    lines = [module, f"  without obspeed: {off}", f"  with obspeed:    {on}"]
    if on.obspeed:
        counts = (
            f"{name} {fast}/{fast + slow}"
            for name, (fast, slow) in sorted(on.obspeed["methods"].items())
        )
        lines.append(f"  traces accelerated: {', '.join(counts) or 'none'}")
    lines += [f"  {note}" for note in notes]
    lines += [f"  FAILED {problem}" for problem in problems]
    return lines, len(problems)


def unaccelerated(module, on):
    """What shows that the module passed because nothing was accelerated."""
    if not on.obspeed["enabled"]:
        yield "obspeed was no longer enabled when the tests ended"
    methods = on.obspeed["methods"]
    for name in sorted(MODULES.get(module, set())):
        if not methods.get(name, (0, 0))[0]:
            yield f"no call of {name} was accelerated"


def read_deselected():
    """`{module: {test: reason}}`."""
    path = HERE / "deselected.toml"
    found = {}
    for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("deselected", []):
        module, _, test = entry["test"].partition("::")
        if not entry["reason"].strip():
            raise SystemExit(f"{path.name}: {entry['test']} has no reason")
        found.setdefault(module, {})[test] = entry["reason"]
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("-j", "--jobs", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("modules", nargs="*", metavar="MODULE", default=list(MODULES))
    args = parser.parse_args()

    deselected = read_deselected()
    failed = passed = held_out = 0
    for module in deselected.keys() - MODULES.keys():
        print(f"FAILED {module}: in deselected.toml, but not a module of this suite")
        failed += 1
    with concurrent.futures.ThreadPoolExecutor(args.jobs) as executor:
        runs = {
            module: [executor.submit(run, module, accelerate) for accelerate in (False, True)]
            for module in args.modules
        }
        for module, (off, on) in runs.items():
            excused = deselected.get(module, {})
            lines, problems = compare(module, off.result(), on.result(), excused)
            print("\n".join(lines), flush=True)
            passed += on.result().count("passed")
            failed += problems
            held_out += len(excused)
    print(f"{passed} passed, {failed} failed, {held_out} deselected")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
