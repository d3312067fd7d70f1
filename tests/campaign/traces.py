"""Traces and streams as nobody would write them: every type, layout, header and kind of sharing."""

import numpy as np
from obspy import Stream, Trace, UTCDateTime
from obspy.core import AttribDict

NATIVE = ("f8", "f4", "i4", "i2", "i8")
RARE = ("u1", "u2", "u4", "u8", "i1", "f2", "?", "c16", "c8", "g")
LENGTHS = (2, 3, 4, 5, 7, 8, 9, 11, 13, 16, 31, 63, 64, 65, 97, 100, 127, 128, 129, 251, 500, 997)
LONG = (1000, 1024, 2003, 4096, 8191, 8192, 8193)
RATES = (100.0, 100.0, 20.0, 1.0, 40.0, 50.0, 200.0, 250.0, 0.1, 1 / 3, 99.99999, 128.5, 1e-3, 3000)
STARTS = (
    1_262_304_000_000_000_000,
    1_577_836_800_123_456_000,
    1_577_836_800_123_456_789,
    1,
    -300_000_000_500_000_001,
    4_100_000_000_000_000_000,
)
IDS = (
    ("BW", "RJOB", "", "EHZ"),
    ("GR", "FUR", "", "BHZ"),
    ("", "", "", ""),
    ("XX", "A", "00", "Z"),
)
HISTORIES = (0, 1, 50, 97, 98, 99, 100, 101)


class MyStream(Stream):
    """A subclass that changes nothing."""


class MyTrace(Trace):
    """A subclass that changes nothing."""


class Louder(Trace):
    """A subclass with a method of its own."""

    def taper(self, *args, **kwargs):
        self.data = self.data * 2.0
        return self

    def filter(self, *args, **kwargs):
        super().filter(*args, **kwargs)
        self.stats.louder = True
        return self


class Draw:
    """One seed's traces. Two with the same seed draw the same, sharing included."""

    def __init__(self, rng, seed, odd=1.0):
        self.rng = rng
        self.odd = odd
        self.values = np.random.default_rng(seed)
        self.sharing = ""

    def chance(self, p):
        return self.rng.random() < p

    def oddly(self, p):
        """As `chance`, of something that rarely happens to data of decent people."""
        return self.chance(p * self.odd)

    def length(self):
        if self.oddly(0.05):
            return self.rng.choice([0, 1, 1])
        r = self.rng.random()
        return self.rng.choice(LENGTHS if r < 0.8 else LONG)

    def dtype(self):
        if self.oddly(0.08):
            return np.dtype(self.rng.choice(RARE))
        return np.dtype(self.rng.choices(NATIVE, (10, 7, 7, 3, 2))[0])

    def samples(self, npts, dtype):
        """Values of some shape, in the range of the type."""
        x = self.values.standard_normal(npts)
        shape = self.rng.randrange(12 if self.oddly(1.0) else 11)
        if shape < 5:
            x = x.cumsum() * 300.0 + 70.0
        elif shape < 8:
            x = x * 1000.0 + self.rng.choice([0.0, 0.0, 1e4, -5e5])
        elif shape == 8:
            x = np.full(npts, self.rng.choice([0.0, 7.1, -3.0]))
        elif shape == 9:
            x = np.linspace(-40.0, 90.0, npts)
        elif shape == 10:
            x = np.where(np.arange(npts) == npts // 3, 1.0, 0.0) * 1e3
        else:
            scales = {"f4": [1e-40, 1e30, 1.0], "f2": [1.0]}.get(
                dtype.str[1:], [1e-310, 1e200, 1e300]
            )
            x = x * (self.rng.choice(scales) if dtype.kind in "fc" else 1e9)
        if dtype.kind in "iu":
            info = np.iinfo(dtype)
            with np.errstate(invalid="ignore"):
                x = np.clip(x, float(info.min), float(info.max) * (1 - 2**-52)).astype(dtype)
            if npts and self.oddly(0.06):
                x[self.rng.randrange(npts)] = self.rng.choice([info.min, info.max])
            return x
        if dtype.kind == "b":
            return x > 0
        with np.errstate(over="ignore"):
            x = x.astype(dtype)
        if npts and self.oddly(0.06):
            for _ in range(self.rng.choice([1, 1, 2])):
                where = self.rng.choice([0, npts - 1, self.rng.randrange(npts)])
                x[where] = self.rng.choice([np.nan, np.inf, -np.inf])
        return x

    def laid_out(self, x):
        """The same values in another layout, byte order or kind of array."""
        if not self.oddly(0.25):
            return x
        r = self.rng.uniform(0.8, 1.0)
        if r < 0.85:
            return x.astype(x.dtype.newbyteorder())
        if r < 0.91:
            wide = np.zeros((len(x), 3), x.dtype, order=self.rng.choice("CF"))
            wide[:, 1] = x
            return wide[:, 1]
        if r < 0.93:
            return np.ascontiguousarray(x[::-1])[::-1]
        if r < 0.95:
            raw = np.zeros(x.nbytes + 1, np.uint8)
            moved = raw[1:].view(x.dtype)
            moved[:] = x
            return moved
        if r < 0.98:
            x.flags.writeable = False
            return x
        return np.concatenate([x[:3], x, x[:2]])[min(3, len(x)) : min(3, len(x)) + len(x)]

    def masked(self, x):
        npts = len(x)
        kind = self.rng.randrange(6)
        if kind == 0:
            return np.ma.masked_array(x)
        if kind == 1:
            return np.ma.masked_array(x, np.zeros(npts, bool))
        if kind == 2:
            return np.ma.masked_array(x, np.ones(npts, bool))
        mask = np.repeat(self.values.random(npts // 5 + 1) < 0.3, 5)[:npts]
        if kind == 3 and npts:
            mask[[0, -1]] = True
        return np.ma.masked_array(x, mask, hard_mask=self.chance(0.2))

    def header(self):
        rng = self.rng
        network, station, location, channel = rng.choice(IDS)
        header = {
            "network": network,
            "station": station,
            "location": location,
            "channel": channel,
            "sampling_rate": rng.choice(RATES),
            "starttime": UTCDateTime(ns=rng.choice(STARTS)),
        }
        if self.chance(0.1):
            header["calib"] = rng.choice([1, 2.5])
        if self.chance(0.1):
            header["mseed"] = {"dataquality": "D", "more": {"a": [1, 2]}}
        if self.chance(0.05):
            header["coordinates"] = AttribDict(latitude=1.0)
        if self.chance(0.25):
            header["processing"] = ["x"] * rng.choice(HISTORIES)
        elif self.oddly(0.02):
            header["processing"] = rng.choice([("a",), "text", None])
        return header

    def trace(self, header=None, npts=None, dtype=None, plain=False):
        npts = self.length() if npts is None else npts
        x = self.samples(npts, dtype or self.dtype())
        if not plain:
            x = self.laid_out(x)
            if self.oddly(0.08):
                x = self.masked(x)
        kind = self.rng.choice([MyTrace, Louder]) if self.oddly(0.05) else Trace
        trace = kind(x, header or self.header())
        if self.oddly(0.03):
            trace.stats.npts = self.rng.choice([npts + 3, max(0, npts - 2)])
        return trace

    def stream(self):
        rng, uniform = self.rng, self.chance(0.4)
        count = rng.choice([0, 1, 1, 2, 2, 3, 3, 4, 5, 9]) if self.chance(0.97) else 20
        traces = []
        if uniform:  # alike, so that kernels may take them together
            npts, dtype, header = self.length(), self.dtype(), self.header()
            for i in range(count):
                own = dict(header, channel=header["channel"] + "ABC"[i % 3])
                plain = self.chance(0.9)
                own["processing"] = list(header.get("processing") or [])
                traces.append(self.trace(own, npts, dtype, plain=plain))
        else:
            traces = [self.trace() for _ in range(count)]
        kind = Stream if self.chance(0.95) else MyStream
        return kind(traces)

    def pieces(self):
        """A stream for `merge` and `split`: pieces of few channels, with gaps and overlaps."""
        rng, traces = self.rng, []
        rate, start = rng.choice(RATES), UTCDateTime(ns=rng.choice(STARTS))
        for number in range(rng.choice([1, 1, 2, 3])):
            header = {"station": "AB"[number % 2], "channel": "Z", "sampling_rate": rate}
            dtype, at = self.dtype(), 0
            parent = None
            for _ in range(rng.choice([1, 2, 3, 4, 6])):
                npts = rng.choice([1, 2, 3, 5, 10, 50, 300]) if not self.oddly(0.05) else 0
                if self.oddly(0.05):
                    dtype = self.dtype()
                x = self.samples(npts, dtype)
                if parent is not None and self.oddly(0.1):
                    x = parent[: max(1, npts)]
                parent = x if parent is None else parent
                if self.oddly(0.06):
                    x = self.masked(x)
                elif self.oddly(0.06):
                    x = self.laid_out(x)
                piece = Trace(x, dict(header))
                shift = (rng.choice([1e-4, 0.004, 0.02, 0.5]) if self.oddly(0.3) else 0.0) / rate
                piece.stats.starttime = start + at / rate + shift
                if self.oddly(0.03):
                    piece.stats.sampling_rate = rate * rng.choice([1.0000001, 2])
                if self.oddly(0.03):
                    piece.stats.calib = 3.0
                if self.oddly(0.2):
                    piece.stats.processing = ["x"]
                traces.append(piece)
                at += npts + rng.choice(
                    [0, 0, 1, 2, 7, 40] if not self.oddly(0.3) else [-1, -2, -30]
                )
        if self.chance(0.4):
            rng.shuffle(traces)
        return Stream(traces)

    def share(self, stream, memory=True):
        """Let traces of a stream have things in common, in place."""
        rng, traces = self.rng, stream.traces
        if not traces:
            return
        first, other = rng.choice(traces), rng.choice(traces)
        what = rng.choice(["trace", "stats", "history", "views", "buffer"][: 5 if memory else 3])
        self.sharing = what
        if what == "trace":
            traces.insert(rng.randrange(len(traces) + 1), first)
        elif what == "stats":
            other.__dict__["stats"] = first.stats
        elif what == "history":
            first.stats.processing = other.stats.processing = ["shared"] * rng.choice([0, 1, 98])
        elif what == "buffer":
            other.__dict__["data"] = first.data
            other.stats.npts = first.stats.npts
        else:
            parent = self.samples(rng.choice([10, 100, 501]), self.dtype())
            for trace in traces:
                begin = rng.randrange(5)
                trace.__dict__["data"] = parent[begin : rng.choice([None, 9, -1])]
                trace.stats.npts = len(trace.data)
