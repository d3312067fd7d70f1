"""What travels between the process of a job and its workers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .._pipeline import _WITH_INVENTORY, Pipeline
from .pictures import Picture
from .stations import Stamp


@dataclass(frozen=True)
class Job:
    """
    What is the same for all files of a job.

    Attributes
    ----------
    root : str
        What templates are relative to; absolute.
    pipeline : Pipeline
        What to do with each trace.
    raw, output : str
        Templates of the inputs and outputs.
    responses, events : str or None
        Templates of the station files and of the files with events.
    kind : str
        Format of the outputs, as ObsPy calls it.
    temporary : str
        Folder for unfinished outputs.
    threads : int
        For each task.
    """

    root: str
    pipeline: Pipeline
    raw: str
    responses: str | None
    events: str | None
    output: str
    kind: str
    temporary: str = ""
    threads: int = 1

    @property
    def name(self) -> str:
        """What tells the outputs from those of other jobs in the same folder."""
        return f"{self.kind} {self.output}"

    @property
    def wants_response(self) -> bool:
        """Whether a trace without a response fails."""
        return any(
            name in _WITH_INVENTORY and kwargs.get("inventory") is None
            for name, kwargs in self.pipeline._named()
        )


class File(NamedTuple):
    """
    An input.

    Attributes
    ----------
    path : str
        As its template gives it.
    event, start, end : str
        What its template says; the times are empty if it has none.
    size, mtime : int
        In bytes, and in ns since 1970.
    known : bool
        Whether the journal has a row of it.
    """

    path: str
    event: str
    start: str
    end: str
    size: int
    mtime: int
    known: bool = False


@dataclass(frozen=True)
class Task:
    """
    Some files of a job.

    Attributes
    ----------
    job : Job
        What to do with them.
    files : tuple of File
        The files.
    pictured : bool
        Whether to make a picture of the first trace.
    """

    job: Job
    files: tuple[File, ...]
    pictured: bool = False

    def split(self) -> list[Task]:
        """Return a task for each file."""
        return [replace(self, files=(file,)) for file in self.files]


class Failure(NamedTuple):
    """
    A trace, or a file, that did not make it.

    Attributes
    ----------
    id : str
        Of the trace; empty for a file.
    step : str
        Method of the pipeline, or "read", "responses", "events", "name", "write", "worker".
    error, message : str
        Type and text of the exception.
    passing : bool
        Whether it may go away by itself: such files are done again when the job is resumed.
    """

    id: str
    step: str
    error: str
    message: str
    passing: bool = False


def plain(text: str) -> str:
    """Return a text as one that can be written: of broken headers and names not all can."""
    return text.encode("utf-8", "backslashreplace").decode()


@dataclass
class FileResult:
    """
    What became of one input.

    Attributes
    ----------
    outputs : list of (str, str, int)
        Path, id and bytes of each.
    failures : list of Failure
        One for each trace that did not make it.
    used : tuple of Stamp
        The other files that were read for it.
    """

    outputs: list[tuple[str, str, int]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    used: tuple[Stamp, ...] = ()


@dataclass
class Result:
    """
    What became of a task.

    Attributes
    ----------
    files : list of FileResult
        One for each file.
    seconds : collections.Counter
        By phase.
    steps : collections.Counter
        Seconds by step of the pipeline, for the traces that were pictured.
    samples : int
        Number of samples read.
    notes : collections.Counter
        Warnings, and what else is worth a word.
    pictures : list of Picture
        Before and after.
    raised : Exception or None
        The first one of the traces.
    fatal : Exception or None
        One that makes it useless to go on.
    """

    files: list[FileResult]
    seconds: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    samples: int = 0
    notes: Counter[str] = field(default_factory=Counter)
    pictures: list[Picture] = field(default_factory=list)
    raised: Exception | None = None
    fatal: Exception | None = None
