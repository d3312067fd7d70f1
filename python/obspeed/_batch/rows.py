"""The traces of a report, read from its journal when they are asked for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import overload

from .journal import connect


@dataclass(frozen=True)
class BatchRow:
    """
    What became of one trace, or of a file without any.

    Attributes
    ----------
    file : str
        The input.
    id : str
        Of the trace; empty for a file.
    output : str or None
        What was written.
    nbytes : int
        Its size.
    step : str or None
        The method of the pipeline that failed, or "read", "responses", "events", "name", "write",
        "worker".
    error : str or None
        The type of the exception.
    message : str
        Its text.
    """

    file: str
    id: str
    output: str | None = None
    nbytes: int = 0
    step: str | None = None
    error: str | None = None
    message: str = ""


class Rows(Sequence[BatchRow]):
    """
    Rows of a journal, in the order of files; nothing of them is kept in memory.

    Parameters
    ----------
    path : pathlib.Path
        The journal.
    run, job : int, str
        The run, or one after it, and the job.
    failed : bool
        Whether these are the failures or the outputs.
    """

    def __init__(self, path: Path, run: int, job: str, *, failed: bool) -> None:
        self._path = path
        self._of = (run, job)
        columns, table = (
            ("x.id, NULL, 0, x.step, x.error, x.message", "failures")
            if failed
            else ("x.id, x.output, x.bytes, NULL, NULL, ''", "outputs")
        )
        self._from = f"FROM {table} x JOIN files f ON f.id = x.file WHERE f.run >= ? AND f.job = ?"
        order = "ORDER BY f.path, x.rowid" if failed else "ORDER BY f.path, x.output"
        self._select = f"SELECT f.path, {columns} {self._from} {order}"
        self._count = f"SELECT count(*) {self._from}"

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(connect(self._path, write=False)) as db:
            yield db

    def __len__(self) -> int:
        with self._open() as db:
            return int(db.execute(self._count, self._of).fetchone()[0])

    def __iter__(self) -> Iterator[BatchRow]:
        with self._open() as db:
            for row in db.execute(self._select, self._of):
                yield BatchRow(*row)

    @overload
    def __getitem__(self, index: int) -> BatchRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[BatchRow]: ...
    def __getitem__(self, index: int | slice) -> BatchRow | list[BatchRow]:
        if isinstance(index, slice):
            return list(islice(self, *index.indices(len(self))))
        i = index if index >= 0 else index + len(self)
        found = list(islice(self, i, i + 1)) if i >= 0 else []
        if not found:
            raise IndexError(f"expected an index below {len(self)}, got {index}")
        return found[0]

    def kinds(self) -> list[tuple[str, str, str, int]]:
        """Return step, error, message and count of each kind of failure, by frequency."""
        with self._open() as db:
            return db.execute(
                "SELECT x.step, x.error, x.message, count(*) AS n"
                f" {self._from} GROUP BY 1, 2, 3 ORDER BY n DESC, 1, 2, 3 LIMIT 200",
                self._of,
            ).fetchall()
