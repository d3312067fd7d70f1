"""
The Python suite for every CPython, ObsPy and NumPy that obspeed is for, with the one abi3 wheel.

    nox                         all of it
    nox -s "suite-3.10(oldest)" -- tests/python/test_campaign.py
    nox -s parallel             every test in four threads at once

The interpreters are found on the PATH (pyenv's below ~/.pyenv/versions too); one that is absent is
skipped by name.
"""

import os
from pathlib import Path

import nox

nox.needs_version = ">=2024.4.15"
nox.options.default_venv_backend = "venv"
nox.options.error_on_missing_interpreters = False

PYTHONS = ["3.10", "3.11", "3.12", "3.13"]
VERSIONS = [  # of ObsPy and NumPy; the newest of each is what pip takes today
    nox.param("1.4.2", "1.26", id="oldest"),
    nox.param("1.5.1", "1.26", id="numpy1"),
    nox.param("1.5.1", "2", id="newest"),
]
# ObsPy 1.4.2 has no wheels for 3.13, NumPy 1.26 neither.
ABSENT = {"3.13": {"1.26", "1.4.2"}}

pyenv = Path.home() / ".pyenv" / "versions"
os.environ["PATH"] = os.pathsep.join(
    [os.environ["PATH"], *(str(path / "bin") for path in sorted(pyenv.glob("3.*")))]
)


def wheel(session):
    """The abi3 wheel, built by the first session that needs it."""
    folder = Path(session.cache_dir) / "wheels"
    if not list(folder.glob("*.whl")):
        session.install("maturin>=1.9.4,<2")
        session.run("maturin", "build", "--release", "--out", str(folder))
    [path] = folder.glob("*.whl")
    return path


@nox.session(python=PYTHONS)
@nox.parametrize(("obspy", "numpy"), VERSIONS)
def suite(session, obspy, numpy):
    """Run the Python suite; the arguments after ``--`` are pytest's."""
    absent = ABSENT.get(session.python, set()) & {obspy, numpy}
    if absent:
        session.skip(f"no wheel of {', '.join(sorted(absent))} for Python {session.python}")
    session.install(f"{wheel(session)}[test]", f"obspy=={obspy}", f"numpy=={numpy}.*")
    session.run("python", "-c", "import obspeed; obspeed.show_versions()")
    session.run("python", "-m", "pytest", *(session.posargs or ["tests/python"]))


# What tests processes, signals and patches is not for the threads of one process.
IN_THREADS = [
    "test_array",
    "test_calculus",
    "test_filters",
    "test_io_mseed_write",
    "test_io_read",
    "test_io_write",
    "test_methods",
    "test_odd_company",
    "test_pipeline",
    "test_resampling",
    "test_response_engine",
    "test_simulate",
    "test_stationxml",
    "test_stream_methods",
    "test_streams",
    "test_triggers",
    "test_trim",
]


@nox.session(python="3.11", default=False)
def parallel(session):
    """Run every test of the methods in four threads at once (pytest-run-parallel)."""
    session.install(f"{wheel(session)}[test]", "pytest-run-parallel>=0.10")
    # Warnings are the process's, and so nobody's here; xdist is for processes.
    options = "-p no:xdist -o addopts= -o filterwarnings=ignore -o timeout=0 --parallel-threads 4"
    files = session.posargs or [f"tests/python/{name}.py" for name in IN_THREADS]
    session.run("python", "-m", "pytest", *options.split(), *files)
