"""``differentiate``, ``integrate`` and ``normalize``."""

import numpy as np
import pytest
from compare import check
from examples import DTYPES, LENGTHS, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, read

import obspeed

SPLINE = 1e-9
CALLS = [
    ("differentiate", (), {}),
    ("differentiate", ("gradient",), {"edge_order": 2}),
    ("integrate", (), {}),
    ("integrate", ("spline",), {}),
    ("normalize", (), {}),
    ("normalize", (3.7,), {}),
]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda c: "-".join(map(str, c)))


def agree(target, call, **kwargs):
    name, args, options = call
    return check(
        target, name, *args, bound=SPLINE if "spline" in args else 0.0, **options, **kwargs
    )


@each_call
@pytest.mark.parametrize("npts", LENGTHS)
def test_lengths(call, npts):
    for dtype in DTYPES:
        agree(trace(npts, dtype), call)


@each_call
@pytest.mark.parametrize("rate", [100.0, 1, 0.1, 40, 31.4159, 1e-3])
def test_rates(call, rate):
    for dtype in DTYPES:
        agree(trace(1000, dtype, sampling_rate=rate), call, accelerated=True)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@each_call
@pytest.mark.parametrize("kind", ODD)
def test_odd_data(call, kind):
    tr = trace()
    tr.data = ODD[kind](tr.data)
    agree(tr, call)
    tr = trace(1000, "float32")
    if kind not in {"huge", "tiny"}:
        tr.data = ODD[kind](tr.data)
        agree(tr, call)


@each_call
def test_odd_layout(call):
    for tr in odd_layouts():
        agree(tr, call)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("Gradient",), {}),
        (("foo",), {}),
        ((None,), {}),
        ((), {"edge_order": 1}),
        ((), {"edge_order": 3}),
        ((), {"edge_order": 0}),
        ((), {"edge_order": True}),
        ((), {"edge_order": 2.0}),
        ((), {"edge_order": "2"}),
        ((), {"axis": 0}),
        ((), {"axis": 1}),
        ((), {"nonsense": 1}),
        (("gradient", 2), {}),
    ],
)
def test_differentiate_arguments(args, kwargs):
    check(trace(), "differentiate", *args, **kwargs)
    check(Stream([trace(), trace()]), "differentiate", *args, **kwargs)


@pytest.mark.parametrize(
    ("args", "kwargs"),
    [
        (("CUMTRAPZ",), {}),
        (("foo",), {}),
        ((None,), {}),
        ((), {"initial": 3}),
        ((), {"dx": 3}),
        ((), {"data": 3}),
        ((), {"nonsense": 1}),
        (("Spline",), {"k": 3}),
        (("spline",), {"k": 3.0}),
        (("spline",), {"k": 1}),
        (("spline",), {"k": 2}),
        (("spline",), {"k": 5}),
        (("spline",), {"k": 0}),
        (("spline",), {"k": 6}),
        (("spline",), {"k": "3"}),
        (("spline",), {"k": None}),
        (("spline",), {"s": 1}),
        (("spline", 3), {}),
    ],
)
def test_integrate_arguments(args, kwargs):
    check(trace(), "integrate", *args, bound=SPLINE, **kwargs)
    check(Stream([trace(), trace()]), "integrate", *args, bound=SPLINE, **kwargs)


NORMS = [
    1, 2, 3.7, -3, -2.5, 0, 0.0, True, False, "x", [2], np.nan, np.inf, 1e-320, 10**30, 10**400,
    np.float64(3.3), np.float64(-3.3), np.float32(3.3), np.float16(3.3), np.longdouble(3.3),
    np.int8(-3), np.int8(-128), np.int16(300), np.int32(7), np.int64(7), np.uint8(7), np.True_,
    np.array(3.0), np.array([3.0]), 1 + 1j, np.int64(-(2**63)), 5e-39, 1e39, np.float64(1e39),
]  # fmt: skip


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("norm", NORMS, ids=lambda n: f"{type(n).__name__}-{n!r:.20}")
def test_normalize_norms(norm):
    for dtype in DTYPES:
        check(trace(100, dtype), "normalize", norm)
        check(trace(100, dtype), "normalize", norm=norm)


def test_normalize_arguments():
    check(trace(), "normalize", 1, 2)
    check(trace(), "normalize", global_max=True)
    check(Stream([trace()]), "normalize", norm=3)
    check(Stream([trace()]), "normalize", True, 3)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("dtypes", [*([d] for d in DTYPES), DTYPES, DTYPES[::-1]])
@pytest.mark.parametrize("global_max", [False, True, 1, 0, "yes", None])
def test_normalize_streams(dtypes, global_max):
    stream = Stream([trace(300, d, seed=i) for i, d in enumerate(dtypes * 3)])
    check(stream, "normalize", global_max)
    check(stream, "normalize", global_max=global_max, accelerated=True)
    stream[1].data = stream[1].data * 0
    check(stream, "normalize", global_max)
    stream[1].data = stream[1].data[:0]
    check(stream, "normalize", global_max)
    check(Stream(), "normalize", global_max)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("least", [True, False])
def test_the_least_integer(least):
    """Its absolute value is itself."""
    for dtype in ("int16", "int32", "int64"):
        tr = trace(100, dtype)
        tr.data[7] = np.iinfo(dtype).min if least else np.iinfo(dtype).max
        for call in CALLS:
            agree(tr, call)
        check(Stream([tr, trace()]), "normalize", global_max=True)


def test_normalize_is_in_place():
    parent = np.arange(1.0, 101.0)
    tr = trace(10)
    tr.data = parent[20:30]
    obspeed.normalize(tr)
    assert parent[29] == 1.0
    assert tr.data.base is parent


@settings(max_examples=100, deadline=None)
@given(
    npts=st.integers(1, 2000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    rate=st.floats(1e-3, 1e4),
    norm=st.floats(-1e6, 1e6),
)
def test_any_trace(npts, dtype, seed, rate, norm):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed, sampling_rate=rate)
    for call in [*CALLS, ("normalize", (norm,), {}), ("normalize", (np.float64(norm),), {})]:
        agree(tr, call)


def test_real_recordings():
    for call in CALLS:
        stream = read()
        if call[2] or call[1] == (3.7,):  # options that Stream's method does not have
            stream = stream[0]
        agree(stream, call, accelerated=True)


def test_explain_knows_the_arguments_of_streams():
    stream = Stream([trace(), trace()])
    assert obspeed.explain(stream, "normalize", global_max=True)
    assert not obspeed.explain(stream, "normalize", norm=3)
    assert not obspeed.explain(stream, "differentiate", edge_order=2)
    assert obspeed.explain(stream[0], "differentiate", edge_order=2)


def test_pipeline():
    stream = Stream([trace(900, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    expected, got = stream.copy(), stream.copy()
    expected.detrend("demean").integrate().differentiate()
    for tr in expected:
        tr.normalize()
        tr.normalize(np.float64(0.3))
    pipe = obspeed.Pipeline().detrend("demean").integrate().differentiate()
    report = pipe.normalize().normalize(np.float64(0.3)).run(got)
    assert not report.declined
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_array_equal(ours.data, theirs.data)
        assert ours.stats == theirs.stats
