"""Never twice, never half: whenever a job is stopped, it ends as if it had not been."""

import csv
import sqlite3
import threading

import pytest
from batch import PIPE, everything, failures, outputs, responses, run, trace
from subprocesses import run_python

import obspeed
from obspeed._batch import process as process_module
from obspeed._batch.journal import JournalError


def mtimes(root):
    return {path: path.stat().st_mtime_ns for path in root.glob("*/processed/*")}


def test_killed_at_every_point(tmp_path):
    # Before and after each step of it by which something is written, and at random moments.
    out = run_python(
        """
        import os, random, shutil, signal, sys, time
        from pathlib import Path
        from batch import archive, everything, failures, raw, run, trace
        from obspeed._batch import work
        from obspeed._batch.journal import Journal

        top = Path(sys.argv[1])
        root = archive(top / "archive", events=["a", "b"])
        raw(root, trace("XX.NONE..HHZ"), event="b")
        reference = top / "reference"
        shutil.copytree(root, reference)
        expected_report = run(reference, max_memory=1)
        expected = everything(reference)
        expected_failures = failures(expected_report)
        fresh = everything(root)

        def kill(*_, **__):
            os.kill(os.getpid(), signal.SIGKILL)

        def before(function, n):
            calls = 0
            def replaced(*args, **kwargs):
                nonlocal calls
                calls += 1
                if calls == n:
                    kill()
                return function(*args, **kwargs)
            return replaced

        def after(function, n):
            calls = 0
            def replaced(*args, **kwargs):
                nonlocal calls
                calls += 1
                result = function(*args, **kwargs)
                if calls == n:
                    kill()
                return result
            return replaced

        def job(when, owner, name, n, **kwargs):
            if when is not None:
                setattr(owner, name, when(getattr(owner, name), n))
            run(root, max_memory=kwargs.pop("max_memory", 1), **kwargs)

        def killed(*args, seconds=None, **kwargs):
            pid = os.fork()
            if pid == 0:
                try:
                    job(*args, **kwargs)
                finally:
                    os._exit(0)
            if seconds is not None:
                time.sleep(seconds)
                os.kill(pid, signal.SIGKILL)
            return os.waitpid(pid, 0)[1] == signal.SIGKILL

        def reset():
            shutil.rmtree(root)
            shutil.copytree(reference, root, ignore=lambda d, names: [
                n for n in names if n in ("processed", "failures.csv", "report.html")
                or n.startswith("journal")])

        points = [
            (when, owner, name, n)
            for owner, name in (
                (work, "read"), (work, "write"), (Journal, "record"), (Journal, "_insert"),
                (Journal, "_forget"), (Journal, "finish"),
            )
            for when in (before, after)
            for n in (1, 4)
            if not (name == "finish" and n > 1)
        ]
        for point in points:
            reset()
            assert killed(*point), point
            for name, content in everything(root).items():
                if "/processed/" in name:
                    assert expected[name] == content, (point, name)
            # Killed again in the next run, then left alone.
            killed(*point[:3], 2)
            report = run(root, max_memory=1)
            assert everything(root) == expected, point
            assert failures(report) == expected_failures, point
            assert (root / "failures.csv").read_bytes() == (
                reference / "failures.csv").read_bytes()

        rng = random.Random(3)
        for i in range(12):
            if i % 4 == 0:
                reset()
            killed(None, None, None, 0, seconds=rng.uniform(0.0, 0.25),
                   resume=bool(i % 3), max_memory=rng.choice([1, "1G"]))
            if i % 4 == 3:
                report = run(root)
                assert everything(root) == expected, i
                assert failures(report) == expected_failures, i
        print(len(points))
        """,
        tmp_path,
        deadline=110,
    )
    assert int(out) > 20


def test_what_is_done_is_left(root):
    first = run(root)
    before = mtimes(root)
    second = run(root)
    assert mtimes(root) == before
    assert (second.totals.done, second.totals.kept) == (0, 13)
    assert list(second.ok) == list(first.ok)
    assert list(second.failed) == list(first.failed)
    assert second.totals.pictures


def test_no_resume_does_all_again(root):
    run(root)
    before, made = mtimes(root), outputs(root)
    report = run(root, resume=False)
    assert report.totals.done == 13
    assert outputs(root) == made
    assert all(time > before[path] for path, time in mtimes(root).items())


@pytest.mark.parametrize(
    "kwargs",
    [{"pipe": PIPE.differentiate()}, {"responses": "{event}/resp/{network}.{station}.xml"}],
    ids=["pipeline", "responses"],
)
def test_changed_settings_are_done_again(root, kwargs):
    run(root)
    report = run(root, **kwargs)
    assert (report.totals.done, report.totals.kept) == (13, 0)


def test_changed_input_is_done_again_and_its_old_output_goes(root):
    run(root)
    before = outputs(root)
    path = next((root / "event_a" / "raw").glob("BW.RJOB..EHZ*"))
    trace(npts=3000, seed=5).write(str(path), "MSEED")
    report = run(root)
    assert report.totals.done == 1
    made = outputs(root)
    assert len(made) == len(before)
    (gone,), (new,) = before.keys() - made.keys(), made.keys() - before.keys()
    assert gone.startswith("event_a/processed/BW.RJOB..EHZ")
    assert new.startswith("event_a/processed/BW.RJOB..EHZ")


def test_input_that_fails_now_has_no_output_any_more(root):
    run(root)
    path = next((root / "event_a" / "raw").glob("BW.RJOB..EHZ*"))
    path.write_bytes(b"broken")
    report = run(root)
    assert (len(report.ok), len(report.failed)) == (11, 2)
    assert len(outputs(root)) == 11


def test_changed_station_file_does_its_traces_again(root):
    run(root)
    responses(root, "event_a", ["BW.RJOB..EH"])
    assert run(root).totals.done == 3


def test_new_station_file_does_the_failures_again(root):
    run(root)
    responses(root, "event_a", ["BW.RJOB..EH"])
    path = root / "event_a" / "resp" / "XX.NONE.xml"
    content = (root / "event_a" / "resp" / "BW.RJOB.xml").read_text(encoding="utf-8")
    content = content.replace('code="BW"', 'code="XX"').replace('code="RJOB"', 'code="NONE"')
    path.write_text(content.replace('code="EHZ"', 'code="HHZ"'), encoding="utf-8")
    report = run(root)
    assert not failures(report)
    assert report.totals.done == 4


def test_lost_and_cut_outputs_are_made_again(root):
    run(root)
    made = outputs(root)
    lost, cut = sorted(root.glob("*/processed/*"))[:2]
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:100])
    assert run(root).totals.done == 2
    assert outputs(root) == made


def test_inputs_that_are_gone_are_forgotten(root):
    run(root)
    next((root / "event_a" / "raw").glob("XX*")).unlink()
    report = run(root)
    assert not failures(report)
    with report.failures_csv.open(encoding="utf-8") as file:
        assert len(list(csv.reader(file))) == 1


def test_a_part_of_the_inputs_leaves_the_others(root):
    run(root)
    made = outputs(root)
    for part in ("event_a/raw/*.mseed", "*_a/raw/*.mseed", "event_a/raw/{id}__*.mseed"):
        report = run(root, raw=part)
        assert (report.totals.kept, report.totals.done) == (7, 0), part
    assert run(root, raw="event_a/raw/*.mseed", resume=False).totals.done == 7
    assert outputs(root) == made
    assert run(root).totals.kept == 13


def test_two_jobs_with_different_outputs_share_a_folder(root):
    run(root)
    more = {"output": "{event}/velocity/{id}__{start}.sac"}
    run(root, obspeed.Pipeline().detrend("demean"), **more)
    assert run(root).totals.done == 0
    assert run(root, obspeed.Pipeline().detrend("demean"), **more).totals.done == 0


def test_a_second_job_is_refused_and_the_first_goes_on(root, monkeypatch):
    seen = []

    def second(*_):
        for kwargs in ({}, {"shard": (0, 2)}):
            with pytest.raises(JournalError, match="another job is at work"):
                run(root, **kwargs)
            seen.append(kwargs)

    original = process_module.Dispatcher.run

    def dispatch(self, tasks):
        if not seen:
            second()
        return original(self, tasks)

    monkeypatch.setattr(process_module.Dispatcher, "run", dispatch)
    report = run(root)
    assert len(seen) == 2
    assert (len(report.ok), report.totals.done) == (12, 13)


def test_a_second_process_is_refused(root, monkeypatch):
    # And told of shards, if it is one of the tasks of an array job.
    code = """
        import sys
        from batch import run
        from obspeed._batch.journal import JournalError
        try:
            run(sys.argv[1])
        except JournalError as error:
            print(error)
        """
    journal = process_module.Journal(root / "journal.sqlite", "job", "config")
    out = run_python(code, root, SLURM_ARRAY_TASK_ID=3, SLURM_ARRAY_TASK_COUNT=8)
    journal.close()
    assert "another job is at work in this folder" in out
    assert "--shard auto" in out
    assert not outputs(root)
    assert run_python(code, root) == ""
    assert len(outputs(root)) == 12


def test_a_journal_that_is_none(root):
    (root / "journal.sqlite").write_bytes(b"this is a text, not a data base" * 99)
    with pytest.raises(JournalError, match="no journal"):
        run(root)
    (root / "journal.sqlite").unlink()
    db = sqlite3.connect(root / "journal.sqlite")
    db.execute("PRAGMA user_version=999")
    db.close()
    with pytest.raises(JournalError, match="another release"):
        run(root)


def test_leftovers_of_a_killed_job_are_removed(root):
    (root / ".obspeed-dead").mkdir()
    (root / ".obspeed-dead" / "half").write_bytes(b"x")
    (root / ".obspeed.0of2-alive").mkdir()
    run(root)
    assert [path.name for path in root.glob(".obspeed*")] == [".obspeed.0of2-alive"]


def test_ctrl_c_stops_at_once_and_says_how_to_go_on(tmp_path):
    out = run_python(
        """
        import contextlib, io, os, signal, sys, threading
        from pathlib import Path
        from batch import archive, everything, outputs, run
        from obspeed._batch import work

        root = archive(sys.argv[1], events=["a", "b", "c"])
        original = work.write

        def write(*args):
            written = original(*args)
            if len(outputs(root)) == 9:
                os.kill(os.getpid(), signal.SIGINT)
            return written

        work.write = write
        said = io.StringIO()
        try:
            with contextlib.redirect_stderr(said):
                run(root, max_memory=1, threads=1)
        except KeyboardInterrupt:
            print(said.getvalue())
        assert len(outputs(root)) == 9
        assert not list(root.glob(".obspeed*"))
        work.write = original
        report = run(root, max_memory=1)
        assert (len(report.ok), report.totals.kept) == (18, 8), report
        """,
        tmp_path / "archive",
    )
    assert "8 files are done" in out
    assert "Start the job again to go on" in out


def test_rows_are_sequences_and_stay_on_disk(root):
    report = run(root)
    assert len(report.ok) == 12
    assert report.ok[0].file < report.ok[-1].file
    assert [row.output for row in report.ok[2:4]] == [row.output for row in list(report.ok)[2:4]]
    assert report.failed[0].id == "XX.NONE..HHZ"
    assert report.failed[-1] == report.failed[0]
    for index in (1, -2):
        with pytest.raises(IndexError):
            report.failed[index]
    assert not everything(root).keys() & {"journal.sqlite-wal", "journal.sqlite-shm"}


def test_threads_share_station_files(root):
    # Two jobs of one process, in folders of their own.
    reports = {}

    def job(name):
        reports[name] = run(root, output=f"{name}/{{event}}/{{id}}.sac")

    threads = [threading.Thread(target=job, args=(name,)) for name in ("x", "y")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [len(reports[name].ok) for name in ("x", "y")] == [12, 12]


def test_a_moved_archive_is_still_done(root, tmp_path):
    run(root)
    moved = root.rename(tmp_path / "elsewhere")
    assert run(moved).totals.kept == 13


def test_a_dry_run_leaves_the_journal_alone(root):
    pictures = run(root).totals.pictures
    before = (root / "journal.sqlite").read_bytes()
    assert run(root, dry_run=True).preview.kept == 13
    assert (root / "journal.sqlite").read_bytes()[100:] == before[100:]
    assert run(root).totals.pictures == pictures


def test_ctrl_c_ends_our_workers(tmp_path):
    out = run_python(
        """
        import multiprocessing, os, signal, sys, threading
        from batch import archive, outputs, run
        from obspeed._batch.process import _Batch

        root = archive(sys.argv[1], events=["a", "b", "c"])
        record = _Batch._record
        def interrupted(self, files, results):
            record(self, files, results)
            if self.totals.done == 3:
                # As a terminal does: to all processes of the group.
                os.killpg(0, signal.SIGINT)
        _Batch._record = interrupted
        from concurrent.futures import process
        noise = []
        threading.excepthook = noise.append
        try:
            run(root, workers=2, max_memory=1)
        except KeyboardInterrupt:
            print("stopped")
        for child in multiprocessing.active_children():
            child.join()
        for thread in threading.enumerate():
            if type(thread) is process._ExecutorManagerThread:
                thread.join()
        assert not noise, noise
        _Batch._record = record
        report = run(root, workers=2, max_memory=1)
        print(len(report.ok), report.totals.kept >= 3)
        """,
        tmp_path / "archive",
    )
    assert out.split() == ["stopped", "18", "True"]
