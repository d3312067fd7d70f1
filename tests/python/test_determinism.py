"""The same bits, whatever the number of threads and, where bits are promised, the instructions."""

import hashlib
import sys
from pathlib import Path

import pytest
from methods import CALLS, bits, dtypes, equality, run, stream
from subprocesses import run_python

import obspeed


@pytest.mark.parametrize("label", CALLS)
def test_threads_change_nothing(label, monkeypatch):
    """On 1, 2, 3 and 8 threads, twice each; traces of two lengths, some taken together."""
    monkeypatch.setenv("OBSPEED_STRICT", "1")
    for dtype in dtypes(label):
        found = set()
        for threads in (1, 2, 3, 8) * 2:
            obspeed.clear_cache()
            with obspeed.num_threads(threads):
                result = bits(run(label, stream(label, traces=7, dtype=dtype)))
            found.add(hashlib.sha256(repr(result).encode()).hexdigest())
        assert len(found) == 1, dtype


DIGESTS = """
    import hashlib, sys
    from methods import CALLS, bits, dtypes, run, stream
    for label in CALLS:
        for dtype in dtypes(label):
            for traces in (1, 9):  # alone, and as lanes of one vector
                result = bits(run(label, stream(label, traces=traces, dtype=dtype)))
                digest = hashlib.sha256(repr(result).encode()).hexdigest()
                print(label, dtype, traces, digest, sep="|")
"""


def wide_here():
    flags = Path("/proc/cpuinfo")
    return flags.is_file() and {"avx2", "fma"} <= set(flags.read_text(encoding="utf-8").split())


def test_wide_instructions_change_nothing_that_is_promised_to_the_bit():
    path = {"PYTHONPATH": ":".join(sys.path), "OBSPEED_STRICT": "1"}
    digests = [
        dict(line.rsplit("|", 1) for line in run_python(DIGESTS, **path, **extra).splitlines())
        for extra in ({}, {"OBSPEED_SCALAR": "1"})
    ]
    assert digests[0].keys() == digests[1].keys()
    other = {key.split("|")[0] for key in digests[0] if digests[0][key] != digests[1][key]}
    bounded = {label for label in CALLS if equality(label).bound}
    assert other <= bounded
    if wide_here():  # where products are fused into sums some bits are others: the switch works
        assert "interpolate lanczos" in other
