"""Plan: is a trace eligible, and what does a call make of its stats; nothing is touched yet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt
from obspy import Trace
from obspy.core import Stats

from ._errors import DeclinedError

if TYPE_CHECKING:
    from ._core import Step

Samples = npt.NDArray[Any]
Message = tuple[str, type[Warning]]

SAMPLING = ("sampling_rate", "delta", "starttime", "endtime", "npts")
_KEYS = ("network", "station", "location", "channel", *SAMPLING)
DTYPES = {np.dtype(name) for name in ("int16", "int32", "int64", "float32", "float64")}


# What a planner may look at of a trace beside what all traces of one kind have in common.
TIME, ID, ALL = 1, 2, 4


class State:
    """
    A trace as the next call will find it: as it is, or as the calls planned so far leave it.

    It notes what is read of it. The answer of a planner that looks at nothing but type, number and
    rate of the samples is that for all traces of one kind.

    Parameters
    ----------
    trace : obspy.Trace
        The trace, as `check_trace` wants it; it is only read.

    Attributes
    ----------
    dtype : numpy.dtype
        Type of the samples.
    writeable : bool
        Whether the trace's own samples can be written to.
    reads : int
        What has been read: of `TIME`, `ID`, `ALL`.
    """

    __slots__ = ("_stats", "_trace", "dtype", "reads", "writeable")

    def __init__(self, trace: Trace) -> None:
        self._trace = trace
        # The trace's own, or a stand-in with the sampling the calls so far give it.
        self._stats: Stats = trace.stats
        self.dtype = trace.data.dtype
        self.writeable: bool = trace.data.flags.writeable
        self.reads = 0

    @property
    def npts(self) -> int:
        """Number of samples."""
        return int(self._stats.npts)

    @property
    def sampling_rate(self) -> float:
        """Samples a second."""
        rate: float = self._stats.sampling_rate
        return rate

    @property
    def delta(self) -> float:
        """Seconds between samples."""
        return float(self._stats.delta)

    @property
    def kind(self) -> type:
        """The class of the trace."""
        return type(self._trace)

    def has_own(self, name: str) -> bool:
        """Return whether an attribute is the trace's own, which makes it a kind of its own."""
        return name in vars(self._trace)

    @property
    def stats(self) -> Stats:
        """The stats, of which nothing but start, end and sampling is read, nor written."""
        self.reads |= TIME
        return self._stats

    @property
    def codes(self) -> tuple[str, str, str, str]:
        """Network, station, location and channel."""
        self.reads |= ID
        stats = self._stats
        return stats.network, stats.station, stats.location, stats.channel

    @property
    def trace(self) -> Trace:
        """The trace itself."""
        self.reads |= ALL
        return self._trace

    def advance(self, plan: Planned) -> None:
        """Go on to what a call leaves."""
        self.dtype = plan.dtype
        if plan.stats is not None:
            if self._stats is self._trace.stats:
                self._stats = sampling(self._stats)
            plan.stats(self._stats)
            if plan.npts is not None:
                self._stats.npts = plan.npts


class Planned(NamedTuple):
    """
    What one call does to one trace.

    Attributes
    ----------
    step : _core.Step
        The prepared computation.
    dtype : numpy.dtype
        Type of the result.
    in_place : bool
        Whether ObsPy would write to the array it was given.
    stats : callable, optional
        Brings a `Stats` to what it is after the call; None if only the data change. Traces with
        different starts may share an answer only if it does not matter to this when they start.
    npts : int, optional
        Number of samples of the result; None if it stays.
    before : tuple of _core.Step
        What ObsPy computes by calls of other methods first.
    entries : tuple of str
        The entries that those calls leave in the history.
    warnings : sequence of (str, type)
        What ObsPy warns of in this call.
    cut : (int, int), optional
        The range of samples that is left, if this is all that the call does: ObsPy returns a view.
    """

    step: Step
    dtype: np.dtype[Any]
    in_place: bool = False
    stats: Callable[[Stats], None] | None = None
    npts: int | None = None
    before: tuple[Step, ...] = ()
    entries: tuple[str, ...] = ()
    warnings: Sequence[Message] = ()
    cut: tuple[int, int] | None = None


Planner = Callable[[State], Planned]
"""Plans one call, whose arguments are settled, for one trace; raises `DeclinedError`."""

Maker = Callable[["Trace"], list["Trace"]]
"""Makes new traces from one that it only reads; raises `DeclinedError`."""


def real(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type in which ObsPy's pointwise methods leave samples of type `dtype`."""
    return dtype if dtype.kind == "f" else np.dtype(np.float64)


def check_trace(trace: Trace) -> None:
    """
    Check what every method needs of a trace.

    Raises
    ------
    DeclinedError
        With the reason, if the kernels do not take these samples.
    """
    data, stats = trace.data, trace.stats
    if type(data) is not np.ndarray:
        kind = "masked array" if isinstance(data, np.ma.MaskedArray) else type(data).__name__
        raise DeclinedError(f"the data are a {kind}")
    if data.dtype not in DTYPES:  # nor those in the other byte order
        raise DeclinedError(f"the data are of type {data.dtype.str}")
    flags = data.flags
    if data.ndim != 1 or not flags.aligned or not flags.c_contiguous:
        raise DeclinedError("the data are not a one-dimensional, aligned, contiguous array")
    if type(stats.__dict__.get("processing", [])) is not list:
        raise DeclinedError("stats.processing is not a list")
    its_class: type = type(trace)
    if not _is_plain(its_class):
        raise DeclinedError(f"{its_class.__name__} has its own idea of what a trace holds")
    if len(data) != stats.npts:
        raise DeclinedError("stats.npts is not the number of samples")
    if len(data) == 0:
        raise DeclinedError("the trace is empty")


_OWN = frozenset(
    {"__bool__", "__getattribute__", "__len__", "__setattr__", "_max_processing_info", "data"}
    | {"get_id", "id", "stats"}
)


@cache
def _is_plain(kind: type) -> bool:
    """Whether a class of traces leaves alone how ObsPy's keep their data and stats."""
    before = kind.__mro__[: kind.__mro__.index(Trace)]
    return not any(_OWN & vars(base).keys() for base in before)


def plan_calls(planners: Sequence[Planner], state: State) -> list[Planned]:
    """
    Plan several calls, one after another, for one trace, whose state goes along.

    Raises
    ------
    DeclinedError
        With the reason, if one of them is not answered for.
    """
    planned: list[Planned] = []
    own = True  # whether the samples are still the trace's array, or a view of it
    for planner in planners:
        if planned:
            state.advance(planned[-1])
        plan = planner(state)
        planned.append(plan)
        if own and plan.in_place and not state.writeable:
            raise DeclinedError("the data are read-only and ObsPy writes to them")
        own = own and (plan.in_place or plan.cut is not None)
    return planned


def sampling(stats: Stats) -> Stats:
    """Return new stats with the id and the sampling of `stats`, and nothing else."""
    copied: Stats = object.__new__(type(stats))
    # What the keys derive from each other has been settled when they were set.
    own = stats.__dict__ if type(stats) is Stats else stats
    copied.__dict__.update({key: own[key] for key in _KEYS})
    return copied
