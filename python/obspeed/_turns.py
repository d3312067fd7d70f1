"""
Tasks of one job on threads of this process: Python is one task's at a time.

Threads cannot do Python at the same time anyway, and much of it, warnings above all, is the whole
process's. So a task has its turn until it comes to work that needs no Python, and lets another one
have it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Condition, Lock


class Stopped(BaseException):
    """The job is stopped, and with it this task; no error, and nothing for handlers of errors."""


class Turns:
    """What the tasks of a job share."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._aside = 0
        self._changed = Condition()
        self._stopped = False

    def stop(self) -> None:
        """
        Stop all tasks, and wait for what they do without Python; after that nothing is written.

        What they do with Python, ObsPy reading a file say, is left to come to an end by itself.
        """
        with self._changed:
            self._stopped = True
            self._changed.wait_for(lambda: not self._aside)

    def check(self, _: object = None) -> None:
        """
        Look whether to stop.

        Raises
        ------
        Stopped
            If so.
        """
        if self._stopped:
            raise Stopped

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Wait for a turn, and have it within the block."""
        with self._lock:
            self.check()
            token = _mine.set(self)
            try:
                yield
            finally:
                _mine.reset(token)

    @contextmanager
    def passed_on(self) -> Iterator[None]:
        """Let others have their turn within the block."""
        with self._changed:
            self.check()
            self._aside += 1
        self._lock.release()
        try:
            yield
        finally:
            with self._changed:
                self._aside -= 1
                self._changed.notify_all()
            self._lock.acquire()
        self.check()


_mine: ContextVar[Turns | None] = ContextVar("obspeed_turns", default=None)


@contextmanager
def without_python() -> Iterator[None]:
    """Let other tasks have their turn within the block, if this is one of several."""
    turns = _mine.get()
    if turns is None:
        yield
        return
    with turns.passed_on():
        yield


def check_stopped(_: object = None) -> None:
    """
    Look whether this task is to stop; for work that takes long.

    Raises
    ------
    Stopped
        If so.
    """
    turns = _mine.get()
    if turns is not None:
        turns.check()
