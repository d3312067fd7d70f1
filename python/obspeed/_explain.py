"""What would run where, without running it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from obspy import Stream, Trace

from ._errors import DeclinedError
from ._execute import Call, make
from ._kinds import plan
from ._methods import METHODS, STEPS


@dataclass(frozen=True)
class Verdict:
    """
    Where one trace's call would run.

    Attributes
    ----------
    id : str
        The trace.
    eligible : bool
        True if obspeed's kernels take it.
    reason : str
        Why not; empty if they do.
    """

    id: str
    eligible: bool
    reason: str


class Explanation(list[Verdict]):
    """One `Verdict` for each trace; true if all are eligible."""

    def __bool__(self) -> bool:
        return all(verdict.eligible for verdict in self)

    def __str__(self) -> str:
        return "\n".join(
            f"{v.id}: obspeed" if v.eligible else f"{v.id}: ObsPy, since {v.reason}" for v in self
        )

    __repr__ = __str__


def _decided(call: Call, trace: Trace) -> object:
    if call.name not in METHODS:
        own = "only in pipelines" if call.name in STEPS else "no kernel"
        return DeclinedError(own)
    if call.whole is not None:
        return call.whole
    return plan([call], trace) if call.maker is None else make(call, trace)


def explain(target: Stream | Trace, name: str, *args: Any, **kwargs: Any) -> Explanation:
    """
    Say for each trace whether obspeed would do a call, or why not; nothing is run or changed.

    Parameters
    ----------
    target : obspy.Stream or obspy.Trace
        What the call would work on.
    name : str
        The method.
    *args, **kwargs
        Its arguments.

    Returns
    -------
    Explanation
        One verdict a trace. A kernel may still decline when it sees the samples (NaN, say).
    """
    traces = target.traces if isinstance(target, Stream) else [target]
    call = Call.on(target, name, args, kwargs)
    plans = [_decided(call, trace) for trace in traces]
    return Explanation(
        Verdict(trace.id, not isinstance(p, Exception), str(p) if isinstance(p, Exception) else "")
        for trace, p in zip(traces, plans, strict=True)
    )
