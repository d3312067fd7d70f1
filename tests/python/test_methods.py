"""Each accelerated method answers as ObsPy's: values, dtype, buffer, stats, history, warnings."""

import numpy as np
import pytest
from compare import check
from examples import DTYPES, LENGTHS, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, UTCDateTime, read, read_inventory
from obspy.core.inventory.response import (
    InstrumentPolynomial,
    InstrumentSensitivity,
    PolynomialResponseStage,
    Response,
    ResponseStage,
)
from obspy.core.util.base import ENTRY_POINTS
from obspy.signal.invsim import cosine_taper

import obspeed

LINEAR = 1e-13
LANCZOS = 1e-14
RESPONSE = 1e-12


def rjob(npts=3000, seed=0, dtype="int32", **header):
    tr = trace(npts, dtype, seed, **header)
    tr.id = "BW.RJOB..EHZ"
    tr.stats.starttime = UTCDateTime(2009, 8, 24, 0, 20, 3)
    return tr


@pytest.fixture(scope="module")
def inventory():
    return read_inventory()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("npts", LENGTHS)
@pytest.mark.parametrize("kind", ["simple", "constant", "demean", "linear"])
def test_detrend(kind, npts, dtype):
    check(trace(npts, dtype), "detrend", kind, bound=LINEAR if kind == "linear" else 0.0)


def test_detrend_is_accelerated():
    for kind in ("simple", "demean", "linear"):
        check(trace(), "detrend", kind, bound=LINEAR, accelerated=True)
    check(trace(), "detrend", "linear", bp=[250, 700], bound=LINEAR, accelerated=True)
    check(trace(), "detrend", "linear", bp=500, bound=LINEAR, accelerated=True)
    check(trace(), "detrend", type="LINEAR", bound=LINEAR, accelerated=True)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("linear",), {"bp": [0, 250, 250, 999, 1000]}),
        (("linear",), {"bp": [1001]}),
        (("linear",), {"bp": [-5]}),
        (("linear",), {"bp": "x"}),
        (("linear",), {"bp": np.array([10, 20])}),
        (("foo",), {}),
        ((None,), {}),
        (("simple",), {"bp": 3}),
        (("demean",), {"overwrite_data": True}),
        (("polynomial",), {"order": 2}),
        (("spline",), {"order": 2, "dspline": 100}),
        (("linear", "extra"), {}),
        ((), {"nonsense": 1}),
    ],
)
def test_detrend_arguments(args, kwargs):
    check(trace(), "detrend", *args, bound=1e-9, **kwargs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("npts", LENGTHS)
@pytest.mark.parametrize("percentage", [0.0, 0.05, 0.499, 0.5, 0.7, None])
def test_taper(percentage, npts, dtype):
    check(trace(npts, dtype), "taper", percentage)


WINDOWS = {
    "barthann": {}, "bartlett": {}, "blackman": {}, "blackmanharris": {}, "bohman": {},
    "boxcar": {}, "chebwin": {"at": 100}, "cosine": {}, "dpss": {"NW": 2.5}, "flattop": {},
    "gaussian": {"std": 30}, "general_gaussian": {"p": 1.5, "sig": 30}, "hamming": {}, "hann": {},
    "HANN": {}, "kaiser": {"beta": 14}, "nuttall": {}, "parzen": {}, "triang": {},
}  # fmt: skip


@pytest.mark.parametrize("window", WINDOWS)
@pytest.mark.parametrize("side", ["both", "left", "RIGHT"])
def test_taper_windows(window, side):
    known = window.lower() in ENTRY_POINTS["taper"]  # dpss is, since ObsPy 1.5
    for npts in (1000, 1001):
        check(trace(npts), "taper", 0.1, window, side=side, accelerated=known, **WINDOWS[window])
        check(trace(npts), "taper", 0.5, window, None, side, **WINDOWS[window])
        check(
            trace(npts), "taper", max_percentage=0.3, max_length=0.5, type=window, **WINDOWS[window]
        )
        check(trace(npts), "taper", None, max_length=100, type=window, **WINDOWS[window])


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((), {}),
        ((-0.1,), {}),
        (("x",), {}),
        ((0.05, "foo"), {}),
        ((0.05, "kaiser"), {}),
        ((0.05,), {"side": "middle"}),
        ((0.05,), {"side": None}),
        ((0.05,), {"beta": 3}),
        ((0.05,), {"max_length": "1"}),
        ((0.05, 3), {}),
    ],
)
def test_taper_arguments(args, kwargs):
    check(trace(), "taper", *args, **kwargs)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("rate", "new_rate", "a"),
    [(100, 10, 25), (100, 40, 20), (100, 62.5, 5), (100, 31.4159, 12), (40, 100, 25), (20, 20, 3),
     (100, 99.9, 25), (1, 0.1, 1), (200, 7, 2.5)],
)  # fmt: skip
def test_lanczos(rate, new_rate, a, dtype):
    tr = trace(5000, dtype, sampling_rate=rate)
    check(tr, "interpolate", new_rate, method="lanczos", a=a, bound=LANCZOS, accelerated=True)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        ((40.0, "lanczos"), {"a": 5, "starttime": UTCDateTime(2020, 1, 1, 0, 0, 1)}),
        ((40.0, "LANCZOS"), {"a": 5, "starttime": 1577836801.37, "npts": 100}),
        ((40.0, "lanczos"), {"a": 5, "starttime": 1577836801.0, "npts": np.int64(7)}),
        ((40.0, "lanczos"), {"a": 5, "npts": 1}),
        ((40.0, "lanczos"), {"a": 5, "npts": 0}),
        ((40.0, "lanczos"), {"a": 5, "npts": 10.0}),
        ((40.0, "lanczos"), {"a": 5, "npts": 100000}),
        ((40.0, "lanczos"), {"a": 5, "starttime": UTCDateTime(2019, 1, 1)}),
        ((40.0, "lanczos"), {"a": 5, "starttime": "2020"}),
        ((40.0, "lanczos"), {"a": 5, "time_shift": 0.005}),
        ((40.0, "lanczos"), {"a": 5, "time_shift": -1}),
        ((40.0, "lanczos", None, None, 0.0, 5), {}),
        ((40.0, "lanczos"), {"a": 5, "window": "foo", "bar": 3}),
        ((40.0, "lanczos"), {"a": 500}),
        ((40.0, "lanczos"), {"a": 0.5}),
        ((40.0, "lanczos"), {"a": "5"}),
        ((40.0, "lanczos"), {}),
        ((0, "lanczos"), {"a": 5}),
        ((-1.0, "lanczos"), {"a": 5}),
        (("40", "lanczos"), {"a": 5}),
        ((np.float32(40), "lanczos"), {"a": 5}),
        ((np.float64(40), "lanczos"), {"a": 5}),
        ((None, "lanczos"), {"a": 5}),
        ((40.0,), {}),
        ((40.0, "linear"), {}),
        ((40.0, "foo"), {}),
        ((40.0, 3), {}),
        ((), {}),
    ],
)
def test_interpolate_arguments(args, kwargs):
    check(trace(), "interpolate", *args, bound=LANCZOS, **kwargs)


@pytest.mark.parametrize("npts", [1, 2, 3, 10, 51])
def test_lanczos_of_few_samples(npts):
    check(trace(npts), "interpolate", 40.0, method="lanczos", a=25, bound=LANCZOS)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"output": "DISP"},
        {"output": "acc", "water_level": None},
        {"output": "DEF", "water_level": 10},
        {"pre_filt": (0.005, 0.006, 30.0, 35.0)},
        {"pre_filt": [0.1, 0.2, 30, 35], "water_level": 600.0, "zero_mean": False},
        {"taper": False},
        {"taper_fraction": 0.5},
        {"taper_fraction": 1},
        {"taper_fraction": 0},
        {"start_stage": 1, "end_stage": 1},
        {"end_stage": 3, "hide_sensitivity_mismatch_warning": True},
        {"water_level": 0},
    ],
)
def test_remove_response(options, dtype, inventory):
    tr = rjob(dtype=dtype)
    check(tr, "remove_response", inventory, bound=RESPONSE, accelerated=True, **options)


@pytest.mark.parametrize("npts", [1, 2, 3, 10, 999, 2501, 3001])
def test_remove_response_lengths(npts, inventory):
    check(rjob(npts), "remove_response", inventory=inventory, bound=RESPONSE)


@pytest.mark.parametrize(
    "options",
    [
        {"output": "FOO"},
        {"output": None},
        {"pre_filt": (1, 2, 3)},
        {"pre_filt": "abcd"},
        {"pre_filt": (1, 1, 1, 1)},
        {"taper_fraction": 1.5},
        {"taper_fraction": "x"},
        {"start_stage": 9},
        {"foo": 1},
        {"water_level": "60"},
        {"water_level": np.float32(10)},
        {"water_level": np.float64(10)},
        {"water_level": np.int16(10)},
        {"pre_filt": np.array([0.1, 0.2, 8.0, 9.0], "f4")},
        {"taper_fraction": np.float32(0.1)},
        {"inventory": None},
        {"inventory": "no such file"},
        {"inventory": 5},
        {"inventory": []},
    ],
)
def test_remove_response_arguments(options, inventory):
    check(rjob(), "remove_response", **{"inventory": inventory} | options, bound=1e-12)


def test_response_lookup(inventory):
    """As ObsPy: attached, network, lists, several matches, none."""
    tr = rjob()
    selected = inventory.select(station="RJOB", channel="EHZ", time=tr.stats.starttime)
    twice = selected.copy()
    twice[0][0].channels.append(twice[0][0][0])
    closed = selected.copy()
    closed[0][0][0].end_date = tr.stats.starttime
    over = selected.copy()
    over[0][0][0].end_date = tr.stats.starttime - 1
    no_response = selected.copy()
    no_response[0][0][0].response = None
    for which in (selected, selected[0], [selected], (selected, selected), twice, closed, over,
                  no_response, [over, selected], selected[0][0]):  # fmt: skip
        check(tr, "remove_response", inventory=which, bound=RESPONSE)
        check(tr, "remove_sensitivity", inventory=which)
    attached = tr.copy()
    attached.stats.response = selected[0][0][0].response
    check(attached, "remove_response", bound=RESPONSE, accelerated=True)
    check(attached, "remove_sensitivity", accelerated=True)
    attached.stats.response = "none"
    check(attached, "remove_response")


def test_a_changed_response_is_noticed(inventory):
    tr = rjob()
    mine = inventory.select(station="RJOB", channel="EHZ", time=tr.stats.starttime).copy()
    check(tr, "remove_response", mine, bound=RESPONSE)
    response = mine[0][0][0].response
    stage = response.response_stages[0]
    stage.poles = [1.5 * complex(pole) for pole in stage.poles]
    check(tr, "remove_response", mine, bound=RESPONSE)
    stage = response.response_stages[-1]
    stage.coefficients = [1.01 * float(c) for c in stage.coefficients]
    check(tr, "remove_response", mine, bound=RESPONSE)
    response.instrument_sensitivity.frequency = 5.0
    check(tr, "remove_response", mine, bound=RESPONSE, accelerated=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("gain", [2.0, None, 0])
@pytest.mark.parametrize("constant", [0.0, 1.5])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_polynomial_response(constant, gain, dtype):
    """Responses that ObsPy removes without a spectrum, with and without a gain."""
    first = PolynomialResponseStage(
        1, gain, None, "M/S", "V", 0, 1, 0, 1, 0, [constant, 2.0, 0.5][:2]
    )
    second = ResponseStage(2, 3.0, 1.0, "V", "COUNTS")
    sensitivity = InstrumentSensitivity(5.0, 1.0, "M/S", "COUNTS")
    whole = InstrumentPolynomial("M/S", "V", 0, 1, 0, 1, 0, [constant, 2.0, 0.5])
    tr = trace(100, dtype)
    for response in (
        Response(instrument_sensitivity=sensitivity, response_stages=[first]),
        Response(instrument_sensitivity=sensitivity, response_stages=[first, second]),
        Response(response_stages=[first, second]),
        Response(instrument_polynomial=whole),
    ):
        tr.stats.response = response
        check(tr, "remove_response", bound=0.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_remove_sensitivity(dtype, inventory):
    check(rjob(dtype=dtype), "remove_sensitivity", inventory=inventory, accelerated=True)


CALLS = [
    ("detrend", ("simple",), {}),
    ("detrend", ("demean",), {}),
    ("detrend", ("linear",), {}),
    ("taper", (0.05,), {}),
    ("interpolate", (40.0, "lanczos"), {"a": 10}),
    ("remove_sensitivity", (), {}),
    ("remove_response", (), {}),
    ("remove_response", (), {"water_level": None, "output": "DISP"}),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("kind", ODD)
@pytest.mark.parametrize("call", CALLS, ids=lambda c: "-".join([c[0], *map(str, c[1])]))
def test_odd_data(kind, call, inventory):
    name, args, kwargs = call
    tr = rjob(1000, dtype="float64")
    tr.data = ODD[kind](tr.data)
    if name.startswith("remove"):
        kwargs = kwargs | {"inventory": inventory}
    bound = {"remove_response": RESPONSE, "interpolate": LANCZOS, "detrend": LINEAR}
    check(tr, name, *args, bound=bound.get(name, 0.0), **kwargs)


@pytest.mark.parametrize("call", CALLS, ids=lambda c: "-".join([c[0], *map(str, c[1])]))
def test_odd_layout(call, inventory):
    """Strided, reversed, misaligned and read-only data, and headers that belong to other data."""
    name, args, kwargs = call
    bound = {"remove_response": RESPONSE, "interpolate": LANCZOS, "detrend": LINEAR}.get(name, 0.0)
    if name.startswith("remove"):
        kwargs = kwargs | {"inventory": inventory}
    for tr in odd_layouts(rjob().stats):
        check(tr, name, *args, bound=bound, **kwargs)


@settings(max_examples=150, deadline=None)
@given(
    npts=st.integers(1, 3000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    percentage=st.floats(0, 0.6),
    kind=st.sampled_from(["simple", "demean", "linear"]),
    rate=st.floats(5.0, 300.0),
    a=st.integers(1, 30),
)
def test_any_trace(npts, dtype, seed, percentage, kind, rate, a):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed)
    check(tr, "detrend", kind, bound=LINEAR)
    check(tr, "taper", percentage)
    check(tr, "interpolate", rate, method="lanczos", a=a, bound=LANCZOS)


def test_cosine_window_is_obspys():
    """The window that is not SciPy's."""
    tr = trace(1000)
    tr.data[:] = 1.0
    got = check(tr, "taper", 0.25, "cosine")
    np.testing.assert_array_equal(got.data[:250], cosine_taper(501, p=1.0)[:250])


def test_real_recordings():
    """The three components that ObsPy reads by default, raw and after each other's methods."""
    stream = read()
    inventory = read_inventory()
    check(stream, "detrend", "linear", bound=LINEAR, accelerated=True)
    check(stream, "taper", 0.05, accelerated=True)
    check(stream, "remove_response", inventory=inventory, bound=RESPONSE, accelerated=True)
    check(stream, "interpolate", 10.0, method="lanczos", a=25, bound=LANCZOS, accelerated=True)
    assert isinstance(obspeed.detrend(stream), Stream)
