"""What other code may do to traces, classes and settings, and obspeed has to live with."""

import threading
import warnings
from unittest import mock

import numpy as np
import pytest
from compare import assert_same, check
from obspy import Stream, Trace, read, read_inventory
from obspy.core.inventory import Inventory

import obspeed
from obspeed import Pipeline

X = np.random.default_rng(0).standard_normal(1000)


def overlapping():
    parent = X.copy()
    return Stream([Trace(parent), Trace(parent[1:]), Trace(parent[:500])])


@pytest.mark.parametrize("percentage", [0.1, 1.0])
def test_shared_memory_whoever_writes(percentage):
    """Also where a warning is due, the history is full, or ObsPy does one of the traces."""

    def full(st):
        st[1].stats.processing = ["x"] * 99
        return st

    def declined(st):
        st[0].data = np.ma.masked_array(st[0].data)
        return st

    for change in (lambda st: st, full, declined):
        expected, got = change(overlapping()), change(overlapping())
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected.taper(percentage)
            obspeed.taper(got, percentage)
        assert_same(got, expected)


def test_shared_memory_in_a_pipeline():
    expected, got = overlapping(), overlapping()
    pipe = Pipeline().taper(0.1).taper(0.2)
    for tr in expected:
        tr.taper(0.1).taper(0.2)
    pipe.run(got)
    assert_same(got, expected)


@pytest.mark.parametrize("history", [("a",), "text", None, 3], ids=repr)
def test_a_history_that_is_no_list(history):
    def make():
        st = Stream([Trace(X.copy()) for _ in range(3)])
        st[1].stats.processing = history
        return st

    expected, got = make(), make()
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - compared below
        expected.detrend("simple")
    with pytest.raises(theirs.type) as ours:
        obspeed.detrend(got, "simple")
    assert str(ours.value) == str(theirs.value)
    for a, b in zip(got, expected, strict=True):
        np.testing.assert_array_equal(a.data, b.data)


def test_warnings_as_errors_stop_where_obspys_do():
    """A trace that NumPy would warn of ends the call; those after it are untouched."""

    def make():
        st = Stream([Trace(X.copy()) for _ in range(3)])
        st[1].data[[0, -1]] = np.inf
        return st

    for call in (("detrend", "simple"), ("taper", 0.1)):
        expected, got = make(), make()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            with pytest.raises(RuntimeWarning):
                getattr(expected, call[0])(call[1])
            with pytest.raises(RuntimeWarning):
                getattr(obspeed, call[0])(got, call[1])
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a.data, b.data)
        expected, got = make(), make()
        with np.errstate(invalid="raise"):
            with pytest.raises(FloatingPointError):
                getattr(expected, call[0])(call[1])
            with pytest.raises(FloatingPointError):
                getattr(obspeed, call[0])(got, call[1])
        for a, b in zip(got, expected, strict=True):
            np.testing.assert_array_equal(a.data, b.data)


def test_a_class_with_its_own_data():
    class Mine(Trace):
        data = property(
            lambda self: self.__dict__["_d"], lambda self, d: self.__dict__.update(_d=d)
        )

    got = Mine(X.copy())
    obspeed.detrend(got, "demean")
    np.testing.assert_array_equal(got.data, Trace(X.copy()).detrend("demean").data)


def test_shared_stats():
    def make():
        a, b = Trace(X.copy(), {"sampling_rate": 100.0}), Trace(X.copy())
        b.__dict__["stats"] = a.stats
        return Stream([a, b])

    expected, got = make(), make()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected.taper(0.1)
        obspeed.taper(got, 0.1)
    assert_same(got, expected)


def test_numpy_scalars_as_gains_have_their_say():
    inventory = read_inventory()
    for value in (np.float64(3), np.int64(3), np.float32(3)):
        for dtype in ("f4", "i2"):
            tr = read()[0]
            tr.data = np.arange(100, dtype=dtype)
            mine = inventory.select(station="RJOB", channel="EHZ", time=tr.stats.starttime).copy()
            mine[0][0][0].response.instrument_sensitivity.value = value
            check(tr, "remove_sensitivity", mine)


def test_an_inventory_with_its_own_responses():
    class Doubling(Inventory):
        def get_response(self, *args):
            response = super().get_response(*args)
            response.instrument_sensitivity.value *= 2
            return response

    tr = read()[0]
    expected, got = tr.copy(), tr.copy()
    expected.remove_sensitivity(Doubling(read_inventory().networks, None))
    obspeed.remove_sensitivity(got, Doubling(read_inventory().networks, None))
    np.testing.assert_array_equal(got.data, expected.data)


def test_a_method_of_the_instance_is_called():
    seen = []
    st = Stream([Trace(X.copy()), Trace(X.copy())])
    st[1].__dict__["detrend"] = lambda *a, **k: seen.append(k)
    obspeed.detrend(st, "demean")
    assert len(seen) == 1
    assert "processing" in st[0].stats


def test_filters_by_module_hold():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", module=r"obspy\.core\.trace")
        obspeed.taper(Trace(X.copy()), 0.6)


@pytest.mark.parametrize(
    ("name", "args", "kwargs"),
    [
        ("detrend", ("linear",), {"bp": []}),
        ("taper", (0.1, "chebwin"), {"at": 30}),
        ("interpolate", (10**400, "lanczos"), {"a": 5}),
    ],
)
def test_odd_arguments(name, args, kwargs):
    check(Stream([Trace(X.copy()) for _ in range(3)]), name, *args, **kwargs)


def test_a_pipeline_that_falls_back_shares_what_stats_hold():
    st = Stream([Trace(X.copy())])
    st[0].stats.lock = threading.Lock()
    st[0].stats.processing = log = ["before"]
    report = Pipeline().detrend("demean").detrend("demean", overwrite_data=True).run(st)
    assert not report.failed
    assert st[0].stats.processing is log
    assert len(log) == 3


@pytest.mark.thread_unsafe(reason="patches of the process")
def test_pipelines_as_values():
    assert hash(Pipeline().taper(1)) == hash(Pipeline().taper(1.0))
    pipe = Pipeline().detrend("linear", bp=[5])
    pipe.steps[0][1]["bp"].append(6)
    assert pipe == Pipeline().detrend("linear", bp=[5])


def test_blocks_that_overlap_in_threads():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with obspeed.enabled("taper"):
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=other)
    with obspeed.enabled("taper"):
        thread.start()
        entered.wait(10)
    assert obspeed.is_enabled("taper")
    leave.set()
    thread.join()
    assert not obspeed.is_enabled()


def test_enable_beside_mocks_and_patches():
    with mock.patch.object(Trace, "detrend", lambda self, *a, **k: self):
        obspeed.enable()
        tr = Trace(X.copy()).detrend("demean")
        assert "processing" not in tr.stats
    obspeed.enable()
    obspeed.reset_report()
    Trace(X.copy()).detrend("demean")
    assert obspeed.report().methods["detrend"].accelerated == 1


def test_a_warning_as_an_error_names_its_step():
    st = Stream([Trace(X.copy()), Trace(X.copy(), {"processing": ["x"] * 99})])
    pipe = Pipeline().detrend("demean").taper(0.1).taper(0.9)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = pipe.run(st, on_error="collect")
    assert [(r.index, r.step, r.error) for r in report.failed] == [
        (0, "taper", "UserWarning"),
        (1, "detrend", "UserWarning"),
    ]
    for tr in st:
        np.testing.assert_array_equal(tr.data, X)


def test_warnings_of_a_pipeline_come_in_the_order_of_its_calls():
    tr = Trace(X.copy(), {"processing": ["x"] * 99})
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        Pipeline().detrend("demean").taper(0.9).run(tr)
    assert [str(w.message)[:12] for w in caught] == ["List of proc", "The requeste"]


def test_warnings_of_a_call_come_after_those_of_calls_within_it():
    tr = Trace(X[:2].copy(), {"sampling_rate": 200.0, "processing": ["x"] * 99})
    check(tr, "resample", 81.0, no_filter=False, bound=1e-13)


@pytest.mark.parametrize("like", [np.asarray, np.ma.masked_array], ids=["plain", "masked"])
def test_a_pipeline_that_falls_back_keeps_strides(like):
    st = Stream([Trace(like(np.arange(2000.0)[::2]))])
    report = Pipeline().interpolate(0.5).run(st, on_error="collect")
    assert [r.error for r in report.failed] == ["ArgumentError"]


@pytest.mark.parametrize("history", [("a",), "text"], ids=repr)
def test_split_with_a_history_that_is_no_list(history):
    tr = Trace(np.ma.masked_greater(X, 0.5))
    tr.stats.processing = history
    check(tr, "split")


def test_the_largest_sample_without_an_absolute_value():
    check(Stream([Trace(np.full(9, -32768, "i2")) for _ in range(2)]), "normalize", global_max=True)


def test_several_responses_and_warnings_as_errors():
    """ObsPy takes the error for "no response here"."""
    inventory = read_inventory()
    tr = read()[0]
    mine = inventory.select(station="RJOB", channel="EHZ", time=tr.stats.starttime)
    mine[0][0].channels *= 2
    inventory = mine
    check(tr, "remove_sensitivity", inventory)
    expected, got = tr.copy(), tr.copy()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ValueError, match="No matching response"):
            expected.remove_sensitivity(inventory)
        with pytest.raises(ValueError, match="No matching response"):
            obspeed.remove_sensitivity(got, inventory)


@pytest.mark.parametrize("steepest", [1e-309, 8e-309], ids=["alone", "two added"])
def test_slopes_that_have_no_inverse(steepest):
    check(Trace(steepest / np.abs(np.diff(X)).max() * X), "interpolate", 0.9)


@pytest.mark.parametrize("kind", ["simple", "demean"])
def test_an_entry_that_another_thread_writes_meanwhile_stays(monkeypatch, kind):
    trace, run = Trace(X.copy()), obspeed._core.run

    def later(*args):
        trace.stats.processing = ["of another thread"]
        return run(*args)

    monkeypatch.setattr(obspeed._core, "run", later)
    obspeed.detrend(trace, kind)
    assert trace.stats.processing[0] == "of another thread"
    assert len(trace.stats.processing) == 2
