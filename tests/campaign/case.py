"""One case: what its seed draws, and what ObsPy or obspeed makes of it."""

import random
import re
import warnings
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from calls import Calls
from obspy import Stream, Trace, UTCDateTime
from obspy.core.inventory.response import Response
from traces import Draw

import obspeed
from obspeed._methods import METHODS, STEPS
from obspeed._originals import signature

DOORS = ("function", "function", "patched", "pipeline")
FILTERS = ("always",) * 6 + ("default", "once", "ignore", "error")
ERRSTATES = ({},) * 18 + ({"invalid": "raise"}, {"all": "ignore"})
# Methods that write to the array they are given: what shares it sees the same in a pipeline.
_SAME_MEMORY = {"taper", "normalize"}


class Case:
    """What a seed draws; every `build` makes it anew, with the same sharing between traces."""

    def __init__(self, seed, folder=None):
        self.seed = seed
        self.folder = folder

    def build(self):
        rng = random.Random(self.seed)
        draw = Draw(rng, rng.getrandbits(64), odd=rng.choice([0.0, 0.3, 1.0]))
        door = rng.choice(DOORS)
        if door == "pipeline":
            names = rng.choices(
                sorted(STEPS.keys() - {"merge", "split"}), k=rng.choice([1, 2, 3, 5])
            )
        else:
            names = [rng.choice(sorted(METHODS))]
        if names[0] == "merge" or (names[0] == "split" and draw.chance(0.5)):
            target = draw.pieces()
        elif draw.chance(0.35):
            target = draw.trace()
        else:
            target = draw.stream()
        if isinstance(target, Stream) and draw.chance(0.12):
            draw.share(target, memory=door != "pipeline" or _SAME_MEMORY.issuperset(names))
        if names == ["split"] and draw.chance(0.6):
            for trace in traces(target):
                if not isinstance(trace.data, np.ma.MaskedArray):
                    trace.__dict__["data"] = draw.masked(trace.data)
        on_stream = isinstance(target, Stream) and door != "pipeline"
        calls = Calls(rng, traces(target), self.folder, odd=rng.choice([0.0, 0.3, 1.0]))
        drawn = [calls.call(name, on_stream, later=n > 0) for n, name in enumerate(names)]
        if draw.chance(0.03):
            for trace in traces(target)[:2]:
                trace.stats.response = calls.response()
        return Built(
            target,
            door,
            drawn,
            rng.choice(FILTERS),
            rng.choice(ERRSTATES),
            rng.choice([1, 2, 3]),
            rng.choice(["raise", "collect"]),
            draw.sharing,
        )


@dataclass
class Built:
    """A target, the calls on it and the state of the world in which they happen."""

    target: Stream | Trace
    door: str
    calls: list
    filter: str
    errstate: dict
    threads: int
    on_error: str
    sharing: str
    mended: bool = False
    extreme: bool = False  # whether a step met samples so small or large that no bound is promised
    chance: bool = False  # whether no digit of some trace is certain

    def __str__(self):
        rows = [f"{self.door}, warnings {self.filter}, errstate {self.errstate}, {self.on_error}"]
        rows += [f"    {n}(*{a}, **{k})" for n, a, k in self.calls]
        rows.append(f"on a {type(self.target).__name__}, sharing {self.sharing or 'nothing'}, of")
        rows += [f"    {describe(trace)}" for trace in traces(self.target)]
        return "\n".join(rows)


def describe(trace):
    data, stats = trace.data, trace.stats
    history = stats.get("processing", [])
    size = len(history) if isinstance(history, list) else repr(history)
    return (
        f"{type(trace).__name__} {trace.id} {type(data).__name__} {len(data)} {data.dtype.str} "
        f"{stats.starttime.ns} {stats.sampling_rate!r} npts={stats.npts} history={size} "
        f"strides={data.strides} writeable={data.flags.writeable} head={data[:3]!r}"
    )


def traces(target):
    return target.traces if isinstance(target, Stream) else [target]


def plain(text):
    """Without addresses of objects."""
    return re.sub(r"0x[0-9a-f]+", "0x", str(text))


@dataclass
class Seen:
    """All that a user can see of a call."""

    answer: tuple
    warned: list
    rows: list
    traces: list
    made: list
    originals: list
    arguments: list


@dataclass
class TraceSeen:
    """A trace after a call; which of the traces and arrays before it are still there."""

    kind: str
    id: str
    place: int | None
    buffer: int | None
    shares: list
    layout: tuple
    data: np.ndarray
    mask: tuple | None
    stats: list
    history: object


@contextmanager
def world(built, seen):
    """The state in which a case's calls happen; warnings as (category, text) in `seen`."""
    before = np.geterr()
    obspeed.set_num_threads(built.threads)
    with warnings.catch_warnings(record=True) as caught, np.errstate(**built.errstate):
        warnings.simplefilter(built.filter)
        yield
    obspeed.set_num_threads(None)
    assert np.geterr() == before
    seen.extend((w.category.__name__, plain(w.message)) for w in caught)


def play(built, do):
    """Let `do(built)` do the calls, and look at everything afterwards."""
    held = traces(built.target).copy()
    buffers = [trace.data for trace in held]
    warned, result, rows = [], None, []
    with world(built, warned):
        try:
            result = do(built)
        except Exception as error:  # noqa: BLE001 - any exception is an answer to compare
            answer = ("raised", type(error).__name__, plain(error))
        else:
            answer = ("returned", type(result).__name__, result is built.target)
    if built.door == "pipeline" and result is not None:
        rows, answer = result, ("returned",)
    made = [] if result is built.target or not isinstance(result, Stream) else result.traces
    return Seen(
        answer,
        warned,
        rows,
        [look(trace, held, buffers) for trace in traces(built.target)],
        [look(trace, held, buffers) for trace in made],
        [values(a) for data in buffers for a in memory(data)],
        [content(kwargs) for _, _, kwargs in built.calls],
    )


def memory(data):
    """An array and what it is a view of."""
    base = data.base
    same = isinstance(base, np.ndarray) and base.dtype == data.dtype
    return (data, base) if same else (data,)


def look(trace, held, buffers):
    data = trace.data
    raw = values(data)
    mask = None
    if isinstance(data, np.ma.MaskedArray):
        mask = (np.ma.getmaskarray(data).tobytes(), data.hardmask, repr(data.fill_value))
    strides = data.strides if data.size > 1 else None  # which else have no meaning
    stats = trace.stats.__dict__
    history = stats.get("processing", "none")
    return TraceSeen(
        type(trace).__name__,
        trace.id,
        next((i for i, old in enumerate(held) if old is trace), None),
        next((i for i, old in enumerate(buffers) if old is data), None),
        [
            i
            for i, old in enumerate(buffers)
            if np.may_share_memory(values(old, copy=False), raw_of(data))
        ],
        (type(data).__name__, data.dtype.str, data.shape, strides, data.flags.writeable),
        raw,
        mask,
        [(key, type(v).__name__, content(v)) for key, v in stats.items() if key != "processing"],
        [plain(entry) for entry in history] if isinstance(history, list) else history,
    )


def raw_of(data):
    return data.data if isinstance(data, np.ma.MaskedArray) else data


def values(data, copy=True):
    raw = raw_of(data)
    return raw.copy() if copy else raw


def content(value):
    """Something that is equal where the values are."""
    if isinstance(value, Response):
        return plain([vars(s) for s in value.response_stages] + [vars(value)])
    if isinstance(value, dict):
        return {key: content(v) for key, v in value.items()}
    if hasattr(value, "ns"):
        return ("time", value.ns, value.precision)
    networks = getattr(value, "networks", None)
    if networks is not None:
        return [content(c.response) for n in networks for s in n for c in s]
    return plain(repr(value))


def by_obspy(built):
    """The reference: ObsPy's methods, and for a pipeline one after another on each trace."""
    if built.door == "pipeline":
        return by_hand(built)
    [(name, args, kwargs)] = built.calls
    return getattr(built.target, name)(*args, **kwargs)


def by_obspeed(built):
    if built.door == "pipeline":
        return by_pipeline(built)
    [(name, args, kwargs)] = built.calls
    if built.door == "function":
        return getattr(obspeed, name)(built.target, *args, **kwargs)
    with obspeed.enabled():
        return getattr(built.target, name)(*args, **kwargs)


def by_pipeline(built):
    pipe = obspeed.Pipeline()
    for name, args, kwargs in built.calls:
        pipe = getattr(pipe, name)(*args, **kwargs)
    report = pipe.run(built.target, on_error=built.on_error)
    return [(r.index, r.step, r.error, plain(r.message)) for r in report.failed]


class Before:
    """What counts of a trace before a call."""

    def __init__(self, trace):
        raw = values(trace.data, copy=False)
        self.npts = len(raw)
        self.is_masked = np.ma.is_masked(trace.data)
        self.last = raw[-1:].copy()
        self.start = UTCDateTime(trace.stats.starttime)
        self.delta = trace.stats.delta
        self.dtype = raw.dtype
        with np.errstate(all="ignore"):  # a look is no step of ObsPy's, of which it might warn
            size = np.abs(raw.astype(complex if raw.dtype.kind == "c" else float))
        self.largest = float(size[np.isfinite(size)].max(initial=0.0))


def by_hand(built, after=lambda *_: None):
    """As a pipeline: a trace that fails is as it was; `after` has a look at each trace's steps."""
    rows = []
    for index, trace in enumerate(list(traces(built.target))):
        data, stats = trace.data, trace.stats.__dict__
        before, own = data.copy(), dict(stats)
        log = own.get("processing")
        entries = list(log) if isinstance(log, list) else None
        step = None
        try:
            for number, (name, args, kwargs) in enumerate(built.calls):
                step, was = name, Before(trace)
                if not fits(name, args, kwargs):
                    raise Unbuilt
                getattr(trace, name)(*args, **kwargs)
                after(trace, number, was)
        except Exception as error:
            trace.__dict__["data"] = data
            if data.flags.writeable:
                restore(data, before)
            stats.clear()
            stats.update(own)
            if entries is not None:
                log[:] = entries
            if built.on_error == "raise" or isinstance(error, Unbuilt):
                raise
            rows.append((index, step, type(error).__name__, plain(error)))
    return rows


def restore(data, before):
    """Write back what an array held, and what of it was masked."""
    hard = getattr(data, "hardmask", False)
    if hard:
        data.soften_mask()
    data[...] = before
    if hard:
        data.harden_mask()


class Unbuilt(Exception):
    """Arguments that do not fit the method: no pipeline can be made of them."""


def fits(name, args, kwargs):
    try:
        signature(name).bind(None, *args, **kwargs)
    except TypeError:
        return False
    return True
