"""
The demo's job, and the engines that do it: plain ObsPy and obspeed.

Both read the same files with ObsPy's readers and write SAC with ObsPy's writer; only the processing
differs. Plain ObsPy goes trace by trace, as its users do to survive a bad trace; obspeed runs one
fused `Pipeline` over the stream of each event.
"""

from __future__ import annotations

import contextlib
import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from obspy import Stream, Trace

import obspeed

from ._demo_data import Event, file_stem, read_event

if TYPE_CHECKING:
    from pathlib import Path

READ, WRITE, COMPUTE = "read files (ObsPy, both)", "write SAC (ObsPy, both)", "compute"


class Step(NamedTuple):
    """A method of the job: its name, its arguments and how the table calls it."""

    method: str
    args: tuple[Any, ...]
    kwargs: dict[str, Any]
    label: str


class Key(NamedTuple):
    """Where a trace is: its event, and its place in the event's stream."""

    event: str
    place: int


class Failure(NamedTuple):
    """A trace or file that could not be processed, in comparable form."""

    event: str
    id: str
    step: str | None
    error: str | None
    message: str


@dataclass(frozen=True)
class Job:
    """
    Demean, taper, remove the response, interpolate.

    Attributes
    ----------
    rate : float
        Sampling rate of the result in Hz.
    units : str
        ``"DISP"``, ``"VEL"`` or ``"ACC"``.
    """

    rate: float = 10.0
    units: str = "DISP"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The job's methods, in order."""
        pre_filt = (0.005, 0.02, 0.45 * self.rate, 0.49 * self.rate)
        response = {"output": self.units, "pre_filt": pre_filt}
        return (
            Step("detrend", ("demean",), {}, "detrend demean"),
            Step("taper", (0.05,), {"type": "hann"}, "taper 5 % hann"),
            Step("remove_response", (), response, f"remove_response {self.units}"),
            Step(
                "interpolate",
                (self.rate,),
                {"method": "lanczos", "a": 25},
                f"interpolate lanczos {self.rate:g} Hz",
            ),
        )


@dataclass
class Outcome:
    """
    What a run over all events left behind.

    Attributes
    ----------
    traces : dict of Key to Trace
        The finished traces.
    failures : list of Failure
        One row for every trace or file that did not make it.
    seconds : dict of str to float
        Time by step, 0 for a step that no trace reached; `READ`, `WRITE` and `COMPUTE` are steps
        too.
    records, samples : int
        What was read.
    """

    traces: dict[Key, Trace] = field(default_factory=dict)
    failures: list[Failure] = field(default_factory=list)
    seconds: defaultdict[str, float] = field(default_factory=lambda: defaultdict(float))
    records: int = 0
    samples: int = 0

    @contextlib.contextmanager
    def clock(self, step: str) -> Iterator[None]:
        """Add the time of a block, failing or not, to a step."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[step] += time.perf_counter() - start


#: Processes the stream of one event; files clocks, finished traces and failures in the outcome.
Engine = Callable[[Job, str, Event, Outcome, Any], None]


def with_obspy(job: Job, name: str, event: Event, outcome: Outcome, progress: Any) -> None:
    """Process an event trace by trace with plain ObsPy."""
    for index, trace in enumerate(event.stream):
        method = None
        try:
            with outcome.clock(COMPUTE):
                for method, args, kwargs, label in job.steps:
                    if method == "remove_response":
                        kwargs["inventory"] = event.inventory
                    with outcome.clock(label):
                        getattr(trace, method)(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - a job over an archive survives any trace
            row = Failure(name, trace.id, method, type(error).__name__, plain(str(error)))
            outcome.failures.append(row)
        else:
            outcome.traces[Key(name, index)] = trace
        progress.update()


def with_obspeed(job: Job, name: str, event: Event, outcome: Outcome, progress: Any) -> None:
    """Process an event with one fused pipeline."""
    with outcome.clock(COMPUTE):
        report = _pipeline(job.steps).run(
            event.stream, inventory=event.inventory, on_error="collect"
        )
    failed = {row.index for row in report.failed}
    for row in report.failed:
        outcome.failures.append(Failure(name, row.id, row.step, row.error, plain(row.message)))
    for index, trace in enumerate(event.stream):
        if index not in failed:
            outcome.traces[Key(name, index)] = trace
    progress.update(len(event.stream))


def with_obspeed_stepwise(
    job: Job, name: str, event: Event, outcome: Outcome, progress: Any
) -> None:
    """Process an event step by step over the stream, for the time of each step."""
    total = len(event.stream)
    for step in job.steps:
        with outcome.clock(step.label):
            report = _pipeline((step,)).run(
                event.stream, inventory=event.inventory, on_error="collect"
            )
        failed = {row.index for row in report.failed}
        rest = [trace for i, trace in enumerate(event.stream) if i not in failed]
        event.stream = Stream(rest)
    outcome.traces.update({Key(name, i): trace for i, trace in enumerate(event.stream)})
    progress.update(total)


def run(
    engine: Engine,
    job: Job,
    events: list[Path],
    target: Path | None,
    bar: Callable[[], Any],
) -> Outcome:
    """
    Read, process and write all events with one engine.

    Parameters
    ----------
    engine : Engine
        `with_obspy`, `with_obspeed` or `with_obspeed_stepwise`.
    job : Job
        What to do.
    events : list of pathlib.Path
        Folders to read.
    target : pathlib.Path, optional
        Folder for the SAC files, a folder an event; None writes nothing and keeps no trace.
    bar : callable
        Makes the progress bar.

    Returns
    -------
    Outcome
        Finished traces, failures and times.
    """
    outcome = Outcome()
    with bar() as progress:
        for folder in events:
            with outcome.clock(READ):
                event = read_event(folder)
            outcome.records += len(event.stream)
            outcome.samples += sum(trace.stats.npts for trace in event.stream)
            for file, error, message in event.unreadable:
                outcome.failures.append(Failure(folder.name, file, "read", error, plain(message)))
            engine(job, folder.name, event, outcome, progress)
            if target is None:
                outcome.traces.clear()
            else:
                with outcome.clock(WRITE):
                    _write(folder.name, outcome, target / folder.name)
    return outcome


def _pipeline(steps: tuple[Step, ...]) -> Any:
    pipe = obspeed.Pipeline()
    for step in steps:
        pipe = getattr(pipe, step.method)(*step.args, **step.kwargs)
    return pipe


def _write(event: str, outcome: Outcome, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for key, trace in list(outcome.traces.items()):
        if key.event != event:
            continue
        try:
            trace.write(str(folder / f"{file_stem(trace)}.sac"), format="SAC")
        except Exception as error:  # noqa: BLE001 - a row, as everywhere in the job
            row = Failure(event, trace.id, "write", type(error).__name__, plain(str(error)))
            outcome.failures.append(row)
            del outcome.traces[key]


def plain(text: str) -> str:
    """Take out memory addresses, which no two runs share."""
    return re.sub(r"0x[0-9a-fA-F]+", "0x…", text)
