"""The demo shows equal answers only where they are equal, and leaves nothing behind."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
import pytest
from obspy import Trace

from obspeed import _demo, _demo_compare, _demo_data, _demo_job
from obspeed._demo_job import Failure, Job, Key, Outcome

# Real recordings of two kinds, synthetic records, and three kinds of failure.
PATTERNS = ("BW.RJOB*", "IM.*", "NL.HGN*", "TM.SKLT*", "CH.LLS*")
SMALL = {"minutes": 1.0, "patterns": PATTERNS}
SHARED = Path(os.environ.get("OBSPEED_SHARED", Path(__file__).parents[3] / "shared"))


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Make a folder for pictures, and one for temporary files that has to be empty in the end."""
    work, output = tmp_path / "work", tmp_path / "output"
    work.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(work))
    yield output
    assert [path.name for path in output.iterdir()] in ([], ["obspeed-demo.png"])


def test_demo_finds_equal_answers(temporary, capfd):
    assert _demo.demo(output=temporary, **SMALL) == 0
    out, err = capfd.readouterr()
    for text in ("remove_response DISP", "all steps, fused", "traces per second", "Samples"):
        assert text in out
    for failure in ("NL.HGN.00.BHZ", "Illegal RESP format", "No matching response information"):
        assert failure in out
    assert "the same in both" in out
    assert "DIFFERENT" not in out
    assert "ObsPy" in err  # the progress bars
    picture = temporary / "obspeed-demo.png"
    assert str(picture) in out
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert not list(temporary.with_name("work").iterdir())


def test_demo_keeps_both_results_if_asked(temporary, capfd):
    assert _demo.demo(output=temporary, keep=True, minutes=1.0, patterns=("BW.RJOB*",)) == 0
    (work,) = temporary.with_name("work").iterdir()
    assert str(work) in capfd.readouterr().out
    theirs, ours = (
        sorted(path.relative_to(work / side) for path in (work / side).rglob("*.sac"))
        for side in ("obspy", "obspeed")
    )
    assert theirs
    assert theirs == ours


def _wrong_sample(outcome):
    next(iter(outcome.traces.values())).data[7] *= 1 + 1e-6


def _wrong_history(outcome):
    next(iter(outcome.traces.values())).stats.processing.append("more")


def _lost_trace(outcome):
    outcome.traces.popitem()


def _lost_failure(outcome):
    outcome.failures.pop()


@pytest.mark.parametrize("harm", [_wrong_sample, _wrong_history, _lost_trace, _lost_failure])
def test_demo_fails_if_anything_differs(temporary, capfd, monkeypatch, harm):
    def engine(job, name, event, outcome, progress):
        _demo_job.with_obspy(job, name, event, outcome, progress)
        if outcome.traces and outcome.failures:
            harm(outcome)

    monkeypatch.setattr(_demo, "with_obspeed", engine)
    patterns = ("BW.RJOB*", "NL.HGN*")
    assert _demo.demo(output=temporary, minutes=0.5, patterns=patterns) == 1
    assert "DIFFERENT" in capfd.readouterr().out


def test_demo_takes_event_folders_and_survives_broken_files(temporary, capfd, tmp_path):
    # A file that cannot be read is a row for both sides, and a user's folder is only read.
    events = tmp_path / "events"
    events.mkdir()
    _demo_data.build(events, minutes=0.5, patterns=("BW.RJOB*",))
    event = _demo_data.find_events(events)[0]
    (event / "raw" / "broken.mseed").write_bytes(b"no seismogram")
    (event / "resp" / "broken.xml").write_bytes(b"<no-response")
    before = {path: path.stat().st_mtime_ns for path in events.rglob("*")}
    job = Job(rate=5.0, units="VEL")
    assert _demo.demo(events=events, output=temporary, job=job) == 0
    assert {path: path.stat().st_mtime_ns for path in events.rglob("*")} == before
    out = capfd.readouterr().out
    assert "remove_response VEL" in out
    assert "Failures  2, the same in both" in out


def test_demo_of_failures_only_is_equal_too(temporary, capfd, tmp_path):
    # No response at all: every trace fails, in both the same way, and later steps have no time.
    raw = tmp_path / "events" / "event" / "raw"
    raw.mkdir(parents=True)
    Trace(np.arange(100, dtype=np.int32), {"station": "A"}).write(str(raw / "a.mseed"), "MSEED")
    assert _demo.demo(events=raw.parents[1], output=temporary) == 0
    assert "Failures  1, the same in both" in capfd.readouterr().out


def test_quiet_gives_standard_error_back_after_an_error(capfd):
    # ObsPy's C code writes to the file descriptor itself, past sys.stderr.
    def fail():
        with _demo.quiet() as console:
            os.write(2, b"evalresp says")
            console.write("progress")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    os.write(2, b", and back")
    assert capfd.readouterr().err == "progress, and back"


def test_demo_without_records_is_an_error(temporary, capfd, tmp_path):
    assert _demo.demo(events=tmp_path, output=temporary) == 1
    assert "no EVENT/raw/*.mseed" in capfd.readouterr().err


def test_demo_has_enough_records_of_many_kinds(tmp_path):
    # What the README promises: real recordings, and more than a hundred traces.
    with _demo.quiet():
        _demo_data.build(tmp_path, minutes=0.05)
    count = {}
    for event in _demo_data.find_events(tmp_path):
        count[event.name] = len(list((event / "raw").iterdir()))
        assert list((event / "resp").iterdir())
    assert len(count) == 5
    assert count[_demo_data.RECORDINGS] >= 10
    assert sum(count.values()) >= 100


def test_synthetic_records_are_the_same_in_every_run():
    a, b = (_demo_data._seismogram("an id", 4000, 100.0) for _ in range(2))
    assert a.dtype == np.int32
    assert np.array_equal(a, b)
    assert not np.array_equal(a, _demo_data._seismogram("another id", 4000, 100.0))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0 + 2e-9], [1.0, 2.0], 1e-9),
        ([np.nan, 1.0], [np.nan, 1.0], 0.0),
        ([np.nan, 1.0], [1.0, 1.0], np.inf),
        ([1.0, 1.0], [np.inf, 1.0], np.inf),
        ([1.0], [1.0, 1.0], np.inf),
        ([1e-300], [0.0], np.inf),
        ([], [], 0.0),
    ],
)
def test_relative_difference(a, b, expected):
    found = _demo_compare.relative_difference(np.array(a), np.array(b))
    assert found == pytest.approx(expected, rel=1e-6)


def test_data_type_counts():
    a = np.ones(3)
    assert _demo_compare.relative_difference(a.astype(np.float32), a) == np.inf


def test_memory_addresses_are_no_difference():
    def outcome(text):
        trace = Trace(np.ones(3), {"processing": [f"remove_response(inventory={text})"]})
        return Outcome(
            {Key("event", 0): trace}, [Failure("event", "id", "taper", "ValueError", "x")]
        )

    found = _demo_compare.compare(outcome("<A at 0x7f01>"), outcome("<A at 0x7f02>"))
    assert not found.unequal
    found = _demo_compare.compare(outcome("<A at 0x7f01>"), outcome("<B at 0x7f01>"))
    assert "processing" in found.unequal[0]


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the shared recordings")
@pytest.mark.parametrize("event", ["2019-07-16_mttime_40191336", "qopen_2001-06-23T0139"])
def test_demo_on_downloaded_events(temporary, capfd, tmp_path, event):
    events = tmp_path / "events"
    shutil.copytree(SHARED / "data" / "events" / event, events / event)
    assert _demo.demo(events=events, output=temporary) == 0, capfd.readouterr().out
