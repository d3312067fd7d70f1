"""StationXML files read without ObsPy, and what stands in the place of its Inventory."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from obspy import Trace, UTCDateTime, read_inventory

from . import _core
from ._errors import DeclinedError
from ._lazy import lazy
from ._locks import ForkSafeLock

if TYPE_CHECKING:
    from collections.abc import Callable

    from obspy.core.inventory import Inventory

_LIMIT = 64 << 20
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
    """What was read from the bytes of a file; declined with a reason, or `stations` is there."""

    def __init__(self, path: str, data: bytes) -> None:
        self.path = path
        self.weight = len(data)
        self.declined: str | None = None
        self._by_id: dict[tuple[str, ...], list[list[Channel]]] = {}
        try:
            self._stations = _core.read_stationxml(data)
        except DeclinedError as error:
            self.declined = str(error)
            self.weight *= 16  # what ObsPy makes of it is large

    @lazy
    def inventory(self) -> Inventory:
        return read_inventory(self.path)

    def response(self, number: int, place: list[int]) -> Response | None:
        found = self._stations.response(number)
        if found is None:
            return None
        sensitivity, polynomial, stages = found

        def by_obspy() -> Any:
            network, station, channel = place
            return self.inventory[network][station][channel].response

        return Response(
            sensitivity and Sensitivity(*sensitivity),
            None if polynomial is None else InstrumentPolynomial(polynomial),
            [_STAGES[kind](*common, *own) for kind, common, own in stages],
            by_obspy,
        )

    def channels(self, *seed_id: str) -> list[list[Channel]]:
        if seed_id not in self._by_id:
            networks: dict[int, list[Channel]] = {}
            for epoch in self._stations.epochs(*seed_id):
                networks.setdefault(epoch[1][0], []).append(Channel(self, epoch))
            self._by_id[seed_id] = list(networks.values())
        return self._by_id[seed_id]


_kept: OrderedDict[bytes, Content] = OrderedDict()
_lock = ForkSafeLock()


def _content(path: str) -> Content:
    """Read a file, its content only if that has not been read already."""
    data = Path(path).read_bytes()
    key = hashlib.blake2b(data, digest_size=16).digest()
    content = _kept.get(key)
    if content is None:
        content = Content(path, data)
    content.path = path  # of the files with this content, one that was there just now
    with _lock:
        content = _kept.setdefault(key, content)
        _kept.move_to_end(key)
        while len(_kept) > 1 and sum(c.weight for c in _kept.values()) > _LIMIT:
            _kept.popitem(last=False)
    return content


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
            self._content = _content(self.path)
            self.declined = self._content.declined
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

    def channels(self, network: str, station: str, location: str, channel: str) -> list[list[Any]]:
        """
        Find all epochs of a channel.

        Returns
        -------
        list of list of Channel
            For each network of that code that has the channel, its epochs in the order of the
            file; ObsPy's ``Channel`` objects if the file is declined.
        """
        if self._content is not None and self.declined is None:
            return self._content.channels(network, station, location, channel)
        found = [
            [
                epoch
                for s in n.stations
                if s.code == station
                for epoch in s.channels
                if epoch.code == channel and epoch.location_code == location
            ]
            for n in self.inventory.networks
            if n.code == network
        ]
        return [epochs for epochs in found if epochs]

    def select(
        self, network: str, station: str, location: str, channel: str, time: UTCDateTime
    ) -> Any:
        """
        Find a channel at a time.

        Returns
        -------
        Channel or None
            The first epoch that has a response and holds `time`, which is the one whose response
            ``Inventory.get_response`` returns; else the first that holds it; None without one.
        """
        found = self.channels(network, station, location, channel)
        valid = [epoch for epochs in found for epoch in epochs if is_valid(epoch, time)]
        return next((epoch for epoch in valid if epoch.response), valid[0] if valid else None)


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
