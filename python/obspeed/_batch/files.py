"""
The one seam to files: lists in, lists out, an exception in the place of what failed.

All reading and writing of a batch job is these three functions. They take many files at a time, so
that native code can decode and encode them on the pool, without the GIL.
"""

from __future__ import annotations

import errno
import glob
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeAlias, TypeVar

import obspy
from obspy import Inventory, Trace, UTCDateTime

from .. import _io
from .._stationxml import Content

_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

_T = TypeVar("_T")

Result: TypeAlias = _T | Exception
"""A value, or why there is none."""

Headers = Mapping[str, float | str]
"""SAC header fields by name."""


class Channel(NamedTuple):
    """
    One epoch of a channel.

    Attributes
    ----------
    response : object or None
        What ``stats.response`` takes for ``remove_response``.
    latitude, longitude : float
        In degrees.
    elevation, depth : float
        In metres.
    azimuth, dip : float or None
        In degrees: clockwise from north, and down from the horizontal.
    """

    response: Any
    latitude: float
    longitude: float
    elevation: float
    depth: float
    azimuth: float | None
    dip: float | None


class Stations(Protocol):
    """What a station file holds."""

    def channel(self, seed_id: str, time: int) -> Channel | None:
        """
        Return the epoch of a channel that is valid at a time.

        Parameters
        ----------
        seed_id : str
            Network, station, location and channel, with dots.
        time : int
            In nanoseconds since 1970.

        Returns
        -------
        Channel or None
            As ObsPy finds it: the first one valid that has a response; without any, the first one
            valid.
        """

    def inventory(self) -> Inventory:
        """Return it all for ObsPy, which says why a trace has no response."""


def read(paths: Sequence[str]) -> list[Result[list[Trace]]]:
    """
    Read the traces of files.

    Parameters
    ----------
    paths : sequence of str
        Files of any format that ObsPy reads.

    Returns
    -------
    list
        For each file its traces, or the exception that ObsPy raises.
    """
    answers = _io.read_many(paths)
    return [one if isinstance(one, Exception) else one.traces for one in answers]


def read_stations(files: Sequence[tuple[str, bytes]]) -> list[Result[Stations]]:
    """
    Read station files.

    Parameters
    ----------
    files : sequence of (str, bytes)
        Path and content of files of any format that ObsPy reads: StationXML, RESP, dataless SEED,
        SC3ML...

    Returns
    -------
    list
        For each file its `Stations`, or the exception that ObsPy raises.
    """
    return [_attempt(_stations, *file) for file in files]


def write(
    traces: Sequence[Trace],
    paths: Sequence[str],
    kind: str,
    headers: Sequence[Headers],
    drafts: str,
) -> list[Result[int]]:
    """
    Write each trace to a file of its own, which is there wholly or not at all.

    Parameters
    ----------
    traces : sequence of obspy.Trace
        The traces.
    paths : sequence of str
        Their files; replaced if they exist. Folders are made.
    kind : str
        Name of the format as ObsPy has it: "SAC", "MSEED", ...
    headers : sequence of mapping
        SAC header fields beside those from a trace's stats; empty for other formats.
    drafts : str
        Path that the names of unfinished files begin with.

    Returns
    -------
    list
        For each trace the number of bytes written, or the exception.
    """
    return _io.write_many(zip(traces, paths, headers, strict=True), kind, drafts)


def is_fatal(error: BaseException) -> bool:
    """Whether an error is one of the disk, after which no other file could be written."""
    return isinstance(error, OSError) and error.errno in _FATAL


def _attempt(function: Any, *args: Any) -> Any:
    try:
        return function(*args)
    except Exception as error:  # noqa: BLE001 - any exception is the answer for this file
        return error


def _stations(path: str, content: bytes) -> Stations:
    path = glob.escape(path)  # ObsPy expands wildcards
    native = Content(path, content)
    if native.declined is None:
        return _Epochs(lambda codes: chain(*native.channels(*codes)), lambda: native.inventory)
    inventory = obspy.read_inventory(path)
    epochs: dict[tuple[str, ...], list[Any]] = {}
    for network in inventory:
        for station in network:
            for channel in station:
                codes = (network.code, station.code, channel.location_code, channel.code)
                epochs.setdefault(codes, []).append(channel)
    return _Epochs(lambda codes: epochs.get(codes, ()), lambda: inventory)


class _Epochs:
    """Stations, by a function that returns the epochs of a channel."""

    def __init__(
        self,
        epochs: Callable[[tuple[str, ...]], Iterable[Any]],
        inventory: Callable[[], Inventory],
    ) -> None:
        self._find = epochs
        self._epochs: dict[str, list[tuple[int, int, Channel]]] = {}
        self.inventory = inventory

    def channel(self, seed_id: str, time: int) -> Channel | None:
        if seed_id not in self._epochs:
            self._epochs[seed_id] = [
                (_ns(c.start_date, -(1 << 63)), _ns(c.end_date, 1 << 63), _channel(c))
                for c in self._find(tuple(seed_id.split(".")))
            ]
        valid = [c for begin, end, c in self._epochs[seed_id] if begin <= time <= end]
        with_response = (channel for channel in valid if channel.response is not None)
        return next(with_response, valid[0] if valid else None)


def _ns(time: UTCDateTime | None, otherwise: int) -> int:
    return otherwise if time is None else int(time.ns)


def _channel(channel: Any) -> Channel:
    return Channel(
        channel.response or None,
        float(channel.latitude),
        float(channel.longitude),
        float(channel.elevation),
        float(channel.depth),
        None if channel.azimuth is None else float(channel.azimuth),
        None if channel.dip is None else float(channel.dip),
    )
