"""``detrend`` by polynomials and splines fitted to the samples."""

import numpy as np
import pytest
from compare import check
from examples import DTYPES, LENGTHS, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, read

import obspeed

BOUND = 1e-9
CALLS = [
    ("polynomial", {"order": 1}),
    ("polynomial", {"order": 3}),
    ("polynomial", {"order": 6}),
    ("spline", {"order": 1, "dspline": 50}),
    ("spline", {"order": 2, "dspline": 100}),
    ("spline", {"order": 3, "dspline": 77.7}),
    ("spline", {"order": 5, "dspline": 300}),
]
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda c: "-".join(map(str, c)))
quiet = pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore:Polyfit may be poorly conditioned"
)


def agree(target, kind, **options):
    return check(target, "detrend", kind, bound=BOUND, **options)


@quiet
@each_call
@pytest.mark.parametrize("npts", LENGTHS)
def test_lengths(call, npts):
    for dtype in DTYPES:
        agree(trace(npts, dtype), call[0], **call[1])


@quiet
@pytest.mark.parametrize("order", range(16))
def test_orders(order):
    for npts in (20, 333, 5000):
        agree(trace(npts), "polynomial", order=order)
        agree(trace(npts), "spline", order=order, dspline=npts / 5)


@quiet
@pytest.mark.parametrize(
    "dspline", [1, 2, 3, 5, 7.5, 50, 499, 500, 999, 1000, 1001, 2000, 5000, 1e9]
)
def test_distances(dspline):
    for order in (1, 2, 3, 5):
        agree(trace(), "spline", order=order, dspline=dspline)


@each_call
def test_accelerated(call):
    for dtype in DTYPES:
        agree(trace(2000, dtype), call[0], accelerated=True, **call[1])


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::UserWarning", "ignore::numpy.exceptions.ComplexWarning"
)
@each_call
@pytest.mark.parametrize("kind", ODD)
def test_odd_data(call, kind):
    tr = trace()
    tr.data = ODD[kind](tr.data)
    agree(tr, call[0], **call[1])


@each_call
def test_odd_layout(call):
    for tr in odd_layouts():
        agree(tr, call[0], **call[1])


@quiet
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("polynomial", {}),
        ("Polynomial", {"order": 2}),
        ("polynomial", {"order": -1}),
        ("polynomial", {"order": "3"}),
        ("polynomial", {"order": 3.7}),
        ("polynomial", {"order": 3.0}),
        ("polynomial", {"order": True}),
        ("polynomial", {"order": None}),
        ("polynomial", {"order": np.int64(2)}),
        ("polynomial", {"order": 40}),
        ("polynomial", {"order": 2, "dspline": 5}),
        ("polynomial", {"order": 2, "plot": None}),
        ("polynomial", {"order": 2, "plot": False}),
        ("polynomial", {"order": 2, "make": False}),
        ("spline", {}),
        ("spline", {"order": 2}),
        ("spline", {"dspline": 100}),
        ("SPLINE", {"order": 2, "dspline": 100}),
        ("spline", {"order": 2, "dspline": 0}),
        ("spline", {"order": 2, "dspline": -5}),
        ("spline", {"order": 2, "dspline": "100"}),
        ("spline", {"order": 2, "dspline": None}),
        ("spline", {"order": 2, "dspline": np.nan}),
        ("spline", {"order": 2, "dspline": np.inf}),
        ("spline", {"order": 2, "dspline": np.int64(100)}),
        ("spline", {"order": 2, "dspline": np.float64(100)}),
        ("spline", {"order": 2.0, "dspline": 100}),
        ("spline", {"order": True, "dspline": 100}),
        ("spline", {"order": 0, "dspline": 100}),
        ("spline", {"order": 6, "dspline": 100}),
        ("spline", {"order": "2", "dspline": 100}),
        ("spline", {"order": 2, "dspline": 100, "plot": False}),
        ("spline", {"order": 2, "dspline": 100, "nonsense": 1}),
    ],
)
def test_arguments(kind, options):
    agree(trace(), kind, **options)


def test_plots_are_obspys(tmp_path):
    for kind, options in (("polynomial", {}), ("spline", {"dspline": 100})):
        plot = tmp_path / f"{kind}.png"
        obspeed.detrend(trace(), kind, order=2, plot=str(plot), **options)
        assert plot.stat().st_size > 0


@each_call
def test_in_place_where_obspy_is(call):
    """Floats in the very array, of which other traces may be views."""
    for dtype in ("float32", "float64"):
        results = []
        for act in (Stream.detrend, obspeed.detrend):
            parent = trace(1500, dtype).data
            stream = Stream([trace(2), trace(2)])
            stream[0].data, stream[1].data = parent[:900], parent[600:]
            act(stream, call[0], **call[1])
            assert np.shares_memory(stream[1].data, parent)
            results.append(parent)
        np.testing.assert_allclose(*results, rtol=0, atol=1e-6 * 32000)


@quiet
@settings(max_examples=100, deadline=None)
@given(
    npts=st.integers(1, 4000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    order=st.integers(0, 8),
    degree=st.integers(1, 5),
    dspline=st.floats(2.0, 3000.0),
)
def test_any_fit(npts, dtype, seed, order, degree, dspline):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed)
    agree(tr, "polynomial", order=order)
    agree(tr, "spline", order=degree, dspline=dspline)


def test_real_recordings():
    for kind, options in CALLS:
        agree(read(), kind, accelerated=True, **options)


def test_pipeline():
    stream = Stream([trace(2000, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    expected, got = stream.copy(), stream.copy()
    expected.detrend("polynomial", order=3).detrend("spline", order=2, dspline=200).taper(0.05)
    pipe = obspeed.Pipeline().detrend("polynomial", order=3)
    report = pipe.detrend("spline", order=2, dspline=200).taper(0.05).run(got)
    assert not report.declined
    for ours, theirs, before in zip(got, expected, stream, strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=0, atol=1e-6 * abs(before.max()))
        assert ours.stats == theirs.stats
