"""Which traces the kernels do in one run, so that what happens is what ObsPy's loop would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from obspy import Trace

from . import _core
from ._kinds import Plan
from ._threads import get_num_threads

# Results of one run, for each thread: about as much memory is kept for the next results, and memory
# that is new is several times slower to write to. Eight hours at 100 Hz are one run on two threads,
# which filters need to fill their lanes.
_RUN_BYTES = 16 << 20


def waves(traces: list[Trace]) -> list[list[Trace]]:
    """
    Cut traces into waves that can be planned at once.

    One wave, or one for each trace where a trace, its stats or its history stand in the stream
    twice: the second time they are what the first time made of them.
    """
    return [[trace] for trace in traces] if _core.is_twice(traces) else [traces]


def runs(
    traces: Sequence[Trace],
    plans: Sequence[Plan | Exception],
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

    Yields
    ------
    tuple of int
        Begin and end of a run.
    """
    if len(traces) == 1:
        yield 0, 1
        return
    kinds = {id(p): p for p in plans}.values()
    planned = [p for p in kinds if not isinstance(p, Exception)]
    written = len(planned) < len(kinds) or any(p.planned[0].in_place for p in planned)
    if written and _core.overlap(traces):
        yield from ((i, i + 1) for i in range(len(traces)))
        return
    writing = any(p.writes for p in planned)
    threads = get_num_threads()
    if not writing or (len(planned) == len(kinds) and all(p.writes for p in planned)):
        largest = max((p.nbytes for p in planned), default=0)
        if largest * len(traces) <= threads * _RUN_BYTES:  # as of most streams of small traces
            yield 0, len(traces)
            return
    begin, held = 0, 0
    for i, p in enumerate(plans):
        nbytes, writes = (0, False) if isinstance(p, Exception) else (p.nbytes, p.writes)
        alone = writing and not writes
        if i > begin and (alone or (held > threads * _RUN_BYTES and (i - begin) % threads == 0)):
            yield begin, i
            begin, held = i, 0
        held += nbytes
        if alone:
            yield begin, i + 1
            begin, held = i + 1, 0
    if begin < len(traces):
        yield begin, len(traces)
