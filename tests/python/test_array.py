"""`obspeed.array` beside the Trace methods, row by row."""

import inspect
import re
import signal
import threading
import warnings
from functools import lru_cache

import numpy as np
import pytest
import scipy.signal
from obspy import Trace, read_inventory
from obspy.core.inventory import Response

import obspeed
from obspeed import array

RATE = 20.0
DTYPES = ("int16", "int32", "int64", "float32", "float64")

RESPONSE = read_inventory()[0][0][0].response
STS2 = {
    "poles": [-0.037 + 0.037j, -0.037 - 0.037j, -251.3],
    "zeros": [0j, 0j],
    "gain": 60077000.0,
    "sensitivity": 2.5e9,
}

# Function, its arguments, its keywords, the Trace method's arguments, the bound of the method.
CALLS = {
    "simple": ("detrend", ("simple",), {}, None, 0.0),
    "demean": ("detrend", ("demean",), {}, None, 0.0),
    "linear": ("detrend", (), {}, ("linear",), 1e-13),
    "pieces": ("detrend", ("linear",), {"bp": [30, 90]}, None, 1e-13),
    "polynomial": ("detrend", ("polynomial",), {"order": 3}, None, 1e-9),
    "spline": ("detrend", ("spline",), {"order": 2, "dspline": 40}, None, 1e-9),
    "taper": ("taper", (0.1,), {}, None, 0.0),
    "kaiser": (
        "taper",
        (None, "kaiser"),
        {"max_length": 2.0, "side": "left", "beta": 3.0},
        None,
        0.0,
    ),
    "bandpass": ("filter", ("bandpass",), {"freqmin": 1.0, "freqmax": 4.0}, None, 0.0),
    "zerophase": (
        "filter",
        ("lowpass",),
        {"freq": 4.0, "corners": 3, "zerophase": True},
        None,
        0.0,
    ),
    "cheby": ("filter", ("lowpass_cheby_2",), {"freq": 3.0}, None, 0.0),
    "decimate": ("decimate", (4,), {}, None, 0.0),
    "slopes": ("interpolate", (13.0,), {}, None, 0.0),
    "lanczos": ("interpolate", (7.0, "lanczos"), {"a": 12, "npts": 20}, None, 1e-14),
    "cubic": ("interpolate", (13.0, "cubic"), {"start": 1.5}, (13.0, "cubic", 1.5), 1e-9),
    "resample": ("resample", (9.0,), {}, None, 1e-13),
    "differentiate": ("differentiate", (), {"edge_order": 2}, None, 0.0),
    "integrate": ("integrate", (), {}, None, 0.0),
    "normalize": ("normalize", (), {}, None, 0.0),
    "by norm": ("normalize", (3.5,), {}, None, 0.0),
    "trigger": ("trigger", ("recstalta",), {"sta": 0.5, "lta": 3.0}, None, 0.0),
    "response": (
        "remove_response",
        (RESPONSE,),
        {"output": "DISP", "water_level": 40.0, "pre_filt": (0.1, 0.2, 4.0, 6.0)},
        (None,),
        1e-12,
    ),
    "sensitivity": ("remove_sensitivity", (RESPONSE,), {}, (None,), 0.0),
    "simulate": ("simulate", (STS2, None), {"water_level": 40.0}, None, 1e-12),
}
RATELESS = {"detrend", "decimate", "normalize", "remove_sensitivity"}
LAYOUTS = {
    "C": (np.ascontiguousarray, -1),
    "F": (np.asfortranarray, 1),
    "columns": (lambda x: np.ascontiguousarray(x.T), 0),
    "columns F": (lambda x: np.asfortranarray(x.T), -2),
    "strided": (lambda x: np.repeat(np.repeat(x, 2, axis=0), 3, axis=1)[::2, ::3], -1),
    "reversed": (lambda x: np.ascontiguousarray(x[::-1, ::-1].T)[::-1, ::-1], 0),
}


def samples(dtype="float64", rows=9, npts=150):
    rng = np.random.default_rng(3)
    walk = rng.standard_normal((rows, npts)).cumsum(axis=1) * 100 + 50 * np.arange(npts)
    return walk.astype(dtype)


def call(case, x, **more):
    name, args, options, *_ = CALLS[case]
    rate = {} if name in RATELESS else {"sampling_rate": RATE}
    if name == "resample" and not hasattr(obspeed._core.Step, "resample"):
        pytest.skip("an extension without resample")
    return getattr(array, name)(x, *args, **options, **rate, **more)


@lru_cache
def by_rows(case, dtype):
    """What obspeed's Trace method answers, and ObsPy's, for each row."""
    x = samples(dtype)
    name, args, options, given, _ = CALLS[case]
    options = {} if given and name == "interpolate" else options
    both = []
    for method in (getattr(obspeed, name), getattr(Trace, name)):
        stats = {"sampling_rate": RATE, "response": RESPONSE}
        traces = [Trace(row.copy(), stats) for row in x]
        for trace in traces:
            method(trace, *(given or args), **options)
        both.append(np.array([trace.data for trace in traces]))
    return both


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", CALLS)
def test_rows_are_traces(case, layout):
    make, axis = LAYOUTS[layout]
    for dtype in DTYPES if layout == "C" else ("int32", "float32"):
        x = samples(dtype)
        laid = make(x)
        before = laid.copy()
        got = call(case, laid, axis=axis)
        ours, theirs = by_rows(case, dtype)
        assert got.dtype == ("float32" if dtype == "float32" else "float64")
        rows = got if axis in {-1, 1} else got.T
        np.testing.assert_array_equal(rows, ours.astype(got.dtype))
        scale = max(np.abs(x).max(), np.abs(theirs).max())
        bound = 1e-6 if dtype == "float32" else CALLS[case][-1]
        assert np.abs(rows - theirs).max() <= bound * scale
        np.testing.assert_array_equal(laid, before)


@pytest.mark.parametrize("case", CALLS)
def test_one_dimension(case):
    x = samples("float32")
    for row in (x[2], x.T[:, 2], np.repeat(x[2], 2)[::2]):
        np.testing.assert_array_equal(call(case, row), call(case, x)[2])


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("case", CALLS)
def test_out(case, layout):
    make, axis = LAYOUTS[layout]
    x = make(samples("float32"))
    expected = call(case, x, axis=axis)
    out = np.empty(expected.shape[::-1], np.float32).T
    assert call(case, x, axis=axis, out=out) is out
    np.testing.assert_array_equal(out, expected)
    if expected.shape == x.shape:
        assert call(case, x, axis=axis, out=x) is x
        np.testing.assert_array_equal(x, expected)


def test_out_that_overlaps():
    held = samples()
    x, out = held[:, :-1], held[:, 1:]
    expected = array.filter(x.copy(), "lowpass", freq=0.2)
    np.testing.assert_array_equal(array.filter(x, "lowpass", freq=0.2, out=out), expected)


def test_result_is_laid_out_as_its_input():
    x = samples()
    assert array.decimate(x, 3).flags.c_contiguous
    assert array.decimate(np.asfortranarray(x), 3).flags.f_contiguous
    assert array.decimate(x, 3, axis=0).flags.c_contiguous


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("rows", [2, 7, 33, 70])
def test_blocks(rows, order):
    """Rows have the same bits alone and beside others, in whole blocks and what is left of them."""
    x = np.array(samples("float32", rows=rows, npts=301), order=order)
    for options in ({"freq": 0.1}, {"freq": 0.2, "corners": 1}, {"freq": 0.1, "zerophase": True}):
        alone = [array.filter(row, "highpass", **options) for row in x]
        for threads in (1, 2):
            with obspeed.num_threads(threads):
                np.testing.assert_array_equal(array.filter(x, "highpass", **options), alone)


def test_as_scipy():
    x = samples("float32")
    sos = scipy.signal.iirfilter(4, [0.1, 0.4], btype="band", output="sos")
    for axis in (0, 1):
        got = array.filter(x, "bandpass", freqmin=0.05, freqmax=0.2, axis=axis)
        expected = scipy.signal.sosfilt(sos, x, axis=axis).astype(np.float32)
        np.testing.assert_array_equal(got, expected)
        expected = scipy.signal.detrend(x, axis=axis)
        np.testing.assert_allclose(array.detrend(x, axis=axis), expected, atol=0.01)


@pytest.mark.parametrize("name", array.__all__)
def test_every_parameter_is_documented(name):
    function = getattr(array, name)
    text = inspect.getdoc(function).partition("Parameters")[2].partition("\n\nReturns")[0]
    documented = re.findall(r"^\**(\w+)(?: : .+)?$", text, re.MULTILINE)
    assert sorted(documented) == sorted(inspect.signature(function).parameters)


def test_read_only_and_empty():
    x = samples()
    x.flags.writeable = False
    assert array.taper(x, 0.1).flags.writeable
    assert array.detrend(np.empty((0, 10), np.float32)).shape == (0, 10)
    assert array.decimate(np.empty((10, 0)), 2, axis=0).shape == (5, 0)
    with pytest.raises(ValueError, match="empty"):
        array.detrend(np.empty((3, 0)))


@pytest.mark.parametrize("axis", [0, 1])
def test_nan_names_its_row(axis):
    x = samples()
    x[4, 7] = np.nan
    kind, number = ("row", 4) if axis else ("column", 7)
    with pytest.raises(ValueError, match=rf"detrend: {kind} {number}: .*"):
        array.detrend(x, axis=axis)
    assert np.isnan(array.filter(x, "lowpass", freq=0.1)[4, 8])


@pytest.mark.parametrize(
    "x",
    [[1.0, 2.0], np.ma.zeros(5), np.zeros(5, ">f4"), np.zeros(5, "c16"), np.zeros(5, "u1"), None],
    ids=str,
)
def test_other_types(x):
    with pytest.raises(TypeError, match="expected"):
        array.detrend(x)


@pytest.mark.parametrize(
    ("work", "text"),
    [
        (lambda x: array.detrend(x[None]), "one or two dimensions, got 3"),
        (lambda x: array.detrend(np.array(1.0)), "one or two dimensions, got 0"),
        (lambda x: array.detrend(x, axis=2), "axis"),
        (lambda x: array.detrend(x, axis="time"), "axis"),
        (lambda x: array.detrend(x, "cubic"), "detrend type 'cubic'"),
        (lambda x: array.filter(x, "bandpass", freqmin=1, freqmax=-2), "not positive"),
        (lambda x: array.filter(x, "lowpass", freq=0.1, ftype="none"), "designed|not take"),
        (lambda x: array.taper(x, 0.1, "none"), "window 'none'"),
        (lambda x: array.decimate(x, 17), "factor=17"),
        (lambda x: array.interpolate(x, 1.0, start=-5.0), "within the old ones"),
        (lambda x: array.differentiate(x, edge_order=3), "edge_order=3"),
        (lambda x: array.integrate(x, sampling_rate=0.0), "sampling_rate=0.0"),
        (lambda x: array.simulate(x, "self"), "no poles and zeros"),
        (lambda x: array.remove_response(x, Response()), "remove_response: "),
        (lambda x: array.remove_sensitivity(x, Response()), "no stages"),
        (lambda x: array.detrend(x, out=np.empty((9, 149))), r"shape \(9, 150\) as out"),
        (lambda x: array.detrend(x, out=np.empty(x.shape, "f4")), "float64 array of shape"),
        (lambda x: array.detrend(x, axis=0, out=np.empty((150, 9))), r"got a float64 .*\(150, 9\)"),
    ],
)
def test_values(work, text):
    x = samples()
    with pytest.raises(ValueError, match=text):
        work(x)


def test_out_must_be_writable():
    out = np.empty((9, 150))
    out.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        array.detrend(samples(), out=out)


def test_warnings_come_once():
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        array.filter(samples(), "bandpass", freqmin=0.1, freqmax=0.6)
    assert ["Applying a high-pass" in str(w.message) for w in caught] == [True]
    assert caught[0].filename == __file__


@pytest.mark.thread_unsafe(reason="a signal")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_interrupt(dtype):
    """Ctrl-C, within a block or between them, stops the call; the input is untouched."""
    x = np.random.default_rng(0).standard_normal((64, 200_000)).astype(dtype)
    before = x.copy()
    timer = threading.Timer(0.1, signal.raise_signal, [signal.SIGINT])
    timer.start()
    with pytest.raises(KeyboardInterrupt):  # noqa: PT012 - it may come before the first call
        while True:
            array.filter(x, "bandpass", freqmin=0.05, freqmax=0.2)
    np.testing.assert_array_equal(x, before)
