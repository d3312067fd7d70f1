"""
Event folders for the demo, made from nothing but what ObsPy installs.

The layout is that of ObsPy's mass downloader, one folder an event::

    EVENT/raw/NET.STA.LOC.CHA__START__END.mseed
    EVENT/resp/NET.STA.xml

One event holds the real recordings of ObsPy's test data for which a response is installed too. The
others hold synthetic records under the ids of real responses: a record exists where an epoch of the
channel covers the event, as in an archive.
"""

from __future__ import annotations

import fnmatch
import zlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import obspy
from obspy import Inventory, Stream, Trace, UTCDateTime

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Event that collects the real recordings.
RECORDINGS = "recordings_of_obspy"

# Synthetic events. Their times are chosen so that channels have gone through several epochs.
_EVENTS = (
    ("2004-07-01_synthetic", "2004-07-01T12:00:00"),
    ("2009-08-24_synthetic", "2009-08-24T00:20:00"),
    ("2013-10-15_synthetic", "2013-10-15T03:12:30"),
    ("2018-02-06_synthetic", "2018-02-06T15:50:43"),
)

# (waveform, response), relative to the installed package; "" stands for the example of
# `obspy.read` and `obspy.read_inventory`. NL.HGN fails in ObsPy: a sensitivity without stages.
_REAL = (
    ("", ""),
    ("io/mseed/tests/data/RJOB.BW.EHZ.D.300806.0000.fullseed", ""),
    (
        "clients/filesystem/tests/data/tsindex_data/IU/2018/001/"
        "IU.ANMO.10.BHZ.2018.001_first_minute.mseed",
        "core/tests/data/IRIS_single_channel_with_response.xml",
    ),
    ("core/tests/data/IU_ULN_00_LH1_2015-07-18T02.mseed", "core/tests/data/IU_ULN_00_LH1.xml"),
    (
        "io/xseed/tests/data/II_COCO_three_channel_borehole.mseed",
        "io/xseed/tests/data/dataless.seed.II_COCO",
    ),
    ("signal/tests/data/CRLZ.HHZ.10.NZ.SAC", "signal/tests/data/RESP.NZ.CRLZ.10.HHZ"),
    (
        "signal/tests/data/IM.I59H1..BDF_2020_10_31.mseed",
        "signal/tests/data/IM.I59H1..BDF_2020_10_31.xml",
    ),
    ("signal/tests/data/IUANMO.seed", "signal/tests/data/IUANMO.xml"),
    ("io/mseed/tests/data/test.mseed", "io/seiscomp/tests/data/channel_level.sc3ml"),
    ("io/xseed/tests/data/arclink_full.seed", "io/xseed/tests/data/arclink_full.seed"),
)

# (response, channels, sampling rate of the synthetic record)
_SYNTHETIC = (
    # poles and zeros, an analogue-to-digital converter and a chain of FIR filters
    ("io/xseed/tests/data/dataless.seed.BW_RJOB", "BW.RJOB..EH?", 100.0),
    ("io/xseed/tests/data/dataless.seed.BW_FURT", "BW.FURT..EH?", 100.0),
    ("io/xseed/tests/data/dataless.seed.BW_MANZ", "BW.MANZ..EH?", 100.0),
    ("io/xseed/tests/data/dataless.seed.BW_ROTZ", "BW.ROTZ..EH?", 100.0),
    ("io/xseed/tests/data/dataless.seed.BW_DHFO", "BW.DHFO..EH?", 100.0),
    ("signal/tests/data/BW_RTSH.xml", "BW.RTSH..EH?", 100.0),
    ("io/arclink/tests/data/gols_station.xml", "SL.GOLS..BH?", 40.0),
    ("io/seiscomp/tests/data/EB_response_stationXML", "EB.EBR..BH?", 40.0),
    ("io/seiscomp/tests/data/sc3ml_empty_depth_and_id.sc3ml", "XZ.[BC]*VB.00.HH?", 100.0),
    ("core/tests/data/XM.05.xml", "XM.05..HHE", 100.0),
    ("core/tests/data/DK.BSD..BHZ.xml", "DK.BSD..BHZ", 40.0),
    ("io/xseed/tests/data/bug165.dataless", "NZ.DCZ.?0.H?Z", 100.0),
    ("io/xseed/tests/data/CL.AIO.dataless", "CL.AIO.00.EH?", 80.0),
    # coefficients, infinite ones among them, and gains without a filter
    ("clients/fdsn/tests/data/AU.MEEK.xml", "AU.MEEK..SHE", 40.0),
    ("clients/iris/tests/data/RESP.ANMO.IU._.BH_", "IU.ANMO.?0.BH?", 40.0),
    ("core/tests/data/Modified_IRIS_response_level_station.xml", "IU.ANMO.[12]0.[BE]H?", 50.0),
    ("core/tests/data/Modified_IRIS_response_level_station.xml", "IU.ANMO.20.HN?", 100.0),
    ("io/xseed/tests/data/dataless.seed.II_COCO", "II.COCO.?0.BH?", 40.0),
    ("io/xseed/tests/data/nied.dataless.gz", "BO.TTO..BH?", 40.0),
    ("signal/tests/data/RESP.CH._.HHZ.gz", "CH.LLS..HHZ", 100.0),
    ("io/xseed/tests/data/G.SPB.dataless", "G.SPB.*.BHZ", 40.0),
    ("core/tests/data/IM_I53H1_BDF.xml", "IM.I53H1..BDF", 40.0),
    # a list of frequencies, a polynomial, poles and zeros alone
    ("core/tests/data/IM_IL31__BHZ.xml", "IM.IL31..BHZ", 40.0),
    ("core/tests/data/stationxml_BK.CMB.__.LKS.xml", "BK.CMB..LKS", 40.0),
    ("io/xseed/tests/data/UP_BACU_HH.dataless", "UP.BACU..HHE", 100.0),
    # these fail: stages that contradict each other, and no stages
    ("core/tests/data/TM.SKLT.__.BHZ_faulty_response.xml", "TM.SKLT..BHZ", 100.0),
    ("clients/fdsn/tests/data/channel_level_fdsn.txt", "AK.B*..LHZ", 50.0),
)

# Stations whose response file is left out, as it happens in every download.
_WITHOUT_RESPONSE = ("CH.LLS", "G.SPB")


@dataclass
class Event:
    """
    What was read from an event's folder, and what could not be read.

    Attributes
    ----------
    stream : obspy.Stream
        All traces of ``raw/``, in the order of the file names.
    inventory : obspy.Inventory
        All responses of ``resp/``.
    unreadable : list of tuple
        File name, exception type and message of every file that ObsPy could not read.
    """

    stream: Stream
    inventory: Inventory
    unreadable: list[tuple[str, str, str]] = field(default_factory=list)


def build(root: Path, *, minutes: float = 20.0, patterns: Iterable[str] = ("*",)) -> None:
    """
    Write the demo's event folders.

    Parameters
    ----------
    root : pathlib.Path
        Existing folder that takes the events.
    minutes : float
        Length of the synthetic records.
    patterns : iterable of str
        Ids to include; tests choose a few.
    """
    wanted = tuple(patterns)
    _write_event(root / RECORDINGS, _recordings(), wanted)
    for name, time in _EVENTS:
        _write_event(root / name, _records(UTCDateTime(time), minutes), wanted)


def find_events(root: Path) -> list[Path]:
    """Find the folders under `root` that have a ``raw`` folder, sorted by name."""
    return sorted(raw.parent for raw in root.glob("*/raw") if raw.is_dir())


def read_event(folder: Path) -> Event:
    """Read an event with ObsPy's readers; a file that cannot be read is a row, not the end."""
    unreadable: list[tuple[str, str, str]] = []
    stream = _read_all(folder, "raw/*.mseed", obspy.read, Stream(), unreadable)
    inventory = _read_all(folder, "resp/*.xml", obspy.read_inventory, Inventory(), unreadable)
    return Event(stream, inventory, unreadable)


def read_stream(folder: Path) -> Stream:
    """Read the traces of an event, in the same order as `read_event`."""
    return _read_all(folder, "raw/*.mseed", obspy.read, Stream(), [])


def file_stem(trace: Trace) -> str:
    """Name a file as the mass downloader does: id, start and end."""
    stats = trace.stats
    start, end = (time.strftime("%Y%m%dT%H%M%SZ") for time in (stats.starttime, stats.endtime))
    return f"{trace.id}__{start}__{end}"


def _read_all(
    folder: Path,
    pattern: str,
    read: Callable[[str], Any],
    content: Any,
    unreadable: list[tuple[str, str, str]],
) -> Any:
    for path in sorted(folder.glob(pattern)):
        try:
            content += read(str(path))
        except Exception as error:  # noqa: BLE001 - whatever is wrong with the file
            unreadable.append((path.name, type(error).__name__, str(error)))
    return content


def _write_event(
    folder: Path, records: Iterator[tuple[Trace, Inventory]], patterns: tuple[str, ...]
) -> None:
    responses: dict[str, list[Inventory]] = {}
    for trace, inventory in records:
        if not any(fnmatch.fnmatchcase(trace.id, pattern) for pattern in patterns):
            continue
        raw = folder / "raw"
        raw.mkdir(parents=True, exist_ok=True)
        trace.write(str(raw / f"{file_stem(trace)}.mseed"), format="MSEED")
        sources = responses.setdefault(".".join(trace.id.split(".")[:2]), [])
        if not any(inventory is known for known in sources):
            sources.append(inventory)
    for code, sources in responses.items():
        if code in _WITHOUT_RESPONSE:
            continue
        network, station = code.split(".")
        resp = folder / "resp"
        resp.mkdir(exist_ok=True)
        merged = sum((s.select(network=network, station=station) for s in sources), Inventory())
        merged.write(str(resp / f"{code}.xml"), format="STATIONXML")


def _recordings() -> Iterator[tuple[Trace, Inventory]]:
    for waveform, response in _REAL:
        inventory = _responses(response)
        path = _installed(waveform)
        if path is None or inventory is None:
            continue
        for trace in obspy.read(str(path)) if waveform else obspy.read():
            if not waveform:
                # The example is a filtered floating point record; a digitiser counts.
                trace.data = np.rint(trace.data).astype(np.int32)
            yield trace, inventory


def _records(origin: UTCDateTime, minutes: float) -> Iterator[tuple[Trace, Inventory]]:
    for response, pattern, rate in _SYNTHETIC:
        inventory = _responses(response)
        if inventory is None:
            continue
        active = inventory.select(time=origin).get_contents()["channels"]
        for name in dict.fromkeys(active):
            if fnmatch.fnmatchcase(name, pattern):
                data = _seismogram(f"{origin} {name}", int(minutes * 60 * rate), rate)
                trace = Trace(data, {"sampling_rate": rate, "starttime": origin})
                trace.id = name
                yield trace, inventory


@cache
def _responses(source: str) -> Any:
    """Read a response of ObsPy's; None where another release of ObsPy does not install it."""
    path = _installed(source)
    if path is None:
        return None
    return obspy.read_inventory(str(path)) if source else obspy.read_inventory()


def _installed(source: str) -> Path | None:
    path = Path(obspy.__file__).parent / source
    return path if path.exists() else None


def _seismogram(seed: str, npts: int, rate: float) -> npt.NDArray[np.int32]:
    """Make counts: an offset, coloured noise, and a P and an S wave with their codas."""
    rng = np.random.default_rng(zlib.crc32(seed.encode()))
    time = np.arange(npts) / rate
    noise = rng.standard_normal(npts)
    microseism = np.sin(2 * np.pi * 0.17 * time + 3.0 * np.sin(2 * np.pi * time / 97.0))
    counts = rng.uniform(-2000.0, 2000.0) + 60.0 * noise + 150.0 * microseism
    p_wave = rng.uniform(0.15, 0.30) * npts / rate
    for arrival, amplitude, frequency in ((p_wave, 6e3, 1.1), (1.75 * p_wave, 2e4, 0.35)):
        since = np.clip(time - arrival, 0.0, None)
        envelope = (since / 4.0) * np.exp(1.0 - since / 4.0) + 0.2 * (1.0 - np.exp(-since / 4.0))
        envelope *= np.exp(-since / 90.0)
        wave = np.sin(2 * np.pi * frequency * since) + 0.5 * noise
        counts += amplitude * rng.uniform(0.5, 2.0) * envelope * wave
    return np.rint(counts).astype(np.int32)
