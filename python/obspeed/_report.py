"""What ran where: counts, seconds, and reasons for declining."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from ._locks import ForkSafeLock

logger = logging.getLogger("obspeed")


@dataclass
class MethodReport:
    """
    The calls of one method.

    Attributes
    ----------
    calls : int
        Calls through a front door of obspeed; a step of a pipeline counts once a run.
    traces : int
        Traces in these calls.
    accelerated : int
        Traces that obspeed's kernels answered.
    seconds : float
        Wall-clock time of the calls, ObsPy's part for declined traces included; the time of a
        pipeline is under ``pipeline``.
    declined : collections.Counter
        Traces that went to ObsPy, by reason.
    """

    calls: int = 0
    traces: int = 0
    accelerated: int = 0
    seconds: float = 0.0
    declined: Counter[str] = field(default_factory=Counter)


class Report:
    """
    A snapshot of what obspeed did; subtract an earlier one for what happened in between.

    Attributes
    ----------
    methods : dict of str to MethodReport
        One entry for each method that was called.
    """

    def __init__(self, methods: dict[str, MethodReport]) -> None:
        self.methods = methods

    def __sub__(self, earlier: Report) -> Report:
        rows = {}
        for name, now in self.methods.items():
            then = earlier.methods.get(name, MethodReport())
            row = MethodReport(
                now.calls - then.calls,
                now.traces - then.traces,
                now.accelerated - then.accelerated,
                now.seconds - then.seconds,
                now.declined - then.declined,
            )
            if row.calls or row.traces:
                rows[name] = row
        return Report(rows)

    def __str__(self) -> str:
        if not self.methods:
            return "obspeed: no calls"
        lines = [f"{'method':<20}{'calls':>8}{'traces':>9}{'accelerated':>13}{'seconds':>10}"]
        for name, row in sorted(self.methods.items()):
            lines.append(
                f"{name:<20}{row.calls:>8}{row.traces:>9}{row.accelerated:>13}{row.seconds:>10.3f}"
            )
            lines.extend(
                f"    {count} to ObsPy: {reason}" for reason, count in row.declined.most_common()
            )
        return "\n".join(lines)

    __repr__ = __str__


_lock = ForkSafeLock()
_methods: dict[str, MethodReport] = {}
_told: set[tuple[str, str]] = set()


def record(name: str, traces: int, declined: Counter[str], seconds: float) -> None:
    """Add one call; a reason for declining is logged at INFO the first time it is met."""
    with _lock:
        row = _methods.setdefault(name, MethodReport())
        row.calls += 1
        row.traces += traces
        row.accelerated += traces - declined.total()
        row.seconds += seconds
        row.declined.update(declined)
        new = [reason for reason in declined if (name, reason) not in _told]
        _told.update((name, reason) for reason in new)
    for reason in new:
        logger.info("%s: left to ObsPy: %s", name, reason)


def report() -> Report:
    """
    Return what has been done since the start or the last `reset_report`.

    Returns
    -------
    Report
        A snapshot; its text is a table.
    """
    with _lock:
        return Report(
            {
                name: MethodReport(
                    row.calls, row.traces, row.accelerated, row.seconds, Counter(row.declined)
                )
                for name, row in _methods.items()
            }
        )


def reset_report() -> None:
    """Forget all counts; reasons for declining will be logged anew."""
    with _lock:
        _methods.clear()
        _told.clear()
