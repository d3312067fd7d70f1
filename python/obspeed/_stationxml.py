"""StationXML files read without ObsPy, and what stands in the place of its Inventory."""

from __future__ import annotations

import glob
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from obspy import Trace, UTCDateTime, read_inventory
from obspy.core.inventory.response import InstrumentSensitivity
from obspy.core.inventory.response import Response as ObsPyResponse

from . import _core
from ._lazy import lazy
from ._recent import Recent
from ._threads import get_num_threads
from ._turns import check_stopped, without_python

if TYPE_CHECKING:
    from collections.abc import Callable

    from obspy.core.inventory import Inventory

_LIMIT = 32 << 20
"""Bytes of the files whose content is kept."""


@dataclass(frozen=True)
class Stage:
    """A stage of a response; the attributes are those of ObsPy's ``ResponseStage``."""

    stage_sequence_number: int
    stage_gain: float | None
    stage_gain_frequency: float | None
    input_units: str | None
    output_units: str | None
    decimation_input_sample_rate: float | None
    decimation_factor: int | None
    decimation_offset: int | None
    decimation_delay: float | None
    decimation_correction: float | None


@dataclass(frozen=True)
class PolesZeros(Stage):
    """As ObsPy's ``PolesZerosResponseStage``."""

    pz_transfer_function_type: str
    zeros: list[complex]
    poles: list[complex]
    normalization_factor: float
    normalization_frequency: float


@dataclass(frozen=True)
class Coefficients(Stage):
    """As ObsPy's ``CoefficientsTypeResponseStage``."""

    cf_transfer_function_type: str
    numerator: list[float]
    denominator: list[float]


@dataclass(frozen=True)
class FIR(Stage):
    """As ObsPy's ``FIRResponseStage``."""

    symmetry: str
    coefficients: list[float]


class ListElement(NamedTuple):
    """As ObsPy's ``ResponseListElement``."""

    frequency: float
    amplitude: float
    phase: float


@dataclass(frozen=True)
class ResponseList(Stage):
    """As ObsPy's ``ResponseListResponseStage``."""

    response_list_elements: list[ListElement]

    def __post_init__(self) -> None:
        elements = [ListElement(*element) for element in self.response_list_elements]
        object.__setattr__(self, "response_list_elements", elements)


@dataclass(frozen=True)
class Polynomial(Stage):
    """As ObsPy's ``PolynomialResponseStage``."""

    coefficients: list[float]


_STAGES: dict[str, type[Stage]] = {
    "gain": Stage,
    "paz": PolesZeros,
    "coefficients": Coefficients,
    "fir": FIR,
    "list": ResponseList,
    "polynomial": Polynomial,
}


class Sensitivity(NamedTuple):
    """As ObsPy's ``InstrumentSensitivity``."""

    value: float | None
    frequency: float | None
    input_units: str | None
    output_units: str | None


@dataclass(frozen=True)
class InstrumentPolynomial:
    """As ObsPy's ``InstrumentPolynomial``."""

    coefficients: list[float]


@dataclass(frozen=True)
class Response:
    """A response; the attributes are those of ObsPy's ``Response``."""

    instrument_sensitivity: Sensitivity | None
    instrument_polynomial: InstrumentPolynomial | None
    response_stages: list[Stage]
    by_obspy: Callable[[], Any] = field(compare=False, repr=False)
    prepared: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    def __deepcopy__(self, _: object) -> Response:
        """Stay the same in a copy of a trace; nobody changes it."""
        return self

    def get_sampling_rates(self) -> dict[int, dict[str, float]]:
        """Return what ObsPy derives from its own reading of the file."""
        rates: dict[int, dict[str, float]] = self.by_obspy().get_sampling_rates()
        return rates


class Channel:
    """
    A channel in one epoch; the attributes are those of ObsPy's ``Channel``.

    Attributes
    ----------
    start_date, end_date : obspy.UTCDateTime or None
        The epoch, open without.
    latitude, longitude : float
        Degrees.
    elevation, depth : float
        Metres.
    azimuth, dip : float or None
        Degrees.
    sample_rate : float or None
        Hertz.
    """

    def __init__(self, content: Content, epoch: tuple[Any, ...]) -> None:
        self._content = content
        self._number, self._place, start, end, *rest = epoch
        self.start_date = None if start is None else UTCDateTime(ns=start)
        self.end_date = None if end is None else UTCDateTime(ns=end)
        self.latitude, self.longitude, self.elevation, self.depth = rest[:4]
        self.azimuth, self.dip, self.sample_rate = rest[4:]

    @lazy
    def response(self) -> Response | None:
        """The response; None if there is none."""
        return self._content.response(self._number, self._place)


class Content:
    """
    What is in a station file: read here, or by ObsPy where that is declined.

    Parameters
    ----------
    path : str
        The file.
    data : bytes
        Its content.
    digest : bytes
        What the content is known by.
    read : _core.Stations or Exception
        What the core has read, or why it has not.

    Attributes
    ----------
    declined : str or None
        Why it is ObsPy's to read.
    weight : int
        What it takes in memory, roughly and in bytes.
    """

    def __init__(
        self, path: str, data: bytes, digest: bytes, read: _core.Stations | Exception
    ) -> None:
        self.path = path
        self.digest = digest
        self.weight = len(data)
        self.declined: str | None = None
        self._by_id: dict[tuple[str, ...], list[list[Any]]] = {}
        if isinstance(read, Exception):
            self.declined = str(read)
            self.weight *= 16  # what ObsPy makes of it is large
        else:
            self._stations = read

    @lazy
    def inventory(self) -> Inventory:
        """ObsPy's own reading of the file, made when it is first asked for."""
        return read_inventory(glob.escape(self.path))  # it expands wildcards

    def response(self, number: int, place: list[int]) -> Response | None:
        """Return the response of a channel that was read here, by its number."""
        found = self._stations.response(number)
        if found is None:
            return None
        sensitivity, polynomial, stages = found
        if stages or polynomial is not None:
            by_obspy = partial(self._response_by_obspy, number, place)
        else:
            by_obspy = partial(_without_stages, sensitivity)
        return Response(
            sensitivity and Sensitivity(*sensitivity),
            None if polynomial is None else InstrumentPolynomial(polynomial),
            [_STAGES[kind](*common, *own) for kind, common, own in stages],
            by_obspy,
        )

    def _response_by_obspy(self, number: int, place: list[int]) -> Any:
        """Let ObsPy read one channel, since all of them take long."""
        if "inventory" not in vars(self):
            data = Path(self.path).read_bytes()
            alone = self._stations.alone(number, data) if _digest(data) == self.digest else None
            if alone is not None:
                inventory = read_inventory(BytesIO(alone.encode()), "STATIONXML")
                return inventory[0][0][0].response
        network, station, channel = place
        return self.inventory[network][station][channel].response

    def channels(self, *seed_id: str) -> list[list[Any]]:
        """
        Find all epochs of a channel.

        Parameters
        ----------
        *seed_id : str
            Network, station, location and channel.

        Returns
        -------
        list of list of Channel
            For each network of that code that has the channel, its epochs in the order of the
            file; ObsPy's ``Channel`` objects if the file is declined.
        """
        if seed_id not in self._by_id:
            if self.declined is None:
                networks: dict[int, list[Any]] = {}
                for epoch in self._stations.epochs(*seed_id):
                    networks.setdefault(epoch[1][0], []).append(Channel(self, epoch))
                self._by_id[seed_id] = list(networks.values())
            else:
                self._by_id[seed_id] = _channels(self.inventory, *seed_id)
        return self._by_id[seed_id]

    def select(self, seed_id: Sequence[str], time: UTCDateTime) -> Any:
        """
        Find a channel at a time.

        Returns
        -------
        Channel or None
            The first epoch that has a response and holds `time`, which is the one whose response
            ``Inventory.get_response`` returns; else the first that holds it; None without one.
        """
        found = self.channels(*seed_id)
        valid = [epoch for epochs in found for epoch in epochs if is_valid(epoch, time)]
        return next((epoch for epoch in valid if epoch.response), valid[0] if valid else None)


def _without_stages(sensitivity: tuple[Any, ...] | None) -> ObsPyResponse:
    """Make ObsPy's object of what is too little to be read again: such responses are common."""
    overall = None if sensitivity is None else InstrumentSensitivity(*sensitivity)
    return ObsPyResponse(instrument_sensitivity=overall)


def _channels(
    inventory: Inventory, network: str, station: str, location: str, channel: str
) -> list[list[Any]]:
    found = [
        [
            epoch
            for s in n.stations
            if s.code == station
            for epoch in s.channels
            if epoch.code == channel and epoch.location_code == location
        ]
        for n in inventory.networks
        if n.code == network
    ]
    return [epochs for epochs in found if epochs]


_kept: Recent[bytes, Content] = Recent(_LIMIT)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()


def kept(digest: bytes | None) -> Content | None:
    """Return what has been read of some content, if it has not been given up."""
    return _kept.get(digest) if digest else None


def read(paths: Sequence[str]) -> list[Content | OSError]:
    """
    Read files, many at once; files of equal content are one object, and read once.

    Parameters
    ----------
    paths : sequence of str
        Files of any format that ObsPy reads.

    Returns
    -------
    list of Content or OSError
        For each file what is in it, or why it cannot be opened.
    """
    with without_python():
        data = [_bytes(path) for path in paths]
        digests = [_digest(one) if isinstance(one, bytes) else b"" for one in data]
    found = {digest: content for digest in digests if (content := _kept.get(digest))}
    # Of the files with some content, the last is one that was there just now.
    paths_of = {digest: i for i, digest in enumerate(digests) if digest}
    new = {
        digest: one
        for digest, i in paths_of.items()
        if digest not in found and isinstance(one := data[i], bytes)
    }
    with without_python():
        answers = _core.read_stationxml([*new.values()], get_num_threads(), check_stopped)
    for (digest, one), answer in zip(new.items(), answers, strict=True):
        content = Content(paths[paths_of[digest]], one, digest, answer)
        _kept.put(digest, content, content.weight)
        found[digest] = content
    for digest, i in paths_of.items():
        found[digest].path = paths[i]
    return [
        one if isinstance(one, OSError) else found[digest]
        for one, digest in zip(data, digests, strict=True)
    ]


def _bytes(path: str) -> bytes | OSError:
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - Path is slow by the million
            return file.read()
    except OSError as error:
        return error


class StationXML:
    """
    A StationXML file in the place of an ``Inventory``.

    Where it is not read here (`declined` says why), it is read by ObsPy when it is needed. ObsPy's
    own methods take it for a list of one inventory.

    Parameters
    ----------
    path : str or pathlib.Path
        The file. One that cannot be read is declined too, and ObsPy raises its own exception.

    Attributes
    ----------
    path : str
        The file.
    declined : str or None
        Why it is ObsPy's to read.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = str(path)
        self._content: Content | None = None
        try:
            if set("*?[") & set(self.path):
                raise OSError("a pattern of file names")
            (content,) = read([self.path])
            if isinstance(content, OSError):
                raise content
            self._content = content
            self.declined = content.declined
        except (OSError, ValueError) as error:
            self.declined = str(error)

    def __repr__(self) -> str:
        return repr(self.path)

    def __reduce__(self) -> tuple[type[StationXML], tuple[str]]:
        return type(self), (self.path,)

    def __iter__(self) -> Iterator[Inventory]:
        yield self.inventory

    def get_response(self, seed_id: str, time: UTCDateTime) -> Any:
        """Return what ``Inventory.get_response`` does; ObsPy asks each of a list for it."""
        return self.inventory.get_response(seed_id, time)

    @lazy
    def inventory(self) -> Inventory:
        """ObsPy's own reading of the file, made when it is first asked for."""
        return self._content.inventory if self._content else read_inventory(self.path)

    def channels(self, *seed_id: str) -> list[list[Any]]:
        """Find all epochs of a channel, as `Content.channels`."""
        if self._content is None:
            return _channels(self.inventory, *seed_id)
        return self._content.channels(*seed_id)


def is_valid(channel: Any, time: UTCDateTime) -> bool:
    """Whether the epoch of a channel, its ends included, holds a time."""
    return (channel.start_date is None or channel.start_date <= time) and (
        channel.end_date is None or time <= channel.end_date
    )


def for_obspy(trace: Trace) -> None:
    """Replace a response that was read here and is attached to a trace by ObsPy's own reading."""
    response = trace.stats.__dict__.get("response")
    if isinstance(response, Response):
        trace.stats.__dict__["response"] = response.by_obspy()
