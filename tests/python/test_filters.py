"""``filter`` and ``decimate``: SciPy's designs, every bit of ObsPy's answers."""

import inspect

import numpy as np
import pytest
from compare import check
from examples import DTYPES, LENGTHS, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, Trace, read
from obspy.signal.filter import lowpass

import obspeed

CALLS = [
    ("filter", ("bandpass",), {"freqmin": 1, "freqmax": 20}),
    ("filter", ("bandpass",), {"freqmin": 1, "freqmax": 20, "zerophase": True}),
    ("filter", ("bandstop",), {"freqmin": 1.5, "freqmax": 20.5, "corners": 2}),
    ("filter", ("lowpass",), {"freq": 10.0, "corners": 3, "zerophase": 1}),
    ("filter", ("highpass",), {"freq": 2.5}),
    ("filter", ("lowpass_cheby_2",), {"freq": 12.5}),
    ("decimate", (4,), {}),
]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda c: "-".join(map(str, c[:2])))


@each_call
@pytest.mark.parametrize("npts", LENGTHS)
def test_lengths(call, npts):
    name, args, kwargs = call
    for dtype in DTYPES:
        check(trace(npts, dtype), name, *args, accelerated=True, **kwargs)


@pytest.mark.parametrize("corners", [1, 2, 3, 4, 5, 7, 10])
@pytest.mark.parametrize("kind", ["bandpass", "bandstop", "lowpass", "highpass"])
def test_corners(kind, corners):
    freqs = {"freqmin": 2, "freqmax": 30} if kind.startswith("band") else {"freq": 7}
    for zerophase in (False, True):
        options = freqs | {"corners": corners, "zerophase": zerophase}
        check(trace(3001), "filter", kind, accelerated=True, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"ftype": "butter"},
        {"ftype": "cheby1", "rp": 1},
        {"ftype": "cheby2", "rs": 40.0},
        {"ftype": "ellip", "rp": 0.5, "rs": 60},
        {"ftype": "bessel", "zerophase": True},
        {"axis": 0},
        {"corners": 4.0},
        {"corners": 0},
        {"corners": 6, "rp": 3},
    ],
)
def test_designs(options):
    for kind, freqs in (
        ("bandpass", {"freqmin": 1, "freqmax": 10}),
        ("LowPass", {"freq": 5}),
        ("bandstop", {"freqmin": 0.5, "freqmax": np.float64(3)}),
    ):
        # Some are there since ObsPy 1.5.
        known = options.keys() <= inspect.signature(lowpass).parameters.keys()
        check(trace(), "filter", kind, accelerated=known, **freqs, **options)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        (("foo",), {}),
        ((None,), {}),
        (("bandpass",), {}),
        (("bandpass", 1), {}),
        (("bandpass", 1, 10, 100), {}),
        (("bandpass", 1, 10), {"freqmin": 2}),
        (("bandpass", 1, 10), {"df": 100}),
        (("bandpass", 1, 10), {"data": 100}),
        (("bandpass", 1, 10), {"nonsense": 1}),
        (("bandpass", 10, 60), {"nonsense": 1}),
        (("bandpass", 10, 1), {}),
        (("bandpass", 5, 5), {}),
        (("bandpass", 0, 5), {}),
        (("bandpass", -1, 5), {}),
        (("bandpass", 60, 70), {}),
        (("bandpass", "1", 5), {}),
        (("bandpass", None, 5), {}),
        (("bandpass", 1, None), {}),
        (("bandpass", [1], 5), {}),
        (("bandpass", np.array([1.0]), 5), {}),
        (("bandpass", np.nan, 5), {}),
        (("bandpass", 1, np.inf), {}),
        (("bandpass", np.float32(1.1), 5), {}),
        (("bandpass", np.int64(1), 5), {}),
        (("bandpass", True, 5), {}),
        (("bandpass", 1, 49.99999), {}),
        (("bandpass", 1, 49.9999), {}),
        (("bandpass", 1, 50), {"corners": 3, "zerophase": True, "axis": 1}),
        (("bandpass", 1, 55.5), {"ftype": "cheby1", "rp": 1}),
        (("bandpass", 1, 10), {"corners": 2.5}),
        (("bandpass", 1, 10), {"corners": -1}),
        (("bandpass", 1, 10), {"corners": "4"}),
        (("bandpass", 1, 10), {"corners": None}),
        (("bandpass", 1, 10), {"ftype": "cheby1"}),
        (("bandpass", 1, 10), {"ftype": "foo"}),
        (("bandpass", 1, 10), {"axis": 1}),
        (("bandpass", 1, 10), {"axis": True}),
        (("bandpass", 1, 10), {"zerophase": "no"}),
        (("bandpass", 1, 10), {"zerophase": None}),
        (("bandpass", 1, 10), {"zerophase": np.array([1, 0])}),
        (("bandstop", 1, 50), {}),
        (("bandstop", 1, 60), {}),
        (("bandstop", 60, 70), {}),
        (("lowpass", 50), {}),
        (("lowpass", 60), {}),
        (("lowpass",), {"freq": 0}),
        (("lowpass",), {"freqmin": 5}),
        (("highpass", 50), {}),
        (("highpass", 60), {}),
        (("highpass", 1e-9), {}),
        (("highpass", 1e-300), {}),
        (("lowpass_cheby_2",), {}),
        (("lowpass_cheby_2", 50), {}),
        (("lowpass_cheby_2", 50.1), {}),
        (("lowpass_cheby_2", 10, 100), {}),
        (("lowpass_cheby_2", 10), {"maxorder": 4}),
        (("lowpass_cheby_2", 10), {"maxorder": 4.5}),
        (("lowpass_cheby_2", 10), {"maxorder": "4"}),
        (("lowpass_cheby_2", 10), {"ba": True}),
        (("lowpass_cheby_2", 10), {"freq_passband": True}),
        (("lowpass_cheby_2", 10), {"zerophase": True}),
        (("lowpass_cheby_2", "10"), {}),
        (("lowpass_fir", 10), {}),
        (("remez_fir", 10), {}),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_filter_arguments(args, kwargs):
    for _ in range(2):  # what is kept from the first call must not answer for the second
        check(trace(), "filter", *args, **kwargs)


def test_the_type_of_an_argument_counts():
    """A design that is kept is not taken for an equal argument that SciPy refuses."""
    for axis in (0, False, 0.0, -1, -1.0):
        check(trace(), "filter", "lowpass", 5, axis=axis)


@pytest.mark.parametrize("factor", [1, 2, 3, 5, 7, 16])
@pytest.mark.parametrize("npts", [1, 2, 16, 17, 1000, 1009])
def test_decimate(factor, npts):
    for rate in (100.0, 40, 0.1, 31.4159, 1e4 / 3):
        tr = trace(npts, "int32", sampling_rate=rate)
        check(tr, "decimate", factor, accelerated=True)
        check(tr, "decimate", factor, strict_length=True)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((0,), {}),
        ((-2,), {}),
        ((17,), {}),
        ((4.0,), {}),
        ((np.int64(4),), {}),
        (("4",), {}),
        ((None,), {}),
        ((True,), {}),
        ((4, True), {}),
        ((20,), {"no_filter": True}),
        ((-2,), {"no_filter": True}),
        ((3,), {"strict_length": True}),
        ((3, True, True), {}),
        ((4,), {"strict_length": 1, "no_filter": 0}),
        ((4,), {"nonsense": 1}),
    ],
)
def test_decimate_arguments(args, kwargs):
    check(trace(), "decimate", *args, **kwargs)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@each_call
@pytest.mark.parametrize("kind", ODD)
def test_odd_data(call, kind):
    name, args, kwargs = call
    tr = trace()
    tr.data = ODD[kind](tr.data)
    check(tr, name, *args, **kwargs)


@each_call
def test_odd_layout(call):
    name, args, kwargs = call
    for tr in odd_layouts():
        check(tr, name, *args, **kwargs)


@each_call
def test_a_history_that_is_nearly_full(call):
    name, args, kwargs = call
    for entries in range(96, 102):
        tr = trace()
        tr.stats.processing = ["x"] * entries
        check(tr, name, *args, **kwargs)


@each_call
@pytest.mark.parametrize("n", [2, 3, 4, 5, 8, 11, 19])
def test_streams(call, n):
    """Traces of one length side by side in the lanes of a vector, and others among them."""
    name, args, kwargs = call
    stream = Stream([trace(1200, DTYPES[i % 5], seed=i) for i in range(n)])
    stream[0].data = stream[0].data[:777]
    stream[-1].stats.sampling_rate = 80.0
    for threads in (1, 2):
        with obspeed.num_threads(threads):
            check(stream, name, *args, accelerated=True, **kwargs)


def test_a_stream_with_masked_values():
    stream = Stream([trace(), trace()])
    stream[1].data = np.ma.masked_greater(stream[1].data, 0)
    check(stream, "filter", "lowpass", 5)
    check(stream, "decimate", 4)


def test_a_stream_with_warnings_and_a_failing_trace():
    stream = Stream([trace(sampling_rate=rate) for rate in (100, 40, 30, 15, 100)])
    check(stream, "filter", "bandpass", 10, 20)
    check(stream, "filter", "lowpass", 10)


def test_a_filter_of_ones_own_is_called():
    """``decimate`` calls ``filter``: an overriding one too."""

    class Mine(Trace):
        def filter(self, *args, **kwargs):
            self.stats.mine = True
            return super().filter(*args, **kwargs)

    mine = Mine(trace().data)
    check(mine, "decimate", 4, accelerated=False)
    assert obspeed.decimate(mine, 4).stats.mine


@settings(max_examples=150, deadline=None)
@given(
    npts=st.integers(1, 3000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    rate=st.floats(0.01, 1000),
    low=st.floats(1e-4, 0.5),
    high=st.floats(0.01, 1.0),
    corners=st.integers(1, 8),
    zerophase=st.booleans(),
    factor=st.integers(1, 16),
)
def test_any_filter(npts, dtype, seed, rate, low, high, corners, zerophase, factor):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed, sampling_rate=rate)
    options = {"corners": corners, "zerophase": zerophase}
    check(tr, "filter", "bandpass", low * rate / 2, high * rate / 2, **options)
    check(tr, "filter", "highpass", freq=high * rate / 2, **options)
    check(tr, "decimate", factor)


def test_real_recordings():
    check(read(), "filter", "bandpass", freqmin=0.5, freqmax=10, accelerated=True)
    check(read(), "decimate", 5, accelerated=True)


def test_pipeline():
    """Several calls in one go leave what they leave one after another."""
    stream = Stream([trace(2000, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    expected, got = stream.copy(), stream.copy()
    expected.detrend("demean").filter("bandpass", freqmin=1, freqmax=8, zerophase=True)
    expected.decimate(5).taper(0.1).filter("highpass", freq=2)
    pipe = obspeed.Pipeline().detrend("demean")
    pipe = pipe.filter("bandpass", freqmin=1, freqmax=8, zerophase=True)
    pipe = pipe.decimate(5).taper(0.1).filter("highpass", freq=2)
    report = pipe.run(got)
    assert not report.declined
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)
        assert ours.stats == theirs.stats
