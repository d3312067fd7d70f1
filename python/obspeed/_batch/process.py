"""From files to files."""

from __future__ import annotations

import gc
import secrets
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import closing, contextmanager, nullcontext, suppress
from dataclasses import replace
from pathlib import Path

from .._bar import Bar
from .._errors import ObspeedError
from .._pipeline import Pipeline
from .dispatch import Dispatcher, own_pool
from .journal import Journal, JournalError, connect
from .notes import note
from .preview import preview
from .report import BatchReport, Totals
from .scan import Refused, Unfinished, count, inputs, tasks
from .setup import Setup, settle
from .shards import hint, shard_of
from .task import Failure, File, FileResult, Result, Task, plain


def process(
    root: str | Path,
    pipe: Pipeline,
    raw: str = "*/raw/*.mseed",
    responses: str | None = "*/resp/*.xml",
    output: str = "{event}/processed/{id}__{start}__{end}.sac",
    format: str = "SAC",  # noqa: A002 - the name that ObsPy has for it
    executor: Executor | None = None,
    shard: tuple[int, int] | str | None = None,
    resume: bool = True,
    on_error: str = "collect",
    progress: bool = True,
    *,
    events: str | None = None,
    workers: int | None = None,
    threads: int | None = None,
    max_memory: int | str = "128M",
    dry_run: bool = False,
) -> BatchReport:
    """
    Run a pipeline over an archive, files to files.

    What fails is a row of the report and of ``failures.csv``, and the rest goes on. Outputs appear
    whole. A job that was stopped, by whatever means, goes on where it was when it is started again;
    inputs are done again if they, their station files or the pipeline have changed.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder that all paths are relative to.
    pipe : Pipeline
        What to do with each trace.
    raw : str
        The inputs: a path with wildcards (``*``, ``?``, ``[]``, ``**``) or fields, ``{event}``,
        ``{network}``, ``{station}``, ``{location}``, ``{channel}``, ``{id}``, ``{start}``,
        ``{end}``, ``{year}``, ``{julday}``. The event is the field, or what the first folders with
        wildcards stand for, or without these the folders before the last one. Start and end are
        the field's, or those of the trace that is written.
    responses : str or None
        The station files, likewise: those named after a trace's network and station, and those
        named after none.
    output : str
        The outputs, with fields; one file a trace.
    format : str
        "SAC", "MSEED", or another one that ObsPy writes.
    executor : concurrent.futures.Executor, optional
        Where to do the work: processes, Dask's ``client.get_executor()``, mpi4py's
        ``MPIPoolExecutor()``. None does it in this process, on obspeed's threads.
    shard : (int, int) or str, optional
        Share ``i`` of ``n``, for jobs that know nothing of each other; "auto" for what the
        variables of an array job of Slurm or AWS Batch say. `merge_shards` makes one of their
        journals.
    resume : bool
        Whether to leave what is done.
    on_error : {"collect", "raise"}
        With "raise" the first failure ends the job with its exception.
    progress : bool
        Show a bar of tqdm.
    events : str, optional
        Files with events (QuakeML), as `responses`, for the SAC headers.
    workers : int, optional
        A pool of so many processes, instead of `executor`; with it, how many tasks it does at a
        time, if it does not say so itself.
    threads : int, optional
        Threads for each task: all of this process, or one on an executor.
    max_memory : int or str
        Bytes that the traces in flight may take in each worker.
    dry_run : bool
        Do nothing but a few traces for nothing: the report's `preview` says what would be done.

    Returns
    -------
    BatchReport
        Counts and rows.

    Raises
    ------
    ValueError, TypeError, NotADirectoryError
        If a setting makes no sense.
    JournalError
        If another job is at work in the same folder.
    OSError
        If the outputs' folder cannot be written to, or its disk is full.
    Exception
        With on_error "raise": what a trace or file failed with.
    """
    setup = settle(
        root,
        pipe,
        raw=raw,
        responses=responses,
        events=events,
        output=output,
        kind=format,
        executor=executor,
        workers=workers,
        threads=threads,
        max_memory=max_memory,
        shard=shard_of(shard),
        resume=resume,
        on_error=on_error,
    )
    if dry_run:
        seen = preview(setup)
        return BatchReport(
            setup.folder,
            setup.journal,
            0,
            setup.job.name,
            0.0,
            setup.workers,
            repr(pipe),
            Totals(),
            preview=seen,
        )
    own = executor is None and workers is not None
    pool = own_pool(setup.workers) if own else executor
    return _Batch(setup, Dispatcher(pool, setup.workers, owned=own), progress).run()


class _Batch:
    """One run of a job."""

    def __init__(self, setup: Setup, dispatcher: Dispatcher, progress: bool) -> None:
        self.setup = setup
        self.dispatcher = dispatcher
        self.progress = progress
        self.totals = Totals()
        self.journal = open_journal(setup)
        past = self.journal.begin()
        if setup.resume and past and past.counts:
            self.totals.see(Totals.from_json(past.counts))
        self.bar = Bar(None, "file")
        self.seen = [0, 0]
        self.started = time.perf_counter()
        self.again: set[str] = set()

    def run(self) -> BatchReport:
        """Do it all, and say how to go on if that is not to be."""
        complete = False
        try:
            with self._temporary() as folder, _older_left_alone():
                self.setup = replace(self.setup, job=replace(self.setup.job, temporary=folder))
                with Bar(count(self.setup) if self.progress else None, "file") as self.bar:
                    self._do()
            complete = True
            self.dispatcher.close()
        except BaseException as error:
            self.dispatcher.stop()
            self._say(error)
            raise
        finally:
            seconds = time.perf_counter() - self.started
            # What stopped the job, a full disk say, is to be heard of, not what follows from it.
            with nullcontext() if complete else suppress(OSError):
                self.journal.finish(
                    seconds, self.totals.to_json(), self.setup.raw if complete else None
                )
            self.journal.close()
        setup, totals = self.setup, self.totals
        report = BatchReport(
            setup.folder,
            setup.journal,
            self.journal.run,
            setup.job.name,
            seconds,
            setup.workers,
            repr(setup.job.pipeline),
            totals,
            setup.suffix,
        )
        report.write()
        return report

    @contextmanager
    def _temporary(self) -> Iterator[str]:
        """Make a folder for unfinished outputs, where a rename brings them to their place."""
        prefix = f".obspeed{self.setup.suffix}-"
        for stale in self.setup.folder.glob(f"{prefix}*"):
            shutil.rmtree(stale, ignore_errors=True)
        folder = self.setup.folder / f"{prefix}{secrets.token_hex(4)}"
        folder.mkdir()
        try:
            yield str(folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _do(self) -> None:
        unfinished = Unfinished(self.setup, self.journal, self._kept)
        self._all(unfinished.filter(inputs(self.setup)))
        if not self.totals.done + self.totals.kept and self.setup.shard is None:
            note(self.totals.notes, f"no file fits {self.setup.raw.text!r}")
        while self.again:  # what another input may have written over
            paths, self.again = self.again, set()
            files = (one for one in inputs(self.setup) if isinstance(one, File))
            self._all(file._replace(known=True) for file in files if file.path in paths)

    def _all(self, found: Iterator[File | Refused]) -> None:
        with closing(self.dispatcher.run(tasks(self.setup, found, self._refuse))) as results:
            for task, result in results:
                self._take(task, result)

    def _take(self, task: Task, result: Result | BaseException) -> None:
        if isinstance(result, Result):
            self.totals.add(result)
            self._record(task.files, result.files)
            if result.fatal is not None:
                raise result.fatal
            if result.raised is not None and self.setup.strict:
                raise result.raised
        elif isinstance(result, Exception) and not self.setup.strict:
            name, message = type(result).__name__, plain(str(result))
            lost = Failure("", "worker", name, message, passing=True)
            self._record(task.files, [FileResult(failures=[lost]) for _ in task.files])
        else:
            raise result

    def _refuse(self, file: File, result: FileResult) -> None:
        self._record([file], [result])
        if self.setup.strict:
            failure = result.failures[0]
            raise ObspeedError(f"{file.path}: {failure.error}: {failure.message}")

    def _record(self, files: Sequence[File], results: Sequence[FileResult]) -> None:
        for file, result in zip(files, results, strict=True):
            if file.known:
                self._discard(file, {output for output, *_ in result.outputs})
        self.again.update(self.journal.record(files, results))
        self.seen[0] += sum(len(result.outputs) for result in results)
        self.seen[1] += sum(len(result.failures) for result in results)
        self.totals.done += len(files)
        self.totals.nbytes += sum(max(0, file.size) for file in files)
        rate = self.seen[0] / (time.perf_counter() - self.started)
        self.bar.say({"traces/s": f"{rate:.1f}", "failed": self.seen[1]})
        self._show()

    def _discard(self, file: File, new: set[str]) -> None:
        """Remove what an earlier run made of an input and this one does not."""
        known = self.journal.lookup(file.path)
        for output, _ in self.journal.outputs(known.row) if known else ():
            if output not in new:
                with suppress(OSError):
                    Path(self.setup.job.root, output).unlink()

    def _kept(self, rows: list[int]) -> None:
        self.journal.keep(rows)
        self.totals.kept += len(rows)
        self._show()

    def _show(self) -> None:
        self.bar.to(self.totals.done + self.totals.kept)

    def _say(self, error: BaseException) -> None:
        why = "stopped" if isinstance(error, KeyboardInterrupt) else "stopped by an error"
        done = self.totals.done + self.totals.kept
        print(
            f"obspeed: {why}; {done} files are done, and nothing is half done. "
            "Start the job again to go on.",
            file=sys.stderr,
        )


@contextmanager
def _older_left_alone() -> Iterator[None]:
    """
    Keep Python's search for garbage to what is made within the block.

    A job makes and drops objects by the million; each time that enough have been made, all there
    are would be looked at, those of the imported packages among them.
    """
    if gc.get_freeze_count():  # somebody else's
        yield
        return
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def open_journal(setup: Setup) -> Journal:
    """
    Open the journal, unless a job that would do the same files is at work.

    Raises
    ------
    JournalError
        If there is one.
    OSError
        If the folder cannot be written to.
    """
    for other in sorted(setup.folder.glob("journal*.sqlite")):
        if other != setup.journal and not _is_sibling(setup, other):
            connect(other, write=True).close()
    try:
        return Journal(setup.journal, setup.job.name, setup.config)
    except JournalError as error:
        raise JournalError(f"{error}{hint() if setup.shard is None else ''}") from None


def _is_sibling(setup: Setup, journal: Path) -> bool:
    """Whether a journal is that of another share of the same job."""
    return setup.shard is not None and journal.name.endswith(f"of{setup.shard.n}.sqlite")
