"""Files to files: the outputs, headers and failures of the serial script, whatever the layout."""

import threading
import warnings

import numpy as np
import pytest
from batch import (
    PIPE,
    START,
    archive,
    by_obspy,
    failures,
    outputs,
    raw,
    responses,
    run,
    sac,
    stem,
    stream,
    trace,
)
from obspy import Catalog, read, read_inventory
from obspy.core.event import Event, Magnitude, Origin, ResourceIdentifier
from obspy.geodetics import gps2dist_azimuth

import obspeed
from obspeed._batch import here

TIMES = ("b", "e", "delta", "npts", "nzyear", "nzjday", "nzhour", "nzmin", "nzsec", "nzmsec")
REST = ("kstnm", "knetwk", "kcmpnm", "khole", "scale", "iztype", "iftype", "leven", "lpspol")


def check(root, report, **kwargs):
    """Compare all outputs and failures with those of plain ObsPy."""
    done, failed = by_obspy(root, **kwargs)
    made = outputs(root)
    assert made.keys() == done.keys()
    for name, theirs in done.items():
        ours = sac(made[name])
        assert ours.id == theirs.id
        scale = np.abs(theirs.data).max()
        np.testing.assert_allclose(ours.data, theirs.data.astype("f4"), rtol=0, atol=1e-6 * scale)
        written = root / "theirs.sac"
        theirs.write(str(written), "SAC")
        header = read(str(written))[0].stats.sac
        written.unlink()
        for field in (*TIMES, *REST):
            assert ours.stats.sac.get(field) == header.get(field), field
    assert {(row.file, row.id): (row.error, row.message) for row in report.failed} == failed
    assert {row.output for row in report.ok} == done.keys()


def test_outputs_are_those_of_the_serial_script(tmp_path):
    archive(tmp_path)
    report = run(tmp_path)
    check(tmp_path, report)
    assert (len(report.ok), len(report.failed)) == (12, 0)


def test_failures_are_those_of_the_serial_script(tmp_path):
    archive(tmp_path)
    raw(tmp_path, trace("BW.RJOB..XXZ"))  # a channel without a response
    raw(tmp_path, trace("XX.NONE..HHZ"))  # a station without a file
    raw(tmp_path, trace("GR.FUR..HHZ", START - 40 * 365 * 86400))  # before its first epoch
    inventory = read_inventory().select(station="RJOB", channel="EHN")
    for channel in (channel for station in inventory[0] for channel in station):
        channel.response.response_stages = []
    folder = tmp_path / "stageless"
    raw(tmp_path, trace("BW.RJOB..EHN"), event=folder.name)
    (folder / "resp").mkdir()
    inventory.write(str(folder / "resp" / "BW.RJOB.xml"), "STATIONXML")
    report = run(tmp_path)
    check(tmp_path, report)
    assert len(report.failed) == 4


def test_shared_recordings(tmp_path, shared_data):
    # Real events, failing traces among them.
    for path in (shared_data / "events" / "composite_dev").glob("*/*.*IKB*"):
        target = tmp_path / "events" / path.relative_to(shared_data / "events")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(path.read_bytes())
    report = run(tmp_path / "events")
    check(tmp_path / "events", report)
    (error,) = {row.error for row in report.failed}
    assert error in {"IndexError", "ObsPyException"}  # since ObsPy 1.5, and before


def test_sac_header_has_coordinates_and_angles(tmp_path):
    archive(tmp_path, events=["event"])
    run(tmp_path)
    inventory = read_inventory()
    for content in outputs(tmp_path).values():
        tr = sac(content)
        header = tr.stats.sac
        channel = inventory.get_channel_metadata(tr.id, tr.stats.starttime)
        for field, value in (
            ("stla", channel["latitude"]),
            ("stlo", channel["longitude"]),
            ("stel", channel["elevation"]),
            ("stdp", channel["local_depth"]),
            ("cmpaz", channel["azimuth"]),
            ("cmpinc", channel["dip"] + 90.0),
        ):
            assert header[field] == np.float32(value), field
        assert "evla" not in header
        assert header["lcalda"] == 0


def quake(number, time, latitude=38.3, **magnitude):
    origin = Origin(time=time, latitude=latitude, longitude=142.4, depth=29_000.0)
    event = Event(resource_id=ResourceIdentifier(f"quakeml:us.org/{number}"), origins=[origin])
    event.magnitudes = [Magnitude(**magnitude)] if magnitude else []
    return event


def test_sac_header_has_origin_and_distances(tmp_path):
    archive(tmp_path, events=["event"])
    time = START + 1.2345
    quake("usp000123", time, mag=9.1).write(str(tmp_path / "event" / "quake.xml"), "QUAKEML")
    run(tmp_path, events="{event}/quake.xml")
    for content in outputs(tmp_path).values():
        tr = sac(content)
        header = tr.stats.sac
        metres, az, baz = gps2dist_azimuth(38.3, 142.4, header["stla"], header["stlo"])
        assert header["evla"] == np.float32(38.3)
        assert header["evlo"] == np.float32(142.4)
        assert header["evdp"] == 29.0
        assert header["mag"] == np.float32(9.1)
        assert header["kevnm"] == "usp000123"
        assert header["o"] == pytest.approx(time - (tr.stats.starttime - header["b"]), abs=1e-4)
        assert header["dist"] == pytest.approx(metres / 1000, rel=1e-6)
        assert (header["az"], header["baz"]) == pytest.approx((az, baz), abs=1e-4)
        assert header["gcarc"] == pytest.approx(metres / 111194.9, rel=1e-3)


def test_one_catalogue_for_all_events(tmp_path):
    # By the identifier in the folder's name, or by time; never that of another event.
    archive(tmp_path, events=["2009_us77", "other", "nothing"])
    catalog = Catalog(
        [
            quake("us1", START - 7200, 1.0),
            quake("us77", START - 9000, 2.0),
            quake("x", START + 3590, 3.0),
            quake("y", START + 3500, 4.0),
        ]
    )
    catalog.write(str(tmp_path / "all.xml"), "QUAKEML")
    report = run(tmp_path, events="all.xml")
    found = {}
    for name, content in outputs(tmp_path).items():
        found.setdefault(name.split("/")[0], set()).add(sac(content).stats.sac.get("evla"))
    assert found == {"2009_us77": {2.0}, "other": {3.0}, "nothing": {None}}
    assert report.totals.notes["no event for the header of a trace"] == 6


def test_miniseed_outputs_keep_double_precision(tmp_path):
    archive(tmp_path)
    run(tmp_path, format="MSEED", output="{event}/processed/{id}__{start}__{end}.mseed")
    done, _ = by_obspy(tmp_path)
    for name, theirs in done.items():
        (ours,) = read(str(tmp_path / name.replace(".sac", ".mseed")))
        assert ours.data.dtype == np.float64
        scale = np.abs(theirs.data).max()
        np.testing.assert_allclose(ours.data, theirs.data, rtol=0, atol=1e-12 * scale)
        assert ours.stats.starttime == theirs.stats.starttime


def test_sds_archive_to_sds_archive(tmp_path):
    for day in range(2):
        tr = trace("BW.RJOB..EHZ", START + 86400 * day)
        path = tmp_path / f"2009/BW/RJOB/EHZ.D/BW.RJOB..EHZ.D.2009.{236 + day}"
        path.parent.mkdir(parents=True, exist_ok=True)
        tr.write(str(path), "MSEED")
    responses(tmp_path, "stations")
    report = run(
        tmp_path,
        raw="{year}/{network}/{station}/{channel}.D/{id}.D.{year}.{julday}",
        responses="stations/resp/*.xml",
        output="out/{year}/{network}/{station}/{channel}.D/{id}.D.{year}.{julday}",
        format="MSEED",
    )
    assert not failures(report)
    assert sorted(row.output for row in report.ok) == [
        f"out/2009/BW/RJOB/EHZ.D/BW.RJOB..EHZ.D.2009.{236 + day}" for day in range(2)
    ]
    assert (tmp_path / "out" / "failures.csv").exists()  # beside the outputs


def test_flat_folder_and_a_single_inventory(tmp_path):
    for k, component in enumerate("ZNE"):
        tr = trace(f"BW.RJOB..EH{component}", seed=k)
        tr.write(str(tmp_path / f"{component}.sac"), "SAC")
    read_inventory().write(str(tmp_path / "inventory.xml"), "STATIONXML")
    report = run(tmp_path, raw="*.sac", responses="inventory.xml", output="out/{station}/{id}.sac")
    assert not failures(report)
    assert sorted(outputs(tmp_path, "out/*/*")) == [f"out/RJOB/BW.RJOB..EH{c}.sac" for c in "ENZ"]


def test_absolute_templates(tmp_path):
    archive(tmp_path / "in")
    (tmp_path / "empty").mkdir()
    report = run(
        tmp_path / "empty",
        raw=f"{tmp_path}/in/{{event}}/raw/*.mseed",
        responses=f"{tmp_path}/in/{{event}}/resp/{{network}}.{{station}}.xml",
        output=f"{tmp_path}/out/{{event}}/{{id}}.sac",
    )
    assert len(report.ok) == 12
    assert len(outputs(tmp_path / "out", "*/*.sac")) == 12


def test_start_and_end_of_the_input_name(tmp_path):
    # The window that was asked for, where the records of a station begin a little later.
    archive(tmp_path, events=["event"], stations=["BW.RJOB..EH"])
    for path in (tmp_path / "event" / "raw").iterdir():
        path.rename(
            path.with_name(f"{path.name.split('__')[0]}__20090824T0020__20090824T0040.mseed")
        )
    report = run(tmp_path, raw="{event}/raw/{id}__{start}__{end}.mseed")
    assert [row.output for row in report.ok] == [
        f"event/processed/BW.RJOB..EH{c}__20090824T0020__20090824T0040.sac" for c in "ENZ"
    ]


def test_response_of_the_matching_event(tmp_path):
    # A station file may change from event to event; each trace gets that of its own.
    archive(tmp_path, stations=["BW.RJOB..EH"])
    changed = read_inventory().select(station="RJOB")
    for channel in changed[0][0]:
        channel.response.response_stages[0].stage_gain *= 2
    changed.write(str(tmp_path / "event_b" / "resp" / "BW.RJOB.xml"), "STATIONXML")
    check(tmp_path, run(tmp_path))


def test_a_pipeline_without_response_needs_no_station_files(tmp_path):
    archive(tmp_path)
    for path in tmp_path.glob("*/resp/*"):
        path.write_text("no XML")
    report = run(tmp_path, obspeed.Pipeline().detrend("linear"))
    assert (len(report.ok), len(report.failed)) == (12, 0)
    assert report.totals.notes["no coordinates for the header of a trace"] == 12


def test_several_traces_in_a_file(tmp_path):
    responses(tmp_path)
    path = tmp_path / "event_a" / "raw" / "many.mseed"
    path.parent.mkdir()
    st = stream(trace(), trace("BW.RJOB..EHN"), trace(start=START + 60), trace("GR.FUR..HHZ"))
    st.write(str(path), "MSEED")
    report = run(tmp_path)
    names = {f"event_a/processed/{stem(tr)}.sac" for tr in st.interpolate(40.0)}
    assert {row.output for row in report.ok} == names


def test_wide_memory_and_narrow_memory_are_the_same(tmp_path):
    archive(tmp_path)
    run(tmp_path)
    wide = outputs(tmp_path)
    run(tmp_path, resume=False, max_memory=1, threads=1)
    assert outputs(tmp_path) == wide


def test_strict_raises_the_exception_itself(tmp_path):
    archive(tmp_path)
    raw(tmp_path, trace("XX.NONE..HHZ"), event="event_a")
    with pytest.raises(ValueError, match="No matching response"):
        run(tmp_path, on_error="raise", max_memory=1)
    made = outputs(tmp_path)
    assert all(name.startswith("event_a") for name in made)
    (tmp_path / "event_a" / "raw" / f"{stem(trace('XX.NONE..HHZ'))}.mseed").unlink()
    report = run(tmp_path, on_error="raise")
    assert (len(report.ok), report.totals.kept) == (12, len(made))


@pytest.mark.parametrize(
    ("error", "kwargs"),
    [
        (ValueError, {"on_error": "ignore"}),
        (ValueError, {"raw": "{evnt}/*.mseed"}),
        (ValueError, {"raw": ""}),
        (ValueError, {"raw": "{event/*.mseed"}),
        (ValueError, {"responses": "{x}"}),
        (ValueError, {"output": "out/*.sac"}),
        (ValueError, {"output": "out"}),
        (ValueError, {"format": "WAV2"}),
        (ValueError, {"max_memory": "much"}),
        (ValueError, {"max_memory": 0}),
        (ValueError, {"workers": 0}),
        (ValueError, {"threads": 0}),
        (ValueError, {"shard": (4, 4)}),
        (ValueError, {"shard": "1-4"}),
        (ValueError, {"shard": "auto"}),
        (TypeError, {"pipe": "job.toml"}),
        (NotADirectoryError, {"root": "/no such folder"}),
    ],
    ids=str,
)
def test_wrong_settings_are_refused_before_anything_is_written(
    tmp_path, monkeypatch, error, kwargs
):
    for name in ("SLURM_ARRAY_TASK_ID", "AWS_BATCH_JOB_ARRAY_INDEX"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(error):
        run(**({"root": tmp_path, "pipe": PIPE} | kwargs))
    assert not list(tmp_path.iterdir())


def test_outputs_are_never_inputs(tmp_path):
    archive(tmp_path)
    before = {path: path.read_bytes() for path in tmp_path.glob("*/raw/*")}
    with pytest.raises(ValueError, match="one of the inputs"):
        run(tmp_path, output="{event}/raw/{id}__{start}__{end}.mseed", format="MSEED")
    assert {path: path.read_bytes() for path in tmp_path.glob("*/raw/*")} == before


def test_a_job_that_stops_restores_the_warnings(monkeypatch):
    """At once, and not when its last thread comes to an end, within somebody's catch_warnings."""
    go_on = threading.Event()

    def work(task):
        if task.files:
            assert go_on.wait(60)

    class Some:
        def __init__(self, *files):
            self.files = files

    class New:
        known = False

    monkeypatch.setattr(here, "do_task", work)
    shown, filters = warnings.showwarning, warnings.filters[:]
    results = here.in_order(iter([Some(), Some(New), Some(New)]), 2)
    next(results)
    assert warnings.showwarning is not shown
    results.close()
    try:
        assert warnings.showwarning is shown
        assert warnings.filters == filters
    finally:
        go_on.set()
