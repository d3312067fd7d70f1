"""Small archives, and what a job makes of them."""

import warnings
from pathlib import Path

import numpy as np
from obspy import Stream, Trace, UTCDateTime, read, read_inventory

import obspeed

PIPE = (
    obspeed.Pipeline()
    .detrend("demean")
    .taper(0.05, type="hann")
    .remove_response(output="DISP", pre_filt=(0.05, 0.1, 30.0, 40.0))
    .interpolate(40.0, method="lanczos", a=20)
)
START = UTCDateTime(2009, 8, 24, 0, 20, 3)
STATIONS = ("BW.RJOB..EH", "GR.FUR..HH")


def trace(seed_id="BW.RJOB..EHZ", start=START, npts=1000, seed=0, rate=100.0):
    """Counts, as a digitiser has them."""
    counts = np.random.default_rng(seed).normal(100.0, 1000.0, npts).astype(np.int32)
    made = Trace(counts, {"starttime": start, "sampling_rate": rate})
    made.id = seed_id
    return made


def stem(tr):
    start, end = (
        time.strftime("%Y%m%dT%H%M%SZ") for time in (tr.stats.starttime, tr.stats.endtime)
    )
    return f"{tr.id}__{start}__{end}"


def raw(root, tr, event="event_a", folder="raw"):
    """Write a trace where the mass downloader does."""
    path = Path(root, event, folder, f"{stem(tr)}.mseed")
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tr.write(str(path), "MSEED")
    return path


def responses(root, event="event_a", stations=STATIONS):
    """Write the station files of an event."""
    folder = Path(root, event, "resp")
    folder.mkdir(parents=True, exist_ok=True)
    for name in stations:
        network, station = name.split(".")[:2]
        chosen = read_inventory().select(network=network, station=station)
        chosen.write(str(folder / f"{network}.{station}.xml"), "STATIONXML")
    return folder


def archive(root, events=("event_a", "event_b"), stations=STATIONS, **kwargs):
    """Write an archive of the mass downloader: three channels a station."""
    for i, event in enumerate(events):
        for j, name in enumerate(stations):
            for k, component in enumerate("ZNE"):
                tr = trace(f"{name}{component}", START + 3600 * i, seed=i * 100 + j * 10 + k)
                raw(root, tr, event, **kwargs)
        responses(root, event, stations)
    return Path(root)


def outputs(root, pattern="*/processed/*"):
    """The outputs, by name."""
    return {str(path.relative_to(root)): path.read_bytes() for path in Path(root).glob(pattern)}


def everything(root):
    """Every file in a folder but a job's own, hidden ones included."""
    own = ("journal", "failures", "report")
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in Path(root).rglob("*")
        if path.is_file() and not path.name.startswith(own)
    }


def by_obspy(root, pipe=PIPE, event="*"):
    """The serial script: outputs by name, and failures by file."""
    done, failed = {}, {}
    for folder in sorted(Path(root).glob(event)):
        inventory = None
        for path in sorted(folder.glob("resp/*.xml")):
            one = read_inventory(str(path))
            inventory = one if inventory is None else inventory + one
        for path in sorted(folder.glob("raw/*.mseed")):
            for tr in read(str(path)):
                try:
                    for name, args, kwargs in pipe._steps:
                        extra = {"inventory": inventory} if name == "remove_response" else {}
                        getattr(tr, name)(*args, **kwargs, **extra)
                except Exception as error:  # noqa: BLE001 - a row
                    failed[str(path.relative_to(root)), tr.id] = (type(error).__name__, str(error))
                else:
                    done[f"{folder.name}/processed/{stem(tr)}.sac"] = tr
    return done, failed


def run(root, pipe=PIPE, **kwargs):
    return obspeed.process(root, pipe, **({"progress": False} | kwargs))


def failures(report):
    return [(row.file, row.id, row.step, row.error) for row in report.failed]


def sac(content):
    """Read the bytes of a SAC file."""
    from io import BytesIO

    return read(BytesIO(content), format="SAC")[0]


def stream(*traces):
    return Stream(list(traces))
