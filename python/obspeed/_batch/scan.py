"""The inputs of a job, one after another, and those that are still to be done as tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from stat import S_ISREG

from .journal import Journal, Known
from .setup import Setup
from .stations import Stamp, stamp
from .task import Failure, File, FileResult, Task, plain

#: Files in a task: enough for the threads, few enough to lose.
_FILES = 32

#: Bytes in memory for each byte of a file: counts of 32 bits and results of 64, a byte a sample.
_EXPANSION = 24

_KEPT_AT_ONCE = 1000

#: Tasks of which a trace is pictured.
_PICTURED = frozenset({0, 1, 3, 7, 15, 31, 63, 127})

Refused = tuple[File, FileResult]
"""An input that is not even read, and why."""


def count(setup: Setup) -> int:
    """Return the number of inputs."""
    shard = setup.shard
    found = setup.raw.find(setup.job.root)
    return sum(shard is None or shard.has(one.path) for one in found)


def inputs(setup: Setup) -> Iterator[File | Refused]:
    """Yield the inputs, in the order of folders and names."""
    shard = setup.shard
    for path, fields, fits in setup.raw.find(setup.job.root):
        if shard is not None and not shard.has(path):
            continue
        file = File(path, fields["event"], fields.get("start", ""), fields.get("end", ""), -1, -1)
        if not _is_text(path):
            named = file._replace(path=plain(path), event="")
            yield _refuse(named, "name", ValueError("the name is not in UTF-8"))
        elif fits:
            yield with_stat(setup, file)
        else:
            text = f"the name does not fit {setup.raw.text!r}"
            yield _refuse(file, "name", ValueError(text))


def _is_text(path: str) -> bool:
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def with_stat(setup: Setup, file: File) -> File | Refused:
    """Return an input as it is now."""
    try:
        status = os.stat(os.path.join(setup.job.root, file.path))  # noqa: PTH116, PTH118
        if not S_ISREG(status.st_mode):
            raise OSError(f"{file.path} is no regular file")
    except OSError as error:
        return _refuse(file, "read", error)
    return file._replace(size=status.st_size, mtime=status.st_mtime_ns)


def _refuse(file: File, step: str, error: Exception) -> Refused:
    passing = isinstance(error, OSError)
    failure = Failure("", step, type(error).__name__, plain(str(error)), passing)
    return file, FileResult(failures=[failure])


class Unfinished:
    """
    The inputs that are still to be done.

    Parameters
    ----------
    setup : Setup
        The job.
    journal : Journal
        What is done.
    kept : callable
        Is told the rows of inputs that have been found done, some at a time.
    """

    def __init__(self, setup: Setup, journal: Journal, kept: Callable[[list[int]], None]) -> None:
        self._setup = setup
        self._journal = journal
        self._kept = kept
        self._rows: list[int] = []
        self._stamps: dict[str, Stamp] = {}

    def filter(self, found: Iterable[File | Refused]) -> Iterator[File | Refused]:
        """Leave out what is done."""
        for one in found:
            file, result = (one, None) if isinstance(one, File) else one
            known = None if self._journal.is_new else self._journal.lookup(file.path)
            if known is not None:
                if result is None and self._setup.resume and self.is_done(file, known):
                    self._keep(known.row)
                    continue
                file = file._replace(known=True)
            yield file if result is None else (file, result)
        self._flush()

    def is_done(self, file: File, known: Known) -> bool:
        """Whether an input, what was used for it, and its outputs are as they were."""
        return (
            not known.again
            and known.config == self._journal.config
            and (known.size, known.mtime) == (file.size, file.mtime)
            and all(self._stamp(used.path) == used for used in known.used)
            and all(
                stamp(output, self._setup.job.root).size == size
                for output, size in self._journal.outputs(known.row)
            )
        )

    def _stamp(self, path: str) -> Stamp:
        if path not in self._stamps:
            if len(self._stamps) > _KEPT_AT_ONCE:
                self._stamps.clear()
            self._stamps[path] = stamp(path, self._setup.job.root)
        return self._stamps[path]

    def _keep(self, row: int) -> None:
        self._rows.append(row)
        if len(self._rows) >= _KEPT_AT_ONCE:
            self._flush()

    def _flush(self) -> None:
        self._kept(self._rows)
        self._rows = []


def tasks(
    setup: Setup, found: Iterable[File | Refused], refuse: Callable[[File, FileResult], None]
) -> Iterator[Task]:
    """
    Group inputs into tasks, each within the memory that is allowed.

    Parameters
    ----------
    setup : Setup
        The job.
    found : iterable
        The inputs; those refused go to `refuse`.
    refuse : callable
        Takes an input and its result.
    """
    files: list[File] = []
    held = number = 0
    for one in found:
        if not isinstance(one, File):
            refuse(*one)
            continue
        weight = one.size * _EXPANSION
        if files and (len(files) >= _FILES or held + weight > setup.max_memory):
            yield Task(setup.job, tuple(files), number in _PICTURED)
            files, held, number = [], 0, number + 1
        files.append(one)
        held += weight
    if files:
        yield Task(setup.job, tuple(files), number in _PICTURED)
