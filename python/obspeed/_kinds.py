"""What calls do to a trace, planned once for all traces of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _core, _originals
from ._commit import changes, is_plain
from ._errors import DeclinedError
from ._plan import ALL, ID, TIME, Message, Planned, Samples, State, check_trace, plan_calls

if TYPE_CHECKING:
    from obspy import Trace

    from ._execute import Call


class Plan(NamedTuple):
    """
    What calls do to each trace of a kind.

    Attributes
    ----------
    planned : list of Planned
        What each of them does.
    job : _core.Job or None
        What the kernels do; None if nothing but a cut is left.
    cut : slice or None
        The samples that the calls at the head leave; None for all.
    change : _core.Change
        What is set in the trace with the result.
    warnings : list of (str, type)
        What is to be warned of before.
    nbytes : int
        The size of the new arrays.
    writes : bool
        Whether the kernel writes to the trace's own array.
    is_prompt : bool
        Whether the run that computes may also commit: nothing is to be warned of, and what ObsPy
        derives when data and stats are set is settled.
    """

    planned: list[Planned]
    job: _core.Job | None
    cut: slice | None
    change: _core.Change
    warnings: list[Message]
    nbytes: int
    writes: bool
    is_prompt: bool

    def left(self, data: Samples) -> Samples:
        """Return what the calls at the head leave of the samples, a view."""
        return data if self.cut is None else data[self.cut]


def plan_all(calls: Sequence[Call], traces: Sequence[Trace]) -> list[Plan | Exception]:
    """Plan `calls` for each trace, or say why this cannot be done."""
    if not traces:
        return []
    # What the first trace's plan depends on, that of most others will.
    opening = _Planner(calls)
    first, reads = opening(traces[0])
    if len(traces) == 1:
        return [first]
    planners: dict[int, _Planner] = {}
    while True:
        kinds, finer = _core.kinds(traces, bool(reads & TIME), bool(reads & ID))
        if reads & ALL:
            finer = list(range(len(traces)))
        planners.setdefault(kinds[0], opening)
        plans: dict[int, Plan | Exception] = {finer[0]: first}
        for trace, kind, fine in zip(traces, kinds, finer, strict=True):
            if fine in plans:
                continue
            if kind not in planners:
                planners[kind] = _Planner(calls)
            plans[fine], read = planners[kind](trace)
            if read & ~reads and not reads & ALL:
                reads |= read
                break
        else:
            return [plans[fine] for fine in finer]


def plan(calls: Sequence[Call], trace: Trace) -> Plan | Exception:
    """Plan `calls` for one trace, or return why this cannot be done."""
    return _Planner(calls)(trace)[0]


class _Planner:
    """Plans calls for traces of one kind."""

    def __init__(self, calls: Sequence[Call]) -> None:
        self.calls = calls
        self.refused: DeclinedError | None = None
        self.is_checked = False
        # What follows from the answers of the calls' own planners, by these; and what of it does
        # not depend on the kernels, by those that say more.
        self.settled: dict[tuple[int, ...], Plan] = {}
        self.changes: dict[tuple[int, ...], tuple[_core.Change, list[Message], list[Any]]] = {}

    def __call__(self, trace: Trace) -> tuple[Plan | Exception, int]:
        """Return a plan, and what of the trace it depends on, beside its kind."""
        reads = 0
        try:
            if not self.is_checked:
                self.refused = _refused(self.calls, trace)
                self.is_checked = True
            if self.refused is not None:
                return self.refused, reads
            state = State(trace)
            try:
                planned = plan_calls([call.planner for call in self.calls], state)
            finally:
                reads = state.reads
            key = tuple(map(id, planned))
            if key not in self.settled:
                self.settled[key] = self._settled(trace, planned)
            return self.settled[key], reads
        except Exception as error:  # noqa: BLE001 - ObsPy meets the same odd object, and raises its own
            return reason(error), reads

    def _settled(self, trace: Trace, planned: list[Planned]) -> Plan:
        """Settle what is to be done by the kernels, and what then changes."""
        before = len(trace.data)
        npts = next((p.npts for p in reversed(planned) if p.npts is not None), before)
        change, warnings = self._changes(trace, planned, npts)
        cut, rest = _cut(planned, before)
        steps = [step for p in rest for step in (*p.before, p.step)]
        writes = _writes(self.calls, planned, trace)
        result = None if writes else (npts, planned[-1].dtype)
        return Plan(
            planned,
            _core.Job(steps, cut, result, change) if rest else None,
            cut,
            change,
            warnings,
            0 if writes else 8 * npts,
            writes,
            writes or (bool(rest) and not warnings and is_plain(trace)),
        )

    def _changes(
        self, trace: Trace, planned: list[Planned], npts: int
    ) -> tuple[_core.Change, list[Message]]:
        """Settle what else changes, once for all traces where the rest of the plan differs."""
        telling = [p if p.stats or p.entries or p.warnings else p.in_place for p in planned]
        key = npts, *map(id, telling)
        if key not in self.changes:
            pairs = zip(self.calls, planned, strict=True)
            entries = [entry for call, p in pairs for entry in (*p.entries, call.history)]
            # With those that the key is made of, lest others take their place in memory.
            self.changes[key] = (*changes(trace, planned, npts, entries), telling)
        change, warnings, _ = self.changes[key]
        return change, warnings


def refusal(calls: Sequence[Call], trace: Trace) -> DeclinedError | None:
    """Return why these calls go to ObsPy whatever the trace holds, if they do."""
    for call in calls:
        if call.declined is not None:
            return call.declined
        if not call.direct and (
            call.name in vars(trace) or not _originals.is_known(type(trace), call.name)
        ):
            return DeclinedError(f"{type(trace).__name__}.{call.name} is not ObsPy's")
    return None


def _refused(calls: Sequence[Call], trace: Trace) -> DeclinedError | None:
    """Return why neither these calls nor others are done, whatever their planners say."""
    refused = refusal(calls, trace)
    if refused is None:
        try:
            check_trace(trace)
        except DeclinedError as error:
            return error
    return refused


def reason(error: Exception) -> Exception:
    """Return an exception met in planning as a reason to decline, unless it is one to be raised."""
    if isinstance(error, (DeclinedError, MemoryError)):
        return error
    return DeclinedError(f"planning failed: {type(error).__name__}: {error}")


def _cut(planned: list[Planned], npts: int) -> tuple[slice | None, list[Planned]]:
    """Return the samples that the calls at the head leave, and the others."""
    begin, end = 0, npts
    for n, p in enumerate(planned):
        if p.cut is None:
            rest = planned[n:]
            break
        begin, end = begin + p.cut[0], begin + p.cut[1]
    else:
        rest = []
    return None if (begin, end) == (0, npts) else slice(begin, end), rest


def _writes(calls: Sequence[Call], planned: list[Planned], trace: Trace) -> bool:
    """Whether the kernel may write to the trace's own array: one call, and nothing can stop it."""
    log: Any = trace.stats.__dict__.get("processing", ())
    return (
        len(planned) == 1
        and planned[0].in_place
        and not planned[0].warnings
        and not calls[0].may_raise
        and len(log) < trace._max_processing_info - 1
    )
