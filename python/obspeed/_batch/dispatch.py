"""Sends tasks to an executor, a bounded number at a time, and survives workers that die."""

from __future__ import annotations

import os
import signal
from collections import deque
from collections.abc import Generator, Iterator
from concurrent.futures import BrokenExecutor, CancelledError, Executor, Future, ProcessPoolExecutor
from multiprocessing import get_context
from queue import Empty, SimpleQueue
from typing import Any

from .here import in_order
from .task import Result, Task
from .work import run_task

# Tasks submitted for each worker: one to do, one to go on with.
_AHEAD = 2

# Seconds without a result after which workers are looked at.
_PATIENCE = 5.0

# Workers that may die before a first task is done: more, and none will live.
_FIRST = 8


def own_pool(workers: int) -> ProcessPoolExecutor:
    """Return a pool of processes that leave Ctrl-C to us."""
    return ProcessPoolExecutor(workers, get_context("spawn"), _ignore_interrupt)


def _ignore_interrupt() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def parallelism(executor: Executor) -> int:
    """Return how many tasks an executor does at a time, as far as it says so."""
    client = getattr(executor, "_client", None)
    if client is not None and hasattr(client, "nthreads"):  # Dask's
        return max(1, sum(int(n) for n in client.nthreads().values()))
    for name in ("num_workers", "_max_workers"):  # mpi4py's, the standard library's
        n = getattr(executor, name, None)
        if isinstance(n, int) and n > 0:
            return n
    return os.cpu_count() or 1


class Dispatcher:
    """
    Does tasks, in this process or on an executor.

    A task whose worker died is done again, alone; if that one dies too, its files one by one. Only
    the file that a worker cannot survive is lost.

    Parameters
    ----------
    executor : concurrent.futures.Executor, optional
        None does the tasks here.
    workers : int
        How many tasks it does at a time.
    owned : bool
        Whether the executor is to be ended with the job.
    """

    def __init__(self, executor: Executor | None, workers: int, *, owned: bool) -> None:
        self._executor = executor
        self._owned = owned
        self._at_a_time = workers
        self._limit = _AHEAD * workers
        self._done: SimpleQueue[Future[Result]] = SimpleQueue()
        self._pending: dict[Future[Result], Task] = {}
        self._suspects: deque[Task] = deque()
        self._alone = False
        self._deaths = 0
        self._lived = False

    def run(
        self, tasks: Iterator[Task]
    ) -> Generator[tuple[Task, Result | BaseException], None, None]:
        """
        Do tasks.

        Yields
        ------
        Task and Result or BaseException
            As they are done.
        """
        if self._executor is None:
            yield from in_order(tasks, self._at_a_time)
            return
        while self._fill(tasks):
            future = self._next()
            task = self._pending.pop(future)
            error = _error(future)
            if error is None:
                self._lived = True
                yield task, future.result()
            elif not _is_death(error) or (self._alone and len(task.files) == 1):
                yield task, error
            elif self._alone:
                self._suspects.extendleft(reversed(task.split()))
            else:
                self._suspects.append(task)
            if not self._pending and isinstance(error, BrokenExecutor):
                self._renew(error)

    def _next(self) -> Future[Result]:
        """Wait for a task to be done, and see to it that one will be."""
        while True:
            try:
                return self._done.get(timeout=_PATIENCE)
            except Empty:
                self._end_if_torn()

    def _end_if_torn(self) -> None:
        # A worker that was killed while it sent its result leaves Python's executor waiting for the
        # rest of it. With every end closed that could send it, it notices.
        if type(self._executor) is not ProcessPoolExecutor:
            return
        made: Any = vars(self._executor)
        processes = list((made["_processes"] or {}).values())
        if any(process.exitcode for process in processes):
            for process in processes:
                process.terminate()
            made["_result_queue"]._writer.close()

    def _fill(self, tasks: Iterator[Task]) -> bool:
        """Submit what may be submitted now; tell whether there is anything to wait for."""
        while not self._pending or not (self._suspects or self._alone):
            self._alone = bool(self._suspects)
            if self._suspects:
                self._submit(self._suspects.popleft())
                continue
            if len(self._pending) >= self._limit:
                break
            task = next(tasks, None)
            if task is None:
                break
            self._submit(task)
        return bool(self._pending)

    def _submit(self, task: Task) -> None:
        assert self._executor is not None  # noqa: S101 - for the type checker
        try:
            future = self._executor.submit(run_task, task)
        except BrokenExecutor as error:
            # A worker died while nothing was looked at; the others' futures say so, too.
            self._suspects.append(task)
            if not self._pending:
                self._renew(error)
            return
        self._pending[future] = task
        future.add_done_callback(self._done.put)

    def _renew(self, error: BrokenExecutor) -> None:
        self._deaths += 1
        broken = self._executor
        if type(broken) is not ProcessPoolExecutor or (self._deaths > _FIRST and not self._lived):
            raise error
        made: Any = vars(broken)
        self._executor = ProcessPoolExecutor(
            made["_max_workers"], made["_mp_context"], made["_initializer"], made["_initargs"]
        )
        if self._owned:
            broken.shutdown(wait=False)
        self._owned = True

    def close(self) -> None:
        """End the executor, if it is ours, once all is done."""
        if self._owned and self._executor is not None:
            self._executor.shutdown()

    def stop(self) -> None:
        """Give up what is not done yet, and end the executor at once, if it is ours."""
        if not self._owned or self._executor is None:
            for future in self._pending:
                future.cancel()
            return
        # Outputs are whole at any moment. Nothing is cancelled: until Python 3.12 an executor whose
        # workers die trips over what is.
        processes = list((getattr(self._executor, "_processes", None) or {}).values())
        self._executor.shutdown(wait=False)
        for process in processes:
            process.terminate()


def _error(future: Future[Result]) -> BaseException | None:
    try:
        return future.exception()
    except CancelledError as error:
        return error


def _is_death(error: BaseException) -> bool:
    # Dask's, without importing it.
    return isinstance(error, BrokenExecutor) or type(error).__name__ == "KilledWorker"
