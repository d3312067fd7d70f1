"""One run of a pipeline: all calls on each trace, and what became of it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from obspy import Trace, UTCDateTime

from . import _core
from ._commit import Effect
from ._errors import DeclinedError
from ._execute import DONE, Answer, Call, Outcome, compute, strict
from ._kinds import plan, plan_all
from ._report import record
from ._runs import runs, waves
from ._stationxml import for_obspy
from ._turns import without_python


@dataclass(frozen=True)
class Row:
    """
    What became of one trace.

    Attributes
    ----------
    index : int
        Its position in the stream.
    id : str
        Its id.
    starttime : obspy.UTCDateTime
        Its start before the run.
    step : str or None
        The method that failed.
    error : str or None
        The type of the exception.
    message : str
        Its text.
    exception : Exception or None
        The exception itself.
    """

    index: int
    id: str
    starttime: UTCDateTime
    step: str | None = None
    error: str | None = None
    message: str = ""
    exception: Exception | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True)
class RunReport:
    """
    What a run of a pipeline did.

    Attributes
    ----------
    ok : list of Row
        The traces that are done.
    failed : list of Row
        The traces that are as they were, each with the step, the error and its message.
    declined : collections.Counter
        Traces whose steps ObsPy did, wholly or in part, by reason.
    seconds : float
        Wall-clock time.
    """

    ok: list[Row]
    failed: list[Row]
    declined: Counter[str]
    seconds: float

    def __str__(self) -> str:
        lines = [f"{len(self.ok)} traces done, {len(self.failed)} failed, {self.seconds:.2f} s"]
        lines += [f"    {row.id} {row.step}: {row.error}: {row.message}" for row in self.failed]
        lines += [f"    {n} through ObsPy: {reason}" for reason, n in self.declined.most_common()]
        return "\n".join(lines)


class Run:
    """
    One run of a pipeline.

    Parameters
    ----------
    calls : list of Call
        The pipeline, its arguments settled.
    traces : list of obspy.Trace
        What to work on.
    raises : bool
        Whether the first failing trace ends the run with its exception.
    advance : callable
        Is told the number of traces done, now and then; what it raises ends the run.
    """

    def __init__(
        self,
        calls: list[Call],
        traces: list[Trace],
        raises: bool,
        advance: Callable[[int], None],
    ) -> None:
        self.calls = calls
        self.traces = traces
        self.raises = raises
        self.advance = advance
        self.rows: list[Row] = []
        self.declined: Counter[str] = Counter()
        self.by_call: list[Counter[str]] = [Counter() for _ in calls]

    def report(self) -> RunReport:
        """Do it all."""
        started = time.perf_counter()
        try:
            if self.calls:
                for wave in waves(self.traces):
                    self._do(wave)
            else:
                self.rows = [self._row(i) for i in range(len(self.traces))]
        finally:
            seconds = time.perf_counter() - started
            record("pipeline", len(self.rows), self.declined, seconds)
            for call, declined in zip(self.calls, self.by_call, strict=True):
                record(call.name, len(self.rows), declined, 0.0)
        ok = [row for row in self.rows if row.error is None]
        return RunReport(ok, [r for r in self.rows if r.error], self.declined, seconds)

    def _do(self, wave: list[Trace]) -> None:
        first = len(self.rows)
        plans = plan_all(self.calls, wave)
        for begin, end in runs(wave, plans):
            part = range(first + begin, first + end)
            before = len(self.rows)
            with without_python():
                outcomes, interrupt = compute(
                    wave[begin:end],
                    plans[begin:end],
                    lambda n: self.advance(before + n),  # noqa: B023
                )
            for i, outcome in zip(part, outcomes, strict=True):
                if interrupt is None or outcome is DONE or isinstance(outcome, Answer):
                    self._finish(i, outcome)
                    self.advance(len(self.rows))
            if interrupt is not None:
                raise interrupt

    def _finish(self, i: int, outcome: Outcome) -> None:
        trace = self.traces[i]
        row = self._row(i)
        step: str | None = None
        try:
            if isinstance(outcome, Answer):
                try:
                    outcome.commit(trace)
                except Warning:  # before anything was changed; which of the steps it is shows then
                    outcome = DeclinedError("a warning is raised as an error")
            if isinstance(outcome, DeclinedError):
                self.declined[str(outcome)] += 1
                for step in self._one_by_one(trace):  # noqa: B007 - the last one is the failing one
                    pass
            elif isinstance(outcome, Exception):
                raise outcome
        except Exception as error:
            row = Row(i, row.id, row.starttime, step, type(error).__name__, str(error), error)
            if self.raises:
                raise
        finally:
            self.rows.append(row)

    def _one_by_one(self, trace: Trace) -> Iterator[str]:
        """Do the calls on a copy, ObsPy where it must be, and hand it over if all succeed."""
        copied = _copy(trace)
        in_place = True
        for call, declined in zip(self.calls, self.by_call, strict=True):
            yield call.name
            data = copied.data
            [outcome], interrupt = compute([copied], [plan([call], copied)])
            if interrupt is not None:
                raise interrupt
            if isinstance(outcome, Answer):
                outcome.commit(copied)
            elif isinstance(outcome, DeclinedError):
                strict(call, trace, outcome)
                declined[str(outcome)] += 1
                for_obspy(copied)
                call.by_obspy(copied)
            elif isinstance(outcome, Exception):
                raise outcome
            in_place = in_place and copied.data is data
        _hand_over(trace, copied, in_place)

    def _row(self, i: int) -> Row:
        trace = self.traces[i]
        return Row(i, trace.id, UTCDateTime(trace.stats.starttime))


def _copy(trace: Trace) -> Trace:
    """Return a trace with samples and history of its own; what else the stats hold is shared."""
    copied: Trace = object.__new__(type(trace))
    copied.__dict__.update(trace.__dict__)
    stats = object.__new__(type(trace.stats))
    stats.__dict__.update(trace.stats.__dict__)
    log = stats.__dict__.get("processing")
    if isinstance(log, list):
        stats.__dict__["processing"] = list(log)
    # Not contiguous if the trace's own are not: some methods of ObsPy's refuse such arrays.
    data = trace.data.copy() if trace.data.flags.c_contiguous else trace.data.repeat(2)[::2]
    data.flags.writeable = trace.data.flags.writeable
    copied.__dict__.update(stats=stats, data=data)
    return copied


def _hand_over(trace: Trace, copied: Trace, in_place: bool) -> None:
    """Make `trace` what its copy has become, in one piece."""
    own, new = trace.stats.__dict__, copied.stats.__dict__
    effects: list[Effect] = [(own, key, value) for key, value in new.items() if key != "processing"]
    log, entries = own.get("processing"), new.get("processing")
    if isinstance(log, list) and isinstance(entries, list):
        effects += [(log, None, entry) for entry in entries[len(log) :]]
    elif "processing" in new:
        effects.append((own, "processing", entries))
    if not in_place:
        effects.append((trace.__dict__, "data", copied.data))
    elif trace.data.flags.writeable:
        effects.append((trace.data, Ellipsis, copied.data))
    _core.apply(effects)
