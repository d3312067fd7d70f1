"""enable and disable, explain, report, environment: what a user can see and set."""

import inspect
import logging
import os
import pickle
import subprocess
import sys

import numpy as np
import pytest
from obspy import Stream, Trace

import obspeed
from obspeed._methods import METHODS


def trace(npts=500):
    return Trace(np.random.default_rng(0).standard_normal(npts))


@pytest.fixture
def environment(monkeypatch):
    for name in [n for n in os.environ if n.startswith("OBSPEED_")]:
        monkeypatch.delenv(name)
    return monkeypatch


def test_enable_and_disable_restore_the_very_objects():
    before = {(k, n): vars(k)[n] for k in (Stream, Trace) for n in METHODS if n in vars(k)}
    obspeed.enable()
    assert obspeed.is_enabled()
    assert obspeed.is_enabled("taper")
    for (kind, name), original in before.items():
        patched = vars(kind)[name]
        assert patched is not original
        assert inspect.signature(patched) == inspect.signature(original)
        assert patched.__doc__ == original.__doc__
        assert patched.__name__ == original.__name__
        assert patched.__wrapped__ is original
    obspeed.enable()
    obspeed.disable()
    assert not obspeed.is_enabled()
    assert all(vars(k)[n] is f for (k, n), f in before.items())


def test_enable_some():
    obspeed.enable("taper")
    assert obspeed.is_enabled("taper")
    assert not obspeed.is_enabled("detrend")
    with obspeed.enabled("detrend"):
        assert obspeed.is_enabled("detrend")
        assert obspeed.is_enabled("taper")
    assert not obspeed.is_enabled("detrend")
    with pytest.raises(ValueError, match="got \\['plot'\\]"):
        obspeed.enable("plot")


def test_a_patch_on_top_is_left_alone():
    """Somebody else's patch over ours survives disable, and ours beneath it is silent then."""
    original = Trace.taper
    obspeed.enable("taper")
    ours = Trace.taper

    def theirs(self, *args, **kwargs):
        self.stats.theirs = True
        return ours(self, *args, **kwargs)

    Trace.taper = theirs
    try:
        obspeed.disable()
        assert Trace.taper is theirs
        obspeed.reset_report()
        tr = trace().taper(0.1)
        assert tr.stats.theirs
        assert len(tr.stats.processing) == 1
        assert "taper" not in obspeed.report().methods
        obspeed.enable("taper")
        assert trace().taper(0.1).stats.theirs
        assert obspeed.report().methods["taper"].accelerated == 1
    finally:
        Trace.taper = ours
        obspeed.disable()
    assert Trace.taper is original


def test_history_is_the_same_through_every_door():
    def entry(tr):
        return tr.stats.processing

    plain, patched, function, pipe = (trace() for _ in range(4))
    plain.taper(0.1, type="kaiser", beta=3)
    with obspeed.enabled():
        patched.taper(0.1, type="kaiser", beta=3)
    obspeed.taper(function, 0.1, type="kaiser", beta=3)
    obspeed.Pipeline().taper(0.1, type="kaiser", beta=3).run(pipe)
    assert entry(plain) == entry(patched) == entry(function) == entry(pipe)
    np.testing.assert_array_equal(pipe.data, plain.data)


def test_explain_says_why_and_does_nothing():
    st = Stream([trace(), trace()])
    st[1].data = st[1].data.astype(">f8")
    before = st.copy()
    verdict = obspeed.explain(st, "taper", 0.1)
    assert [v.eligible for v in verdict] == [True, False]
    assert not verdict
    assert "of type >f8" in str(verdict)
    assert "type 'foo'" in str(obspeed.explain(st, "detrend", "foo"))
    assert "no kernel" in str(obspeed.explain(st, "plot"))
    assert obspeed.explain(st[0], "detrend", "linear")
    assert st == before


def test_report_counts_and_logs_reasons_once(caplog):
    obspeed.reset_report()
    with caplog.at_level(logging.INFO, "obspeed"):
        for _ in range(3):
            obspeed.detrend(Stream([trace(), trace()]), "demean")
            obspeed.detrend(trace(), "polynomial", order=9)
    row = obspeed.report().methods["detrend"]
    assert (row.calls, row.traces, row.accelerated) == (6, 9, 6)
    [(reason, count)] = row.declined.items()
    assert count == 3
    assert row.seconds > 0
    assert f"to ObsPy: {reason}" in str(obspeed.report())
    assert len(caplog.records) == 1
    earlier = obspeed.report()
    obspeed.taper(trace(), 0.1)
    assert list((obspeed.report() - earlier).methods) == ["taper"]


def test_strict_raises_instead_of_declining(environment):
    environment.setenv("OBSPEED_STRICT", "1")
    st = Stream([trace(), trace(), trace()])
    st[1].data = st[1].data.astype(">f8")
    with pytest.raises(obspeed.DeclinedError, match=r"taper of .*of type >f8"):
        obspeed.taper(st, 0.1)
    assert [len(tr.stats.get("processing", [])) for tr in st] == [1, 0, 0]
    with pytest.raises(obspeed.DeclinedError, match="foo"):
        obspeed.detrend(st, "foo")


def test_disable_variable_leaves_everything_to_obspy(environment):
    environment.setenv("OBSPEED_DISABLE", "1")
    obspeed.enable()
    assert not obspeed.is_enabled()
    obspeed.reset_report()
    tr = obspeed.taper(trace(), 0.1)
    assert len(tr.stats.processing) == 1
    assert obspeed.report().methods.get("taper") is None


def test_check_warns_of_a_difference(environment):
    """CHECK compares with ObsPy: silent where equal, a warning where not."""
    environment.setenv("OBSPEED_CHECK", "1")
    obspeed.taper(Stream([trace(), trace()]), 0.1)
    with pytest.raises(ValueError, match="not supported"):
        obspeed.detrend(trace(), "foo")
    from obspeed import _execute

    right = _execute.compute

    def wrong(traces, plans):
        outcomes, interrupt = right(traces, plans)
        for tr in traces:
            tr.data += 1e-9
        return outcomes, interrupt

    environment.setattr(_execute, "compute", wrong)
    with pytest.warns(obspeed.CheckWarning, match="detrend: .*within 1e-13 of the largest, got "):
        obspeed.detrend(Stream([trace()]), "linear")
    with pytest.warns(obspeed.CheckWarning, match="detrend: .*within 0 of the largest, got "):
        obspeed.detrend(Stream([trace()]), "demean")


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("detrend", ("linear",)),
        ("detrend", ("polynomial", {"order": 3})),
        ("detrend", ("spline", {"order": 2, "dspline": 50})),
        ("filter", ("bandpass", {"freqmin": 1, "freqmax": 9})),
        ("decimate", (4,)),
        ("resample", (33.3,)),
        ("interpolate", (33.3,)),
        ("interpolate", (33.3, "cubic")),
        ("interpolate", (33.3, 3)),
        ("integrate", ()),
        ("integrate", ("spline",)),
        ("differentiate", ()),
        ("normalize", ()),
        ("trigger", ("carlstatrig", {"sta": 0.1, "lta": 1, "ratio": 0.8, "quiet": 0.8})),
    ],
)
def test_check_is_silent_within_the_classes(name, args, environment):
    environment.setenv("OBSPEED_CHECK", "1")
    args, kwargs = (args[:-1], args[-1]) if args and isinstance(args[-1], dict) else (args, {})
    for dtype in ("int32", "float32", "float64"):
        tr = trace()
        tr.data = (1000 * tr.data).astype(dtype)
        tr.stats.sampling_rate = 100.0
        getattr(obspeed, name)(Stream([tr, tr.copy()]), *args, **kwargs)


def test_functions_document_themselves():
    for name in METHODS:
        function = getattr(obspeed, name)
        assert next(iter(inspect.signature(function).parameters)) == "target"
        assert f"obspy.Trace.{name}" in function.__doc__
    with pytest.raises(TypeError, match="got ndarray"):
        obspeed.detrend(np.zeros(3), "demean")


def test_public_names_exist():
    for name in obspeed.__all__:
        assert getattr(obspeed, name) is not None
    assert issubclass(obspeed.InternalError, obspeed.ObspeedError)
    assert issubclass(obspeed.DeclinedError, RuntimeError)


def test_show_versions_names_the_threads_origin(capsys):
    with obspeed.num_threads(3):
        obspeed.show_versions()
    out = capsys.readouterr().out
    assert "3 (obspeed.num_threads block)" in out
    assert "numpy" in out


def test_streams_pickle_while_enabled():
    with obspeed.enabled():
        st = pickle.loads(pickle.dumps(Stream([trace()]).taper(0.1)))
    assert len(st[0].stats.processing) == 1


def test_import_changes_nothing():
    """No patch, no thread, no signal handler, nothing printed."""
    code = """
import os, signal, threading, obspy
from obspy import Stream, Trace
before = {(k, n): f for k in (Stream, Trace) for n, f in vars(k).items()}
handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
tasks = len(os.listdir("/proc/self/task")) if os.path.isdir("/proc/self/task") else 0
environ = dict(os.environ)
import obspeed
assert before == {(k, n): f for k in (Stream, Trace) for n, f in vars(k).items()}
assert handlers == [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
if tasks:
    assert tasks == len(os.listdir("/proc/self/task"))
assert threading.active_count() == 1
assert environ == dict(os.environ)
assert not obspeed.is_enabled()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
