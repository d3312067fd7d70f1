"""The cases of the table: what is timed, on what, and with which goal."""

import functools
from pathlib import Path

import numpy as np
import obspy
from floors import copy_seconds, fft_seconds, multiply_add_seconds
from obspy import Stream, Trace, UTCDateTime, read_inventory
from timing import Case

import obspeed

HOUR = 360_000  # samples at 100 Hz

# Bounds on max|a-b|/max|b|: the class of each method, of those types that are not bit-identical.
BOUNDS = {
    "detrend": 1e-14,
    "polynomial": 1e-9,
    "spline": 1e-9,
    "taper": 1e-15,
    "remove_response": 1e-12,
    "simulate": 1e-12,
    "resample": 1e-13,
    "lanczos": 1e-14,
    "cubic": 1e-9,
    "carlstatrig": 1e-12,
}


@functools.cache
def channel(name):
    """`(id, inventory)` of a response that ObsPy installs."""
    if name == "RJOB":
        return "BW.RJOB..EHZ", read_inventory()
    # Eleven stages: poles and zeros, a gain, and a chain of nine FIR filters.
    path = Path(obspy.__file__).parent / "io/arclink/tests/data/public-id-slash.xml"
    return "UB.XXXX..SHZ", read_inventory(str(path))


def noise(traces, npts, rate=100.0, seed_id="BW.RJOB..EHZ", dtype="int32"):
    """Traces as a digitiser writes them."""
    rng = np.random.default_rng(npts)
    header = dict(
        zip(("network", "station", "location", "channel"), seed_id.split("."), strict=True)
    )
    header |= {"sampling_rate": rate, "starttime": UTCDateTime(2010, 6, 1)}
    return Stream(
        Trace((rng.normal(300.0, 2000.0, npts) + np.arange(npts) * 1e-3).astype(dtype), header)
        for _ in range(traces)
    )


def bound(name, arguments):
    """Return the bound of a method, or of its type."""
    kind = arguments.get("type", arguments.get("method"))
    return BOUNDS.get(kind, BOUNDS.get(name, 0.0))


def call(name, case, stream, goal, threads=1, *, before=None, floor=None, **arguments):
    """Build a case that calls one method on both sides."""
    return Case(
        case,
        stream,
        lambda st: getattr(st, name)(**arguments),
        lambda st: getattr(obspeed, name)(st, **arguments),
        bound(name, arguments),
        goal,
        threads,
        before or (lambda: None),
        floor,
    )


def response_cases():
    """One hour at 100 Hz, the response not seen before, or seen."""
    for station in ("RJOB", "XXXX"):
        seed_id, inventory = channel(station)
        for traces, threads, new, seen in ((1, 1, 25, 60), (8, 2, 45, 120)):
            stream = noise(traces, HOUR, seed_id=seed_id)
            floor = fft_seconds(2 * HOUR) * traces / threads
            for kind, goal, before in (("new", new, obspeed.clear_cache), ("seen", seen, None)):
                yield call(
                    "remove_response",
                    f"remove_response {station} {kind}, {traces} x 1 h",
                    stream,
                    goal,
                    threads,
                    before=before,
                    floor=floor,
                    inventory=inventory,
                )


# A broadband seismometer out, a Wood-Anderson one in.
INSTRUMENTS = {
    "paz_remove": {
        "poles": [-0.037 + 0.037j, -0.037 - 0.037j, -251.3, -131 - 467.3j, -131 + 467.3j],
        "zeros": [0, 0],
        "gain": 6.0077e7,
        "sensitivity": 2.5168e9,
    },
    "paz_simulate": {
        "poles": [-6.2832 - 4.7124j, -6.2832 + 4.7124j],
        "zeros": [0],
        "gain": 1.0,
        "sensitivity": 2080.0,
    },
}


def simulate_cases():
    """One hour at 100 Hz, one instrument for another."""
    for traces, threads, goal in ((1, 1, 2.5), (8, 2, 5)):
        yield call(
            "simulate",
            f"simulate, {traces} x 1 h",
            noise(traces, HOUR),
            goal,
            threads,
            floor=fft_seconds(2 * HOUR) * traces / threads,
            **INSTRUMENTS,
        )


def interpolate_cases():
    """Lanczos with a=25, to 40 Hz (2 of 5 samples) and to a rate in no simple ratio."""
    for kind, rate, one, stream_goal in (("any", 39.9973, 10, 20), ("rational", 40.0, 50, 100)):
        for traces, threads, goal in ((1, 1, one), (8, 2, stream_goal)):
            products = HOUR * rate / 100.0 * 51
            yield call(
                "interpolate",
                f"lanczos a=25, {kind} ratio, {traces} x 1 h",
                noise(traces, HOUR),
                goal,
                threads,
                floor=multiply_add_seconds() * products * traces / threads,
                sampling_rate=rate,
                method="lanczos",
                a=25,
            )


def pointwise_cases():
    """Detrend, taper and sensitivity: what memory allows."""
    for dtype in ("int32", "float64"):
        for traces, threads, linear, taper in ((1, 1, 30, 8), (8, 2, 50, 12)):
            stream = noise(traces, HOUR, dtype=dtype)
            floor = copy_seconds(HOUR, dtype) * traces / threads
            what = f"{dtype}, {traces} x 1 h"
            for kind, goal in (("linear", linear), ("simple", 1), ("demean", 1)):
                yield call(
                    "detrend",
                    f"detrend {kind} {what}",
                    stream,
                    goal,
                    threads,
                    floor=floor,
                    type=kind,
                )
            yield call(
                "taper",
                f"taper hann {what}",
                stream,
                taper,
                threads,
                # In place, all but the ends stay as they are.
                floor=floor if dtype == "int32" else floor / 10,
                max_percentage=0.05,
                type="hann",
            )
            yield call(
                "remove_sensitivity",
                f"remove_sensitivity {what}",
                stream,
                1,
                threads,
                floor=floor,
                inventory=channel("RJOB")[1],
            )


JOB = (
    ("detrend", {"type": "demean"}),
    ("taper", {"max_percentage": 0.05, "type": "hann"}),
    ("remove_response", {"output": "DISP", "pre_filt": (0.001, 0.005, 4.5, 4.9)}),
    ("interpolate", {"sampling_rate": 10.0, "method": "lanczos", "a": 25}),
)


def job_cases():
    """The compute part of the main job: 20 minutes at 40 to 100 Hz, through a pipeline."""
    stream = Stream()
    inventory = channel("RJOB")[1] + channel("XXXX")[1]
    ids = ["BW.RJOB..EHZ", "BW.RJOB..EHN", "GR.FUR..HHZ", "GR.WET..HHE", "UB.XXXX..SHZ"]
    for rate in (40.0, 50.0, 80.0, 100.0):
        for seed_id in ids:
            stream += noise(2, int(1200 * rate) + 1, rate, seed_id)

    def serially(st):
        for name, arguments in JOB:
            more = {"inventory": inventory} if name == "remove_response" else {}
            getattr(st, name)(**arguments, **more)

    pipe = obspeed.Pipeline()
    for name, arguments in JOB:
        pipe = getattr(pipe, name)(**arguments)
    for threads, goal in ((1, 30), (2, 60)):
        for kind, before in (("new", obspeed.clear_cache), ("seen", lambda: None)):
            yield Case(
                f"job, responses {kind}, 40 x 20 min",
                stream,
                serially,
                lambda st: pipe.run(st, inventory=inventory),
                BOUNDS["remove_response"],
                goal,
                threads,
                before,
            )


GROUPS = {
    "response": response_cases,
    "simulate": simulate_cases,
    "lanczos": interpolate_cases,
    "pointwise": pointwise_cases,
    "job": job_cases,
}
