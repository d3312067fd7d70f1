"""What a job would do: counts, some names, and an estimate of the size."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from .journal import Journal
from .scan import Refused, Unfinished, inputs
from .setup import Setup
from .task import File, Task
from .work import run_task

_SAMPLE = 12


@dataclass(frozen=True)
class Preview:
    """
    What a job would do.

    Attributes
    ----------
    files : int
        Inputs to be done.
    nbytes : int
        Their size.
    kept : int
        Inputs that are done.
    refused : int
        Inputs that fail before they are read.
    estimate : int
        Bytes of the outputs, from some that were made and thrown away.
    events : collections.Counter
        Inputs to be done, by event.
    sample : list of (str, str)
        Input and output, or what failed, of those that were tried.
    """

    files: int
    nbytes: int
    kept: int
    refused: int
    estimate: int
    events: Counter[str]
    sample: list[tuple[str, str]]

    def __str__(self) -> str:
        lines = [
            f"{self.files} files to do, {_size(self.nbytes)}; {self.kept} done before, "
            f"{self.refused} refused",
            f"about {_size(self.estimate)} of outputs, judged by {len(self.sample)} traces:",
            *(f"    {path} -> {output}" for path, output in self.sample),
        ]
        if len(self.events) > 1:
            lines.append(f"{len(self.events)} events:")
            lines += [f"    {n:>8} {event}" for event, n in self.events.most_common(20)]
        return "\n".join(lines)


def preview(setup: Setup) -> Preview:
    """
    Find out what a job would do; nothing is written beside the system's temporary folder.

    Raises
    ------
    JournalError
        If another job is at work in the folder.
    """
    events: Counter[str] = Counter()
    kept: Counter[str] = Counter()
    files = nbytes = refused = 0
    sample: list[File] = []
    chance = random.Random(0)  # noqa: S311 - a sample
    for one in _to_do(setup, kept):
        if not isinstance(one, File):
            refused += 1
            continue
        files += 1
        nbytes += one.size
        events[one.event] += 1
        if len(sample) < _SAMPLE:
            sample.append(one)
        elif (place := chance.randrange(files)) < _SAMPLE:
            sample[place] = one
    sample.sort()
    estimate, tried = _try(setup, sample)
    read = sum(file.size for file in sample)
    return Preview(
        files, nbytes, kept["files"], refused, estimate * nbytes // max(1, read), events, tried
    )


def _to_do(setup: Setup, kept: Counter[str]) -> Iterator[File | Refused]:
    if not setup.journal.exists():
        yield from inputs(setup)
        return
    with closing(Journal(setup.journal, setup.job.name, setup.config)) as journal:
        unfinished = Unfinished(setup, journal, lambda rows: kept.update(files=len(rows)))
        yield from unfinished.filter(inputs(setup))


def _try(setup: Setup, sample: list[File]) -> tuple[int, list[tuple[str, str]]]:
    """Do some files for nothing; return the bytes of their outputs, and which these would be."""
    with tempfile.TemporaryDirectory(prefix="obspeed-") as folder:
        job = replace(
            setup.job, output=f"{_quoted(folder)}/{setup.job.output.lstrip('/')}", temporary=folder
        )
        result = run_task(Task(job, tuple(sample)))
        size, rows = 0, []
        for file, made in zip(sample, result.files, strict=True):
            for path, _, nbytes in made.outputs:
                size += nbytes
                rows.append((file.path, str(Path(path).relative_to(folder))))
            rows += [(file.path, f"{f.step}: {f.error}: {f.message}") for f in made.failures]
    return size, rows


def _quoted(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _size(nbytes: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if nbytes < 1000:
            return f"{nbytes:.3g} {unit}"
        nbytes /= 1000
    return f"{nbytes:.3g} TB"
