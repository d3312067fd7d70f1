"""``trim`` as a step of a pipeline: the samples and times that ObsPy leaves."""

import numpy as np
import pytest
from compare import assert_same
from hypothesis import given
from hypothesis import strategies as st
from obspy import Trace, UTCDateTime

import obspeed
from obspeed import Pipeline

STEPS = {
    "nothing": lambda pipe: pipe,
    "detrend": lambda pipe: pipe.detrend("demean"),
    "taper": lambda pipe: pipe.taper(0.2),
    "integrate": lambda pipe: pipe.integrate(),
    "lanczos": lambda pipe: pipe.interpolate(0.7, method="lanczos", a=3),
}
RATES = st.sampled_from([100.0, 49.0, 3.0, 0.1, 1 / 3000]) | st.floats(1e-3, 1e3)


def outcome(work):
    try:
        work()
    except Exception as error:  # noqa: BLE001 - any exception is an answer to compare
        return type(error), str(error)
    return None


def check(trace, *trims, before="nothing", after="nothing", strict=False):
    pipe = STEPS[before](Pipeline())
    for args, kwargs in trims:
        pipe = pipe.trim(*args, **kwargs)
    pipe = STEPS[after](pipe)
    expected, got = trace.copy(), trace.copy()

    def by_obspy():
        for name, args, kwargs in pipe._steps:
            getattr(expected, name)(*args, **kwargs)

    failed = outcome(by_obspy)
    report = pipe.run(got, on_error="collect")
    if failed:
        assert [(type(row.exception), row.message) for row in report.failed] == [failed]
        assert got == trace
        return
    # What is left of a trace may be next to nothing, as an integral is at its start.
    largest = np.abs(trace.data).max() * max(1.0, trace.stats.delta) if trace.stats.npts else 0.0
    assert_same(got, expected, 1e-12, scales=[largest])
    assert not (strict and report.declined), report.declined


@given(
    npts=st.integers(1, 50),
    rate=RATES,
    start=st.integers(-(10**18), 2 * 10**18),
    dtype=st.sampled_from(["i2", "i4", "f4", "f8"]),
    places=st.tuples(*2 * [st.none() | st.integers(-3, 53) | st.floats(-3, 53)]),
    seconds=st.booleans(),
    nearest_sample=st.booleans(),
    before=st.sampled_from(sorted(STEPS)),
    after=st.sampled_from(sorted(STEPS)),
)
def test_trim(npts, rate, start, dtype, places, seconds, nearest_sample, before, after):
    data = np.random.default_rng(npts).normal(0, 1000, npts).astype(dtype)
    trace = Trace(data, {"sampling_rate": rate, "starttime": UTCDateTime(ns=start)})

    def time(place):
        if place is None:
            return None
        shift = place * trace.stats.delta
        return shift if seconds else trace.stats.starttime + shift

    times = tuple(map(time, places))
    check(trace, (times, {"nearest_sample": nearest_sample}), before=before, after=after)


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
@pytest.mark.parametrize("before", sorted(STEPS))
@pytest.mark.parametrize("after", sorted(STEPS))
def test_trim_stays_with_the_kernels(before, after, dtype):
    trace = Trace(np.arange(100).astype(dtype))
    t = trace.stats.starttime
    check(trace, ((t + 10, t + 90), {}), before=before, after=after, strict=True)
    check(trace, ((3.4,), {}), ((0, 20), {}), before=before, after=after, strict=True)
    check(trace, ((t - 5, t + 500), {}), before=before, after=after, strict=True)


def test_trim_alone_is_a_view():
    trace = Trace(np.arange(100))
    data = trace.data
    Pipeline().trim(10).run(trace)
    assert np.shares_memory(trace.data, data)
    Pipeline().trim().run(whole := Trace(data))
    assert whole.data is data


def test_what_trim_leaves_to_obspy():
    trace = Trace(np.arange(100))
    t = trace.stats.starttime
    for args, kwargs in [
        ((t - 10,), {"pad": True}),
        ((t - 10,), {"pad": True, "fill_value": 0}),
        ((t + 200,), {}),
        ((None, t - 200), {}),
        ((t + 9, t + 3), {}),
        (("x",), {}),
        ((True,), {}),
    ]:
        check(trace, (args, kwargs))
        report = Pipeline().trim(*args, **kwargs).run(trace.copy(), on_error="collect")
        assert report.declined
    assert not obspeed.explain(trace, "trim", t)
