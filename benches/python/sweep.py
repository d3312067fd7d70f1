"""Never slower at any size: every method, one sample to a million, one trace and few."""

from cases import BOUNDS, call, channel, noise

# Two measurements of the same thing differ by about this much on a machine with other work.
NOISE = 0.95

SIZES = (1, 2, 3, 10, 100, 1_000, 10_000, 100_000, 1_000_000)

METHODS = (
    ("detrend", "simple", {"type": "simple"}),
    ("detrend", "demean", {"type": "demean"}),
    ("detrend", "linear", {"type": "linear"}),
    ("taper", "hann", {"max_percentage": 0.05, "type": "hann"}),
    ("taper", "cosine", {"max_percentage": 0.5, "type": "cosine"}),
    ("remove_sensitivity", "RJOB", {"inventory": ...}),
    ("remove_response", "RJOB", {"inventory": ...}),
    ("interpolate", "lanczos", {"sampling_rate": 39.9973, "method": "lanczos", "a": 20}),
    ("interpolate", "weighted_average_slopes", {"sampling_rate": 39.9973}),  # declined: ObsPy's
)

# What ObsPy refuses for a single sample.
RAISING = {("remove_response", "RJOB"), ("interpolate", "weighted_average_slopes")}


def sweep_cases():
    """Yield one case for each method, size, and number of traces."""
    inventory = channel("RJOB")[1]
    for name, what, arguments in METHODS:
        given = {k: inventory if v is ... else v for k, v in arguments.items()}
        for npts in SIZES:
            if npts == 1 and (name, what) in RAISING:
                continue
            for dtype in ("int32", "float64"):
                for traces, threads in ((1, 1), (4, 2)):
                    if npts * traces > 1_000_000:
                        continue
                    case = f"{name} {what[:8]} {traces} x {npts} {dtype}"
                    stream = noise(traces, npts, dtype=dtype)
                    made = call(name, case, stream, NOISE, threads, **given)
                    # What ObsPy's least squares answer for a handful of samples is rounding.
                    made.bound = max(BOUNDS[name], 1e-11 if npts < 10 else 1e-13)
                    yield made
