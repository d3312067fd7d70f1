"""Calls of methods, with arguments as they should be and as they should not."""

import numpy as np
from responses import drawn, inventory_for

# Wrong for most arguments. Nothing that makes ObsPy ask for terabytes or search for ever.
HUGE = 10**400
ODD = (None, 0, -1, -0.5, True, "2", "", np.nan, np.inf, -np.inf, np.float32(2.0), np.float64(1.5))
ODD += (np.int64(3), [2], (1, 2), HUGE, 2 + 0j, b"x", {}, np.array([1.0, 2.0]))

WINDOWS = ("cosine", "barthann", "bartlett", "blackman", "blackmanharris", "bohman", "boxcar")
WINDOWS += ("flattop", "hamming", "hann", "nuttall", "parzen", "triang")
WITH_OPTIONS = {
    "chebwin": {"at": 30},
    "dpss": {"NW": 2.5},
    "gaussian": {"std": 7.0},
    "general_gaussian": {"p": 1.5, "sig": 9},
    "kaiser": {"beta": 3},
}
TRIGGERS = ("recstalta", "classicstalta", "recstaltapy", "classicstaltapy", "delayedstalta")
TRIGGERS += ("carlstatrig", "zdetect", "energyratio", "modifiedenergyratio")

# Samples that a trace may have after a call.
LARGEST = 30_000
C_TRIGGERS = {"recstalta", "classicstalta", "RECSTALTA", "CLASSICSTALTA"}


class Calls:
    """The calls of one case; `traces` are what they are for, and are only read."""

    def __init__(self, rng, traces, folder=None, odd=1.0):
        self.rng = rng
        self.odd = odd
        self.traces = traces
        self.folder = folder
        first = traces[0] if traces else None
        self.stats = getattr(first, "stats", None)
        self.rate = float(self.stats.sampling_rate) if self.stats else 100.0
        self.npts = len(first.data) if traces else 100

    def chance(self, p):
        return self.rng.random() < p

    def oddly(self, p):
        return self.chance(p * self.odd)

    def pick(self, *values):
        return self.rng.choice(values)

    def text(self, *values):
        """One of ObsPy's names, now and then in capitals or not one at all."""
        value = self.rng.choice(values)
        if self.oddly(0.06):
            return self.pick(value.upper(), "foo", None, 3, value + " ")
        return value

    def number(self, *values, odd=0.04):
        """One of `values`, now and then of another type or none."""
        value = self.rng.choice(values)
        if self.oddly(odd):
            return self.rng.choice(ODD)
        if self.chance(0.05) and isinstance(value, (int, float)):
            return self.rng.choice([np.float64, np.float32, int, float])(value)
        return value

    def flag(self):
        return (
            self.rng.choice([True, False]) if not self.oddly(0.07) else self.pick(1, 0, None, "no")
        )

    def some(self, **options):
        """Each of these options or not; now and then one that nobody knows."""
        chosen = {key: value() for key, value in options.items() if self.chance(0.4)}
        return chosen | ({"foo": 1} if self.oddly(0.01) else {})

    def call(self, name, on_stream, later):
        """Return (name, args, kwargs); `later` if the trace may be another one by then."""
        if name == "differentiate":
            args, kwargs = self.differentiate(on_stream)
        elif name == "normalize":
            args, kwargs = self.normalize(on_stream)
        else:
            args, kwargs = getattr(self, name)()
        if name == "trigger" and later and args[0] in C_TRIGGERS:
            kwargs = {"nsta": 3, "nlta": 10}
        if self.oddly(0.005):
            args = (*args, 1)
        return name, args, kwargs

    def detrend(self):
        kind = self.text("simple", "linear", "linear", "constant", "demean", "polynomial", "spline")
        kwargs = {}
        if kind == "linear" and self.chance(0.4):
            n = self.npts
            kwargs["bp"] = self.pick([n // 2], [3, 50], (10, n // 3, n), 7, [0], [n + 1], [-1], [])
        if kind in {"polynomial", "spline"} and not self.oddly(0.05):
            kwargs["order"] = self.number(1, 2, 3, 4, 5, 8, 9)
        if kind == "spline" and not self.oddly(0.05):
            kwargs["dspline"] = self.number(2, 5, 10, 33, 100.5, 1000)
        if self.oddly(0.03):
            kwargs.update(self.pick({"overwrite_data": True}, {"type": "linear"}, {"axis": 0}))
        if "type" in kwargs or self.chance(0.5):
            return (), {"type": kind} | kwargs
        return (kind,), kwargs

    def taper(self):
        kind = self.text(*WINDOWS, *WITH_OPTIONS)
        options = WITH_OPTIONS.get(kind, {}) if not self.oddly(0.05) else {"foo": 1}
        percentage = self.number(0.05, 0.05, 0.1, 0.3, 0.5, 0.7, 0, 1, None)
        kwargs = self.some(
            side=lambda: self.text("both", "left", "right"),
            max_length=lambda: self.number(0.1, 1.0, 5, 1000.0),
        )
        kwargs.pop("foo", None)
        return (percentage, kind), kwargs | options

    def filter(self):
        kinds = ("bandpass", "bandstop", "lowpass", "highpass", "lowpass_cheby_2")
        kind = self.text(*kinds) if not self.oddly(0.03) else self.pick("lowpass_fir", "remez_fir")
        low, high = sorted(self.rng.choice([0.01, 0.05, 0.2, 0.4]) for _ in range(2))
        low, high = low * self.rate, (high + 0.03) * self.rate
        if self.chance(0.1):
            low, high = self.pick(
                (high, low), (low, low), (low, 0.5 * self.rate), (0, high), (9, 99)
            )
        if kind in {"bandpass", "bandstop"}:
            freqs = {"freqmin": self.number(low), "freqmax": self.number(high)}
        elif kind == "lowpass_cheby_2":
            freqs = {"freq": high}
        else:
            freqs = {"freq": self.number(high)}
        if kind == "lowpass_cheby_2":
            kwargs = self.some(maxorder=lambda: self.pick(12, 8, 4, 12.0))
            if self.oddly(0.03):
                kwargs["ba"] = True
        else:
            kwargs = self.some(corners=lambda: self.number(1, 2, 4, 6), zerophase=self.flag)
            if self.chance(0.15):
                kwargs |= self.pick(
                    {"ftype": "cheby1", "rp": 1.0},
                    {"ftype": "cheby2", "rs": 40},
                    {"ftype": "ellip", "rp": 1.0, "rs": 50.0},
                    {"ftype": "bessel"},
                    {"ftype": "cheby1"},
                    {"axis": 0},
                    {"df": 3.0},
                )
        if self.chance(0.2):
            return (kind, *freqs.values()), kwargs
        if self.oddly(0.02):
            freqs.popitem()
        return (kind,), freqs | kwargs

    def new_rate(self, ratio):
        """A sampling rate at which no trace has too many samples."""
        rate = self.number(ratio * self.rate, float(int(ratio * self.rate + 1)))
        limit = min(
            [LARGEST * t.stats.sampling_rate / (len(t.data) + 1) for t in self.traces], default=1.0
        )
        number = isinstance(rate, (int, float, np.generic)) and rate is not HUGE
        return ratio * limit if number and limit < rate < np.inf else rate

    def resample(self):
        ratio = self.pick(0.5, 0.4, 1 / 3, 0.999, 1.0, 1.7, 2, 0.01, 1 / 17)
        kwargs = self.some(no_filter=self.flag, strict_length=self.flag)
        if self.chance(0.6):
            choices = [None, "hamming", "boxcar", ("kaiser", 4.0), 3.0, np.abs, np.ones_like, "foo"]
            kwargs["window"] = self.pick(*choices, np.ones(self.npts), np.arange(3.0), [1.0])
        return (self.new_rate(ratio),), kwargs

    def decimate(self):
        factor = self.number(1, 2, 2, 3, 4, 5, 7, 10, 16, 17, 4.0)
        kwargs = self.some(strict_length=self.flag)
        if self.chance(0.2):
            kwargs["no_filter"] = self.flag()
        return (factor,), kwargs

    def interpolate(self):
        ratio = self.pick(0.5, 0.4, 0.97, 1.0, 1.0, 1.3, 2, 0.1, 3)
        methods = ("weighted_average_slopes", "linear", "nearest", "zero", "cubic", "lanczos")
        method = (
            self.text(*methods) if self.chance(0.9) else self.pick(3, 1, "slinear", "quadratic")
        )
        kwargs = (
            {} if method == "weighted_average_slopes" and self.chance(0.5) else {"method": method}
        )
        if method == "lanczos" and not self.oddly(0.05):
            kwargs["a"] = self.number(1, 2, 5, 12, 20, 25.5)
        if self.chance(0.15) and self.stats:
            start = self.stats.starttime + self.pick(0.0, 1.5, 0.3333, -1.0, 4) / self.rate
            kwargs["starttime"] = (
                self.pick(start, start.timestamp) if not self.oddly(0.07) else "now"
            )
        if self.chance(0.15):
            count = max(1, int(self.npts * ratio))
            kwargs["npts"] = self.number(1, 2, count // 2, count, count + 1, odd=0.03)
            if kwargs["npts"] is HUGE:
                kwargs["npts"] = -3
        if self.chance(0.1):
            kwargs["time_shift"] = self.number(0.013, -0.5, 3, 1e-9)
        if self.oddly(0.02):
            kwargs["window"] = "hann"
        return (self.new_rate(ratio),), kwargs

    def differentiate(self, on_stream):
        kwargs = {} if self.chance(0.6) else {"method": self.text("gradient")}
        if not on_stream or self.oddly(0.02):
            kwargs |= self.some(edge_order=lambda: self.pick(1, 2, 2, 3, None, 1.0))
        return (), kwargs

    def integrate(self):
        kwargs = {} if self.chance(0.4) else {"method": self.text("cumtrapz", "spline")}
        kwargs |= self.some(k=lambda: self.pick(3, 3, 1, 5, 0, 3.0))
        return (), kwargs

    def normalize(self, on_stream):
        if on_stream:
            return (), self.some(global_max=self.flag)
        return (), self.some(norm=lambda: self.number(3, 2.5, -4, 1e300, 1e-320, 0))

    def trigger(self):
        kind = self.text(*TRIGGERS)
        in_samples = self.chance(0.4)
        unit = 1 if in_samples else 1.0 / self.rate
        sta, lta = self.pick((3, 10), (5, 50), (10, 10), (20, 5), (1, 2), (7, 333), (3.7, 12.2))
        sta, lta = self.number(sta * unit), self.number(lta * unit)
        prefix = "n" if in_samples else ""
        if self.oddly(0.01):
            sta = 0
        kwargs = {prefix + "sta": sta}
        if kind not in {"zdetect", "energyratio", "modifiedenergyratio"}:
            kwargs[prefix + "lta"] = lta
        if in_samples and not isinstance(sta, int) and self.chance(0.9):
            kwargs = {
                key: int(abs(v)) if type(v) is float and v == v and abs(v) < 1e9 else v
                for key, v in kwargs.items()
            }
        if kind == "carlstatrig":
            kwargs |= {"ratio": self.number(0.8, 1), "quiet": self.number(0.9, 2)}
        if kind == "modifiedenergyratio":
            kwargs |= self.some(power=lambda: self.number(3, 1, 2.5))
        if self.oddly(0.02):
            kwargs.popitem()
        if kind in C_TRIGGERS and not self.has_samples(kwargs):
            kwargs = {"nsta": 3, "nlta": 10}
        return (kind,), kwargs

    def has_samples(self, windows):
        """Whether 1 <= nsta <= nlta for all traces: with others ObsPy's C code writes anywhere."""
        for trace in self.traces:
            rate, n = float(trace.stats.sampling_rate), []
            for key, value in windows.items():
                try:
                    n.append(int(value * rate) if key in {"sta", "lta"} else int(value))
                except (TypeError, ValueError, OverflowError):
                    return True
            if len(n) == 2 and not 1 <= n[0] <= n[1]:
                return False
        return True

    def remove_response(self):
        nyquist = 0.5 * self.rate
        kwargs = {"inventory": self.inventory()} if not self.oddly(0.07) else {}
        kwargs |= self.some(
            output=lambda: self.text("DISP", "VEL", "ACC", "DEF"),
            water_level=lambda: self.number(60, None, 10.0, 100, 0),
            zero_mean=self.flag,
            taper=self.flag,
            taper_fraction=lambda: self.number(0.05, 0.1, 0.5, 0, 1, 1.5),
        )
        if self.chance(0.5):
            corners = [share * nyquist for share in (0.01, 0.05, 0.7, 0.9)]
            if self.chance(0.15):
                corners = self.pick(
                    corners[:3], corners[::-1], [1, 1, 2, 2], [0, 0, 1, 2], "abcd", 3
                )
            kwargs["pre_filt"] = self.pick(corners, tuple(corners) if type(corners) is list else 4)
        if self.chance(0.05):
            kwargs |= self.pick({"start_stage": 2}, {"end_stage": 2}, {"start_stage": 1.5})
        return (), kwargs

    def remove_sensitivity(self):
        return (), {"inventory": self.inventory()} if not self.oddly(0.07) else {}

    def simulate(self):
        kwargs = {"paz_remove": self.paz()} if not self.oddly(0.1) else {}
        if self.chance(0.4):
            kwargs["paz_simulate"] = self.paz()
        nyquist = 0.5 * self.rate
        kwargs |= self.some(
            remove_sensitivity=self.flag,
            water_level=lambda: self.number(600.0, 60, 10.0),
            zero_mean=self.flag,
            taper=self.flag,
            taper_fraction=lambda: self.number(0.05, 0.5, 0, 1, 1.5),
            pre_filt=lambda: [share * nyquist for share in (0.01, 0.05, 0.7, 0.9)],
            nfft_pow2=self.flag,
        )
        return (), kwargs

    def paz(self):
        """Poles and zeros as users write them; some without what has to be there."""
        paz = {
            "poles": [-4.44 + 4.44j, -4.44 - 4.44j, -1.083 + 0j][: self.pick(2, 2, 3)],
            "zeros": [0j] * self.pick(0, 1, 2, 3) + [2.5 + 0j] * self.pick(0, 0, 1),
            "gain": self.number(1.0, 60077000.0, 0.4),
            "sensitivity": self.number(2516778400.0, 1.0, -3.0),
        }
        if self.oddly(0.1):
            paz.pop(self.pick(*paz))
        if self.oddly(0.1):
            paz["poles"] = self.pick([], [-3 + 1j], [0j], "none")
        return self.pick("self", None, 3) if self.oddly(0.1) else paz

    def inventory(self):
        return inventory_for(self.rng, self.traces, self.folder)

    def response(self):
        return drawn(self.rng, self.folder)

    def trim(self):
        kwargs = {}
        for name in ("starttime", "endtime"):
            if self.chance(0.7) and self.stats:
                near = self.stats.starttime if name == "starttime" else self.stats.endtime
                shift = self.pick(0.0, 3.0, -3.0, 1.5, -0.4999, 0.2, -12.0, 40, -1e6) / self.rate
                kwargs[name] = near + shift if self.chance(0.7) else shift
        kwargs |= self.some(nearest_sample=self.flag)
        if self.chance(0.1):
            kwargs |= self.pick({"pad": True}, {"pad": True, "fill_value": 0}, {"starttime": "now"})
        return (), kwargs

    def split(self):
        return (), {}

    def merge(self):
        kwargs = self.some(
            method=lambda: self.pick(0, 1, -1, 1, 0, True, 7),
            fill_value=lambda: self.pick(
                None, 0, 0, 7.9, "latest", "interpolate", "foo", np.nan, -3
            ),
            interpolation_samples=lambda: self.pick(0, 0, 2, -1),
        )
        if self.oddly(0.03):
            kwargs["misalignment_threshold"] = self.pick(0.01, 0.3)
        return (), kwargs
