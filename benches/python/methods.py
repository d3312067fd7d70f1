"""Every method beside the response and Lanczos: an hour at 100 Hz, and a thousand short traces."""

from cases import HOUR, INSTRUMENTS, call, channel, noise

# Label, method, its arguments, goals of one trace on one thread and of a stream of 8 on two. A goal
# of 1 is "never slower". The windows of the triggers fit an hour and 500 samples.
METHODS = (
    ("bandpass", "filter", {"type": "bandpass", "freqmin": 1.0, "freqmax": 10.0}, 1.9, 8),
    (
        "bandpass zero-phase",
        "filter",
        {"type": "bandpass", "freqmin": 1.0, "freqmax": 10.0, "zerophase": True},
        1.9,
        8,
    ),
    ("lowpass_cheby_2", "filter", {"type": "lowpass_cheby_2", "freq": 10.0}, 1, 1),
    ("decimate", "decimate", {"factor": 4}, 2.5, 5),
    ("resample", "resample", {"sampling_rate": 40.0}, 2.5, 5),
    ("detrend linear", "detrend", {"type": "linear"}, 30, 50),
    ("detrend polynomial", "detrend", {"type": "polynomial", "order": 3}, 15, 25),
    ("detrend spline", "detrend", {"type": "spline", "order": 3, "dspline": 100}, 15, 25),
    ("slopes", "interpolate", {"sampling_rate": 40.0}, 3, 6),
    ("linear", "interpolate", {"sampling_rate": 40.0, "method": "linear"}, 1, 1),
    ("cubic", "interpolate", {"sampling_rate": 40.0, "method": "cubic"}, 1, 1),
    ("recstalta", "trigger", {"type": "recstalta", "sta": 0.5, "lta": 4.0}, 2, 4),
    ("classicstalta", "trigger", {"type": "classicstalta", "sta": 0.5, "lta": 4.0}, 2, 4),
    ("delayedstalta", "trigger", {"type": "delayedstalta", "sta": 0.5, "lta": 4.0}, 100, 200),
    (
        "carlstatrig",
        "trigger",
        {"type": "carlstatrig", "sta": 0.5, "lta": 4.0, "ratio": 0.8, "quiet": 0.8},
        100,
        200,
    ),
    ("zdetect", "trigger", {"type": "zdetect", "sta": 0.5}, 1, 1),
    ("energyratio", "trigger", {"type": "energyratio", "nsta": 50}, 1, 1),
    ("differentiate", "differentiate", {}, 1, 1),
    ("integrate", "integrate", {}, 1, 1),
    ("normalize", "normalize", {}, 1, 1),
)


def method_cases():
    """One hour at 100 Hz, alone and in a stream of 8."""
    for traces, threads in ((1, 1), (8, 2)):
        stream = noise(traces, HOUR)
        for label, name, arguments, one, many in METHODS:
            goal = one if traces == 1 else many
            yield call(name, f"{label}, {traces} x 1 h", stream, goal, threads, **arguments)


def many_cases():
    """A thousand short traces: what a call costs, not a sample."""
    inventory = channel("RJOB")[1]
    others = (
        ("detrend simple", "detrend", {"type": "simple"}),
        ("detrend demean", "detrend", {"type": "demean"}),
        ("taper hann", "taper", {"max_percentage": 0.05, "type": "hann"}),
        ("remove_response", "remove_response", {"inventory": inventory}),
        ("remove_sensitivity", "remove_sensitivity", {"inventory": inventory}),
        ("simulate", "simulate", INSTRUMENTS),
        ("lanczos", "interpolate", {"sampling_rate": 40.0, "method": "lanczos", "a": 25}),
    )
    stream = noise(1000, 500)
    for label, name, arguments, *_ in (*METHODS, *others):
        yield call(name, f"{label}, 1000 x 500 samples", stream, 10, 2, **arguments)
