"""Decide, compute, commit: the one path from a call to its traces."""

from __future__ import annotations

import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

import numpy as np
from obspy import Stream, Trace

from . import _check, _core, _history, _originals
from ._commit import commit, warn, write_history
from ._errors import DeclinedError
from ._filters import warnings_raise
from ._kinds import Plan, plan_all, reason, refusal
from ._lazy import lazy
from ._methods import STEPS, Equality
from ._plan import Maker, Planned, Planner, Samples
from ._report import record
from ._runs import runs, waves
from ._threads import get_num_threads

_local = threading.local()


_QUIET = frozenset({"ignore", "warn"})


class Call:
    """
    One call of a Trace method, its arguments settled once for all traces.

    Parameters
    ----------
    name : str
        The method.
    args, kwargs
        Its arguments, without the trace.
    direct : bool
        Whether ObsPy's own method was called on the trace; otherwise a trace of a class that
        overrides the method gets its own.
    """

    def __init__(
        self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], *, direct: bool = False
    ) -> None:
        self.name = name
        self.direct = direct
        self.args = args
        self.kwargs = kwargs
        self.declined: DeclinedError | None = None
        self.planner: Planner = self._decline
        self.maker: Maker | None = None
        self.whole: Callable[[], None] | None = None
        self.may_raise = warnings_raise(RuntimeWarning)
        method = STEPS.get(name)
        if method is None:
            self.declined = DeclinedError("no kernel")
            return
        if not _QUIET.issuperset(np.geterr().values()):
            self.declined = DeclinedError("numpy.errstate asks for more than warnings")
            return
        try:
            if method.make is not None:
                self.maker = method.make(*args, **kwargs)
            elif method.prepare is not None:
                self.planner = method.prepare(*args, **kwargs)
        except DeclinedError as error:
            self.declined = error
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - ObsPy meets the same, and raises its own
            self.declined = DeclinedError(f"arguments: {type(error).__name__}: {error}")

    def _decline(self, _: object) -> Planned:
        raise self.declined or DeclinedError("no kernel")

    @classmethod
    def on(
        cls,
        target: Stream | Trace,
        name: str,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        direct: bool = False,
    ) -> Call:
        """Return the call that a call of a method of `target` comes down to."""
        method = STEPS.get(name)
        if isinstance(target, Trace) or method is None:
            return cls(name, args, kwargs, direct=direct)
        declined, whole = None, None
        try:
            if method.of_stream is not None:
                args, kwargs = (), method.of_stream(target, *args, **kwargs)
            if method.whole is not None:
                whole = method.whole(target, *args, **kwargs)
        except DeclinedError as error:
            declined = error
        except MemoryError:
            raise
        except Exception as error:  # noqa: BLE001 - ObsPy meets the same, and raises its own
            declined = DeclinedError(f"arguments: {error}")
        call = cls(name, args, kwargs)
        call.declined = call.declined or declined
        call.whole = whole if call.declined is None else None
        return call

    @property
    def equality(self) -> Equality:
        """How equal the result is to ObsPy's."""
        method = STEPS.get(self.name)
        if method is None or self.declined is not None:
            return Equality()
        bound = _originals.signature(self.name).bind(None, *self.args, **self.kwargs)
        bound.apply_defaults()
        kind = bound.arguments.get("type", bound.arguments.get("method"))
        return method.by_kind.get(str(kind).lower(), method.equality)

    @lazy
    def history(self) -> str:
        """The entry in ``stats.processing``."""
        return _history.entry(self.name, self.args, self.kwargs)

    def by_obspy(self, trace: Trace) -> Any:
        """Let ObsPy, or whoever overrides it, do this call."""
        theirs = self.name in vars(trace) or not _originals.is_known(type(trace), self.name)
        if self.direct or not theirs:
            with passing():
                return _originals.original(Trace, self.name)(trace, *self.args, **self.kwargs)
        return getattr(trace, self.name)(*self.args, **self.kwargs)


class Answer(NamedTuple):
    """The samples that calls make of one trace, to be committed as planned."""

    plan: Plan
    data: Samples
    before: Samples

    def commit(self, trace: Trace) -> None:
        """Bring the trace to what its calls make of it, with their warnings."""
        plan = self.plan
        commit(trace, plan.planned, plan.change, plan.warnings, self.data, self.before)


class Done:
    """What has become of a trace that the run itself has committed."""


DONE = Done()
Outcome = Answer | Done | Exception | None
"""An answer, that it is committed, the reason why there is none, or None if the run was stopped."""


def make(call: Call, trace: Trace) -> list[Trace] | Exception:
    """Make what a call returns for one trace, which is only read, or return why not."""
    try:
        return refusal([call], trace) or (call.maker(trace) if call.maker else [])
    except Exception as error:  # noqa: BLE001 - ObsPy meets the same odd object, and raises its own
        return reason(error)


def compute(
    traces: Sequence[Trace],
    plans: Sequence[Plan | Exception],
    progress: Callable[[int], None] | None = None,
) -> tuple[list[Outcome], BaseException | None]:
    """
    Run the kernels on all planned traces.

    Those of which nothing has to be warned are done at once, data and history, up to the first that
    has no answer; after it only those that ObsPy too would write to, and that nothing can stop.

    Returns
    -------
    outcomes : list
        An `Outcome` for each trace.
    interrupt : BaseException or None
        What stopped the run.
    """
    outcomes: list[Outcome] = [None] * len(traces)
    places: list[int] = []
    jobs: list[_core.Job] = []
    prompt: int | None = None
    for i, p in enumerate(plans):
        if prompt is None and (isinstance(p, Exception) or not p.is_prompt):
            # It may warn, and that may raise: neither it nor what follows is done at once.
            prompt = len(jobs)
        if isinstance(p, Exception):
            outcomes[i] = p
        elif p.job is None:
            outcomes[i] = Answer(p, p.left(traces[i].data), traces[i].data)
        else:
            places.append(i)
            jobs.append(p.job)
    if prompt is None:
        prompt = len(jobs)
    run = [traces[i] for i in places]
    before = [trace.data for trace in run]
    results, interrupt = _core.run(run, jobs, prompt, get_num_threads(), progress)
    for i, data, result in zip(places, before, results, strict=True):
        if result is None:
            outcomes[i] = DONE
            continue
        p = plans[i]
        if isinstance(result, np.ndarray) and not isinstance(p, Exception):
            outcomes[i] = Answer(p, result, data)
        elif isinstance(result, Exception):
            outcomes[i] = result
    return outcomes, interrupt


@contextmanager
def passing() -> Iterator[None]:
    """Let patched methods hand every call of this thread to ObsPy."""
    before = is_passing()
    _local.passing = True
    try:
        yield
    finally:
        _local.passing = before


def is_passing() -> bool:
    """Whether this thread's calls are ObsPy's own affair."""
    return getattr(_local, "passing", False)


def strict(call: Call, trace: Trace, reason: Exception) -> None:
    """With ``OBSPEED_STRICT=1``, raise instead of leaving a trace to ObsPy."""
    if os.environ.get("OBSPEED_STRICT") == "1":
        raise DeclinedError(f"{call.name} of {trace.id}: {reason}") from None


def call_method(
    target: Stream | Trace, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """
    Do one method of a Stream or Trace, as ObsPy would, and return what it returns.

    Raises
    ------
    Exception
        What ObsPy raises; the traces before the failing one are then done, those after untouched.
    """
    kind = Stream if isinstance(target, Stream) else Trace
    original = _originals.original(kind, name)

    def by_obspy(target: Stream | Trace) -> Any:
        with passing():
            return original(target, *args, **kwargs)

    if os.environ.get("OBSPEED_DISABLE") == "1":
        return by_obspy(target)
    started = time.perf_counter()
    declined: Counter[str] = Counter()
    traces = list(target.traces) if kind is Stream else [target]
    call = Call.on(target, name, args, kwargs, direct=kind is Trace)
    try:
        checked = (
            _check.checked(call, target, by_obspy) if _check.is_on() else nullcontext(Stream())
        )
        with checked as made:
            if call.whole is not None:
                call.whole()
                return target
            whole = call.declined
            if kind is Stream and name in _ALL_UNMASKED and any(map(_is_masked, traces)):
                whole = DeclinedError("a trace of the stream has masked values")
            if kind is Trace and whole is None and len(target.data) == 0:
                whole = DeclinedError("the trace is empty")
            if whole is not None:
                declined[str(whole)] += len(traces)
                if traces:
                    strict(call, traces[0], whole)
                return by_obspy(target)
            if call.maker is not None:
                for trace in traces:
                    made.extend(_make(call, trace, declined))
                return made
            for wave in waves(traces):
                _do_wave(call, wave, declined)
        return target
    finally:
        record(name, len(traces), declined, time.perf_counter() - started)


def _unchecked(*_: object) -> AbstractContextManager[Stream]:
    return nullcontext(Stream())


_ALL_UNMASKED = frozenset({"detrend", "filter"})


def _is_masked(trace: Trace) -> bool:
    return isinstance(trace.data, np.ma.MaskedArray) and bool(np.ma.is_masked(trace.data))


def _make(call: Call, trace: Trace, declined: Counter[str]) -> Stream:
    """Return what a call makes of one trace, and write the trace's history."""
    pieces = make(call, trace)
    if isinstance(pieces, Exception):
        declined[str(pieces)] += 1
        strict(call, trace, pieces)
        return call.by_obspy(trace)
    entries, messages = write_history(trace, [call.history])
    for message, category in messages:
        warn(message, category)
    _core.Change(True, {}, {}, entries).apply(trace)
    return Stream(pieces)


def _do_wave(call: Call, traces: list[Trace], declined: Counter[str]) -> None:
    """Do one call on different traces, in as few runs as its effects allow."""
    plans = plan_all([call], traces)
    for begin, end in runs(traces, plans):
        part = traces[begin:end]
        outcomes, interrupt = compute(part, plans[begin:end])
        for trace, outcome in zip(part, outcomes, strict=True):
            if outcome is not DONE and (interrupt is None or isinstance(outcome, Answer)):
                _finish(call, trace, outcome, declined)
        if interrupt is not None:
            raise interrupt


def _finish(call: Call, trace: Trace, outcome: Outcome, declined: Counter[str]) -> None:
    if isinstance(outcome, Answer):
        outcome.commit(trace)
    elif isinstance(outcome, DeclinedError):
        declined[str(outcome)] += 1
        strict(call, trace, outcome)
        call.by_obspy(trace)
    elif isinstance(outcome, Exception):
        raise outcome
