"""The demo's table."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import obspy

import obspeed

from ._demo_compare import LIMIT, failed
from ._demo_job import COMPUTE, READ, WRITE, Outcome

if TYPE_CHECKING:
    from ._demo_compare import Result

_WIDTH = 72
_LABEL = 30
_TIMES = "\N{MULTIPLICATION SIGN}"
_SHOWN = 12


def render(result: Result) -> str:
    """
    Lay out what the demo found.

    Parameters
    ----------
    result : Result
        What the demo found.

    Returns
    -------
    str
        Lines to print.
    """
    lines = [
        "",
        *_heading(result),
        "",
        *_speeds(result),
        "",
        *_equality(result),
        *_engines(result),
        *_failures(result),
    ]
    text = "\n".join(lines)
    encoding = sys.stdout.encoding or "ascii"
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        # A terminal of the old kind gets the same table in ASCII.
        for fancy, simple in (("─", "-"), (_TIMES, "x"), ("·", "-"), ("…", "...")):
            text = text.replace(fancy, simple)
        text = text.encode(encoding, "replace").decode(encoding)
    return text


def duration(seconds: float) -> str:
    """Write a time with three significant digits, in s or ms."""
    return f"{three(seconds)} s" if seconds >= 1.0 else f"{three(seconds * 1e3)} ms"


def three(number: float) -> str:
    """Write a number with three significant digits, zeros at its end included."""
    before_point = len(str(int(number)))
    return f"{number:.{max(0, 3 - before_point)}f}"


def ratio(slow: float, fast: float) -> str:
    """Write how many times faster, in the precision that the number has."""
    if not slow or not fast:
        return ""  # no trace came as far as this step
    times = slow / fast
    return f"{times:.1f}{_TIMES}" if times < 10.0 else f"{times:.0f}{_TIMES}"


def total(outcome: Outcome) -> float:
    """Time from files to files."""
    return sum(outcome.seconds[step] for step in (READ, COMPUTE, WRITE))


def _heading(result: Result) -> list[str]:
    theirs = result.theirs
    threads = obspeed.get_num_threads()
    chain = " · ".join(step.label for step in result.job.steps)
    return [
        f"  obspeed {obspeed.__version__} · ObsPy {obspy.__version__} · "
        f"{threads} thread{'s' if threads != 1 else ''}",
        f"  {theirs.records} records, {theirs.samples / 1e6:.1f} million samples",
        f"  {chain}",
    ]


def _speeds(result: Result) -> list[str]:
    theirs, ours = result.theirs, result.ours
    rule = "  " + "─" * (_WIDTH - 2)
    lines = [
        _row("", "ObsPy", "obspeed", "faster"),
        rule,
        *(
            _times(step.label, theirs.seconds[step.label], result.steps.seconds[step.label])
            for step in result.job.steps
        ),
    ]
    slow, fast = theirs.seconds[COMPUTE], ours.seconds[COMPUTE]
    lines += [rule, _times("all steps, fused", slow, fast)]
    if slow and fast:
        per_second = (three(theirs.records / slow), three(ours.records / fast))
        lines.append(_row("traces per second", *per_second, ""))
    lines.append(rule)
    for label in (READ, WRITE):
        both = (theirs.seconds[label], ours.seconds[label])
        lines.append(_row(label, duration(both[0]), duration(both[1]), ""))
    lines.append(_times("files to files", total(theirs), total(ours)))
    return lines


def _times(label: str, slow: float, fast: float) -> str:
    return _row(label, duration(slow), duration(fast), ratio(slow, fast))


def _row(label: str, theirs: str, ours: str, faster: str) -> str:
    return f"  {label:<{_LABEL}}{theirs:>13}{ours:>13}{faster:>14}".rstrip()


def _equality(result: Result) -> list[str]:
    found = result.found
    lines = []
    if found.largest is not None:
        row = found.largest
        lines.append(
            f"  Samples   largest difference {row.relative:.1e} of a record's maximum "
            f"(allowed {LIMIT:.0e})"
        )
    equal = sum(not row.header and row.relative <= LIMIT for row in found.differences)
    lines.append(
        f"  Equal     {equal} of {len(result.theirs.traces)} records: "
        "samples, data type, header, processing history"
    )
    if found.unequal:
        lines.append(f"  DIFFERENT {len(found.unequal)}")
        lines += [f"            {text}" for text in found.unequal[:_SHOWN]]
        lines += _more(len(found.unequal))
    return lines


def _engines(result: Result) -> list[str]:
    """Say how much of the job ran in Rust: equal answers of ObsPy with itself prove nothing."""
    methods = result.ran.methods
    rows = [methods[step.method] for step in result.job.steps if step.method in methods]
    traces, fast = sum(row.traces for row in rows), sum(row.accelerated for row in rows)
    lines = [f"  In Rust   {fast} of {traces} method calls on a trace"]
    declined: Counter[str] = Counter()
    for row in rows:
        declined.update(row.declined)
    lines += [f"            {count} left to ObsPy: {why}" for why, count in declined.most_common()]
    return lines


def _failures(result: Result) -> list[str]:
    theirs, ours = result.theirs.failures, result.ours.failures
    if not theirs and not ours:
        return ["  Failures  none"]
    same = failed(result.theirs) == failed(result.ours)
    verdict = "the same in both" if same else f"ObsPy; {len(ours)} obspeed; NOT THE SAME"
    lines = [f"  Failures  {len(theirs)}, {verdict}"]
    kinds = Counter((row.step, row.error, row.message) for row in theirs)
    for (step, error, message), count in list(kinds.most_common())[:_SHOWN]:
        ids = [
            row.id for row in theirs if (row.step, row.error, row.message) == (step, error, message)
        ]
        first = " ".join(message.split())[: _WIDTH - 12]
        names = ", ".join(dict.fromkeys(ids))
        lines.append(f"    {count:>4}    {step}: {error}: {first}")
        lines.append(f"            {names if len(names) < _WIDTH else names[: _WIDTH - 1] + '…'}")
    return lines + _more(len(kinds))


def _more(count: int) -> list[str]:
    return [f"            … and {count - _SHOWN} more"] if count > _SHOWN else []
