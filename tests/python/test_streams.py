"""A call on a stream stops where ObsPy's loop would, and writes where it would."""

import numpy as np
import pytest
from compare import both, check, without_addresses
from obspy import Stream, Trace, read, read_inventory

import obspeed

WAYS = {"function": lambda st, name, *a, **k: getattr(obspeed, name)(st, *a, **k)}


def stream(n=5, dtype="float64", npts=500):
    rng = np.random.default_rng(1)
    return Stream([Trace((rng.standard_normal(npts) * 1e4).astype(dtype)) for _ in range(n)])


def histories(st):
    return [[without_addresses(e) for e in tr.stats.get("processing", [])] for tr in st]


def compare_partly(obspy_call, obspeed_call, make):
    """Both raise the same, and leave the same: data, identity of buffers, history."""
    expected, got = make(), make()
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - compared below
        obspy_call(expected)
    with pytest.raises(theirs.type) as ours:
        obspeed_call(got)
    assert type(ours.value) is type(theirs.value)
    assert str(ours.value) == str(theirs.value)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a.data, b.data)
        assert a.data.dtype == b.data.dtype
    assert histories(got) == histories(expected)
    return got


@pytest.mark.parametrize("name", ["taper", "remove_sensitivity"])
def test_the_first_failing_trace_ends_the_call(name):
    """Earlier traces done, the failing and the later ones untouched: in place and in new arrays."""
    inventory = read_inventory()
    args = {"taper": (0.05,), "remove_sensitivity": (inventory,)}[name]

    def make():
        st = read()
        for tr in st:
            tr.data = tr.data.astype("float64")
        st = st + st.copy()
        if name == "taper":
            st[3].data.flags.writeable = False
        else:
            st[3].stats.station = "NONE"
        return st

    got = compare_partly(
        lambda st: getattr(st, name)(*args), lambda st: getattr(obspeed, name)(st, *args), make
    )
    assert [len(h) for h in histories(got)] == [1, 1, 1, 0, 0, 0]


def test_a_masked_trace_refuses_the_whole_stream():
    def make():
        st = stream(3)
        st[1].data = np.ma.masked_greater(st[1].data, 0)
        return st

    compare_partly(lambda st: st.detrend("demean"), lambda st: obspeed.detrend(st, "demean"), make)


@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
@pytest.mark.parametrize("call", [("detrend", "simple"), ("detrend", "demean"), ("taper", 0.2)])
def test_one_trace_twice(call, dtype):
    """What happens twice in ObsPy happens twice."""
    name, arg = call

    def make():
        st = stream(2, dtype)
        return Stream([st[0], st[1], st[0]])

    expected, got = make(), make()
    getattr(expected, name)(arg)
    getattr(obspeed, name)(got, arg)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a.data, b.data)
    assert got[0] is got[2]
    assert histories(got) == histories(expected)


@pytest.mark.thread_unsafe(reason="counts of the process")
@pytest.mark.parametrize("dtype", ["int32", "float32", "float64"])
@pytest.mark.parametrize("call", [("detrend", "simple"), ("detrend", "demean"), ("taper", 0.2)])
def test_views_of_one_array(call, dtype):
    """Overlapping slices of one parent: in-place methods act through to it, as in ObsPy."""
    name, arg = call
    results = []
    for act in (lambda st: getattr(st, name)(arg), lambda st: getattr(obspeed, name)(st, arg)):
        parent = (np.random.default_rng(2).standard_normal(900) * 1e4).astype(dtype)
        st = Stream([Trace(parent[i : i + 400]) for i in (0, 200, 500)])
        assert all(np.shares_memory(tr.data, parent) for tr in st)
        act(st)
        results.append((parent, [tr.data for tr in st]))
    (theirs, expected), (ours, got) = results
    np.testing.assert_array_equal(ours, theirs)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a, b)


def test_traces_of_many_kinds_in_one_stream():
    """Each trace goes where it can be answered; the order of effects is the stream's."""
    st = stream(6)
    st[1].data = st[1].data.astype(">f8")
    st[2].data = st[2].data[:0]
    st[3].data = st[3].data.astype("int16")
    st[4].data = np.ma.masked_array(st[4].data)
    check(st, "taper", 0.1)
    check(st, "detrend", "simple")
    row = obspeed.report().methods["detrend"]
    assert (row.traces, row.accelerated) == (6, 3)
    assert sorted(row.declined) == [
        "the data are a masked array",
        "the data are of type >f8",
        "the trace is empty",
    ]


def test_empty_stream():
    check(Stream(), "detrend", "demean")


def test_subclasses_and_mocks_keep_their_own(monkeypatch):
    """An overriding subclass and a replaced Trace method are called, not passed by."""

    class Mine(Trace):
        def taper(self, *args, **kwargs):
            self.stats.mine = True
            return super().taper(*args, **kwargs)

    st = stream(2)
    st.append(Mine(st[0].data.copy()))
    with obspeed.enabled():
        st.taper(0.1)
    assert st[2].stats.mine
    assert all(len(tr.stats.processing) == 1 for tr in st)

    seen = []
    monkeypatch.setattr(Trace, "detrend", lambda self, *a, **k: seen.append((self, k)))
    obspeed.detrend(st, "linear")
    st.detrend("linear")
    assert len(seen) == 6


def test_warnings_as_errors_leave_the_trace_untouched():
    """The warning of a taper that is too long comes before anything happens."""
    import warnings

    expected, got = stream(3), stream(3)
    for act, st in ((expected.taper, expected), (lambda *a: obspeed.taper(got, *a), got)):
        before = [tr.data.copy() for tr in st]
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(UserWarning, match="longer than the trace"):
                act(0.7)
        for tr, data in zip(st, before, strict=True):
            np.testing.assert_array_equal(tr.data, data)
            assert "processing" not in tr.stats


def test_long_history():
    """The cap of ObsPy's history, with its warning."""

    def make():
        tr = Trace(np.arange(10.0))
        tr.stats.processing = ["x"] * 99
        return tr

    expected, got = both(
        lambda tr: tr.detrend("demean"), lambda tr: obspeed.detrend(tr, "demean"), make()
    )
    assert got.stats.processing == expected.stats.processing
    assert len(got.stats.processing) == 100


def test_conflicting_writers_are_refused():
    """An array that another call has borrowed for writing is refused clearly, not raced."""
    # Two jobs on one array within one run of the door: what two threads would meet.
    from obspeed import _core

    x = np.arange(10.0)
    change = _core.Change(True, {}, {}, [])
    job = _core.Job([_core.Step.detrend_simple()], None, None, change)
    traces = [Trace(x), Trace(x[5:])]
    results, interrupt = _core.run(traces, [job, job], 2, 1)
    assert interrupt is None
    assert results[0] is None
    assert isinstance(results[1], obspeed.ObspeedError)
    assert "borrowed" in str(results[1])
