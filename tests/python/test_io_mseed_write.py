"""miniSEED that obspeed writes is what ObsPy writes, byte for byte."""

import warnings

import numpy as np
import obspy
import pytest
from examples import trace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obspy import Trace, UTCDateTime
from written import check

import obspeed
from obspeed import _io

KINDS = {
    "int32": [None, "STEIM1", "STEIM2", "INT32", 11],
    "int16": [None, "INT16"],
    "int64": [None],
    "float32": [None, "FLOAT32"],
    "float64": [None, "FLOAT64"],
}


def counts(npts, dtype, scale, seed=0):
    x = np.random.default_rng(seed).standard_normal(npts)
    x = (x * scale * np.exp(3 * np.sin(np.arange(npts) / 50))).clip(-(2**28), 2**28)
    return (x.clip(-32000, 32000) if dtype == "int16" else x).astype(dtype)


@pytest.mark.parametrize("dtype", KINDS)
@pytest.mark.parametrize("npts", [1, 2, 3, 7, 57, 60, 61, 997, 5000])
def test_samples(tmp_path, dtype, npts):
    """Every type, encoding, byte order; differences from 4 to 30 bits; records filled and not."""
    for i, encoding in enumerate(KINDS[dtype]):
        for scale in (0.3, 2, 10, 60, 1000, 1e5, 2e6):
            tr = trace(1)
            tr.data = counts(npts, dtype, scale, seed=npts + i)
            given = {"encoding": encoding} if encoding else {}
            for length, order in ((256, ">"), (512, "<"), (4096, ">")):
                options = given | {"reclen": length, "byteorder": order}
                check(tr, tmp_path / "x", "MSEED", accelerated=True, **options)


def test_jumps_that_steim_cannot_hold(tmp_path):
    for jump in (2**29 - 1, 2**29, -(2**29), -(2**29) - 1, 2**31 - 1):
        data = np.array([0, jump, jump], "int32")
        fits = -(2**29) <= jump < 2**29
        check(Trace(data), tmp_path / "x", "MSEED", accelerated=fits)
        check(Trace(data), tmp_path / "x", "MSEED", accelerated=True, encoding="STEIM1")
    least = Trace(np.array([-(2**31), 2**31 - 1], "int32"))
    check(least, tmp_path / "x", "MSEED", accelerated=True, encoding="INT32")
    for value in (2**31, -(2**31), -(2**31) + 1, 2**31 - 1):
        check(Trace(np.array([value, value])), tmp_path / "x", "MSEED")


rates = st.one_of(
    st.sampled_from([100.0, 40.0, 3.0, 7.0, 1 / 3, 0.3, 0.1, 62.5, 99.9999, 1e4, 1e-3, 32767.0]),
    st.floats(0.001, 600),
    st.builds(lambda n, k: n + k * 1e-6, st.integers(1, 300), st.integers(-9, 9)),
)


@settings(deadline=None, max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    ns=st.integers(-2 * 10**18, 4 * 10**18),
    unit=st.sampled_from([1, 500, 1000, 50_000, 10**5, 10**9]),
    rate=rates,
    quality=st.sampled_from([None, "D", "R", "Q", "M"]),
    timing=st.sampled_from([None, 0, 100]),
    npts=st.integers(1, 700),
)
def test_headers(tmp_path, ns, unit, rate, quality, timing, npts):
    """Times to the microsecond, rates as two numbers or in blockette 100, qualities."""
    tr = Trace(np.zeros(npts, "f4"), {"network": "NW", "station": "STA", "channel": "BHZ"})
    tr.stats.sampling_rate = rate
    tr.stats.starttime = UTCDateTime(ns=ns // unit * unit)
    if quality:
        tr.stats.mseed = {"dataquality": quality}
    if timing is not None:
        tr.stats.setdefault("mseed", {})["blkt1001"] = {"timing_quality": timing}
    check(tr, tmp_path / "x", "MSEED", reclen=256)


@pytest.mark.parametrize("code", ["", "A", "A B", " A", "ABCDEFG", "\xc4"])
def test_codes(tmp_path, code):
    for name in ("network", "station", "location", "channel"):
        tr = trace(20, "int32", **{name: code})
        check(tr, tmp_path / "x", "MSEED", accelerated=code in {"", "A"})


@pytest.mark.parametrize(
    "mseed",
    [
        {},
        {"record_length": 512, "encoding": "STEIM1", "byteorder": "<"},
        {"encoding": "INT32", "filesize": 3, "number_of_records": 1, "foo": 1},
        {"encoding": "FLOAT64"},
        {"encoding": "ASCII"},
        {"encoding": "CDSN"},
        {"encoding": None},
        {"encoding": 10},
        {"record_length": 100},
        {"record_length": 128},
        {"record_length": 2**21},
        {"record_length": "512"},
        {"byteorder": "="},
        {"byteorder": "x"},
        {"byteorder": 1},
        {"byteorder": None},
        {"dataquality": "X"},
        {"dataquality": None},
        {"blkt1001": {"timing_quality": 101}},
        {"blkt1001": {"timing_quality": 5.5}},
        {"blkt1001": {}},
    ],
    ids=str,
)
@pytest.mark.parametrize(
    "options",
    [{}, {"encoding": "STEIM2"}, {"reclen": 1024, "byteorder": ">"}, {"encoding": "FLOAT32"}],
    ids=str,
)
def test_settings(tmp_path, mseed, options):
    """What the caller says goes before stats.mseed, and that before the defaults; warnings, too."""
    tr = trace(300, "int32")
    tr.stats.mseed = mseed
    check(tr, tmp_path / "x", "MSEED", **options)


@pytest.mark.parametrize(
    "options",
    [
        {"reclen": 100},
        {"reclen": 512.0},
        {"reclen": None, "byteorder": None, "encoding": None},
        {"byteorder": "x"},
        {"byteorder": True},
        {"encoding": "nosuch"},
        {"encoding": "SRO"},
        {"flush": True},
        {"foo": 1},
    ],
    ids=str,
)
def test_odd_options(tmp_path, options):
    check(trace(300, "int32"), tmp_path / "x", "MSEED", **options)


def test_no_samples(tmp_path):
    check(Trace(np.zeros(0)), tmp_path / "x", "MSEED", accelerated=False)


def test_a_warning_comes_once(tmp_path):
    """Also where the core declines after it; as an error it keeps the file from being written."""
    for station, accelerated in (("STA", True), ("A B", False)):
        tr = trace(20, station=station)
        tr.stats.mseed = {"encoding": "STEIM2"}
        check(tr, tmp_path / "x", "MSEED", accelerated=accelerated)
        (tmp_path / "x").unlink()
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            (error,) = _io.write_many([(tr, tmp_path / "x", None)], "MSEED")
        assert isinstance(error, UserWarning)
        assert not (tmp_path / "x").exists()


def test_there_and_back(tmp_path):
    """What is written is read again by both, to the same samples."""
    path = tmp_path / "x"
    for dtype in ("int32", "float32", "float64"):
        tr = trace(20011, dtype, station="STA")
        _io.write(tr, path, "MSEED")
        for stream in (_io.read(path), obspy.read(path)):
            np.testing.assert_array_equal(stream[0].data, tr.data)
            assert stream[0].stats.starttime == tr.stats.starttime


def test_other_formats_are_obspys(tmp_path):
    obspeed.reset_report()
    check(trace(20, "int32"), tmp_path / "x", "GSE2", accelerated=False)
    assert obspeed.report().methods["write"].declined == {"another format": 1}
