"""The report of a job: counts here, rows in the journal."""

from __future__ import annotations

import csv
import json
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from .notes import note
from .page import write_page
from .pictures import Curve, Picture
from .preview import Preview
from .rows import Rows
from .task import Result

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 10
_PICTURES = 8
_WIDTH = 100


@dataclass
class Totals:
    """
    What is counted while a job runs.

    Attributes
    ----------
    done, kept : int
        Inputs done now, and before.
    nbytes : int
        Of the inputs done now.
    samples : int
        Read now.
    phases : collections.Counter
        Seconds by phase, of all workers together.
    steps : collections.Counter
        Seconds by step of the pipeline, for the traces that are pictured.
    notes : collections.Counter
        Warnings, and what else is worth a word.
    pictures : list of Picture
        Some traces, before and after.
    """

    done: int = 0
    kept: int = 0
    nbytes: int = 0
    samples: int = 0
    phases: Counter[str] = field(default_factory=Counter)
    steps: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)
    pictures: list[Picture] = field(default_factory=list)

    def add(self, result: Result) -> None:
        """Count a result."""
        self.samples += result.samples
        self.phases.update(result.seconds)
        self.steps.update(result.steps)
        for text, n in result.notes.items():
            note(self.notes, text, n)
        self.pictures = (self.pictures + result.pictures)[:_PICTURES]

    def merge(self, other: Totals) -> None:
        """Add what another job, or an earlier run, has counted."""
        self.done += other.done
        self.kept += other.kept
        self.nbytes += other.nbytes
        self.samples += other.samples
        self.see(other)

    def see(self, other: Totals) -> None:
        """Add the pictures and times of another job, or an earlier run, and its notes."""
        self.phases.update(other.phases)
        self.steps.update(other.steps)
        for text, n in other.notes.items():
            note(self.notes, text, n)
        self.pictures = (self.pictures + other.pictures)[:_PICTURES]

    def to_json(self) -> str:
        """Return it all as text."""
        return json.dumps(vars(self))

    @classmethod
    def from_json(cls, text: str) -> Totals:
        """Return what `to_json` has written."""
        values = json.loads(text)
        for name in ("phases", "steps", "notes"):
            values[name] = Counter(values[name])
        values["pictures"] = [
            Picture(file, seed_id, Curve(*before), Curve(*after))
            for file, seed_id, before, after in values["pictures"]
        ]
        return cls(**values)


@dataclass(frozen=True, repr=False)
class BatchReport:
    """
    What a job did.

    Attributes
    ----------
    folder : pathlib.Path
        Where ``failures.csv``, ``report.html`` and the journal are.
    journal : pathlib.Path
        The journal.
    run, job : int, str
        The run's number in it, and what the job is called there.
    seconds : float
        Wall-clock time.
    workers : int
        How many tasks were done at a time.
    pipeline : str
        What was done.
    totals : Totals
        Counts of this run.
    suffix : str
        What the names of a shard's own files have before their ending.
    preview : Preview or None
        What would be done, of a dry run.
    """

    folder: Path
    journal: Path
    run: int
    job: str
    seconds: float
    workers: int
    pipeline: str
    totals: Totals
    suffix: str = ""
    preview: Preview | None = None

    @property
    def ok(self) -> Rows:
        """The traces written, in earlier runs too, as a sequence of `BatchRow`."""
        return Rows(self.journal, self.run, self.job, failed=False)

    @property
    def failed(self) -> Rows:
        """The traces and files that failed, likewise."""
        return Rows(self.journal, self.run, self.job, failed=True)

    @property
    def failures_csv(self) -> Path:
        """The table of failures."""
        return self.folder / f"failures{self.suffix}.csv"

    @property
    def html(self) -> Path:
        """The page."""
        return self.folder / f"report{self.suffix}.html"

    def __str__(self) -> str:
        if self.preview is not None:
            return str(self.preview)
        ok, failed, totals = self.ok, self.failed, self.totals
        lines = [
            f"{len(ok)} traces written, {len(failed)} failed; {totals.done} files in "
            f"{self.seconds:.1f} s, {totals.kept} done before"
        ]
        if totals.done and self.seconds:
            lines.append(
                f"    {totals.done / self.seconds:.1f} files/s, "
                f"{totals.nbytes / self.seconds / 1e6:.1f} MB/s read"
            )
        kinds = failed.kinds()
        for step, error, message, n in kinds[:_SHOWN]:
            text = " ".join(f"{n} {step}: {error}: {message}".split())
            lines.append(f"    {text if len(text) <= _WIDTH else text[: _WIDTH - 3] + '...'}")
        if len(kinds) > _SHOWN:
            lines.append(f"    and {len(kinds) - _SHOWN} other kinds of failure")
        if kinds:
            lines.append(f"    all failures: {self.failures_csv}")
        lines += [f"    {n} x {text[:_WIDTH]}" for text, n in totals.notes.most_common(_SHOWN)]
        lines.append(f"    report: {self.html}")
        return "\n".join(lines)

    __repr__ = __str__

    def to_pandas(self) -> pd.DataFrame:
        """
        Return all rows as a table.

        Returns
        -------
        pandas.DataFrame
            A row a trace: file, id, output, nbytes, step, error, message.

        Raises
        ------
        ImportError
            If pandas is not installed.
        """
        import pandas as pd  # noqa: PLC0415 - not everybody has it

        columns = ("file", "id", "output", "nbytes", "step", "error", "message")
        rows = (
            tuple(getattr(row, name) for name in columns)
            for part in (self.ok, self.failed)
            for row in part
        )
        return pd.DataFrame.from_records(rows, columns=list(columns))

    def write(self) -> None:
        """Write the table of failures and the page."""
        self._write_failures()
        write_page(self)

    def _write_failures(self) -> None:
        """Write the table of failures: file, id, step, error, message."""
        temporary = self.failures_csv.with_suffix(".csv.part")
        try:
            with temporary.open("w", encoding="utf-8", newline="") as file:
                table = csv.writer(file)
                table.writerow(["file", "id", "step", "error", "message"])
                for row in self.failed:
                    table.writerow([row.file, row.id, row.step, row.error, row.message])
            temporary.replace(self.failures_csv)
        except OSError:
            with suppress(OSError):
                temporary.unlink()
            raise
