"""Methods that take a stream apart or put it together: `split`."""

import pickle
import warnings
from copy import deepcopy

import numpy as np
import pytest
from compare import both, outcome, recorded
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from obspy import Stream, Trace, UTCDateTime
from obspy.core import AttribDict, Stats

import obspeed

START = UTCDateTime(2020, 1, 1, 0, 0, 0, 123457)
MASK = [0, 1, 0, 0, 1, 1, 0]


def masked(data=None, mask=MASK, **stats):
    data = np.arange(len(mask)) if data is None else data
    return Trace(np.ma.masked_array(data, mask=mask), {"starttime": START, **stats})


def assert_equal(got, expected):
    """Equal values of equal types, keys in the same order, all the way down."""
    assert type(got) is type(expected)
    if isinstance(expected, (AttribDict, Trace)):
        assert_equal(vars(got), vars(expected))
    elif isinstance(expected, Stream):
        assert_equal(got.traces, expected.traces)
    elif isinstance(expected, dict):
        assert list(got) == list(expected)
        assert_equal(list(got.values()), list(expected.values()))
    elif isinstance(expected, (list, tuple)):
        assert len(got) == len(expected)
        for ours, theirs in zip(got, expected, strict=True):
            assert_equal(ours, theirs)
    elif isinstance(expected, UTCDateTime):
        assert (got.ns, got.precision) == (expected.ns, expected.precision)
    elif isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype
        assert got.shape == expected.shape
        assert got.strides == expected.strides
        flags = [[a.flags[f] for f in ("C", "O", "W", "A")] for a in (got, expected)]
        assert flags[0] == flags[1]
        if isinstance(expected, np.ma.MaskedArray):
            assert np.array_equal(np.ma.getmaskarray(got), np.ma.getmaskarray(expected))
            assert got.fill_value == expected.fill_value
            assert got.sharedmask == expected.sharedmask
            assert got.hardmask == expected.hardmask
        plain = [np.asarray(a) for a in (got, expected)]
        if expected.dtype == object:
            assert plain[0].tolist() == plain[1].tolist()
        else:
            assert plain[0].tobytes() == plain[1].tobytes()
    else:
        assert got == expected


def check(target, accelerated=True):
    """Both leave the same pieces and the same original; pieces share its memory or not, alike."""
    pieces = []

    def run(split):
        def call(copy):
            before = [tr.data for tr in (copy if isinstance(copy, Stream) else [copy])]
            result = split(copy)
            shared = [[np.shares_memory(p.data, np.asarray(d)) for d in before] for p in result]
            pieces.append((result, shared))
            return result

        return call

    obspeed.reset_report()
    expected, got = both(run(lambda t: t.split()), run(obspeed.split), target)
    assert_equal(got, expected)
    assert_equal(pieces[1][0], pieces[0][0])
    assert pieces[1][1] == pieces[0][1]
    row = obspeed.report().methods["split"]
    assert row.accelerated == (row.traces if accelerated else 0), row
    return pieces[1][0]


sampled = st.sampled_from([100.0, 49.0, 3.0, 0.1, 1 / 3000]) | st.floats(1e-4, 1e4)
stats = st.fixed_dictionaries(
    {},
    optional={
        "sampling_rate": sampled,
        "station": st.sampled_from(["A", ""]),
        "calib": st.sampled_from([1.0, 2]),
        "starttime": st.integers(-(10**18), 2 * 10**18).map(lambda ns: UTCDateTime(ns=ns)),
        "processing": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        "mseed": st.just({"dataquality": "D", "blkt": {"a": [1, {"b": 2}]}}),
        "coordinates": st.just(AttribDict(latitude=1.0)),
    },
)


@given(
    mask=hnp.arrays(bool, st.integers(0, 60)),
    dtype=st.sampled_from(["i2", ">i4", "i8", "f4", ">f4", "f8", "c16", "?", "u1", "O"]),
    stride=st.sampled_from([1, 2, -1]),
    header=stats,
    delta=st.none() | st.floats(1e-3, 1e3),
    copied=st.booleans(),
    hard=st.booleans(),
    fill=st.sampled_from([None, 1]),
)
def test_split_of_masked_traces(mask, dtype, stride, header, delta, copied, hard, fill):
    data = np.arange(len(mask) * abs(stride)).astype(dtype)[::stride]
    trace = Trace(np.ma.masked_array(data, mask=mask, hard_mask=hard, fill_value=fill), header)
    if delta is not None:
        trace.stats.delta = delta
    if copied:
        trace.stats = deepcopy(trace.stats)
    check(Stream([trace]))
    check(trace, accelerated=len(mask) > 0)


@given(
    mask=hnp.arrays(bool, st.integers(1, 60)),
    rates=st.lists(sampled, min_size=1, max_size=4),
    plain=st.booleans(),
)
def test_split_of_streams(mask, rates, plain):
    stream = Stream([masked(mask=mask, sampling_rate=rate) for rate in rates])
    if plain:
        stream.append(Trace(np.arange(5.0)))
    check(stream)


def test_split_far_into_a_trace():
    mask = np.ones(400_000, bool)
    mask[[1, 399_000, 399_001, 399_999]] = False
    for rate in (1 / 2999.7, 49e-4, 0.013):
        check(masked(mask=mask, sampling_rate=rate))


@pytest.mark.parametrize(
    "data",
    [
        np.arange(5),
        np.arange(10.0)[::2],
        np.ma.masked_array(np.arange(5)),
        np.ma.masked_array(np.arange(5), mask=False),
        np.ma.masked_array(np.arange(5), mask=True),
        np.ma.masked_array(np.arange(10.0)[::2]),
        np.array([]),
    ],
)
def test_split_without_masked_samples_or_without_others(data):
    trace = Trace(data)
    trace.note = "kept"
    check(trace, accelerated=len(data) > 0)
    check(Stream([trace]))


def test_split_leaves_read_only_data_read_only():
    data = np.arange(7.0)
    data.flags.writeable = False
    check(masked(data))


def test_pieces_share_memory_with_the_trace_and_nothing_with_each_other():
    trace = masked(note={"a": [1]}, processing=["x"])
    first, second, _ = obspeed.split(trace)
    second.data[:] = 99
    assert trace.data.data.tolist() == [0, 1, 99, 99, 4, 5, 6]
    first.stats.note.a.append(2)
    first.stats.processing.append("y")
    assert second.stats.note.a == trace.stats.note.a == [1]
    assert second.stats.processing == ["x"]
    assert [entry[-7:] for entry in trace.stats.processing] == ["x", "split()"]
    assert_equal(pickle.loads(pickle.dumps(second)).stats, deepcopy(second.stats))


@pytest.mark.parametrize("entries", [98, 99, 100, 101])
def test_split_with_a_full_history(entries):
    check(masked(processing=["x"] * entries))
    trace = masked(processing=["x"] * 99)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(UserWarning, match="maximal length"):
            obspeed.split(trace)


def test_split_with_a_trace_that_stands_in_the_stream_twice():
    trace = masked(processing=["x"])
    check(Stream([trace, trace]))


@pytest.mark.parametrize("arguments", [((1,), {}), ((), {"x": 1})])
def test_split_refuses_arguments(arguments):
    args, kwargs = arguments
    for target in (masked(), Stream([masked()])):
        both(
            lambda t: t.split(*args, **kwargs),
            lambda t: obspeed.split(t, *args, **kwargs),
            target,
        )


def test_split_of_subclasses():
    class Own(Trace):
        pass

    class Overriding(Trace):
        def split(self):
            return Stream([Trace(np.arange(2))])

    class Copying(Trace):
        def copy(self):
            return Trace(np.arange(3))

    class OwnStream(Stream):
        pass

    class OwnStats(Stats):
        pass

    for kind in (Own, Copying):
        check(kind(masked().data))
    check(Own(np.arange(3)))
    check(OwnStream([masked()]))
    check(Copying(np.arange(4)), accelerated=False)
    check(Stream([Overriding(masked().data)]), accelerated=False)
    trace = masked()
    trace.stats = OwnStats(trace.stats)
    check(trace, accelerated=False)


def test_split_of_odd_data():
    structured = np.ma.masked_array(np.zeros(3, [("a", int)]), mask=[(0,), (1,), (0,)])
    check(Trace(structured), accelerated=False)
    trace = masked()
    trace.stats.__dict__["npts"] = 3
    check(trace, accelerated=False)


def test_split_through_every_door(monkeypatch):
    stream = Stream([masked(), Trace(np.arange(3))])
    assert obspeed.explain(stream, "split")
    assert [tr.stats.get("processing") for tr in stream] == [None, None]
    assert not obspeed.explain(stream, "split", 1)
    expected = stream.copy().split()
    obspeed.reset_report()
    with obspeed.enabled("split"):
        assert_equal(stream.copy().split(), expected)
        assert_equal(stream[0].copy().split(), expected[:3])
    assert obspeed.report().methods["split"].accelerated == 3
    monkeypatch.setenv("OBSPEED_STRICT", "1")
    obspeed.split(stream.copy())
    with pytest.raises(obspeed.DeclinedError, match="empty"):
        obspeed.split(Trace())
    monkeypatch.setenv("OBSPEED_DISABLE", "1")
    assert_equal(obspeed.split(stream.copy()), expected)


def test_split_is_checked(monkeypatch):
    monkeypatch.setenv("OBSPEED_CHECK", "1")
    stream = Stream([masked(np.arange(7.0)), Trace(np.arange(3))])
    with recorded() as seen:
        obspeed.split(stream.copy())
    assert not seen
    from obspeed import _execute

    right = _execute.make
    monkeypatch.setattr(_execute, "make", lambda call, trace: right(call, trace)[:-1])
    with pytest.warns(obspeed.CheckWarning, match="split: expected 4 traces, got 2"):
        obspeed.split(stream.copy())

    def other(call, trace):
        pieces = right(call, trace)
        pieces[0].data = pieces[0].data + 1
        return pieces

    monkeypatch.setattr(_execute, "make", other)
    with pytest.warns(obspeed.CheckWarning, match="split: .*expected values within"):
        obspeed.split(stream.copy())


headers = st.fixed_dictionaries(
    {},
    optional={
        "processing": st.lists(st.sampled_from(["x", "y"]), max_size=2),
        "mseed": st.just({"dataquality": "D", "blkt": {"a": [1, {"b": 2}]}}),
        "coordinates": st.just(AttribDict(latitude=1.0)),
    },
)
FILLS = st.sampled_from([None, 0, -7, 7.9, float("nan"), "latest", "interpolate", 1 << 40, "x"])


def merged(stream, accelerated=None, **options):
    """Both merge alike; traces that are alone in their channel stay what they are."""

    def run(merge):
        def call(copy):
            before = list(copy)
            result = merge(copy)
            copy.traces.sort(key=lambda tr: tr.id)  # ObsPy's order is that of addresses
            stays.append([[tr is old for old in before] for tr in copy])
            return result

        return call

    stays: list[list[list[bool]]] = []
    obspeed.reset_report()
    (theirs, ours), outcomes = zip(
        *[
            (copy := deepcopy(stream), outcome(run(f), copy))
            for f in (lambda s: s.merge(**options), lambda s: obspeed.merge(s, **options))
        ],
        strict=True,
    )
    assert outcomes[1] == outcomes[0]
    assert_equal(ours, theirs)
    assert stays[1:] == stays[:1] * (len(stays) - 1)
    if accelerated is not None:
        row = obspeed.report().methods["merge"]
        assert row.accelerated == (row.traces if accelerated else 0), row
    return ours


@given(
    channels=st.dictionaries(
        st.sampled_from(["A", "AB", "A-", "b", ""]),
        st.lists(st.tuples(st.integers(1, 5), st.sampled_from([0, 0, 1, 3, -1])), max_size=5),
        max_size=3,
    ),
    rate=sampled,
    dtype=st.sampled_from(["i2", "i4", "i8", "f4", "f8", ">f8"]),
    start=st.integers(-(10**18), 2 * 10**18),
    method=st.sampled_from([0, 1]),
    fill=FILLS,
    off=st.sampled_from([0, 0, 5e-4, 5e-3]),
    header=headers,
    odd=st.sampled_from([None] * 4 + ["calib", "dtype", "mask", "empty"]),
    rnd=st.randoms(use_true_random=False),
)
def test_merge(channels, rate, dtype, start, method, fill, off, header, odd, rnd):
    stream = Stream()
    for station, pieces in channels.items():
        at = rnd.randrange(3)
        for n, gap in pieces:
            when = UTCDateTime(ns=start) + (at + rnd.uniform(-off, off)) / rate
            own = {"station": station, "sampling_rate": rate, "starttime": when, "at": at}
            data = rnd.choices(range(-100, 100), k=n)
            stream.append(Trace(np.array(data, dtype), header | own))
            at += n + gap
    rnd.shuffle(stream.traces)
    if odd and stream:
        trace = stream[0]
        if odd == "calib":
            trace.stats.calib = 2.0
        elif odd == "dtype":
            trace.data = trace.data.astype("f4")
        else:
            trace.data = np.ma.masked_less(trace.data, 0) if odd == "mask" else trace.data[:0]
    merged(stream, method=method, fill_value=fill)


def test_merge_is_accelerated():
    def piece(station, begin, end, data=None):
        data = np.arange(begin, end) if data is None else data
        return Trace(data, {"station": station, "starttime": START + begin})

    stream = Stream([piece("A", 7, 9), piece("B", 0, 2), piece("A", 0, 5), piece("B", 2, 4)])
    assert isinstance(merged(stream, accelerated=True)[0].data, np.ma.MaskedArray)
    merged(stream, accelerated=True, fill_value="interpolate", method=1)
    assert obspeed.explain(stream, "merge")
    assert len(stream) == 4
    for options in ({"method": -1}, {"method": 5}, {"misalignment_threshold": 0.1}, {"x": 1}):
        merged(stream, accelerated=False, **options)
    merged(stream + Stream([piece("A", 4, 6)]), accelerated=False)
    merged(Stream(), accelerated=None)


def test_merge_through_every_door(monkeypatch):
    stream = Stream([Trace(np.arange(3.0)), Trace(np.arange(3.0), {"starttime": UTCDateTime(9)})])
    expected = stream.copy().merge()
    with obspeed.enabled("merge"):
        assert_equal(stream.copy().merge(), expected)
    with pytest.raises(AttributeError):
        obspeed.merge(Trace())
    monkeypatch.setenv("OBSPEED_CHECK", "1")
    with recorded() as seen:
        obspeed.merge(stream.copy())
    assert not seen
    monkeypatch.setenv("OBSPEED_STRICT", "1")
    with pytest.raises(obspeed.DeclinedError, match="overlap"):
        obspeed.merge(Stream([Trace(np.arange(3)), Trace(np.arange(3))]))
