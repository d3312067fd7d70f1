"""Comparison of what plain ObsPy and obspeed made of the same records."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _check
from ._demo_job import Job, Key, Outcome, plain

if TYPE_CHECKING:
    from pathlib import Path

    from obspy import Trace

    from ._report import Report

#: Largest difference allowed, relative to the largest sample of ObsPy's record.
LIMIT = 1e-11


class Difference(NamedTuple):
    """How two finished traces differ."""

    key: Key
    id: str
    relative: float
    header: str


@dataclass
class Comparison:
    """
    What the comparison of two outcomes found.

    Attributes
    ----------
    differences : list of Difference
        One row for every trace that both sides finished.
    unequal : list of str
        Sentences about whatever is not equal; empty if all is well.
    """

    differences: list[Difference] = field(default_factory=list)
    unequal: list[str] = field(default_factory=list)

    @property
    def largest(self) -> Difference | None:
        """The row with the largest difference of samples."""
        return max(self.differences, key=lambda row: row.relative, default=None)


@dataclass(frozen=True)
class Result:
    """
    All that the demo found.

    Attributes
    ----------
    job : Job
        What was done.
    folders : list of pathlib.Path
        The events.
    theirs, ours, steps : Outcome
        Of plain ObsPy, of obspeed, and of obspeed step by step.
    ran : Report
        obspeed's own account of its run.
    found : Comparison
        Of the first two outcomes.
    """

    job: Job
    folders: list[Path]
    theirs: Outcome
    ours: Outcome
    steps: Outcome
    ran: Report
    found: Comparison


def compare(ours: Outcome, theirs: Outcome) -> Comparison:
    """Compare samples, headers, histories and failures of obspeed with those of ObsPy."""
    found = Comparison()
    for key in sorted(ours.traces.keys() & theirs.traces.keys()):
        a, b = ours.traces[key], theirs.traces[key]
        row = Difference(key, b.id, relative_difference(a.data, b.data), _header(a, b))
        found.differences.append(row)
        if row.relative > LIMIT:
            found.unequal.append(f"{key.event} {b.id}: samples differ by {row.relative:.1e}")
        if row.header:
            found.unequal.append(f"{key.event} {b.id}: {row.header}")
    for key in sorted(ours.traces.keys() ^ theirs.traces.keys()):
        who, trace = (
            ("obspeed", ours.traces[key]) if key in ours.traces else ("ObsPy", theirs.traces[key])
        )
        found.unequal.append(f"{key.event} {trace.id}: only {who} has a result")
    for who, only in (
        ("obspeed", failed(ours) - failed(theirs)),
        ("ObsPy", failed(theirs) - failed(ours)),
    ):
        found.unequal.extend(
            f"{event} {name}: only {who} fails with {error}: {message}"
            for event, name, error, message in sorted(only.elements(), key=str)
        )
    return found


def failed(outcome: Outcome) -> Counter[tuple[str, str, str | None, str]]:
    """Count failures by what has to be equal: where, and with which exception."""
    return Counter((row.event, row.id, row.error, row.message) for row in outcome.failures)


def relative_difference(a: Any, b: Any) -> float:
    """Largest difference of two arrays over the largest sample of the second; inf if unlike."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return float("inf")
    return _check.relative_difference(a, b)


def _header(a: Trace, b: Trace) -> str:
    """Say what differs in the stats of two traces; empty if nothing does."""
    ours, theirs = dict(a.stats), dict(b.stats)
    histories = [list(map(plain, stats.pop("processing", []))) for stats in (ours, theirs)]
    # Equal texts are equal responses; the objects come from two readings of a file.
    differing = [
        name for name in ours.keys() | theirs.keys() if str(ours.get(name)) != str(theirs.get(name))
    ]
    if histories[0] != histories[1]:
        differing.append("processing")
    return f"stats differ: {', '.join(sorted(differing))}" if differing else ""
