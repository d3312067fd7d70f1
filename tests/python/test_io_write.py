"""What obspeed writes is what ObsPy writes, byte for byte; a file is there whole, or not at all."""

import os
import struct
from pathlib import Path

import numpy as np
import obspy
import pytest
from compare import recorded
from examples import DTYPES, ODD, samples, trace
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obspy import Trace, UTCDateTime
from written import by_obspy, check

import obspeed
from obspeed import _core, _io

# fmt: off
FLOATS = [
    "stla", "stlo", "stel", "stdp", "evla", "evlo", "evel", "evdp", "mag", "user0", "user9",
    "dist", "az", "baz", "gcarc", "cmpaz", "cmpinc", "o", "a", "t0", "t9", "f", "scale",
    "odelta", "resp0", "internal0", "unused7", "e", "depmen", "delta",
]
INTEGERS = [
    "norid", "nevid", "nwfid", "nxsize", "idep", "iztype", "iinst", "istreg", "ievtyp",
    "iqual", "isynth", "imagtyp", "imagsrc", "lpspol", "lcalda", "leven", "npts", "nvhdr",
    "unused23", "lovrok", "iftype",
]
TEXTS = [
    "kevnm", "ko", "ka", "kt0", "kf", "kuser0", "kuser2", "kdatrd", "kinst", "kstnm", "khole",
    "kcmpnm", "knetwk",
]
# fmt: on
REFERENCE = {"nzyear": 2019, "nzjday": 300, "nzhour": 3, "nzmin": 4, "nzsec": 5, "nzmsec": 6}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("npts", [1, 2, 9, 127, 1000, 8193, 20011])
def test_sac_samples(tmp_path, dtype, npts):
    """Every type of sample, and lengths around the blocks of NumPy's sums."""
    for seed, scale in enumerate((1e-6, 1.0, 1e5, 1e6)):
        tr = trace(npts, seed=seed)
        tr.data = samples(npts, dtype, seed, scale)
        assert check(tr, tmp_path / "x", accelerated=True)


def test_sac_large_integers(tmp_path):
    for x in ([2**53 + 1, 5], [-(2**62), 7], [-(2**63), 0]):
        check(Trace(np.array(x)), tmp_path / "x", accelerated=False)
    check(Trace(np.array([2**53, 2**24 + 1])), tmp_path / "x", accelerated=True)


@pytest.mark.parametrize("kind", ODD)
def test_sac_odd_samples(tmp_path, kind):
    with np.errstate(all="ignore"):
        data = ODD[kind](samples(1000))
    tr = Trace(np.zeros(1), trace(1).stats)
    object.__setattr__(tr, "data", data)
    tr.stats.npts = len(data)
    check(tr, tmp_path / "x")


def test_sac_zeros_of_both_signs(tmp_path):
    for x in ([0.0, 1.0], [-0.0, -1.0], [0.0, -0.0], [-0.0, 1.0, 0.0]):
        alike = len({np.signbit(zero) for zero in x if zero == 0}) == 1
        check(Trace(np.array(x)), tmp_path / "x", accelerated=alike)


@pytest.mark.thread_unsafe(reason="one file")
@settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))
@given(
    ns=st.integers(-3 * 10**18, 4 * 10**18),
    rate=st.sampled_from([100.0, 40.0, 3.0, 1 / 3, 99.9999, 0.1]),
    npts=st.integers(1, 3000),
    whole=st.booleans(),
    codes=st.lists(st.sampled_from(["", "A", "A B", " ", "ABCDEFGHIJ"]), min_size=4, max_size=4),
    calib=st.sampled_from([1.0, 2.5, 1e-9, 3]),
)
def test_sac_times_and_codes(tmp_path, ns, rate, npts, whole, codes, calib):
    header = dict(zip(("network", "station", "location", "channel"), codes, strict=True))
    header |= {"calib": calib, "sampling_rate": rate}
    header["starttime"] = UTCDateTime(ns=ns // 1000 * 1000 if whole else ns)
    check(Trace(np.zeros(npts, "f4"), header), tmp_path / "x", accelerated=True)


numbers = st.sampled_from([1.5, -77.123456789, 3, True, -12345.0, np.float32(1.1), np.float64(0.1)])
wholes = st.sampled_from([5, 0, True, False, -12345, np.int32(7), np.int64(-1)])
texts = st.sampled_from(["abc", "", " ", "a b", "abcdefghijklmnopqrstuvw", "-12345", "12345678"])
headers = st.builds(
    lambda *parts: {key: value for part in parts for key, value in part.items()},
    st.dictionaries(st.sampled_from(FLOATS), numbers, max_size=4),
    st.dictionaries(st.sampled_from(INTEGERS), wholes, max_size=3),
    st.dictionaries(st.sampled_from(TEXTS), texts, max_size=3),
    st.sampled_from([{}, {}, REFERENCE, REFERENCE | {"nzmsec": -12345}, {"nzyear": 2020}]),
    st.sampled_from([{}, {}, {"b": 10.0004}, {"b": -3}, {"b": 1e5 / 3}, {"b": -12345.0}]),
)


@pytest.mark.thread_unsafe(reason="one file")
@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(header=headers, more=headers, ns=st.integers(0, 10**18), station=st.sampled_from(["", "S"]))
def test_sac_header_fields(tmp_path, header, more, ns, station):
    """Those of stats.sac, and those given beside them."""
    tr = Trace(np.arange(7.0), {"starttime": UTCDateTime(ns=ns), "station": station})
    if header:
        tr.stats.sac = header
    check(tr, tmp_path / "x", header=more, accelerated=True)


@pytest.mark.parametrize(
    "header",
    [
        {"stla": None},
        {"stla": np.nan},
        {"stla": "1.5"},
        {"stla": "x"},
        {"stla": 1e300},
        {"lcalda": 1.0},
        {"lcalda": None},
        {"norid": 2**40},
        {"kuser0": 5},
        {"kuser0": b"abc"},
        {"kuser0": "\xe4"},
        {"foo": 1},
        {"nspts": 1},
        {"b": np.nan},
        {"b": np.float32(10.1)},
        REFERENCE | {"nzjday": 400},
        REFERENCE | {"nzmsec": 1500},
        REFERENCE | {"nzyear": 2019.0},
    ],
    ids=str,
)
def test_sac_odd_header_fields_are_left_to_obspy(tmp_path, header):
    check(trace(20), tmp_path / "x", header=header, accelerated=False)


def test_sac_files_again(tmp_path):
    """What ObsPy reads from SAC files goes out as ObsPy writes it."""
    folder = Path(obspy.__file__).parent / "io/sac/tests/data"
    count = 0
    for file in sorted(folder.iterdir()):
        try:
            with recorded():
                stream = obspy.read(file, format="SAC")
        except Exception:  # noqa: BLE001 - no SAC file
            continue
        for tr in stream:
            count += check(tr, tmp_path / "x")
    assert count >= 8


def test_sac_layouts(tmp_path):
    """Only contiguous data of the machine's byte order are the core's."""
    x = samples(100)
    for data, accelerated in ((x[::2], False), (x[5:50], True), (x.astype(">f8"), False)):
        tr = Trace(np.zeros(1))
        object.__setattr__(tr, "data", data)
        tr.stats.npts = len(data)
        check(tr, tmp_path / "x", accelerated=accelerated)


def test_fields_lie_where_the_manual_says(tmp_path):
    """Not by ObsPy's word alone: words 31 and 79 and the text at byte 440."""
    path = tmp_path / "x"
    _io.write(trace(20, station="ABC"), path, "SAC", {"stla": 12.5, "idep": 6})
    content = path.read_bytes()
    assert struct.unpack_from("<f", content, 4 * 31) == (12.5,)
    assert struct.unpack_from("<i", content, 4 * 79) == (20,)
    assert struct.unpack_from("<i", content, 4 * 86) == (6,)
    assert content[440:448] == b"ABC     "
    assert len(content) == 632 + 4 * 20


def test_errors_are_those_of_open(tmp_path):
    """The subclass of OSError, its number and its path; the other files are written."""
    folder = tmp_path / "folder"
    folder.mkdir()
    paths = [tmp_path / "missing" / "x", folder, tmp_path / "x"]
    errors = _io.write_many([(trace(20), path, None) for path in paths], "SAC")
    assert [type(error) for error in errors] == [FileNotFoundError, IsADirectoryError, int]
    for path, error in zip(paths[:2], errors[:2], strict=True):
        with pytest.raises(OSError) as theirs:  # noqa: PT011 - compared below
            open(path, "wb")  # noqa: PTH123, SIM115 - the words of open itself
        assert (error.errno, error.strerror) == (theirs.value.errno, theirs.value.strerror)
        assert str(error) == str(theirs.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "x"]
    assert not list(folder.iterdir())


def test_by_way_of_drafts(tmp_path):
    """Folders are made, what is in the way is replaced, and no draft is left."""
    drafts, folder = tmp_path / "drafts", tmp_path / "folder"
    drafts.mkdir()
    folder.mkdir()
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_bytes(b"old")
    link.symlink_to(target)
    paths = [tmp_path / "a" / "b" / "x", link, folder, tmp_path / "declined"]
    traces = [trace(20), trace(20), trace(20), trace(20, "float32")]
    traces[3].data[3] = np.nan  # for ObsPy to write
    items = zip(traces, paths, [None] * 4, strict=True)
    results = _io.write_many(items, "SAC", drafts=f"{drafts}/")
    assert [type(result) for result in results] == [int, int, IsADirectoryError, int]
    assert results[2].filename == str(folder)
    expected = by_obspy(trace(20), "SAC")[0]
    assert paths[0].read_bytes() == link.read_bytes() == expected
    assert not link.is_symlink()
    assert results[3] == paths[3].stat().st_size
    assert not list(drafts.iterdir())
    (error,) = _io.write_many([(trace(20), target, None)], "SAC", drafts=f"{tmp_path}/none/")
    assert type(error) is FileNotFoundError
    assert target.read_bytes() == b"old"


def test_links_and_devices(tmp_path):
    """A link stays a link, and its target is replaced; a device is never replaced."""
    link, target = tmp_path / "link", tmp_path / "target"
    target.write_bytes(b"old")
    link.symlink_to(target)
    _io.write(trace(20), link, "SAC")
    assert link.is_symlink()
    assert target.read_bytes() == by_obspy(trace(20), "SAC")[0]
    _io.write(trace(20), os.devnull, "SAC")
    assert not Path(os.devnull).is_file()


def test_a_file_is_replaced_at_once(tmp_path):
    """Who has the old file open goes on reading the old one."""
    path = tmp_path / "x"
    _io.write(trace(20), path, "SAC")
    with path.open("rb") as old:
        _io.write(trace(3000), path, "SAC")
        assert len(old.read()) == 632 + 80
    assert path.stat().st_size == 632 + 12000


def test_the_trace_is_only_read(tmp_path):
    tr = trace(20)
    tr.data.flags.writeable = False
    check(tr, tmp_path / "x", header={"stla": 1.0}, accelerated=True)


def test_any_number_of_threads(tmp_path):
    items = [(trace(50 + i, station=str(i)), tmp_path / str(i), None) for i in range(30)]
    for threads in (1, 2, 5):
        with obspeed.num_threads(threads):
            assert all(type(size) is int for size in _io.write_many(items, "SAC"))
        for tr, path, _ in items:
            assert path.read_bytes() == by_obspy(tr, "SAC")[0]
            path.unlink()


def test_bytes_to_a_file(tmp_path):
    _core.write_file(tmp_path / "x", b"abc")
    assert (tmp_path / "x").read_bytes() == b"abc"


@pytest.mark.parametrize("order", ["<", ">", 0, 1, "x", None])
def test_sac_byte_order(tmp_path, order):
    check(trace(20), tmp_path / "x", byteorder=order, accelerated=order in {"<", ">", 0, 1})
