"""``trigger``: every characteristic function."""

import numpy as np
import pytest
from compare import both, check, traces
from examples import DTYPES, LENGTHS, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, read
from obspy.core.util.base import ENTRY_POINTS

import obspeed

CALLS = {
    "recstalta": {"sta": 0.1, "lta": 1},
    "recstaltapy": {"sta": 0.1, "lta": 1},
    "classicstalta": {"sta": 0.1, "lta": 1},
    "classicstaltapy": {"sta": 0.1, "lta": 1},
    "delayedstalta": {"sta": 0.1, "lta": 1},
    "carlstatrig": {"sta": 0.1, "lta": 1, "ratio": 0.8, "quiet": 0.7},
    "zdetect": {"sta": 0.2},
    "energyratio": {"nsta": 20},
    "modifiedenergyratio": {"nsta": 20},
}
BOUNDS = {"carlstatrig": 1e-12, "modifiedenergyratio": 1e-14}
each_kind = pytest.mark.parametrize("kind", CALLS)
quiet = pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")


def agree(target, kind, accelerated=None, **options):
    bound = BOUNDS.get(kind, 0.0) if isinstance(kind, str) else 0.0
    if isinstance(kind, str) and kind == "recstalta" and options.get("lta"):
        # The first value, which ObsPy leaves as the memory was where the window exceeds the trace.
        expected, got = both(
            lambda t: t.trigger(kind, **options),
            lambda t: obspeed.trigger(t, kind, **options),
            target,
        )
        for ours, theirs in zip(traces(got), traces(expected), strict=True):
            np.testing.assert_array_equal(ours.data[1:], theirs.data[1:])
            assert ours.data.dtype == theirs.data.dtype
            assert ours.stats == theirs.stats
        return got
    return check(target, "trigger", kind, bound=bound, accelerated=accelerated, **options)


@quiet
@each_kind
@pytest.mark.parametrize("npts", [n for n in LENGTHS if n < 10_000])
def test_lengths(kind, npts):
    for dtype in DTYPES:
        agree(trace(npts, dtype), kind, **CALLS[kind])


@each_kind
def test_types_are_accelerated(kind):
    for dtype in ("int32", "int64", "float64"):
        tr = trace(3000, dtype)
        tr.data = tr.data // 100  # whose squares int32 can hold
        bound = BOUNDS.get(kind, 0.0)
        known = kind in ENTRY_POINTS["trigger"]  # the energy ratios are, since ObsPy 1.5
        check(tr, "trigger", kind, bound=bound, accelerated=known, **CALLS[kind])


@quiet
@each_kind
@pytest.mark.parametrize(
    "windows", [(1, 1), (1, 2), (2, 3), (5, 50), (50, 50), (50, 5), (300, 600), (999, 1000)]
)
def test_windows(kind, windows):
    nsta, nlta = windows
    options = {k: v for k, v in CALLS[kind].items() if k not in {"sta", "lta", "nsta"}}
    for dtype in ("int16", "int32", "float32", "float64"):
        for npts in (1000, 1201):
            both_windows = {"nsta": nsta, "nlta": nlta} if "lta" in CALLS[kind] else {"nsta": nsta}
            tr = trace(npts, dtype)
            if (kind == "classicstalta" and nsta > nlta) or (kind == "recstalta" and nlta >= npts):
                continue  # ObsPy's answer is what the memory was
            check(tr, "trigger", kind, bound=BOUNDS.get(kind, 0.0), **both_windows, **options)


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::UserWarning", "ignore::numpy.exceptions.ComplexWarning"
)
@each_kind
@pytest.mark.parametrize("data", ODD)
def test_odd_data(kind, data):
    tr = trace()
    tr.data = ODD[data](tr.data)
    agree(tr, kind, **CALLS[kind])


@each_kind
def test_odd_layout(kind):
    for tr in odd_layouts():
        agree(tr, kind, **CALLS[kind])


@quiet
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("foo", {"sta": 1, "lta": 2}),
        (None, {"sta": 1, "lta": 2}),
        ("RecSTALTA", {"sta": 1, "lta": 2}),
        ("recstalta", {}),
        ("recstalta", {"sta": 1}),
        ("recstalta", {"sta": 1, "nlta": 200}),
        ("recstalta", {"sta": 1, "lta": 2, "nsta": 7}),
        ("recstalta", {"nsta": 7, "sta": 1, "lta": 2}),
        ("recstalta", {"sta": 0.001, "lta": 2}),
        ("classicstaltapy", {"sta": 0, "lta": 2}),
        ("classicstalta", {"sta": 3, "lta": 200}),
        ("zdetect", {"sta": 1, "lta": 2}),
        ("zdetect", {"sta": 10}),
        ("zdetect", {"sta": 0}),
        ("zdetect", {"sta": -1}),
        ("delayedstalta", {"sta": 1, "lta": "2"}),
        ("delayedstalta", {"sta": [1], "lta": 2}),
        ("delayedstalta", {"sta": None, "lta": 2}),
        ("delayedstalta", {"sta": np.nan, "lta": 2}),
        ("delayedstalta", {"sta": np.float32(0.1), "lta": 2}),
        ("delayedstalta", {"sta": np.float64(0.1), "lta": 2}),
        ("delayedstalta", {"sta": np.int64(1), "lta": 2}),
        ("delayedstalta", {"sta": True, "lta": 2}),
        ("delayedstalta", {"nsta": 10.0, "nlta": 20}),
        ("delayedstalta", {"nsta": np.int64(10), "nlta": 20}),
        ("classicstalta", {"nsta": 10.0, "nlta": 20}),
        ("classicstalta", {"nsta": np.int64(10), "nlta": 20}),
        ("recstaltapy", {"nsta": True, "nlta": 20}),
        ("carlstatrig", {"nsta": True, "nlta": 20, "ratio": 1, "quiet": 0}),
        ("carlstatrig", {"sta": 0.1, "lta": 1}),
        ("carlstatrig", {"sta": 0.1, "lta": 1, "ratio": 1, "quiet": 0}),
        ("carlstatrig", {"sta": 0.1, "lta": 1, "ratio": "1", "quiet": 0}),
        ("carlstatrig", {"sta": 0.1, "lta": 1, "ratio": np.nan, "quiet": 0}),
        ("carlstatrig", {"sta": 0.1, "lta": 1, "ratio": 1, "quiet": np.float32(0.3)}),
        ("energyratio", {"nsta": 0}),
        ("energyratio", {"nsta": -5}),
        ("energyratio", {"nsta": 501}),
        ("energyratio", {"nsta": 500}),
        ("energyratio", {"sta": 0.1}),
        ("energyratio", {"nsta": 10, "power": 2}),
        ("modifiedenergyratio", {"nsta": 10, "power": 2}),
        ("modifiedenergyratio", {"nsta": 10, "power": 0}),
        ("modifiedenergyratio", {"nsta": 10, "power": 1}),
        ("modifiedenergyratio", {"nsta": 10, "power": 0.5}),
        ("modifiedenergyratio", {"nsta": 10, "power": 2.7}),
        ("modifiedenergyratio", {"nsta": 10, "power": -1}),
        ("modifiedenergyratio", {"nsta": 10, "power": "3"}),
        ("modifiedenergyratio", {"nsta": 10, "power": None}),
        ("recstalta", {"sta": 1, "lta": 2, "a": 3}),
        ("recstalta", {"sta": 1, "lta": 2, "npts": 3}),
        ("zdetect", {"sta": 1, "npts": 3}),
        ("recstalta", {"sta": 1, "lta": 2, "nonsense": 3}),
    ],
)
def test_arguments(kind, options):
    for tr in (trace(), trace(1000, "int32")):
        if kind == "recstalta":
            agree(tr, kind, **options)
        else:
            check(tr, "trigger", kind, bound=1e-12, **options)


@quiet
@each_kind
def test_quiet_and_spikes(kind):
    """Zeros at the start, amid and all over; a spike; a step of many orders."""
    for dtype in ("int16", "int32", "float64"):
        for begin, end in ((0, 300), (400, 900), (0, 1000)):
            tr = trace(1000, dtype)
            tr.data[begin:end] = 0
            agree(tr, kind, **CALLS[kind])
        tr.data[500] = 1000
        agree(tr, kind, **CALLS[kind])


@each_kind
@pytest.mark.parametrize("npts", [1, 2000])
def test_a_first_sample_whose_square_overflows(kind, npts):
    tr = trace(npts, "float64")
    tr.data[0] = -4e299
    agree(tr, kind, **CALLS[kind])


@each_kind
def test_streams(kind):
    stream = Stream([trace(1500 + i % 2, DTYPES[i % 5], seed=i) for i in range(10)])
    stream[3].stats.sampling_rate = 80.0
    agree(stream, kind, **CALLS[kind])
    with obspeed.num_threads(2):
        agree(stream, kind, **CALLS[kind])


@quiet
@settings(max_examples=60, deadline=None)
@given(
    npts=st.integers(1, 1500),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    nsta=st.integers(1, 200),
    nlta=st.integers(1, 600),
    power=st.floats(0, 4),
)
def test_any_windows(npts, dtype, seed, nsta, nlta, power):
    """Arguments nobody thought of."""
    tr = trace(npts, dtype, seed)
    for kind, options in CALLS.items():
        if kind == "classicstalta" and nsta > nlta:
            continue  # ObsPy's answer is what the memory was
        windows = {"sta": nsta / 100 + 1e-9}
        if "lta" in options:
            windows["lta"] = nlta / 100 + 1e-9
        rest = {k: v for k, v in options.items() if k in {"ratio", "quiet"}}
        agree(tr, kind, **windows, **rest)
    agree(tr, "modifiedenergyratio", nsta=nsta, power=power)


@pytest.mark.parametrize("bits", [15, 21, 23, 26, 31])
def test_counts_whose_sums_are_exact_no_longer(bits):
    """Running sums of squares are exact up to 2^53, which events of such sizes exceed or not."""
    rng = np.random.default_rng(bits)
    stream = Stream()
    for npts in (4200, 9001):
        data = rng.integers(-2000, 2000, npts)
        event = slice(npts // 2, npts // 2 + 700)
        data[event] = rng.integers(-(1 << bits), 1 << bits, 700)
        for dtype in ("int32", "int64"):
            stream.append(trace(npts, dtype))
            stream[-1].data = data.astype(dtype)
    for nsta, nlta in ((1, 1), (50, 400), (400, 4100)):
        check(stream, "trigger", "classicstalta", accelerated=True, nsta=nsta, nlta=nlta)


def test_real_recordings():
    for kind, options in CALLS.items():
        agree(read(), kind, **options)
