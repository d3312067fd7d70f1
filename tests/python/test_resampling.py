"""``resample`` and ``interpolate``, but for the Lanczos kernel."""

from unittest import mock

import numpy as np
import pytest
import scipy.interpolate
from compare import assert_same, both, check, traces
from examples import DTYPES, LENGTHS, ODD, odd_layouts, samples, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, Trace, UTCDateTime, read

import obspeed

CUBIC = 1e-9
SLOPES = "weighted_average_slopes"
METHODS = [SLOPES, "linear", "nearest", "zero", "cubic"]


def resample(target, *args, **kwargs):
    single = any(
        tr.data.dtype.itemsize <= 4 and tr.data.dtype.kind == "f"
        for tr in (target if isinstance(target, Stream) else [target])
    )
    return check(target, "resample", *args, bound=3e-6 if single else 1e-13, **kwargs)


def interpolate(target, *args, method=SLOPES, **kwargs):
    """Compare, but for the last sample where ObsPy takes it from beyond its arrays."""
    bound = CUBIC if method in {"cubic", 3} else 0.0
    if method != SLOPES or kwargs.get("accelerated"):
        return check(target, "interpolate", *args, method=method, bound=bound, **kwargs)
    expected, got = both(
        lambda t: t.interpolate(*args, method=method, **kwargs),
        lambda t: obspeed.interpolate(t, *args, method=method, **kwargs),
        target,
    )
    for ours, theirs, before in zip(*map(traces, (got, expected, target)), strict=True):
        if not np.array_equal(ours.data[-1:], theirs.data[-1:], equal_nan=True):
            assert ours.data[-1] == before.data[-1]
            assert abs(ours.stats.endtime - before.stats.endtime) < 1e-5
            theirs.data[-1] = ours.data[-1]
    assert_same(got, expected)
    return got


@pytest.mark.parametrize("npts", LENGTHS)
@pytest.mark.parametrize("window", ["hann", None, ("kaiser", 5.0)])
def test_resample_lengths(window, npts):
    for dtype in DTYPES:
        for rate in (40, 33.3):
            resample(trace(npts, dtype), rate, window=window)


@pytest.mark.parametrize("rate", [100, 50, 25.0, 10, 7, 99.9, 100.1, 123.456, 250, 3, 0.5])
def test_resample_rates(rate):
    for npts in (1000, 1009, 1024):
        for old in (100.0, 40.0, 1 / 0.3):
            resample(trace(npts, sampling_rate=old), rate, accelerated=True)
            resample(trace(npts, sampling_rate=old), rate, None, strict_length=True)


def test_resample_to_nothing():
    got = resample(trace(10), 0.5)
    assert len(got) == 1


@pytest.mark.parametrize(
    "window",
    [
        "hann", "hamming", "boxcar", "blackmanharris", ("kaiser", 5), ("tukey", 0.3), 14.0,
        np.hanning(1000), np.ones(1000, "f4"), np.ones(1000, "i4"), np.arange(1000)[::-1] / 7,
        lambda f: 1 - np.abs(f), lambda f: (f > 0.1) * 1.0,
    ],
)  # fmt: skip
def test_resample_windows(window):
    for dtype in ("float64", "int32", "float32"):
        resample(trace(1000, dtype), 40.0, window, accelerated=True)


@pytest.mark.parametrize(
    "window",
    [
        "foo", "HANN", ["kaiser", 5], ("kaiser",), ("kaiser", 5, 6), 14, True, (), "kaiser",
        np.ones(999), np.ones(1000, "c16"), np.ones(1000, "?"), np.ones((1, 1000)),
        np.full(1000, np.nan),
        lambda f: 2.0, lambda f: f[:-1], lambda f: "x", lambda f: 1 / 0, list,
        lambda: 1, b"hann", np.ma.masked_array(np.ones(1000)),
    ],
)  # fmt: skip
def test_resample_odd_windows(window):
    resample(trace(1000), 40.0, window=window)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((0,), {}),
        ((-5,), {}),
        (("40",), {}),
        ((None,), {}),
        ((np.nan,), {}),
        ((np.inf,), {}),
        ((np.float32(40.1),), {}),
        ((np.float64(40.1),), {}),
        ((np.int64(40),), {}),
        ((True,), {}),
        ((40, None, False), {}),
        ((50, "hann", False, True), {}),
        ((33.3,), {"no_filter": False}),
        ((100,), {"no_filter": False}),
        ((6.25,), {"no_filter": False}),
        ((6.2,), {"no_filter": False}),
        ((33,), {"strict_length": True}),
        ((30,), {"strict_length": True, "no_filter": False}),
        ((40,), {"nonsense": 1}),
    ],
)
def test_resample_arguments(args, kwargs):
    resample(trace(), *args, **kwargs)
    resample(trace(100, "float32"), *args, **kwargs)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("method", ["resample", *METHODS])
def test_odd_data(kind, method):
    tr = trace()
    tr.data = ODD[kind](tr.data)
    if method == "resample":
        resample(tr, 40.0)
    else:
        interpolate(tr, 40.0, method=method)


@pytest.mark.parametrize("method", ["resample", *METHODS])
def test_odd_layout(method):
    for tr in odd_layouts():
        if method == "resample":
            resample(tr, 40.0)
        else:
            interpolate(tr, 40.0, method=method)


@pytest.mark.parametrize("npts", LENGTHS)
@pytest.mark.parametrize("method", METHODS)
def test_interpolate_lengths(method, npts):
    for dtype in DTYPES:
        for rate in (40.0, 130.7):
            interpolate(trace(npts, dtype), rate, method=method)


@pytest.mark.parametrize("rate", [100.0, 50.0, 10, 7.3, 99.9, 101.1, 1000.0, 0.5, 33.333])
@pytest.mark.parametrize("method", [*METHODS, 3, "CUBIC", "Linear"])
def test_interpolate_rates(method, rate):
    bound = CUBIC if method in {"cubic", "CUBIC", 3} else 0.0
    for old in (100.0, 20.0, 1 / 0.3):
        tr = trace(2003, sampling_rate=old)
        for start in (None, tr.stats.starttime + 1.2345, float(tr.stats.starttime) + 3):
            options = {"method": method, "starttime": start}
            check(tr, "interpolate", rate, bound=bound, accelerated=True, **options)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((40.0,), {"starttime": UTCDateTime(2019, 1, 1)}),
        ((40.0,), {"starttime": "2020"}),
        ((40.0,), {"npts": 10}),
        ((40.0,), {"npts": 1}),
        ((40.0,), {"npts": 0}),
        ((40.0,), {"npts": 10.0}),
        ((40.0,), {"npts": 10**7}),
        ((40.0,), {"time_shift": 0.005}),
        ((40.0,), {"time_shift": -1}),
        ((40.0, None), {}),
        ((0,), {}),
        ((-1,), {}),
        (("40",), {}),
        ((None,), {}),
        ((np.float32(40),), {}),
        ((40.0, "slinear"), {}),
        ((40.0, "quadratic"), {}),
        ((40.0, 0), {}),
        ((40.0, 1), {}),
        ((40.0, 2), {}),
        ((40.0, 4), {}),
        ((40.0, 5), {}),
        ((40.0, 6), {}),
        ((40.0, 3.0), {}),
        ((40.0, True), {}),
        ((40.0, "3"), {}),
        ((40.0, "foo"), {}),
        ((40.0, "interpolate_1d"), {}),
        ((40.0, "linear"), {"type": "nearest"}),
        ((40.0,), {"type": "nearest"}),
        ((40.0, "linear"), {"old_dt": 3}),
        ((40.0, "linear"), {"foo": 3, "a": 2}),
        ((40.0, "linear", None, None, 0.0, 5), {}),
        ((40.0, SLOPES, None, None, 0.0, 5), {}),
        ((), {}),
    ],
)
def test_interpolate_arguments(args, kwargs):
    check(trace(), "interpolate", *args, bound=CUBIC, **kwargs)


def test_the_last_sample_that_obspy_reads_beyond_its_arrays():
    """Where rounding puts the last new time behind the last sample, the value is that sample's."""
    for seed in range(60):
        rng = np.random.default_rng(seed)
        rate, start = rng.uniform(1, 200), UTCDateTime(int(rng.integers(0, 1 << 31)))
        interpolate(Trace(samples(200), {"sampling_rate": rate, "starttime": start}), rate)


def test_scipy_in_disguise():
    """Who puts a function of his own in the place of SciPy's has it called."""
    for method, name in (("linear", "interp1d"), ("cubic", "InterpolatedUnivariateSpline")):
        theirs = getattr(scipy.interpolate, name)
        with mock.patch(f"scipy.interpolate.{name}", side_effect=theirs) as called:
            obspeed.interpolate(trace(), 40.0, method=method)
        assert called.call_count == 1
        interpolate(trace(), 40.0, method=method, accelerated=True)


def test_streams():
    stream = Stream([trace(700 + i % 3, DTYPES[i % 5], seed=i) for i in range(12)])
    stream[4].stats.sampling_rate = 80.0
    stream[5].stats.starttime += 0.37
    resample(stream, 40.0, accelerated=True)
    resample(stream, 25.0, no_filter=False, accelerated=True)
    for method in METHODS:
        interpolate(stream, 40.0, method=method, accelerated=True)
    stream[6].data = stream[6].data[:0]
    resample(stream, 40.0)
    interpolate(stream, 40.0)


def test_a_filter_of_ones_own_is_called():
    class Mine(Trace):
        def filter(self, *args, **kwargs):
            self.stats.mine = True
            return super().filter(*args, **kwargs)

    assert obspeed.resample(Mine(samples(100)), 0.5, no_filter=False).stats.mine


def test_a_traces_own_filter_is_called():
    tr = trace(100)
    tr.filter = lambda *args, **kwargs: None
    for name, call in (("decimate", {"factor": 2}), ("resample", {"sampling_rate": 30.0})):
        got = getattr(obspeed, name)(tr.copy(), no_filter=False, **call)
        expected = getattr(tr.copy(), name)(no_filter=False, **call)
        np.testing.assert_allclose(got.data, expected.data, rtol=1e-12)
        assert got.stats == expected.stats


def test_a_history_that_is_nearly_full():
    for entries in range(96, 102):
        tr = trace()
        tr.stats.processing = ["x"] * entries
        resample(tr, 40.0, no_filter=False)


@settings(max_examples=100, deadline=None)
@given(
    npts=st.integers(2, 3000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    old=st.floats(0.5, 300.0),
    new=st.floats(0.5, 300.0),
    shift=st.floats(0.0, 3.0),
)
def test_any_rate(npts, dtype, seed, old, new, shift):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed, sampling_rate=old)
    resample(tr, new)
    for method in METHODS[1:]:
        interpolate(tr, new, method=method, starttime=tr.stats.starttime + shift)


def test_real_recordings():
    resample(read(), 40.0, accelerated=True)
    for method in METHODS:
        interpolate(read(), 40.0, method=method, accelerated=True)


def test_pipeline():
    stream = Stream([trace(2000, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    expected, got = stream.copy(), stream.copy()
    expected.detrend("demean").resample(50.0, no_filter=False).interpolate(20.0, method="linear")
    pipe = obspeed.Pipeline().detrend("demean").resample(50.0, no_filter=False)
    report = pipe.interpolate(20.0, method="linear").run(got)
    assert not report.declined
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=0, atol=1e-6 * abs(theirs.max()))
        assert ours.stats == theirs.stats


@pytest.mark.parametrize("npts", [2_100_000, 2_097_169])
def test_resample_of_a_long_trace(npts):
    """Transforms that can be stopped, one by way of a chirp, and a window made by pieces."""
    data = np.random.default_rng(0).normal(size=npts).cumsum()
    got = Trace(data, {"sampling_rate": 100.0})
    expected = got.copy()
    obspeed.resample(got, 40.0)
    expected.resample(40.0)
    assert_same(got, expected, 1e-12)
