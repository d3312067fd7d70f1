"""The work on a task, in whatever process it is sent to: read, find, process, name, write."""

from __future__ import annotations

import os
import pickle
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from obspy import Inventory, Trace, UTCDateTime

from .._errors import ObspeedError
from .._threads import num_threads
from .._turns import check_stopped
from .events import Events, Origin
from .files import Headers, is_fatal, read, write
from .headers import sac
from .notes import listening, note, noted
from .pictures import Picture, curve, time_steps
from .stations import CODES, Paired, Pairing, Stamp
from .task import Failure, File, FileResult, Result, Task, plain
from .templates import Output, Template

#: Seconds between two looks at the folder of the job.
_PATIENCE = 0.1


def run_task(task: Task) -> Result:
    """Do a task; its warnings are counted."""
    with listening():
        return do_task(task)


def do_task(task: Task) -> Result:
    """Do a task while somebody is `listening`."""
    run = _Run(task)
    with noted(run.result.notes), num_threads(task.job.threads):
        run.do()
    return run.result


class _Item:
    """A trace on its way."""

    __slots__ = ("channel", "file", "id", "origin", "path", "place", "trace")

    def __init__(self, trace: Trace, file: File, place: int) -> None:
        self.trace = trace
        self.file = file
        self.place = place
        self.id: str = plain(trace.id)
        self.channel: Any = None
        self.origin: Origin | None = None
        self.path = ""

    @property
    def response(self) -> Any:
        """The response of its channel, or None."""
        return (self.channel.response or None) if self.channel is not None else None


class _Run:
    def __init__(self, task: Task) -> None:
        self.task = task
        self._looked = -_PATIENCE
        self.job = task.job
        self.result = Result([FileResult() for _ in task.files])
        self._paired: dict[tuple[str, str], Paired] = {}

    def do(self) -> None:
        self._go_on()
        with self._clock("read"):
            items = self._read()
        self._go_on()
        with self._clock("responses"):
            items = self._find(items)
        pictured = items[:1] if self.task.pictured else []
        before = [(item, item.trace.copy()) for item in pictured]
        with self._clock("process"):
            items = self._process(items)
        for item, raw in before:
            if item in items:
                self._picture(item, raw)
        with self._clock("write"):
            self._write(self._name(items))

    def _go_on(self, _: object = None) -> None:
        """Look now and then whether the job is still there, and its folder with it."""
        check_stopped()
        folder, now = self.job.temporary, time.monotonic()
        if now - self._looked < _PATIENCE:
            return
        self._looked = now
        if folder and not os.path.isdir(folder):  # noqa: PTH112
            raise ObspeedError(f"the job has ended, or its folder {folder} is not to be seen here")

    @contextmanager
    def _clock(self, phase: str) -> Iterator[None]:
        started = time.perf_counter()
        yield
        self.result.seconds[phase] += time.perf_counter() - started  # type: ignore[assignment]

    def _fail(self, place: int, seed_id: str, step: str, error: Exception) -> None:
        passing = step != "name" and isinstance(error, (OSError, MemoryError))
        name, message = type(error).__name__, plain(str(error))
        self.result.files[place].failures.append(Failure(seed_id, step, name, message, passing))
        if self.result.raised is None:
            self.result.raised = _portable(error)
        if step == "write" and is_fatal(error):
            self.result.fatal = _portable(error)

    def _read(self) -> list[_Item]:
        files = self.task.files
        items: list[_Item] = []
        answers = read([os.path.join(self.job.root, file.path) for file in files])  # noqa: PTH118
        for place, (file, answer) in enumerate(zip(files, answers, strict=True)):
            if isinstance(answer, Exception):
                self._fail(place, "", "read", answer)
                continue
            if not answer:
                self._fail(place, "", "read", ValueError("the file holds no traces"))
            items += [_Item(trace, file, place) for trace in answer]
        self.result.samples = sum(len(item.trace.data) for item in items)
        return items

    def _find(self, items: list[_Item]) -> list[_Item]:
        """Give each trace its channel and origin; return those that can go on."""
        job = self.job
        sac_file = job.kind == "SAC"
        if job.responses is not None and (job.wants_response or sac_file):
            template = _template(job.responses).of_event(_template(job.raw))
            keys = ((item.file.event, item.id) for item in items)
            self._paired = Pairing(job.root, template).find(keys)
            items = [item for item in items if self._find_channel(item)]
        if job.events is not None and sac_file:
            events = Events(job.root, _template(job.events).of_event(_template(job.raw)))
            items = [item for item in items if self._find_origin(item, events)]
        if sac_file and (lacking := sum(item.channel is None for item in items)):
            note(self.result.notes, "no coordinates for the header of a trace", lacking)
        return items

    def _find_channel(self, item: _Item) -> bool:
        stats = item.trace.stats
        stations, used = self._paired[item.file.event, item.id]
        self._use(item, used)
        error: Exception | None = None
        codes = item.id.split(".", 3)
        for one in stations:
            if isinstance(one, Exception):
                error = one
            elif item.response is None:
                item.channel = one.select(codes, stats.starttime) or item.channel
        if item.response is not None:
            stats.__dict__["response"] = item.response
        elif error is not None and self.job.wants_response:
            self._fail(item.place, item.id, "responses", error)
            return False
        return True

    def _find_origin(self, item: _Item, events: Events) -> bool:
        stats = item.trace.stats
        try:
            item.origin, used = events.find(item.file.event, stats.starttime.ns, stats.endtime.ns)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
            self._fail(item.place, item.id, "events", error)
            return False
        self._use(item, used)
        if item.origin is None:
            note(self.result.notes, "no event for the header of a trace")
        return True

    def _use(self, item: _Item, used: tuple[Stamp, ...]) -> None:
        result = self.result.files[item.place]
        root = f"{self.job.root}/"  # an archive may move
        used = tuple([one._replace(path=one.path.removeprefix(root)) for one in used])
        if used != result.used:
            result.used = tuple(dict.fromkeys(result.used + used))

    def _picture(self, item: _Item, raw: Trace) -> None:
        picture = Picture(item.file.path, item.id, curve(raw), curve(item.trace))
        self.result.pictures.append(picture)
        self.result.steps = time_steps(self.job.pipeline, raw)

    def _inventory(self, item: _Item) -> Inventory | None:
        """Return what ObsPy is to find no response in, and to say so; None if there is one."""
        if item.response is not None:
            return None
        paired = self._paired.get((item.file.event, item.id))
        inventory = Inventory()
        for one in paired.stations if paired else ():
            if not isinstance(one, Exception):
                inventory += one.inventory
        return inventory

    def _process(self, items: list[_Item]) -> list[_Item]:
        wanted = self.job.wants_response
        ready: list[_Item] = []
        rest: list[_Item] = []
        for item in items:
            (rest if wanted and item.response is None else ready).append(item)
        failed: set[int] = set()
        for group, inventory in [(ready, None), *(([i], self._inventory(i)) for i in rest)]:
            traces = [item.trace for item in group]
            report = self.job.pipeline._run(traces, inventory, raises=False, advance=self._go_on)
            for row in report.failed:
                item = group[row.index]
                failed.add(id(item))
                error = row.exception or ObspeedError(row.message)
                self._fail(item.place, item.id, row.step or "process", error)
            for reason, count in report.declined.items():
                note(self.result.notes, f"through ObsPy: {reason}", count)
        return [item for item in items if id(item) not in failed]

    def _name(self, items: list[_Item]) -> list[_Item]:
        """Give each trace its output, unless it has none of its own."""
        output, raw = _output(self.job.output), _template(self.job.raw)
        taken: dict[str, str] = {}
        keep = []
        for item in items:
            try:
                item.path = output.name(_values(item, output))
                if item.path in taken:
                    raise FileExistsError(f"{taken[item.path]} has the output {item.path}, too")
            except (ValueError, FileExistsError) as error:
                self._fail(item.place, item.id, "name", error)
                continue
            if raw.matches(item.path):
                text = f"the output {item.path!r} is one of the inputs by its name"
                self._fail(item.place, item.id, "name", ValueError(text))
                self.result.fatal = ValueError(text)
                return []
            taken[item.path] = item.file.path
            keep.append(item)
        return keep

    def _write(self, items: list[_Item]) -> None:
        job = self.job
        headers: list[Headers] = [{}] * len(items)
        if job.kind == "SAC":
            headers = [sac(item.trace.stats, item.channel, item.origin) for item in items]
        sizes = write(
            [item.trace for item in items],
            [os.path.join(job.root, item.path) for item in items],  # noqa: PTH118
            job.kind,
            headers,
            os.path.join(job.temporary, f"{secrets.token_hex(8)}-"),  # noqa: PTH118
        )
        for item, size in zip(items, sizes, strict=True):
            if isinstance(size, Exception):
                self._fail(item.place, item.id, "write", size)
            else:
                self.result.files[item.place].outputs.append((item.path, item.id, size))


_template = lru_cache(maxsize=16)(Template)
_output = lru_cache(maxsize=16)(Output)


def _values(item: _Item, output: Output) -> dict[str, str]:
    file, stats = item.file, item.trace.stats
    values = {name: str(stats[name]) for name in CODES} | {"event": file.event, "id": item.id}
    if output.fields & {"start", "year", "julday"}:
        start = stats.starttime.ns // 10**9
        values["start"] = file.start or _utc(start)
        values["year"], values["julday"] = _day(start // 86400)
    if "end" in output.fields:
        values["end"] = file.end or _utc(stats.endtime.ns // 10**9)
    return values


@lru_cache(maxsize=1024)
def _utc(second: int) -> str:
    """Write a time as the mass downloader does."""
    return str(UTCDateTime(ns=second * 10**9).strftime("%Y%m%dT%H%M%SZ"))


@lru_cache(maxsize=1024)
def _day(day: int) -> tuple[str, str]:
    date = UTCDateTime(ns=day * 86400 * 10**9)
    return f"{date.year:04}", f"{date.julday:03}"


def _portable(error: Exception) -> Exception:
    """Return an exception that can be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))  # noqa: S301 - what was pickled here
    except Exception:  # noqa: BLE001 - any class may fail in any way
        return ObspeedError(f"{type(error).__name__}: {error}")
    return error
