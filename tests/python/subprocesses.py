"""Runs a piece of a test in a process of its own, which must end in time.

What could hang or crash (forks, signals, start methods) must not take the test run with it, and
what is resolved once per process (environment, pool) needs a fresh one. The code that runs there
imports its helpers from `inchild`.
"""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent

# Set by launchers, CI and users; a test names those that it means.
NOT_INHERITED = (
    "OBSPEED_",
    "OMP_",
    "RAYON_",
    "OPENBLAS_",
    "MKL_",
    "PYTHONWARNINGS",
    "PYTHONFAULTHANDLER",
)


def run_python(code, *args, deadline=60, launcher=(), **env):
    """Run `code` in a fresh interpreter, started by `launcher`, and return what it printed.

    Fails the test if it exits with another status than 0, or not within `deadline` seconds; then
    the stacks of all its threads are in the failure. Warnings are errors there as they are here.
    """
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(NOT_INHERITED)}
    # A file and not `-c`: the start methods spawn and forkserver import the main module again.
    script = HERE / "inchild.py"
    process = subprocess.Popen(
        [*launcher, sys.executable, str(script), textwrap.dedent(code), *map(str, args)],
        env=inherited | {"MPLBACKEND": "Agg"} | {k: str(v) for k, v in env.items()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # so that children of the child end with it
    )
    try:
        out, err = process.communicate(timeout=deadline)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGABRT)  # faulthandler prints every thread's stack
        try:
            out, err = process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, err = process.communicate()
        pytest.fail(f"no end after {deadline} s\n{out}\n{err[-8000:]}", pytrace=False)
    if process.returncode:
        pytest.fail(f"exit status {process.returncode}\n{out}\n{err[-8000:]}", pytrace=False)
    return out
