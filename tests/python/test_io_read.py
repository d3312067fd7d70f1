"""What obspeed reads is what ObsPy reads: data, every field of the stats, order of the traces."""

import os
import pickle
import random
import sys
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import obspy
import pytest
from compare import recorded
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obspy import Stream, Trace, UTCDateTime
from obspy.core import AttribDict, Stats
from records import record
from subprocesses import run_python

import obspeed
from obspeed import _core, _io

INSTALLED = Path(obspy.__file__).parent
ENCODINGS = ["INT16", "INT32", "FLOAT32", "FLOAT64", "STEIM1", "STEIM2"]
STARTED = UTCDateTime(2020, 1, 10)


def assert_equal(got, expected):
    """The same object tree: types, order of keys, values, bits of the samples."""
    assert type(got) is type(expected)
    if isinstance(expected, Stream | Trace | Stats | AttribDict):
        assert_equal(vars(got), vars(expected))
    elif isinstance(expected, dict):
        assert list(got) == list(expected)
        for key in expected:
            assert_equal(got[key], expected[key])
    elif isinstance(expected, list):
        assert len(got) == len(expected)
        for a, b in zip(got, expected, strict=True):
            assert_equal(a, b)
    elif isinstance(expected, np.ndarray):
        assert got.dtype == expected.dtype
        assert got.flags.writeable
        assert got.tobytes() == expected.tobytes()
    elif isinstance(expected, UTCDateTime):
        assert got.ns == expected.ns
        assert got.precision == expected.precision
    else:
        assert got == expected


def natively(path):
    """What the core answers: a stream, or the reason why not."""
    obspeed.reset_report()
    (answer,) = _core.read_mseed([path], 1)
    if isinstance(answer, Exception):
        return answer
    stream = _io.read(path)
    assert obspeed.report().methods["read"].accelerated == 1
    return stream


def check(path, content=None, *, declined=False):
    """The core answers as ObsPy does and ObsPy has no warning, or it declines."""
    if content is not None:
        path.write_bytes(content)
    got = natively(path)
    if isinstance(got, Exception):
        assert isinstance(got, _core.DeclinedError)
        return str(got)
    assert not declined
    with recorded() as seen:
        expected = obspy.read(path)
    assert not seen
    assert_equal(got, expected)
    return None


def files(folder):
    """What begins like a record of data; other formats are declined after a few bytes."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file() and path.suffix not in {".xml", ".csv", ".txt", ".md", ".py"}:
            with path.open("rb") as file:
                if file.read(7)[6:] in {b"D", b"R", b"Q", b"M"}:
                    found.append(path)
    return sorted(found)


def test_obspys_own_files():
    """Among them corrupt ones, all encodings, both byte orders."""
    reasons = Counter(check(path) for path in files(INSTALLED))
    assert reasons[None] >= 50
    assert reasons["a record with odd blockettes"] >= 3


def test_real_recordings(shared_data):
    reasons = Counter(check(path) for path in files(shared_data))
    assert reasons[None] >= 400


@pytest.mark.parametrize("content", [b"", b"text", b"000001D " + bytes(600), bytes(4096)])
def test_what_is_no_recording(tmp_path, content):
    check(tmp_path / "x", content, declined=True)


def sampled(npts, encoding, scale=1000, seed=0):
    x = np.random.default_rng(seed).standard_normal(npts).cumsum() * scale
    kind = {"FLOAT32": "f4", "FLOAT64": "f8", "INT16": "i2"}.get(encoding, "i4")
    return (np.clip(x, -32000, 32000) if encoding == "INT16" else x).astype(kind)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("length", [256, 512, 4096])
def test_written_by_obspy(tmp_path, encoding, order, length):
    header = {"sampling_rate": 40.0, "station": "AB", "starttime": STARTED + 0.123456}
    for npts in (1, 2, 3, 7, 61, 997, 5000):
        for scale in (1, 30, 1000, 100_000):
            tr = Trace(sampled(npts, encoding, scale), header)
            path = tmp_path / "x"
            tr.write(path, "MSEED", encoding=encoding, byteorder=order, reclen=length)
            assert check(path) is None


def test_a_large_file(tmp_path):
    """ObsPy looks at the first MiB alone to describe a file."""
    content = b"".join(record(200_000 * i, length=4096) for i in range(300))
    assert check(tmp_path / "x", content) is None


@pytest.mark.thread_unsafe(reason="one file")
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_gaps_overlaps_and_several_channels(tmp_path, data):
    """Records that follow one another, do not, or nearly do; in any order of channels."""
    ends, content = {}, b""
    for _ in range(data.draw(st.integers(1, 12))):
        channel = data.draw(st.sampled_from(["BHZ", "BHN", "HHZ"]))
        quality = data.draw(st.sampled_from("DDDR"))
        factor = data.draw(st.sampled_from([100, 100, 3, -10, 50]))
        delta = 1e6 / factor if factor > 0 else -1e6 * factor
        gap = data.draw(st.sampled_from([0, 0, 0, 0.2, -0.3, 0.49, 0.51, 1, -1, 40, -40]))
        start = int(ends.get((channel, quality), 10**9) + gap * delta) // 100 * 100
        npts = data.draw(st.integers(1, 60))
        content += record(
            start,
            np.arange(npts),
            channel=channel,
            quality=quality,
            factor=factor,
            encoding=data.draw(st.sampled_from(["INT32", "INT32", "INT16", "FLOAT32"])),
            length=data.draw(st.sampled_from([512, 512, 1024])),
            order=data.draw(st.sampled_from(">>>><")),
            microseconds=data.draw(st.sampled_from([None, 0, 30, -7])),
            rate=data.draw(st.sampled_from([None, None, float(factor), 100.001])),
            correction=data.draw(st.sampled_from([0, 0, 3])),
            flags=data.draw(st.sampled_from([0, 0, 2, 1, 4])),
        )
        ends[channel, quality] = start + npts * delta
    check(tmp_path / "x", content)


@pytest.mark.parametrize(
    "odd",
    [
        {"flags": 16},
        {"flags": 32},
        {"npts": 0},
        {"npts": 200},
        {"factor": 0},
        {"rate": -1.0},
        {"rate": float("nan")},
        {"encoding": 0},
        {"encoding": 30},
        {"day": 366, "year": 2019},
        {"number": b"12 456"},
        {"quality": "V"},
        {"station": "\xc4B"},
        {"station": "A B"},
    ],
    ids=str,
)
def test_odd_records_are_left_to_obspy(tmp_path, odd):
    """Leap seconds, missing samples, times and rates that are none, unknown encodings."""
    odd["station"] = odd.get("station", "ABC")
    for content in (record(**odd), record() + record(200_000, **odd)):
        check(tmp_path / "x", content, declined=True)


def test_codes_filled_up_in_two_ways(tmp_path):
    content = record(station="AB") + record(200_000, station="AB\0\0\0")
    check(tmp_path / "x", content, declined=True)


def mutated(content, rng):
    content = bytearray(content)
    for _ in range(rng.choice([1, 1, 2, 4])):
        at = rng.randrange(min(len(content), rng.choice([64, 128, 10**9])))
        at = (at + 512 * rng.randrange(8)) % len(content)
        kind = rng.random()
        if kind < 0.5:
            content[at] ^= 1 << rng.randrange(8)
        elif kind < 0.8:
            content[at] = rng.choice([0, 1, 32, 127, 128, 255, rng.randrange(256)])
        elif kind < 0.9:
            del content[at : at + rng.choice([1, 64, 512, 10**9])]
        else:
            content[at:at] = content[: rng.choice([1, 64, 512])]
        content = content or bytearray(1)
    return bytes(content)


def test_damaged_files(tmp_path):
    """A changed bit, a missing or doubled piece: the same answer as ObsPy's, or none."""
    rng = random.Random(1)
    originals = [path.read_bytes()[:4096] for path in files(INSTALLED / "io/mseed")]
    originals = [content for content in originals if content]
    reasons = Counter(
        check(tmp_path / "x", mutated(rng.choice(originals), rng)) for _ in range(1000)
    )
    assert reasons[None] > 50
    assert len(reasons) > 10


def test_what_the_core_declines_obspy_reads(tmp_path):
    obspeed.reset_report()
    path = INSTALLED / "io/mseed/tests/data/encoding/fullASCII_bigEndian.mseed"
    assert_equal(_io.read(path), obspy.read(path))
    missing = tmp_path / "missing"
    with pytest.raises(FileNotFoundError) as theirs:
        obspy.read(missing)
    with pytest.raises(FileNotFoundError) as ours:
        _io.read(missing)
    assert str(ours.value) == str(theirs.value)
    row = obspeed.report().methods["read"]
    assert (row.traces, row.accelerated) == (2, 0)
    assert row.declined == {"an encoding that is not decoded here": 1, "FileNotFoundError": 1}


def test_many_files_in_their_order(tmp_path):
    """One that cannot be read is an exception in its place."""
    paths = []
    for i in range(40):
        paths.append(tmp_path / str(i))
        if i % 7:
            paths[-1].write_bytes(record(station=str(i)))
    for threads in (1, 2, 5):
        with obspeed.num_threads(threads):
            answers = _io.read_many(map(str, paths))
        for i, answer in enumerate(answers):
            if i % 7:
                assert answer[0].stats.station == str(i)
            else:
                assert isinstance(answer, FileNotFoundError)


def test_the_traces_are_obspys(tmp_path):
    """They can be written, pickled, copied and processed as any."""
    path = tmp_path / "x"
    path.write_bytes(record() + record(200_000))
    got, expected = _io.read(path), obspy.read(path)
    assert got == expected
    assert str(got) == str(expected)
    assert pickle.loads(pickle.dumps(got)) == expected
    for stream in (got, expected):
        stream.trim(stream[0].stats.starttime + 0.1)
        stream.detrend("linear")
    assert got == expected or np.array_equal(got[0].data, expected[0].data)
    got[0].stats.sampling_rate = 50
    assert got[0].stats.delta == 0.02


def test_a_folder_and_a_device(tmp_path):
    for path in (tmp_path, Path(os.devnull)):
        (answer,) = _core.read_mseed([path], 1)
        assert isinstance(answer, OSError | _core.DeclinedError)


def test_the_answers_do_not_share_memory(tmp_path):
    path = tmp_path / "x"
    path.write_bytes(record())
    with warnings.catch_warnings():
        first, second = _io.read(path), _io.read(path)
    first[0].data[:] = -1
    assert not np.array_equal(first[0].data, second[0].data)


INTERRUPTED = """
    import os, signal, sys, threading, time
    import numpy as np
    import obspeed
    from obspeed import _core
    from obspy import Trace

    # The last of many records is damaged: all are decoded, and no answer takes memory.
    Trace(np.arange(2_000_000, dtype="i4") % 997).write(sys.argv[2], "MSEED", encoding="STEIM1")
    content = bytearray(open(sys.argv[2], "rb").read())
    content[-4096 + 72] ^= 1
    open(sys.argv[2], "wb").write(content)

    def read(files):
        began = time.perf_counter()
        answers = _core.read_mseed([sys.argv[2]] * files, int(sys.argv[1]))
        assert all("last sample" in str(answer) for answer in answers), answers[0]
        return time.perf_counter() - began

    files = 50
    while (seconds := read(files)) < 1.0:
        files *= 2
    signals = threading.Timer(0.3 * seconds, os.kill, (os.getpid(), signal.SIGINT))
    signals.start()
    try:
        read(10 * files)
    except KeyboardInterrupt:
        raise SystemExit(0)
    raise SystemExit("there was no KeyboardInterrupt")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill(SIGINT) is for POSIX")
@pytest.mark.parametrize("threads", [1, 2])
def test_interrupted(tmp_path, threads):
    """Ctrl-C ends the reading of many files long before the last."""
    run_python(INTERRUPTED, threads, tmp_path / "x", deadline=100)


def test_what_is_asked_meanwhile_ends_the_reading(tmp_path):
    path = tmp_path / "x.mseed"
    path.write_bytes(record())

    def stop():
        raise LookupError("stopped")

    with pytest.raises(LookupError, match="stopped"):
        _core.read_mseed([path] * 50_000, 1, stop)
