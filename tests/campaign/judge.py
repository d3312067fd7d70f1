"""What differs between ObsPy's and obspeed's outcome of a case, beyond what is promised."""

import inspect
from contextlib import contextmanager
from functools import partial
from unittest import mock

import numpy as np
import obspy.signal.invsim
from case import Before, by_hand, by_obspeed, by_obspy, fits, play, traces, world
from obspy.core.inventory import Response

import obspeed
from obspeed._check import relative_difference
from obspeed._execute import Call

# So many times the effect of a rounding may the difference be, where rounding is amplified.
AMPLIFIED = 100.0
# How often that effect is looked at, with roundings drawn anew; the last time without what is
# nothing but rounding.
ATTEMPTS = 9
ROUNDING = 1e-15
# Where products and quotients of samples may be denormal or overflow.
DECENT = {"d": (1e-280, 1e150), "f": (1e-35, 1e15)}
# Of a result that is zero, or nothing but rounding.
BY_ZERO = (
    "Attempting to normalize by dividing through zero. This is not allowed and the data will thus "
    "not be changed."
)

# What is told of a trace that shares it with one before.
SHARED = {"history": ("history",), "stats": ("history", "stats")}

# What works by way of the spectrum, and amplifies parts of it.
TRANSFORMS = {"remove_response", "simulate"}


class Verdict:
    """The differences of a case, and how many of its traces the kernels answered."""

    def __init__(self, differences, accelerated, total):
        self.differences = differences
        self.accelerated = accelerated
        self.total = total


def judge(case, ours=by_obspeed):
    """Play a case with ObsPy and with `ours`, and compare all that can be seen."""
    built, own = case.build(), case.build()
    if built.door == "pipeline" and not all(fits(*call) for call in built.calls):
        return Verdict([], {}, 0)
    before = [Before(trace) for trace in traces(built.target)]
    equalities = [equality(own, call) for call in own.calls]
    obspeed.reset_report()
    got = play(own, partial(mended, ours))
    methods = obspeed.report().methods
    names = {name for name, _, _ in own.calls}
    accelerated = {name: methods[name].accelerated for name in names if name in methods}
    expected = play(built, partial(mended, by_obspy))
    failures = (expected.answer, *expected.rows)
    if any("MemoryError" in row for row in failures):
        # How much memory is left depends on what was done before, and not on the call.
        return Verdict([], {}, 0)
    bounded = any(e.bound for e in equalities)
    built.extreme |= any(is_extreme(was) for was in before)
    extreme = built.extreme and bounded
    # obspeed may have left to ObsPy, too, what is mended.
    unsure = extreme or built.mended or any(reads_unwritten(built, was) for was in before)
    if bounded and numerical(expected.warned, expected.rows) != numerical(got.warned, got.rows):
        unsure = unsure or is_unsteady(case, expected, equalities)
    # As errors.
    if unsure and any("RuntimeWarning" in row for row in failures + tuple(got.rows)):
        return Verdict([], {}, 0)
    allow(own, expected, got, unsure, bounded or built.mended)
    differences = [
        f"{key}: expected {theirs}, got {our}"
        for key, theirs, our in (
            ("answer", expected.answer, got.answer),
            ("warnings", expected.warned, got.warned),
            ("failures", expected.rows, got.rows),
            ("arguments", expected.arguments, got.arguments),
        )
        if theirs != our and not (key == "arguments" and built.door == "pipeline")
    ]
    halves = half_done(case, expected, got)
    for kind in ("traces", "made"):
        theirs, our = getattr(expected, kind), getattr(got, kind)
        if len(theirs) != len(our):
            differences.append(f"{kind}: expected {len(theirs)}, got {len(our)}")
            continue
        for i, (a, b) in enumerate(zip(theirs, our, strict=True)):
            if kind == "traces" and i in halves:
                continue
            differences += [
                f"{kind}[{i}] {text}" for text in unlike(a, b, built.door != "pipeline")
            ]
            pair = shown(a), shown(b)
            if a.layout[:3] == b.layout[:3] and pair[0].shape == pair[1].shape:
                was = None if a.place is None else before[a.place]
                text = values_differ(case, built, i, *pair, equalities, was)
                differences += [f"{kind}[{i}] values: {text}"] * bool(text)
    if built.door != "pipeline" and not halves:
        scale = max([was.largest for was in before], default=0.0)
        bound = max(max(e.bound, e.bound_single or 0.0) for e in equalities)
        for i, (a, b) in enumerate(zip(expected.originals, got.originals, strict=True)):
            if not same_bits(a, b) and not (
                extreme or (bound and relative_difference(b, a, scale) <= bound)
            ):
                differences.append(f"array {i} as it was held before differs")
    if built.chance:  # whether there is a zero to divide by, too
        warned = [[w for w in e.warned if w[0] != "RuntimeWarning"] for e in (expected, got)]
        if warned[0] == warned[1]:
            differences = [text for text in differences if not text.startswith("warnings")]
    return Verdict(differences, accelerated, len(traces(built.target)))


def allow(built, expected, got, unsure, rounded):
    """Take away what the README says may differ."""
    for seen in (expected, got):
        if built.filter in {"default", "once"}:  # once for each place, which is another
            seen.warned = list(dict.fromkeys(seen.warned))
        if built.calls[0][0] == "merge":  # the order ObsPy leaves channels in depends on addresses
            seen.traces.sort(key=lambda trace: (trace.id, trace.stats[2]))
        if unsure:  # of NumPy's warnings of the values
            seen.warned = [warning for warning in seen.warned if warning[0] != "RuntimeWarning"]
        if rounded:
            seen.warned = [warning for warning in seen.warned if warning[1] != BY_ZERO]


def half_done(case, expected, got):
    """
    Return the places of traces that ObsPy leaves half done, and obspeed as they were.

    A warning that is an error comes in the midst of ObsPy's work, and before obspeed's. Of a trace
    that stands in the stream twice, it may be the second time that is not done, or half done.
    """
    if not str(expected.answer[1:2]).endswith("Warning',)"):
        return set()
    built = case.build()
    first = play(built, lambda built: built.target)
    places = [trace.place for trace in first.traces]
    traces = zip(first.traces, got.traces, strict=False)
    return {
        i
        for i, (a, b) in enumerate(traces)
        if places.count(a.place) > 1
        or (
            same_bits(a.data, b.data)
            # One history is that of those before, too, and so are stats.
            and not [t for t in unlike(a, b) if not t.startswith(SHARED.get(built.sharing, ()))]
        )
    }


def mended(do, built):
    """Put the value that belongs there where ObsPy reads memory nobody has written."""
    if built.door == "pipeline":
        if do is not by_obspy:
            return do(built)

        def after(trace, number, before):
            built.mended |= mend(trace, built.calls[number], before)
            built.extreme |= is_extreme(before)

        return by_hand(built, after)
    [call] = built.calls
    held = list(traces(built.target))
    was = [(Before(trace), trace.data) for trace in held]
    try:
        return do(built)
    finally:
        for trace, (before, data) in zip(held, was, strict=True):
            # Both methods make new arrays; with the old one, nothing has been done.
            if trace.data is not data and trace.data.dtype.kind == "f":
                mend(trace, call, before)
        # Where a trace is done twice, what is wrong the first time goes into the second.
        built.mended |= call[0] == "interpolate" and built.sharing == "trace"


def mend(trace, call, before):
    """See the README: the last sample of weighted average slopes, the first of recstalta."""
    mended = False
    name, args, kwargs = call
    kind = str(kwargs.get("type", args[0] if args else "")).lower()
    if name == "trigger" and kind == "recstalta" and len(trace.data) == before.npts > 0:
        rate = trace.stats.sampling_rate
        lta = kwargs.get("nlta", kwargs.get("lta", 0))
        if (
            isinstance(lta, (int, float, np.number))
            and int(lta * (1 if "nlta" in kwargs else rate)) >= before.npts
        ):
            trace.data[0], mended = 0.0, True
    method = str(kwargs.get("method", "weighted_average_slopes")).lower()
    if name == "interpolate" and method == "weighted_average_slopes" and len(trace.data):
        stats, shift, start = trace.stats, kwargs.get("time_shift", 0.0), kwargs.get("starttime")
        old = (before.start + shift).timestamp
        new = old if start is None else getattr(start, "timestamp", start)
        end = new + stats.delta * (stats.npts - 1)
        if (end - old) / before.delta > before.npts - 1:
            trace.data[-1], mended = before.last[0], True
    return mended


def equality(built, call):
    name, args, kwargs = call
    target = built.target if built.door != "pipeline" else None
    try:
        if target is None:
            return Call(name, args, kwargs).equality
        return Call.on(target, name, args, kwargs).equality
    except Exception:  # noqa: BLE001 - arguments that no method has
        return Call("none", (), {}).equality


def unlike(theirs, ours, buffers=True):
    """Say in what two traces differ apart from the values."""
    keys = ["kind", "place", "layout", "mask", "stats", "history"]
    if buffers:
        keys += ["buffer", "shares"]
    for key in keys:
        a, b = getattr(theirs, key), getattr(ours, key)
        if key == "layout" and not buffers:
            a, b = a[:3], b[:3]  # the arrays are new, where ObsPy's may be
        if a != b:
            if key == "stats":
                a, b = [x for x in a if x not in b], [x for x in b if x not in a]
                if not a and not b:
                    a, b = "another order", "of keys"
            yield f"{key}: expected {str(a)[:800]}, got {str(b)[:800]}"


def shown(seen):
    """The samples, but for those under a mask, which methods leave as they happen to be."""
    if seen.mask is None:
        return seen.data
    return seen.data[~np.frombuffer(seen.mask[0], bool)]


def values_differ(case, built, i, theirs, ours, equalities, was):
    """Say by how much values differ beyond their class, or return None."""
    if same_bits(theirs, ours) or built.mended:  # obspeed may have left that to ObsPy
        return None
    if was and reads_unwritten(built, was):
        return None
    dtype, scale = (was.dtype, was.largest) if was else (theirs.dtype, 0.0)
    bounds = [bound_of(e, dtype) for e in equalities]
    if any(bounds) and was and (is_extreme(was) or (built.extreme and len(built.calls) > 1)):
        return None
    if not any(e.of_input for e in equalities):
        scale = 0.0
    error = relative_difference(ours, theirs, scale)
    if any(bounds) and error <= max(bounds):
        return None
    if any(bounds) and (len(built.calls) > 1 or built.calls[0][0] in TRANSFORMS):
        limit = amplified(case, i, theirs, bounds, equalities)
        built.chance |= limit == np.inf
        if relative_difference(ours, theirs) <= limit:
            return None
        return f"{error:.2g}, where {max(bounds):g}, or amplified {limit:.2g}, is allowed"
    if not any(bounds) and relative_difference(ours, theirs) == 0:
        return "signs of zero"
    return f"{error:.2g} where {max(bounds):g} is allowed"


def amplified(case, i, theirs, bounds, equalities):
    """How far the classes of the steps and the rounding of responses move ObsPy's own result."""
    worst = 0.0
    for built, _, _ in moved(case, equalities):
        if i < len(traces(built.target)):
            data = np.ma.getdata(traces(built.target)[i].data)
            if data.shape == theirs.shape:
                worst = max(worst, relative_difference(data, theirs))
    limit = max(bounds) + AMPLIFIED * worst
    return limit if limit < 1.0 else np.inf  # no digit is certain


def is_unsteady(case, expected, equalities):
    """Whether samples moved within the classes of the steps have NumPy warn ObsPy otherwise."""
    return any(
        numerical(warned, rows) != numerical(expected.warned, expected.rows)
        for _, warned, rows in moved(case, equalities)
    )


def numerical(warned, rows):
    """NumPy's warnings of the values, and where they are errors."""
    return [w for w in warned if w[0] == "RuntimeWarning"], [
        (row[0], row[1]) for row in rows if "RuntimeWarning" in row
    ]


def moved(case, equalities):
    """Let ObsPy do a case anew, each step's result off by its class; yield what comes out."""
    for attempt in range(ATTEMPTS):
        built, warned, rows = case.build(), [], []
        noise = np.random.default_rng(attempt)
        nothing = attempt == ATTEMPTS - 1

        def after(trace, number, before, built=built, noise=noise, nothing=nothing):
            mend(trace, built.calls[number], before)
            bound, data = bound_of(equalities[number], before.dtype), trace.data
            if bound and isinstance(data, np.ndarray) and data.dtype.kind == "f" and len(data):
                of_input = equalities[number].of_input
                size = max(largest(data), before.largest if of_input else 0.0)
                moved = data + noise.uniform(-bound, bound, len(data)) * size
                if nothing and largest(data) > bound * size and np.ptp(data) <= 2 * bound * size:
                    moved = np.full(len(data), data[0])  # what varies by it may be constant
                elif nothing:
                    moved[np.abs(data) <= bound * size] = 0.0  # and what is no more nothing
                trace.data = moved.astype(data.dtype)
            shaken(trace, built, number + 1, noise, nothing)

        for trace in traces(built.target):
            shaken(trace, built, 0, noise, nothing)
        with rounded_responses(noise, nothing), world(built, warned):
            try:
                if built.door == "pipeline":
                    rows = by_hand(built, after)
                else:
                    by_obspy(built)
            except Exception:  # noqa: BLE001 - what fails with ObsPy is compared before
                pass
        yield built, warned, rows


def bound_of(equality, dtype):
    single = equality.bound_single is not None and dtype == np.float32
    return equality.bound_single if single else equality.bound


def shaken(trace, built, number, noise, nothing):
    """Let samples be off, before a transform, by a rounding of the largest, or of its spectrum."""
    names, data = [name for name, _, _ in built.calls], trace.data
    if nothing or number == len(names) or (len(names) > 1 and names[number] not in TRANSFORMS):
        return
    if type(data) is np.ndarray and data.dtype.kind in "iuf" and len(data):
        data = data.astype(np.float64)
        with np.errstate(all="ignore"):
            size = max(largest(data), largest(np.fft.rfft(data)) / np.sqrt(len(data)))
        trace.__dict__["data"] = data + noise.uniform(-1e-16, 1e-16, len(data)) * size


@contextmanager
def rounded_responses(noise, nothing):
    """Within it, ObsPy's responses are off by a rounding of their largest value, or without it."""
    evaluate = Response.get_evalresp_response

    def off(self, *args, **kwargs):
        values, freqs = evaluate(self, *args, **kwargs)
        between = inspect.signature(evaluate).bind(self, *args, **kwargs)
        between.arguments["nfft"] = max(4096, between.arguments["nfft"])
        # Few samples may have all their frequencies where filters stop; rounding is of where not.
        size = ROUNDING * np.abs(evaluate(*between.args, **between.kwargs)[0]).max()
        if nothing:
            # A zero is a sum of some hundred products, each of them rounded.
            return np.where(np.abs(values) < 10 * size, 0.0, values), freqs
        return values + size * (
            noise.uniform(-1, 1, len(values)) + 1j * noise.uniform(-1, 1)
        ), freqs

    poles_and_zeros = obspy.signal.invsim.paz_to_freq_resp

    def paz_off(*args, **kwargs):
        result = poles_and_zeros(*args, **kwargs)
        values = result[0] if isinstance(result, tuple) else result
        size = ROUNDING * np.abs(values).max()
        values += size * noise.uniform(-1, 1, len(values))
        return result

    with (
        mock.patch.object(Response, "get_evalresp_response", off),
        mock.patch.object(obspy.signal.invsim, "paz_to_freq_resp", paz_off),
    ):
        yield


def same_bits(a, b):
    """Equal to the sign of zero; NaN is NaN."""
    if a.dtype != b.dtype or a.shape != b.shape:
        return False
    if a.dtype.kind not in "fc":
        return bool(np.array_equal(a, b))
    if not np.array_equal(a, b, equal_nan=True):
        return False
    return all(
        np.array_equal(np.signbit(x)[~np.isnan(x)], np.signbit(y)[~np.isnan(y)])
        for x, y in ((a.real, b.real), (a.imag, b.imag))
    )


def reads_unwritten(built, was):
    """Whether a step may have left, under a mask, memory nobody has written, for the next one."""
    return len(built.calls) > 1 and was.is_masked


def is_extreme(was):
    """Whether samples are so small or large that no bound is promised."""
    low, high = DECENT.get(was.dtype.char, (0.0, np.inf))
    return 0 < was.largest < low or was.largest > high


def largest(data):
    """The largest finite value."""
    size = np.abs(np.ma.getdata(data))
    return float(size[np.isfinite(size)].max(initial=0.0))
