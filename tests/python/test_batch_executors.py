"""The same outputs from every engine; a worker that dies costs its file, not the job."""

import importlib.util
import shutil
import subprocess
import sys
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from batch import PIPE, failures, outputs, run, trace
from subprocesses import run_python

import obspeed
from obspeed.__main__ import main
from obspeed._batch.journal import JournalError
from obspeed._errors import ObspeedError

needs_dask = pytest.mark.skipif(
    importlib.util.find_spec("distributed") is None, reason="dask.distributed is not installed"
)
needs_mpi = pytest.mark.skipif(
    importlib.util.find_spec("mpi4py") is None
    or not Path(sys.executable).with_name("mpiexec").exists(),
    reason="mpi4py and mpich are not installed",
)


@pytest.fixture
def expected(root, tmp_path):
    """Outputs and failures of the job in this process."""
    copy = tmp_path / "reference"
    shutil.copytree(root, copy)
    run(copy)
    return outputs(copy), (copy / "failures.csv").read_text(encoding="utf-8")


def same(root, expected):
    assert outputs(root) == expected[0]
    assert (root / "failures.csv").read_text(encoding="utf-8") == expected[1]
    assert not list(root.glob(".obspeed*"))


def test_threads(root, expected):
    with ThreadPoolExecutor(3) as executor:
        report = run(root, executor=executor, max_memory=1)
        assert report.workers == 3
        executor.submit(int).result()  # it is the user's, and goes on
    same(root, expected)


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork"])
def test_processes(root, expected, method):
    out = run_python(
        """
        import multiprocessing, sys
        from concurrent.futures import ProcessPoolExecutor
        from batch import run
        from inchild import workers
        import obspeed
        if sys.argv[2] == "fork":
            import warnings
            warnings.simplefilter("ignore")
        context = multiprocessing.get_context(sys.argv[2])
        with ProcessPoolExecutor(2, context) as executor:
            report = run(sys.argv[1], executor=executor, max_memory=1)
            print(report.workers, executor.submit(workers).result())
        """,
        root,
        method,
    )
    same(root, expected)
    # A task has one thread, which is the worker's own: none beside it.
    assert out.split() == ["2", "0"]


def test_own_workers(root, expected):
    out = run_python(
        """
        import multiprocessing, sys
        from batch import run
        print(run(sys.argv[1], workers=2, max_memory=1).workers, multiprocessing.active_children())
        """,
        root,
    )
    assert out.split() == ["2", "[]"]
    same(root, expected)


DIES = """
    import os, signal, sys
    from pathlib import Path
    from obspeed._batch import files

    # What a library in C does with a file that it cannot stand.
    original = files.read
    def read(paths):
        if any("XX.NONE" in path for path in paths):
            os.kill(os.getpid(), signal.SIGKILL)
        return original(paths)
    files.read = read
    from obspeed._batch import work
    work.read = read
"""


def test_a_worker_that_dies_of_a_file(root, expected, tmp_path):
    # The file is a row, its neighbours are done; when it no longer kills, the job takes it up.
    (tmp_path / "deadly.py").write_text(DIES.replace("\n    ", "\n"), encoding="utf-8")
    out = run_python(
        """
        import sys
        sys.path.insert(0, sys.argv[2])
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        from batch import failures, run
        import importlib
        with ProcessPoolExecutor(
            2, get_context("forkserver"), importlib.import_module, ("deadly",)
        ) as executor:
            report = run(sys.argv[1], executor=executor)
        print(len(report.ok), failures(report))
        """,
        root,
        tmp_path,
    )
    count, rows = out.split(" ", 1)
    assert int(count) == 12
    (failing,) = (root / "event_a" / "raw").glob("XX*")
    assert rows.strip() == str(
        [(str(failing.relative_to(root)), "", "worker", "BrokenProcessPool")]
    )
    assert outputs(root) == expected[0]
    run(root)
    same(root, expected)


def test_a_worker_that_is_killed(root, expected, tmp_path):
    # From outside, once: its files are done again, and nothing is lost.
    out = run_python(
        """
        import os, signal, sys
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        from batch import run
        from obspeed._batch.process import _Batch

        record = _Batch._record
        def kill_one(self, files, results):
            if not killed:
                killed.append(list(executor._processes)[0])
                os.kill(killed[0], signal.SIGKILL)
            return record(self, files, results)
        killed = []
        _Batch._record = kill_one
        with ProcessPoolExecutor(2, get_context("forkserver")) as executor:
            report = run(sys.argv[1], executor=executor, max_memory=1)
        print(len(killed), len(report.ok), len(report.failed))
        """,
        root,
    )
    assert out.split() == ["1", "12", "1"]
    same(root, expected)


def test_a_worker_that_is_killed_while_it_answers(root, expected, tmp_path):
    # Python's executor then waits for the rest of the answer, for ever.
    out = run_python(
        """
        import gc, os, signal, struct, sys
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context
        from multiprocessing.queues import SimpleQueue
        from batch import run
        from obspeed._batch import dispatch, work

        do = work._Run.do
        def torn(self):
            try:
                os.close(os.open(sys.argv[2], os.O_CREAT | os.O_EXCL))
            except FileExistsError:
                return do(self)
            for queue in gc.get_objects():
                if isinstance(queue, SimpleQueue):
                    os.write(queue._writer.fileno(), struct.pack("!i", 1000))
            os.kill(os.getpid(), signal.SIGKILL)
        work._Run.do = torn
        dispatch._PATIENCE = 0.2
        with ProcessPoolExecutor(2, get_context("fork")) as executor:
            report = run(sys.argv[1], executor=executor, max_memory=1)
        print(len(report.ok), len(report.failed))
        """,
        root,
        tmp_path / "done",
    )
    assert out.split() == ["12", "1"]
    same(root, expected)


def test_workers_that_cannot_live_end_the_job(root):
    out = run_python(
        """
        import os, sys
        from concurrent.futures import BrokenExecutor, ProcessPoolExecutor
        from multiprocessing import get_context
        from batch import run
        try:
            with ProcessPoolExecutor(1, get_context("fork"), os._exit, (3,)) as executor:
                run(sys.argv[1], executor=executor, max_memory=1)
        except BrokenExecutor as error:
            print(type(error).__name__)
        """,
        root,
        PYTHONWARNINGS="ignore",
    )
    assert out.strip() == "BrokenProcessPool"
    assert len(run(root).ok) == 12


def test_a_worker_without_obspeed_is_a_row_a_file(root):
    class Broken(ThreadPoolExecutor):
        def submit(self, function, /, *args, **kwargs):
            return super().submit(__import__, "no_such_module")

    with Broken(1) as executor:
        report = run(root, executor=executor)
    assert {(row.step, row.error) for row in report.failed} == {("worker", "ModuleNotFoundError")}
    assert len(report.failed) == 13
    assert len(run(root).ok) == 12


def test_strict_on_an_executor(root):
    with (
        ThreadPoolExecutor(2) as executor,
        pytest.raises(ValueError, match="No matching response"),
    ):
        run(root, executor=executor, on_error="raise", max_memory=1)


@needs_dask
def test_dask(root, expected, tmp_path):
    # Two worker processes, of two threads each.
    out = dask(
        """
            report = run(sys.argv[1], executor=client.get_executor(), max_memory=1)
            print(report.workers, len(report.ok), len(report.failed))
            from obspeed.__main__ import main
            from batch import PIPE
            PIPE.to_toml(sys.argv[2] + "/job.toml")
            main(["process", sys.argv[1], "--pipeline", sys.argv[2] + "/job.toml", "--no-progress",
                  "--no-resume", "--dask", cluster.scheduler_address])
        """,
        root,
        tmp_path,
    )
    assert out.startswith("4 12 1\n12 traces written, 1 failed; 13 files in")
    same(root, expected)


@needs_dask
def test_a_dask_worker_that_dies_of_a_file(root, expected, tmp_path):
    (tmp_path / "deadly.py").write_text(DIES.replace("\n    ", "\n"), encoding="utf-8")
    out = dask(
        """
            report = run(sys.argv[1], executor=client.get_executor())
            print(len(report.ok), [(row.file[:20], row.step, row.error) for row in report.failed])
        """,
        root,
        tmp_path,
        PYTHONPATH=tmp_path,
        DASK_DISTRIBUTED__WORKER__PRELOAD="deadly",
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES=0,
    )
    assert out.strip() == "12 [('event_a/raw/XX.NONE.', 'worker', 'KilledWorker')]"
    assert outputs(root) == expected[0]


def dask(body, *args, **env):
    return run_python(
        """
        import logging, sys, warnings
        warnings.simplefilter("ignore")
        from dask.distributed import Client, LocalCluster
        from batch import run
        with LocalCluster(
            n_workers=2, threads_per_worker=2, dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster, Client(cluster) as client:
"""
        + body.removeprefix("\n"),
        *args,
        deadline=110,
        **env,
    )


@needs_mpi
def test_mpi(root, expected, tmp_path):
    # Rank 0 is the job, two ranks are its workers.
    PIPE.to_toml(tmp_path / "job.toml")
    done = subprocess.run(
        [
            *(Path(sys.executable).with_name("mpiexec"), "-n", "3"),
            *(sys.executable, "-m", "mpi4py.futures", "-m", "obspeed", "process", str(root)),
            *("--pipeline", str(tmp_path / "job.toml"), "--no-progress", "--max-memory", "1"),
        ],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "12 traces written, 1 failed" in done.stdout
    same(root, expected)
    assert ", 2 at a time" in (root / "report.html").read_text(encoding="utf-8")


def test_shards_and_their_merge(root, expected):
    n = 3
    with pytest.raises(FileNotFoundError):
        obspeed.merge_shards(root)
    for i in range(n):
        report = run(root, shard=(i, n))
        assert (root / f"failures.{i}of{n}.csv").exists()
        if i == 0:
            with pytest.raises(FileNotFoundError, match="1/3, 2/3"):
                obspeed.merge_shards(root)
    assert report.totals.done < 13
    merged = obspeed.merge_shards(root)
    same(root, expected)
    assert (len(merged.ok), len(merged.failed), merged.totals.done) == (12, 1, 13)
    report = run(root)
    assert report.totals.kept == 13
    same(root, expected)
    assert run(root, shard=(1, n)).totals.done == 0


def test_shards_of_an_array_job(root, expected, tmp_path, capsys, monkeypatch):
    PIPE.to_toml(tmp_path / "job.toml")
    command = ["process", str(root), "--pipeline", str(tmp_path / "job.toml"), "--no-progress"]
    monkeypatch.setenv("SLURM_ARRAY_TASK_COUNT", "2")
    for i in range(2):
        monkeypatch.setenv("SLURM_ARRAY_TASK_ID", str(i))
        assert main([*command, "--shard", "auto"]) == 0
    assert main(["process", str(root), "--merge"]) == 0
    assert "12 traces written, 1 failed" in capsys.readouterr().out
    same(root, expected)


def test_two_shards_with_one_output(root, tmp_path):
    # Known at the merge: the first input has it, and is done again by the next run.
    path = next((root / "event_a" / "raw").glob("BW.RJOB..EHZ*"))
    for i in range(20):
        name = f"A.{i}.mseed"
        if _shard(f"event_a/raw/{name}", 2) != _shard(str(path.relative_to(root)), 2):
            break
    trace(seed=9).write(str(path.with_name(name)), "MSEED")
    for i in (0, 1):
        run(root, shard=(i, 2))
    merged = obspeed.merge_shards(root)
    lost = (f"event_a/raw/{path.name}", "BW.RJOB..EHZ", "name", "FileExistsError")
    assert lost in failures(merged)
    assert run(root).totals.done == 1
    made = outputs(root)
    run(root, resume=False)
    assert outputs(root) == made


def _shard(path, n):
    from obspeed._batch.shards import Shard

    return next(i for i in range(n) if Shard(i, n).has(path))


def test_shards_that_have_not_ended_are_not_merged(root):
    (failing,) = (root / "event_a" / "raw").glob("XX*")
    share = _shard(str(failing.relative_to(root)), 2)
    run(root, shard=(1 - share, 2))
    with pytest.raises(ValueError, match="No matching response"):
        run(root, shard=(share, 2), on_error="raise")
    with pytest.raises(JournalError, match="not come to its end"):
        obspeed.merge_shards(root)


def test_a_task_whose_job_has_ended_does_nothing(root):
    """An executor may begin what a stopped job has sent to it long after."""

    class Slow(Executor):
        tasks = ()

        def submit(self, function, task):
            if self.tasks:
                raise KeyboardInterrupt
            self.tasks = ((function, task),)
            return Future()

    slow = Slow()
    with pytest.raises(KeyboardInterrupt):
        run(root, executor=slow, workers=4, max_memory=1)
    [(function, task)] = slow.tasks
    with pytest.raises(ObspeedError, match="has ended"):
        function(task)
    assert outputs(root) == {}
