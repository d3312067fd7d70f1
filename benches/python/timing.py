"""ObsPy beside obspeed: the same work on the same samples, in turns, and the same answers."""

import contextlib
import gc
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from obspy import Stream

import obspeed

# What seconds are counted with; `time.process_time` where other work disturbs the wall clock.
clock = time.perf_counter


class NotEqualError(Exception):
    """The two answers differ by more than the class of the method allows."""


@dataclass
class Case:
    """One row of the table: what both sides do to a fresh copy of `stream`."""

    name: str
    stream: Stream
    obspy: Callable[[Stream], object]
    obspeed: Callable[[Stream], object]
    bound: float  # on max|a-b|/max|b|, the class of the method; 0 is bit-identical
    goal: float
    threads: int = 1
    before: Callable[[], object] = field(default=lambda: None)  # untimed, before obspeed's turn
    floor: float | None = None  # seconds that no implementation could undercut, or nearly


@dataclass
class Row:
    """What came out: seconds are minima."""

    case: Case
    obspy: float
    obspeed: float
    difference: float

    @property
    def ratio(self) -> float:
        """How many times sooner obspeed is done."""
        return self.obspy / self.obspeed

    @property
    def missed(self) -> bool:
        """Whether the goal is missed; CPU seconds do not tell of two threads."""
        comparable = self.case.threads == 1 or clock is time.perf_counter
        return comparable and self.ratio < self.case.goal

    def __str__(self) -> str:
        case, floor = self.case, self.case.floor
        above = f"{self.obspeed / floor:8.1f}x" if floor else f"{'':9}"
        verdict = "  MISSED" if self.missed else ""
        return (
            f"{case.name:<44}{case.threads:>3}{self.obspy * 1e3:>11.3f}{self.obspeed * 1e3:>11.3f}"
            f"{self.ratio:>9.1f}x{case.goal:>6g}x{above}{self.difference:>10.1e}{verdict}"
        )


HEADER = (
    f"{'case':<44}{'thr':>3}{'ObsPy ms':>11}{'obspeed ms':>11}{'ratio':>10}{'goal':>7}"
    f"{'to floor':>9}{'max diff':>10}"
)


def measure(case: Case, budget: float = 4.0) -> Row:
    """Time both sides in turns for about `budget` seconds, after comparing what they answer."""
    with obspeed.num_threads(case.threads), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected, wanted = once(case.stream, case.obspy)
        case.before()
        got, taken = once(case.stream, case.obspeed)
        difference = compare(case, got, expected)
        del got, expected
        best = [wanted, taken]
        end = time.perf_counter() + budget
        rounds = 0
        while rounds < 1 or (time.perf_counter() < end and rounds < 200):
            rounds += 1
            best[0] = min(best[0], once(case.stream, case.obspy)[1])
            for _ in range(3):  # the shorter time needs more chances to be undisturbed
                case.before()
                best[1] = min(best[1], once(case.stream, case.obspeed)[1])
    return Row(case, best[0], best[1], difference)


def once(stream, work):
    """`(result, seconds)` of `work` on a copy of `stream`; the copy is not timed."""
    copied = stream.copy()
    with garbage_kept():
        began = clock()
        work(copied)
        seconds = clock() - began
    return copied, seconds


@contextlib.contextmanager
def garbage_kept():
    """No garbage collection meanwhile: it would count for whoever happens to trigger it."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def compare(case, got, expected) -> float:
    """Largest difference, relative to the largest value of its trace."""
    worst = 0.0
    if len(got) != len(expected):
        raise NotEqualError(f"{case.name}: {len(got)} traces, expected {len(expected)}")
    for a, b in zip(got, expected, strict=True):
        if a.data.dtype != b.data.dtype or a.data.shape != b.data.shape:
            raise NotEqualError(f"{case.name}: {a.data.dtype} {a.data.shape} is not {b.data.dtype}")
        if len(a.stats.get("processing", [])) != len(b.stats.get("processing", [])):
            raise NotEqualError(f"{case.name}: the processing history differs")
        for key in ("starttime", "sampling_rate", "npts"):
            if a.stats[key] != b.stats[key]:
                raise NotEqualError(f"{case.name}: stats.{key} differs")
        if np.array_equal(a.data, b.data, equal_nan=True):
            continue
        largest = np.abs(b.data).max()
        difference = np.abs(a.data - b.data).max()
        worst = max(worst, difference / largest if largest else np.inf)
        if not worst <= case.bound:  # NaN too
            raise NotEqualError(f"{case.name}: differs by {worst:.1e}, allowed {case.bound:.1e}")
    return worst
