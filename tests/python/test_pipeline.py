"""A pipeline leaves what its calls would leave, one after another; failures are rows."""

import pickle

import numpy as np
import pytest
from compare import assert_same
from obspy import Stream, Trace, UTCDateTime, read, read_inventory

import obspeed
from obspeed import Pipeline

JOB = (
    Pipeline()
    .detrend("demean")
    .taper(0.05, type="hann")
    .remove_response(output="DISP", pre_filt=(0.1, 0.2, 20.0, 25.0))
    .interpolate(10.0, method="lanczos", a=25)
)
BOUND = 1e-12


def by_hand(pipe, st, inventory):
    for name, args, kwargs in pipe._steps:
        extra = {"inventory": inventory} if name.startswith("remove") else {}
        getattr(st, name)(*args, **kwargs, **extra)


@pytest.fixture(scope="module")
def inventory():
    return read_inventory()


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32", "float64"])
@pytest.mark.parametrize(
    "pipe",
    [
        JOB,
        Pipeline().taper(0.1),
        Pipeline().detrend("simple").taper(0.1),
        Pipeline().taper(0.1).detrend("linear").taper(0.2, side="left"),
        Pipeline().remove_sensitivity().detrend("linear"),
        Pipeline().interpolate(40, "lanczos", a=5).remove_response().interpolate(7, "lanczos", a=3),
        Pipeline().detrend("demean").filter("bandpass", freqmin=1, freqmax=5).taper(0.1),
        Pipeline().filter("highpass", freq=1.0).decimate(2).normalize(),
        Pipeline(),
    ],
    ids=repr,
)  # fmt: skip
def test_as_the_calls_one_after_another(pipe, dtype, inventory):
    expected = read()
    for tr in expected:
        tr.data = np.require(tr.data, dtype)
    got = expected.copy()
    buffers = [tr.data for tr in got]
    by_hand(pipe, expected, inventory)
    report = pipe.run(got, inventory=inventory)
    assert_same(got, expected, BOUND)
    assert [row.id for row in report.ok] == [tr.id for tr in got]
    assert report.failed == []
    in_place = pipe in (Pipeline().taper(0.1), Pipeline().detrend("simple").taper(0.1))
    if (in_place and dtype.startswith("f")) or not len(pipe):
        assert all(tr.data is data for tr, data in zip(got, buffers, strict=True))


def failing_stream():
    st = read()
    st += st.copy()
    st[1].stats.station = "NONE"
    st[3].data = np.ma.masked_greater(st[3].data, 0)
    st[4].data = st[4].data[:0]
    return st


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_failures_are_rows_and_their_traces_untouched(inventory):
    st = failing_stream()
    before = st.copy()
    report = JOB.run(st, inventory=inventory, on_error="collect")
    assert [row.index for row in report.ok] == [0, 2, 5]
    assert [(r.index, r.step, r.error) for r in report.failed] == [
        (1, "remove_response", "ValueError"),
        (3, "detrend", "NotImplementedError"),
        (4, "remove_response", "ValueError"),
    ]
    assert report.failed[0].message == "No matching response information found."
    for row in report.failed:
        tr, was = st[row.index], before[row.index]
        np.testing.assert_array_equal(tr.data, was.data)
        assert tr.stats == was.stats
    by_hand(JOB, before[:1], inventory)
    assert_same(st[:1], before[:1], BOUND)
    assert "3 traces done, 3 failed" in str(report)


def test_raise_stops_at_the_first_failing_trace(inventory):
    st = failing_stream()
    before = st.copy()
    with pytest.raises(ValueError, match="No matching response"):
        JOB.run(st, inventory=inventory)
    assert len(st[0].stats.processing) == 4
    for tr, was in list(zip(st, before, strict=True))[1:]:
        np.testing.assert_array_equal(tr.data, was.data)
        assert "processing" not in tr.stats
    with pytest.raises(ValueError, match="got 'ignore'"):
        JOB.run(st, on_error="ignore")


def test_one_trace_twice_is_done_twice(inventory):
    st, expected = read()[:1], read()[:1]
    st.append(st[0])
    pipe = Pipeline().detrend("demean").taper(0.1)
    report = pipe.run(st)
    by_hand(pipe, expected, None)
    by_hand(pipe, expected, None)
    assert_same(st[:1], expected, BOUND)
    assert len(report.ok) == 2


def test_a_trace_alone(inventory):
    tr, expected = read()[0], read()[:1]
    JOB.run(tr, inventory=inventory)
    by_hand(JOB, expected, inventory)
    assert_same(tr, expected, BOUND)


def test_a_step_keeps_its_own_inventory(inventory):
    st = read()
    Pipeline().remove_sensitivity(inventory).run(st, inventory=[])
    assert "processing" in st[0].stats


def test_value_semantics(tmp_path):
    assert Pipeline().taper(0.1) == Pipeline().taper(max_percentage=0.1)
    assert Pipeline().taper(0.1) != Pipeline().taper(0.2)
    assert pickle.loads(pickle.dumps(JOB)) == JOB
    assert hash(JOB) == hash(pickle.loads(pickle.dumps(JOB)))
    shorter = Pipeline().detrend("demean")
    shorter.taper(0.1)
    assert len(shorter) == 1
    assert eval(repr(JOB), {"Pipeline": Pipeline}) == JOB
    with pytest.raises(TypeError, match="max_percentage"):
        Pipeline().taper()
    with pytest.raises(AttributeError):
        Pipeline().plot()


def test_toml(tmp_path):
    pipe = (
        JOB.remove_response(water_level=None, pre_filt=[1, 2, 3, 4])
        .interpolate(5, "lanczos", UTCDateTime(2020, 1, 1, 0, 0, 1, 5), a=np.int64(3))
        .detrend("linear", bp=[10, 20])
        .filter("bandpass", freqmin=1.0, freqmax=5.0, zerophase=True)
    )
    path = tmp_path / "job.toml"
    pipe.to_toml(path)
    assert Pipeline.from_toml(path) == pipe
    assert Pipeline.from_toml(str(path)).steps[0] == ("detrend", {"type": "demean"})
    JOB.to_toml(path)
    assert Pipeline.from_toml(path) == JOB
    for text, error in {
        "[[step]]\nname = 3": ValueError,
        "[[step]]\nname = 'plot'": ValueError,
        "[[step]]\nname = 'run'": ValueError,
        "[[step]]\nname = 'taper'\nfoo_bar = 1": None,
        "[[step]]\nname = 'taper'": TypeError,
        "steps = 3": ValueError,
        "not toml": ValueError,
    }.items():
        path.write_text(text if error is not None else text + "\nmax_percentage = 0.1")
        if error is None:
            assert Pipeline.from_toml(path).steps[0][1]["foo_bar"] == 1
        else:
            with pytest.raises(error):
                Pipeline.from_toml(path)
    with pytest.raises(TypeError, match="inventory"):
        Pipeline().remove_response(inventory=read_inventory()).to_toml(path)


@pytest.mark.thread_unsafe(reason="counts of the process")
def test_progress(capsys, inventory):
    JOB.run(read(), inventory=inventory, progress=True)
    assert "3/3" in capsys.readouterr().err


def test_report_counts_the_steps(inventory):
    obspeed.reset_report()
    Pipeline().detrend("demean").filter("lowpass", freq=5).run(read())
    methods = obspeed.report().methods
    assert methods["pipeline"].traces == 3
    assert methods["detrend"].accelerated == 3
    assert isinstance(read(), Stream)
    assert isinstance(read()[0], Trace)


@pytest.mark.parametrize("start", [None, 1.0], ids=["whole", "part"])
def test_what_trim_leaves_of_read_only_data_is_read_only(start):
    data = np.arange(1000.0)
    data.flags.writeable = False
    st = Stream([Trace(data)])
    pipe = Pipeline().trim(starttime=start and st[0].stats.starttime + start).taper(0.1)
    report = pipe.run(st, on_error="collect")
    assert [(row.step, row.message) for row in report.failed] == [
        ("taper", "output array is read-only")
    ]
    assert st[0].data is data


def test_a_trace_that_ends_a_run_is_counted():
    obspeed.reset_report()
    with pytest.raises(ValueError, match="edge_order"):
        Pipeline().differentiate().run(Trace(np.arange(1.0)))
    counts = obspeed.report().methods["differentiate"]
    assert (counts.traces, counts.accelerated) == (1, 0)
