"""Does tasks in this process, in their order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from contextvars import copy_context
from threading import Thread

from .._turns import Turns
from .notes import listening
from .task import Result, Task
from .work import do_task

#: Tasks at a time on several threads: while the kernels have the traces of one, Python is busy
#: with those of another.
AT_A_TIME = 2


def in_order(tasks: Iterator[Task], at_a_time: int) -> Iterator[tuple[Task, Result]]:
    """
    Do tasks, in their order.

    Parameters
    ----------
    tasks : iterator of Task
        They are taken as they can be begun.
    at_a_time : int
        How many are done at the same time. With one they are done on the calling thread.

    Yields
    ------
    Task and Result
        In the order of tasks.
    """
    # Here and not in the threads, one of which may outlive a job that is stopped.
    with listening():
        yield from _in_order(tasks, at_a_time)


def _in_order(tasks: Iterator[Task], at_a_time: int) -> Iterator[tuple[Task, Result]]:
    if at_a_time == 1:
        for task in tasks:
            yield task, do_task(task)
        return
    turns = Turns()
    pending: deque[_Begun] = deque()
    try:
        for task in tasks:
            # What an earlier run made of a file may be where another file's output goes now; it
            # is removed once the file's new result is there.
            alone = any(file.known for file in task.files)
            while pending and (alone or len(pending) >= at_a_time):
                yield pending.popleft().result()
            pending.append(_Begun(task, turns))
            if alone:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()
    finally:
        turns.stop()


class _Begun:
    """A task on a thread of its own, which does not keep the process from its end."""

    def __init__(self, task: Task, turns: Turns) -> None:
        self._task = task
        self._turns = turns
        self._future: Future[Result] = Future()
        Thread(
            target=copy_context().run, args=(self._do,), name="obspeed-task", daemon=True
        ).start()

    def _do(self) -> None:
        try:
            with self._turns.taken():
                result = do_task(self._task)
        except BaseException as error:  # noqa: BLE001 - for who waits for it
            self._future.set_exception(error)
        else:
            self._future.set_result(result)

    def result(self) -> tuple[Task, Result]:
        return self._task, self._future.result()
