"""Never slower at any size: every method, one sample to a million, one trace and few."""

from cases import INSTRUMENTS, bound, call, channel, noise

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
    ("simulate", "Wood-Anderson", INSTRUMENTS),
    ("interpolate", "lanczos", {"sampling_rate": 39.9973, "method": "lanczos", "a": 20}),
    ("interpolate", "weighted_average_slopes", {"sampling_rate": 39.9973}),  # declined: ObsPy's
)

# With fewer samples ObsPy raises, or answers nothing but rounding, and the call is left to it.
LEAST = {"remove_response": 2, "weighted_average_slopes": 2, "simulate": 3}


def sweep_cases():
    """Yield one case for each method, size, and number of traces."""
    inventory = channel("RJOB")[1]
    for name, what, arguments in METHODS:
        given = {k: inventory if v is ... else v for k, v in arguments.items()}
        for npts in SIZES:
            if npts < max(LEAST.get(name, 1), LEAST.get(what, 1)):
                continue
            for dtype in ("int32", "float64"):
                for traces, threads in ((1, 1), (4, 2)):
                    if npts * traces > 1_000_000:
                        continue
                    case = f"{name} {what[:8]} {traces} x {npts} {dtype}"
                    stream = noise(traces, npts, dtype=dtype)
                    made = call(name, case, stream, NOISE, threads, **given)
                    # What ObsPy's least squares answer for a handful of samples is rounding.
                    made.bound = max(bound(name, given), 1e-11 if npts < 10 else 1e-13)
                    yield made
