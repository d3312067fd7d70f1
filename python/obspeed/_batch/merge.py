"""One journal of those of the shards of a job."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

from .journal import Journal, connect
from .report import BatchReport, Totals
from .templates import Output

_SHARD = re.compile(r"journal\.(\d+)of(\d+)\.sqlite")


def merge_shards(
    root: str | Path, output: str = "{event}/processed/{id}__{start}__{end}.sac"
) -> BatchReport:
    """
    Make one journal, one table of failures and one page of those of the shards of a job.

    A job without `shard` goes on from there. An output that two shards have made is given to the
    first input in the order of paths, which is to be done again; the other one is a failure.

    Parameters
    ----------
    root : str or pathlib.Path
        The folder of the job.
    output : str
        Its outputs, as `process` was given them.

    Returns
    -------
    BatchReport
        Of all shards; its seconds are those of the slowest.

    Raises
    ------
    FileNotFoundError
        If shards are missing.
    JournalError
        If a shard is at work, or has not come to its end.
    """
    folder = Path(root).resolve() / Output(output).folder
    shards = {
        tuple(map(int, found.groups())): path
        for path in folder.glob("journal.*.sqlite")
        if (found := _SHARD.fullmatch(path.name))
    }
    sizes = {n for _, n in shards}
    if len(sizes) != 1:
        raise FileNotFoundError(f"expected the journals of one set of shards in {folder}")
    (n,) = sizes
    missing = [f"{i}/{n}" for i in range(n) if (i, n) not in shards]
    if missing:
        raise FileNotFoundError(f"no journal of the shards {', '.join(missing)} in {folder}")
    journal = folder / "journal.sqlite"
    if journal.exists():
        connect(journal, write=True).close()  # which says if a job is at work
    draft = journal.with_suffix(".sqlite.part")
    draft.unlink(missing_ok=True)
    totals = Totals()
    try:
        with closing(Journal(draft, "", "")) as merged:
            merged.begin()
            seconds = 0.0
            for _, path in sorted(shards.items()):
                past = merged.absorb(path)
                seconds = max(seconds, past.seconds)
                totals.merge(Totals.from_json(past.counts))
            merged.finish(seconds, totals.to_json(), None)
        draft.replace(journal)
    finally:
        draft.unlink(missing_ok=True)
    report = BatchReport(folder, journal, merged.run, merged.job, seconds, n, "", totals)
    report.write()
    return report
