"""StationXML read natively beside ObsPy's reading: the same model and answers, or declined."""

import dataclasses
import pickle
import random
import re
import struct
import warnings
from itertools import chain, islice

import numpy as np
import obspy
import pytest
from obspy import Stream, Trace, UTCDateTime
from station_files import altered, by_obspy, document, installed, seed_ids, shared

import obspeed
from obspeed import DeclinedError, _response, _stationxml
from obspeed._stationxml import StationXML

FIELDS = (
    *("start_date", "end_date", "latitude", "longitude", "elevation", "depth"),
    *("azimuth", "dip", "sample_rate"),
)


def bits(value):
    """What a number is, to the sign of zero; other values as they are."""
    if isinstance(value, (list, tuple)):
        return [bits(v) for v in value]
    if isinstance(value, complex):
        return struct.pack("dd", value.real, value.imag)
    if isinstance(value, float):
        return struct.pack("d", value)
    return value


def assert_same_stage(got, expected):
    assert _response._KINDS[type(got)] == _response._KINDS[type(expected)]
    for field in dataclasses.fields(got):
        a, b = getattr(got, field.name), getattr(expected, field.name)
        if field.name == "response_list_elements":
            b = [(e.frequency, e.amplitude, e.phase) for e in b]
        assert bits(a) == bits(b), field.name


def assert_same_response(got, expected):
    """Field by field, and what the engine makes of them."""
    assert (got is None) == (expected is None)
    if got is None:
        return
    sensitivity = expected.instrument_sensitivity
    if sensitivity is not None:
        sensitivity = [getattr(sensitivity, name) for name in _stationxml.Sensitivity._fields]
    assert (got.instrument_sensitivity and list(got.instrument_sensitivity)) == sensitivity
    polynomial = expected.instrument_polynomial
    assert (got.instrument_polynomial is None) == (polynomial is None)
    if polynomial is not None:
        assert got.instrument_polynomial.coefficients == polynomial.coefficients
    assert len(got.response_stages) == len(expected.response_stages)
    for a, b in zip(got.response_stages, expected.response_stages, strict=True):
        assert_same_stage(a, b)
    assert prepared(got, "ACC") == prepared(expected, "ACC")


def prepared(response, output):
    """Key of the model and warnings, or why there is none."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            ready = _response.prepare(response, output)
        except DeclinedError as error:
            return str(error)
    return ready.response.key, [tuple(notice) for notice in ready._notices]


def channels_of(inventory, network, station, location, channel):
    found = [
        [
            c
            for s in n
            if s.code == station
            for c in s
            if (c.location_code, c.code) == (location, channel)
        ]
        for n in inventory
        if n.code == network
    ]
    return [epochs for epochs in found if epochs]


def assert_same_file(path):
    """Return whether the file is read natively; then all is as in ObsPy's reading of it."""
    stations = StationXML(path)
    if stations.declined:
        return False
    inventory, warned = by_obspy(path)
    assert not isinstance(inventory, Exception), inventory
    assert not warned
    for seed_id in seed_ids(inventory):
        expected = channels_of(inventory, *seed_id)
        got = stations.channels(*seed_id)
        assert [len(epochs) for epochs in got] == [len(epochs) for epochs in expected]
        for a, b in zip(chain(*got), chain(*expected), strict=True):
            for name in FIELDS:
                assert getattr(a, name) == getattr(b, name), (seed_id, name)
            assert_same_response(a.response, b.response)
    assert len(stations._content._stations) == sum(len(s) for n in inventory for s in n)
    return True


def report_of(paths):
    natively, declined = [], []
    for path in paths:
        try:
            (natively if assert_same_file(path) else declined).append(path)
        except AssertionError as error:
            raise AssertionError(path) from error
    return natively, declined


def test_all_installed_files_are_read_alike():
    natively, declined = report_of(installed())
    assert len(natively) > 5 * len(declined)


def test_all_shared_files_are_read_alike(shared_data):
    natively, declined = report_of(shared(shared_data))
    assert len(natively) > 9 * len(declined)


def removed(trace, inventory, method, **kwargs):
    """Samples after one call, or the exception; and the warnings."""
    trace = trace.copy()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            getattr(obspeed, method)(trace, inventory=inventory, **kwargs)
        except Exception as error:  # noqa: BLE001 - any of them
            return (type(error), str(error)), None
    return trace.data.tobytes(), [(str(w.message), w.category) for w in caught]


def trace_of(seed_id, channel, npts=120):
    network, station, location, code = seed_id
    start = channel.start_date or UTCDateTime(2000, 1, 1)
    header = {"network": network, "station": station, "location": location, "channel": code}
    data = np.random.default_rng(npts).standard_normal(npts) * 1e3
    rate = channel.sample_rate or 1.0
    return Trace(data, header | {"starttime": start + 1, "sampling_rate": rate})


def assert_same_answers(paths, every):
    """Compare the answers for some of the different responses in files."""
    seen, count = set(), 0
    for path in paths:
        stations = StationXML(path)
        if stations.declined:
            continue
        inventory = obspy.read_inventory(str(path))
        for seed_id in seed_ids(inventory):
            for channel in chain(*stations.channels(*seed_id)):
                key = channel.response and repr(prepared(channel.response, "VEL"))
                if key is None or key in seen:
                    continue
                seen.add(key)
                if len(seen) % every != 0:
                    continue
                count += 1
                trace = trace_of(seed_id, channel)
                method = ("remove_response", "remove_response", "remove_sensitivity")[count % 3]
                got = removed(trace, stations, method)
                assert got == removed(trace, inventory, method), (path, seed_id, method)
    return count


def test_answers_are_the_same_through_both():
    assert assert_same_answers(installed(), every=2) > 20


def test_answers_are_the_same_through_both_shared(shared_data):
    some = islice(shared(shared_data), 0, None, 6)
    assert assert_same_answers(some, every=3) > 15


# Made-up files, sound, odd and broken.


@pytest.fixture
def whole(tmp_path):
    path = tmp_path / "whole.xml"
    path.write_text(document(), encoding="utf-8")
    return path


def sound():
    """A trace of the document, in its epoch."""
    channel = obspy.core.AttribDict(start_date=UTCDateTime(2012, 1, 1), sample_rate=100.0)
    return trace_of(("XX", "AAA", "00", "BHZ"), channel)


def test_the_whole_document_is_read(whole):
    assert assert_same_file(whole)
    [[channel]] = StationXML(whole).channels("XX", "AAA", "00", "BHZ")
    assert len(channel.response.response_stages) == 6


def test_whatever_is_odd_in_a_document_is_declined_or_read_alike(tmp_path):
    natively = count = 0
    path = tmp_path / "odd.xml"
    for name, data in islice(altered(), 0, None, 6):
        path.write_bytes(data)
        count += 1
        try:
            natively += assert_same_file(path)
        except AssertionError as error:
            raise AssertionError(name) from error
    assert 0.2 < natively / count < 0.9
    assert count > 400


def test_broken_bytes_are_declined_or_read_alike(tmp_path):
    rng = random.Random(4)
    data = document().encode()
    path = tmp_path / "broken.xml"
    pieces = [b"nan", b"1e999", b"9" * 400, b"<", b">", b"&", b"'", b"\0", b"\xff", b"<!--", b"]]>"]
    pieces += [b"&lt;", b"&a;", b"<a/>", b"</", b"-", b" ", b"\n", b"\xc3\xbc", b"<?x y?>"]
    natively = 0
    for _ in range(700):
        broken = bytearray(data)
        kind = rng.randrange(4)
        for _ in range(rng.choice([1, 1, 2, 3])):
            at = rng.randrange(len(broken))
            if kind == 0:
                broken[at] ^= 1 << rng.randrange(8)
            elif kind == 1:
                del broken[at : at + rng.choice([1, 5, 50])]
            elif kind == 2:
                broken[at:at] = rng.choice(pieces)
            else:
                del broken[at:]
                break
        path.write_bytes(broken)
        try:
            natively += assert_same_file(path)
        except AssertionError as error:
            raise AssertionError(bytes(broken)) from error
    assert 20 < natively < 500


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 1000,
        b"<a/>",
        b"network,station\n",
        b"\x1f\x8b\x08",
        b"<FDSNStationXML xmlns='http://www.fdsn.org/xml/station/1' schemaVersion='1.1'/>",
        b"<!DOCTYPE a [<!ENTITY b 'c'><!ENTITY d '"
        + b"&b;" * 1000
        + b"'>]><a>"
        + b"&d;" * 1000
        + b"</a>",
        b"<a>" * 1_000_000,
        b"<a " + b"b='c' " * 300_000 + b"/>",
        b"<" * 1_000_000,
        b"&" * 1_000_000,
        b"<!--" * 300_000,
    ],
    ids=lambda data: f"{data[:12]!r} of {len(data)}",
)
def test_what_is_no_station_file_is_declined(tmp_path, data):
    path = tmp_path / "other.xml"
    path.write_bytes(data)
    assert StationXML(path).declined


# What stands in the place of an inventory.


def test_a_file_by_name_is_read_natively_and_answers_as_obspy(whole):
    obspeed.reset_report()
    got, expected = sound(), sound()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        obspeed.remove_sensitivity(got, inventory=str(whole))
        expected.remove_sensitivity(inventory=str(whole))
    assert got.data.tobytes() == expected.data.tobytes()
    assert got.stats == expected.stats
    assert "read_inventory" not in str(obspeed.report())
    stations = StationXML(whole)
    again = sound()
    obspeed.Pipeline().remove_sensitivity().run(Stream([again]), inventory=stations)
    assert again.data.tobytes() == expected.data.tobytes()
    assert again.stats.processing == expected.stats.processing


def test_obspy_does_not_read_what_is_read_natively(whole, monkeypatch):
    def never(*_):
        raise AssertionError("ObsPy read the file")

    monkeypatch.setattr(_stationxml, "read_inventory", never)
    before, _ = by_obspy(whole)
    trace = sound()
    got = removed(trace, StationXML(whole), "remove_sensitivity")
    assert got == removed(trace, before, "remove_sensitivity")
    assert got[1] is not None


def test_a_declined_file_is_obspys_to_read(whole, monkeypatch):
    odd = document().replace("?>", "?><?odd instruction?>", 1)
    whole.write_text(odd, encoding="utf-8")
    stations = StationXML(whole)
    assert stations.declined
    inventory = obspy.read_inventory(str(whole))
    trace = sound()
    expected = removed(trace, inventory, "remove_sensitivity")
    assert expected[1] is not None
    for given in (stations, str(whole), [stations], [str(whole)]):
        assert removed(trace, given, "remove_sensitivity") == expected
    monkeypatch.setenv("OBSPEED_DISABLE", "1")  # ObsPy's own methods take it too
    for given in (stations, [stations]):
        assert removed(trace, given, "remove_sensitivity") == expected
    [[channel]] = stations.channels("XX", "AAA", "00", "BHZ")
    assert channel.latitude == 48.5


def test_failures_are_obspys(whole, tmp_path):
    text = document()
    begin, end = text.index("<Stage "), text.rindex("</Stage>") + len("</Stage>")
    whole.write_text(text[:begin] + text[end:], encoding="utf-8")
    assert assert_same_file(whole)
    trace = sound()
    inventory = obspy.read_inventory(str(whole))
    later = trace.copy()
    later.stats.starttime += 1e9
    for case in (trace, later):  # a response without stages; none at all
        got = removed(case, StationXML(whole), "remove_response")
        assert got == removed(case, inventory, "remove_response")
        assert got[1] is None
    missing = tmp_path / "missing.xml"
    with pytest.raises(FileNotFoundError):
        obspeed.remove_response(trace.copy(), inventory=StationXML(missing))
    with pytest.raises(FileNotFoundError):
        obspeed.remove_response(trace.copy(), inventory=str(missing))


def epochs_document():
    """Two networks of one code, three epochs in the first, all overlapping."""
    text = document()
    begin, end = text.index("<Channel"), text.index("</Channel>") + len("</Channel>")
    channel = text[begin:end]
    text = text[:end] + channel.replace("<Value>1000<", "<Value>50<") + channel + text[end:]
    network = text[text.index("<Network") : text.index("</Network>") + len("</Network>")]
    return text.replace("</Network>", "</Network>" + network)


def test_several_epochs_are_warned_of_as_by_obspy(whole):
    whole.write_text(epochs_document(), encoding="utf-8")
    assert assert_same_file(whole)
    trace = sound()
    got = removed(trace, StationXML(whole), "remove_sensitivity")
    assert got == removed(trace, obspy.read_inventory(str(whole)), "remove_sensitivity")
    assert len(got[1]) == 3
    twice = [str(whole), StationXML(whole)]
    got = removed(trace, twice, "remove_sensitivity")
    assert got == removed(trace, [obspy.read_inventory(str(whole))] * 2, "remove_sensitivity")


def test_select_takes_the_epoch_whose_response_obspy_returns(whole):
    whole.write_text(epochs_document(), encoding="utf-8")
    (stations,), inventory = _stationxml.read([str(whole)]), obspy.read_inventory(str(whole))
    time = UTCDateTime(2015, 1, 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = inventory.get_response("XX.AAA.00.BHZ", time)
    channel = stations.select(("XX", "AAA", "00", "BHZ"), time)
    assert_same_response(channel.response, expected)
    assert stations.select(("XX", "AAA", "00", "BHN"), time).response is None
    assert stations.select(("XX", "AAA", "00", "BHZ"), UTCDateTime(2021, 1, 1)) is None
    assert stations.select(("XX", "AAA", "00", "BHX"), time) is None


def test_obspy_reads_one_channel_as_it_reads_all(whole, monkeypatch):
    whole.write_text(epochs_document(), encoding="utf-8")
    inventory = obspy.read_inventory(str(whole))
    (stations,) = _stationxml.read([str(whole)])
    seen = []
    read = _stationxml.read_inventory
    monkeypatch.setattr(_stationxml, "read_inventory", lambda *x: seen.append(x) or read(*x))
    compared = 0
    for seed_id in seed_ids(inventory):
        expected = channels_of(inventory, *seed_id)
        for a, b in zip(chain(*stations.channels(*seed_id)), chain(*expected), strict=True):
            if b.response is not None:
                assert a.response.by_obspy() == b.response
                compared += 1
    assert compared == len(seen) > 2
    assert all(len(source.getvalue()) < len(whole.read_bytes()) for source, _ in seen)
    # A file that has changed since is read as a whole, as it is now.
    whole.write_text(epochs_document() + "<!-- later -->", encoding="utf-8")
    a.response.by_obspy()
    assert seen[-1] == (str(whole),)


@pytest.mark.parametrize("without", ["", "<Frequency>1</Frequency>", "<Value>1000</Value>"])
def test_a_response_without_stages_fails_as_obspys(whole, monkeypatch, without):
    """Archives are full of them; ObsPy need not read the file for each."""
    text = re.sub(r"<Stage .*?</Stage>", "", document().replace(without, ""), flags=re.DOTALL)
    whole.write_text(text, encoding="utf-8")
    stations = StationXML(whole)
    if stations.declined:
        assert without  # then it is ObsPy's in any case
        return
    seed_id = "XX", "AAA", "00", "BHZ"
    ((theirs,),) = channels_of(obspy.read_inventory(str(whole)), *seed_id)
    ((ours,),) = stations.channels(*seed_id)
    assert not ours.response.response_stages
    monkeypatch.setattr(_stationxml, "read_inventory", None)

    def outcome(response, method, **kwargs):
        trace = Trace(np.arange(100.0))
        trace.stats.response = response
        error = None
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                getattr(trace, method)(**kwargs)
            except Exception as raised:  # noqa: BLE001 - the same from both, whatever it is
                error = raised
        assert error is not None or method == "remove_sensitivity"  # before ObsPy 1.5
        return type(error), str(error), trace.data.tobytes(), [str(w.message) for w in caught]

    calls = (
        ("remove_response", {"output": "DISP"}),
        ("remove_response", {"pre_filt": (1, 2, 3, 4), "start_stage": 1}),
        ("remove_sensitivity", {}),
    )
    for name, kwargs in calls:
        got = outcome(ours.response.by_obspy(), name, **kwargs)
        assert got == outcome(theirs.response, name, **kwargs)


def test_derived_sampling_rates_are_obspys(whole):
    digital = document().replace("LAPLACE (RADIANS/SECOND)", "DIGITAL (Z-TRANSFORM)")
    whole.write_text(digital, encoding="utf-8")
    assert assert_same_file(whole)


def test_the_same_content_is_read_once(whole, tmp_path, monkeypatch):
    whole.write_text(document() + "<!-- the same content -->", encoding="utf-8")
    other = tmp_path / "other.xml"
    other.write_bytes(whole.read_bytes())
    reads = []
    read = _stationxml._core.read_stationxml
    monkeypatch.setattr(
        _stationxml._core, "read_stationxml", lambda d, *how: reads.extend(d) or read(d, *how)
    )
    paths = [str(whole), str(other)]
    found = [*_stationxml.read(paths), *_stationxml.read(paths)]
    assert len(reads) == 1
    assert len({id(content) for content in found}) == 1
    assert found[0].path == str(other)
    monkeypatch.setattr(_stationxml._kept, "_limit", 0)
    whole.write_text(document() + "<!-- another content -->", encoding="utf-8")
    StationXML(whole)
    assert len(_stationxml._kept) == 1


def test_it_is_pickled_by_its_path(whole):
    stations = pickle.loads(pickle.dumps(StationXML(whole)))
    assert stations.path == str(whole)
    assert stations.declined is None
    assert repr(stations) == repr(str(whole))
