"""The short form of the differential campaign, and that it can fail.

The long form is `python tests/campaign/run.py --cases 100000 --seed S`; a failure here names a case
that `--case` plays alone.
"""

import random
import warnings

import numpy as np
import pytest
from case import Case, by_obspeed, traces
from judge import judge
from run import chunk

CHUNKS, CASES = 24, 125


@pytest.mark.parametrize("number", range(CHUNKS))
def test_seeded_cases(number, capfd):
    cases = range(number * CASES, (number + 1) * CASES)
    failures, accelerated, traces = chunk(cases, "ci", None)
    capfd.readouterr()  # ObsPy's C code is talkative
    lines = [f"--case {seed}: {text}" for seed, texts in failures.items() for text in texts]
    assert not failures, "\n".join(lines)
    # Were everything left to ObsPy, nothing would differ.
    assert accelerated.total() > 0.3 * traces.total()


def test_a_case_is_what_its_seed_says():
    for number in range(20):
        first, second = (Case(f"same.{number}").build() for _ in range(2))
        assert str(first).split(" object at ")[0] == str(second).split(" object at ")[0]
        for a, b in zip(traces(first.target), traces(second.target), strict=True):
            np.testing.assert_array_equal(np.ma.getdata(a.data), np.ma.getdata(b.data))


def larger(built, trace):
    """One sample, by 1e-4 of the largest."""
    data = np.ma.getdata(trace.data)
    if data.dtype.kind != "f" or not data.flags.writeable or not np.isfinite(data).all():
        return False
    at = np.abs(data).argmax()
    data[at] += data.dtype.type(1e-4) * data[at]
    return bool(1e-9 < abs(data[at]) < 1e30) and np.ma.count(trace.data) == len(data)


def last_bit(built, trace):
    """One sample, by as little as there is, where results are promised bit for bit."""
    names = {name for name, _, _ in built.calls}
    data = trace.data
    if not names <= {"taper", "filter", "differentiate", "normalize"} or data.dtype.kind != "f":
        return False
    if isinstance(data, np.ma.MaskedArray) or not data.flags.writeable or np.isnan(data[0]):
        return False
    data[0] = np.nextafter(data[0], data.dtype.type(3))
    return True


def another_type(built, trace):
    trace.data = trace.data.astype("f4" if trace.data.dtype != np.float32 else "f8")
    return True


def another_buffer(built, trace):
    before = trace.data
    trace.data = before.copy()
    return built.door != "pipeline" and built.calls[0][0] == "split"


def stats(built, trace):
    trace.stats.calib = 17.0
    return True


def start(built, trace):
    trace.stats.starttime += 1e-6
    return True


def history(built, trace):
    if not isinstance(trace.stats.get("processing"), list):
        return False
    trace.stats.processing.append("something else")
    return True


def warning(built, trace):
    if built.filter in {"ignore", "error"}:
        return False
    warnings.warn("a warning that ObsPy does not give", UserWarning, stacklevel=1)
    return True


def exception(built, trace):
    raise RuntimeError("not ObsPy's")


def one_less(built, trace):
    traces(built.target).clear() if len(traces(built.target)) > 1 else None
    return not traces(built.target)


TAMPERS = [
    larger,
    last_bit,
    another_type,
    another_buffer,
    stats,
    start,
    history,
    warning,
    exception,
    one_less,
]


@pytest.mark.parametrize("tamper", TAMPERS, ids=lambda f: f.__name__)
def test_what_differs_is_found(tamper, capfd):
    found = 0
    for number in range(400):
        case, done = Case(f"tamper.{number}"), []

        def ours(built, done=done):
            result = by_obspeed(built)
            there = [trace for trace in traces(built.target) if len(trace.data)]
            if there:
                done.append(True)
                done[0] = tamper(built, random.Random(0).choice(there))
            return result

        if "remove_response" in [name for name, _, _ in case.build().calls]:
            continue
        differences = judge(case, ours).differences
        if done and done[0]:
            assert differences, str(case.build())
            found += 1
        if found == 5:
            break
    capfd.readouterr()
    assert found == 5
