"""
The journal: what became of each input, so that nothing is done twice.

An SQLite file, since a million rows are then looked up, replaced and merged without being held in
memory, and a result is written wholly or not at all, whenever the process is killed.
"""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from .._errors import ObspeedError
from .stations import Stamp
from .task import Failure, File, FileResult
from .templates import Template

_SCHEMA = """
CREATE TABLE IF NOT EXISTS runs (
    run INTEGER PRIMARY KEY, job TEXT, config TEXT, started REAL, seconds REAL, complete INTEGER,
    counts TEXT
);
CREATE TABLE IF NOT EXISTS files (
    id INTEGER PRIMARY KEY, job TEXT, path TEXT, size INTEGER, mtime INTEGER, config TEXT,
    used TEXT, again INTEGER, run INTEGER, UNIQUE (job, path)
);
CREATE TABLE IF NOT EXISTS outputs (output TEXT PRIMARY KEY, file INTEGER, id TEXT, bytes INTEGER)
    WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures (
    file INTEGER, id TEXT, step TEXT, error TEXT, message TEXT
);
CREATE INDEX IF NOT EXISTS outputs_of ON outputs (file);
CREATE INDEX IF NOT EXISTS failures_of ON failures (file);
"""

#: Bumped when journals of earlier releases can no longer be read.
_VERSION = 1


class Known(NamedTuple):
    """
    What the journal has about an input.

    Attributes
    ----------
    row : int
        Its row.
    size, mtime : int
        Of the input, when it was read.
    config : str
        Digest of the job's settings.
    used : tuple of Stamp
        The other files that were read for it.
    again : bool
        Whether it has to be done again in any case.
    """

    row: int
    size: int
    mtime: int
    config: str
    used: tuple[Stamp, ...]
    again: bool


class Past(NamedTuple):
    """
    An earlier run.

    Attributes
    ----------
    run : int
        Its number.
    job : str
        What its outputs are told by from those of other jobs.
    seconds : float
        What it took.
    complete : bool
        Whether it came to its end.
    counts : str
        What else was kept of it.
    """

    run: int
    job: str
    seconds: float
    complete: bool
    counts: str


class JournalError(ObspeedError):
    """The journal cannot be opened: another job has it, or it is none."""


def connect(path: Path, *, write: bool) -> sqlite3.Connection:
    """
    Open a journal, for this process alone if it is to be written.

    Raises
    ------
    JournalError
        If another job has it, or it is no journal.
    OSError
        If the folder cannot be written to.
    """
    try:
        if write:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            db = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        else:
            db = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=0.0, isolation_level=None
            )
        try:
            if write:
                # Also what lets WAL work on network file systems: no memory is shared.
                db.execute("PRAGMA locking_mode=EXCLUSIVE")
                # Until there are results, no power failure can lose any: do not wait for the disk.
                db.execute("PRAGMA synchronous=OFF")
                db.execute("PRAGMA journal_mode=WAL")
                db.execute("BEGIN EXCLUSIVE")
                db.execute("COMMIT")
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version not in {0, _VERSION}:
                raise JournalError(f"{path} is the journal of another release of obspeed")
            if write:
                db.executescript(_SCHEMA)
                db.execute(f"PRAGMA user_version={_VERSION}")
                db.execute("PRAGMA synchronous=NORMAL")
        except BaseException:
            db.close()
            raise
    except sqlite3.OperationalError as error:
        if "locked" in str(error):
            raise JournalError(f"another job is at work in this folder: {path} is in use") from None
        raise OSError(f"{path}: {error}") from error
    except sqlite3.DatabaseError as error:
        raise JournalError(f"{path} is no journal: {error}") from None
    return db


class Journal:
    """
    The journal of one job in a folder, held by this process until it is closed.

    Parameters
    ----------
    path : pathlib.Path
        The file; made if there is none.
    job : str
        What tells the outputs of this job from those of others in the same folder.
    config : str
        Digest of all settings on which the outputs depend.

    Raises
    ------
    JournalError
        If another job has it, or it is no journal.
    OSError
        If the folder cannot be written to.
    """

    def __init__(self, path: Path, job: str, config: str) -> None:
        self.path = path
        self.job = job
        self.config = config
        self._db = connect(path, write=True)
        self.run = 0
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM files").fetchone()
        self._last = int(last)
        #: Whether nothing is known yet.
        self.is_new = not last

    def begin(self) -> Past | None:
        """Begin a run; return the last one with the same settings."""
        past = self._last_run("main", "WHERE job = :job AND config = :config")
        with self._transaction():
            row = self._db.execute(
                "INSERT INTO runs (job, config, started, complete) VALUES (?, ?, ?, 0)",
                (self.job, self.config, time.time()),
            )
        self.run = int(row.lastrowid or 0)
        return past

    def close(self) -> None:
        """Let others have it."""
        self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        try:
            self._db.execute("BEGIN")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            with suppress(sqlite3.Error):
                self._db.execute("ROLLBACK")
            raise OSError(f"the journal {self.path} cannot be written: {error}") from error

    def lookup(self, path: str) -> Known | None:
        """Return what is known about an input."""
        row = self._db.execute(
            "SELECT id, size, mtime, config, used, again FROM files WHERE job = ? AND path = ?",
            (self.job, path),
        ).fetchone()
        if row is None:
            return None
        used = tuple(Stamp(*item) for item in json.loads(row[4])) if row[4] else ()
        return Known(row[0], row[1], row[2], row[3], used, bool(row[5]))

    def outputs(self, row: int) -> list[tuple[str, int]]:
        """Return the outputs of an input, and their bytes."""
        return self._db.execute(
            "SELECT output, bytes FROM outputs WHERE file = ?", (row,)
        ).fetchall()

    def keep(self, rows: Sequence[int]) -> None:
        """Note that these inputs are there, and done."""
        with self._transaction():
            self._db.executemany(
                "UPDATE files SET run = ? WHERE id = ?", [(self.run, row) for row in rows]
            )

    def record(self, files: Sequence[File], results: Sequence[FileResult]) -> list[str]:
        """
        Write what became of inputs.

        Two inputs may have come to one output. Whichever was written last, the first in the order
        of paths is to have it: the other one gets a failure, the first is to be done again.

        Returns
        -------
        list of str
            Inputs to be done again.
        """
        first = self._last + 1
        self._last += len(files)
        rows = range(first, self._last + 1)
        outputs = [(*out, row) for row, r in zip(rows, results, strict=True) for out in r.outputs]
        failures = [(row, f) for row, r in zip(rows, results, strict=True) for f in r.failures]
        with self._transaction():
            known = [self.lookup(file.path) for file in files if file.known]
            self._forget([(one.row,) for one in known if one is not None])
            self._db.executemany(
                "INSERT INTO files VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    (
                        row,
                        self.job,
                        file.path,
                        file.size,
                        file.mtime,
                        self.config,
                        json.dumps(result.used) if result.used else None,
                        any(failure.passing for failure in result.failures),
                        self.run,
                    )
                    for row, file, result in zip(rows, files, results, strict=True)
                ],
            )
            before = self._db.total_changes
            self._db.executemany(
                "INSERT OR IGNORE INTO outputs (output, id, bytes, file) VALUES (?, ?, ?, ?)",
                outputs,
            )
            taken = self._db.total_changes - before < len(outputs)
            self._insert(failures)
            return self._settle(outputs) if taken else []

    def _forget(self, rows: Sequence[tuple[int]]) -> None:
        for table in ("outputs", "failures"):
            self._db.executemany(f"DELETE FROM {table} WHERE file = ?", rows)  # noqa: S608
        self._db.executemany("DELETE FROM files WHERE id = ?", rows)

    def _insert(self, failures: Sequence[tuple[int, Failure]]) -> None:
        self._db.executemany(
            "INSERT INTO failures VALUES (?, ?, ?, ?, ?)",
            [(row, f.id, f.step, f.error, f.message) for row, f in failures],
        )

    def _settle(self, outputs: Sequence[tuple[str, str, int, int]]) -> list[str]:
        again = []
        for output, seed_id, size, row in outputs:
            owner, its_id, its_path, its_job, mine = self._db.execute(
                "SELECT o.file, o.id, f.path, f.job, (SELECT path FROM files WHERE id = ?)"
                " FROM outputs o JOIN files f ON f.id = o.file WHERE o.output = ?",
                (row, output),
            ).fetchone()
            if owner == row:
                continue
            if its_job != self.job:  # what another job made there is lost to it
                self._db.execute("UPDATE files SET again = 1 WHERE id = ?", (owner,))
                self._claim(output, row, seed_id, size)
                continue
            first, loser = sorted([(its_path, owner, its_id), (mine, row, seed_id)])
            self._claim(output, first[1], first[2], size)
            text = f"{first[0]} has the output {output}, too"
            self._insert([(loser[1], Failure(loser[2], "name", "FileExistsError", text))])
            self._db.execute("UPDATE files SET again = 1 WHERE id = ?", (first[1],))
            again.append(first[0])
        return again

    def _claim(self, output: str, row: int, seed_id: str, size: int) -> None:
        self._db.execute(
            "UPDATE outputs SET file = ?, id = ?, bytes = ? WHERE output = ?",
            (row, seed_id, size, output),
        )

    def _last_run(self, schema: str, which: str = "") -> Past | None:
        row = self._db.execute(
            "SELECT run, job, coalesce(seconds, 0), complete, coalesce(counts, '')"  # noqa: S608
            f" FROM {schema}.runs {which} ORDER BY run DESC LIMIT 1",
            {"job": self.job, "config": self.config},
        ).fetchone()
        return None if row is None else Past(*row)

    def absorb(self, other: Path) -> Past:
        """
        Take over the last run of the journal of a shard.

        Raises
        ------
        JournalError
            If the shard is at work, or has not come to its end.
        """
        connect(other, write=True).close()  # which says if it is at work
        self._db.execute("ATTACH ? AS other", (str(other),))
        try:
            past = self._last_run("other")
            if past is None or not past.complete:
                raise JournalError(f"the shard of {other} has not come to its end")
            self.job = past.job
            offset = self._last
            values = {"offset": offset, "run": self.run, "past": past.run}
            of_past = "file IN (SELECT id FROM other.files WHERE run = :past)"
            with self._transaction():
                self._db.execute(
                    "INSERT INTO files SELECT id + :offset, job, path, size, mtime, config, used,"
                    " again, :run FROM other.files WHERE run = :past",
                    values,
                )
                self._db.execute(
                    "INSERT INTO failures SELECT file + :offset, id, step, error, message"  # noqa: S608
                    f" FROM other.failures WHERE {of_past}",
                    values,
                )
                taken = self._db.execute(
                    "SELECT o.output, o.id, o.bytes, o.file + :offset FROM other.outputs o"  # noqa: S608
                    f" JOIN outputs mine ON mine.output = o.output WHERE o.{of_past}",
                    values,
                ).fetchall()
                self._db.execute(
                    "INSERT OR IGNORE INTO outputs SELECT output, file + :offset, id, bytes"  # noqa: S608
                    f" FROM other.outputs WHERE {of_past}",
                    values,
                )
                self._settle(taken)
        finally:
            self._db.execute("DETACH other")
        (last,) = self._db.execute("SELECT coalesce(max(id), 0) FROM files").fetchone()
        self._last = int(last)
        return past

    def finish(self, seconds: float, counts: str, inputs: Template | None) -> None:
        """
        End the run.

        Parameters
        ----------
        seconds : float
            What it took.
        counts : str
            What else is to be kept of it.
        inputs : Template, optional
            Of a complete run its inputs: those that are no more are forgotten.
        """
        with self._transaction():
            if inputs is not None:
                old = self._db.execute(
                    "SELECT id, path FROM files WHERE job = ? AND run <> ?", (self.job, self.run)
                )
                self._forget([(row,) for row, path in old.fetchall() if inputs.matches(path)])
            self._db.execute(
                "UPDATE runs SET seconds = ?, complete = ?, counts = ? WHERE run = ?",
                (seconds, inputs is not None, counts, self.run),
            )
        with suppress(sqlite3.Error):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            # All is on the disk; what follows makes it one file, readable from anywhere.
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.execute("PRAGMA journal_mode=DELETE")
