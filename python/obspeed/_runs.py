"""Which traces the kernels do in one run, so that what happens is what ObsPy's loop would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from obspy import Trace

from ._plan import Planned, Samples
from ._threads import get_num_threads

# Results of one run, for each thread. What they replace is free when the next run makes its own:
# memory that was in use is several times faster to write to than memory that is new.
_RUN_BYTES = 1 << 20
# The same for steps that do several traces in less time than one after the other: a bandpass of
# eight hours at 100 Hz on two threads is one run.
_RUN_BYTES_IN_LANES = 16 << 20


def waves(traces: list[Trace]) -> list[list[Trace]]:
    """
    Cut traces into waves that can be planned at once.

    One wave, or one for each trace where a trace, its stats or its history stand in the stream
    twice: the second time they are what the first time made of them.
    """
    stats = [trace.stats for trace in traces]
    histories = [s.__dict__.get("processing", s) for s in stats]
    for things in (traces, stats, histories):
        if len({id(thing) for thing in things}) < len(things):
            return [[trace] for trace in traces]
    return [traces]


def result_npts(planned: list[Planned], trace: Trace) -> int:
    """Return the number of samples after all planned calls."""
    npts = len(trace.data)
    for p in planned:
        if p.npts is not None:
            npts = p.npts
    return npts


def runs(
    traces: Sequence[Trace],
    plans: Sequence[list[Planned] | Exception],
    in_place: Sequence[bool],
) -> Iterator[tuple[int, int]]:
    """
    Cut a wave into runs of the kernels.

    A run holds a bounded number of bytes in results, and a multiple of as many traces as there are
    threads. Where kernels write to the traces' own arrays, a trace that might raise is a run of its
    own, so that those after it are still untouched then. So is every trace if two of them share
    memory and one of them is written to, by the kernels or by ObsPy.

    Parameters
    ----------
    traces : sequence of obspy.Trace
        The wave.
    plans : sequence
        What is planned for each, or why nothing is.
    in_place : sequence of bool
        Whether the kernel writes to the trace's own array.

    Yields
    ------
    tuple of int
        Begin and end of a run.
    """
    if len(traces) == 1:
        yield 0, 1
        return
    written = any(isinstance(p, Exception) or p[0].in_place for p in plans)
    if written and _overlap(traces):
        yield from ((i, i + 1) for i in range(len(traces)))
        return
    writing = any(in_place)
    threads = get_num_threads()
    steps = [p[0].step for p in plans if not isinstance(p, Exception) and len(p) == 1]
    in_lanes = any(step.is_in_lanes for step in steps)
    most = _RUN_BYTES_IN_LANES if in_lanes else _RUN_BYTES
    begin, held = 0, 0
    for i, (trace, planned) in enumerate(zip(traces, plans, strict=True)):
        alone = writing and not in_place[i]
        full = held > threads * most and (i - begin) % threads == 0
        if i > begin and (alone or full):
            yield begin, i
            begin, held = i, 0
        if not (isinstance(planned, Exception) or in_place[i]):
            held += 8 * result_npts(planned, trace)
        if alone:
            yield begin, i + 1
            begin, held = i + 1, 0
    if begin < len(traces):
        yield begin, len(traces)


def _overlap(traces: Sequence[Trace]) -> bool:
    """Whether two traces' arrays share bytes, or hold something that cannot be told of."""
    if any(not isinstance(trace.data, np.ndarray) or trace.data.ndim != 1 for trace in traces):
        return True
    bounds = sorted(_bounds(trace.data) for trace in traces)
    return any(low < high for (_, high), (low, _) in pairwise(bounds))


def _bounds(data: Samples) -> tuple[int, int]:
    """Return the address of the first byte of an array and that after its last one."""
    first: int = data.__array_interface__["data"][0]
    span = (len(data) - 1) * data.strides[0] if len(data) else -data.itemsize
    return min(first, first + span), max(first, first + span) + data.itemsize
