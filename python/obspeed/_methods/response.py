"""``remove_response`` and ``remove_sensitivity``."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import obspy
from obspy import read_inventory
from obspy.core.inventory import Inventory, Network, PolynomialResponseStage, Response

from .. import _response, _stationxml
from .._core import Step
from .._errors import DeclinedError
from .._filters import warnings_raise
from .._plan import Message, Planned, Planner, State, real
from .._stationxml import Polynomial, StationXML, is_valid

if TYPE_CHECKING:
    from obspy import UTCDateTime

_OBSPY = tuple(int(part) for part in obspy.__version__.split(".")[:2])
_FIRST_OF_INVENTORY = "Found more than one matching response. Returning first."
_FIRST_OF_ALL = "Found more than one matching response. Using first."


def prepare_remove_response(
    inventory: Any = None,
    output: str = "VEL",
    water_level: float | None = 60,
    pre_filt: Any = None,
    zero_mean: bool = True,
    taper: bool = True,
    taper_fraction: float = 0.05,
    plot: Any = False,
    fig: Any = None,
    **kwargs: Any,
) -> Planner:
    """Settle the arguments of ``Trace.remove_response``."""
    if plot is not False or fig is not None:
        raise DeclinedError("a plot is asked for")
    if not isinstance(output, str) or output.upper() not in {"DISP", "VEL", "ACC", "DEF"}:
        raise DeclinedError(f"output {output!r}")
    unknown = kwargs.keys() - {"start_stage", "end_stage", "hide_sensitivity_mismatch_warning"}
    if unknown:
        raise DeclinedError(f"unknown arguments {sorted(unknown)}")
    stages = (kwargs.get("start_stage"), kwargs.get("end_stage"))
    if not all(stage is None or type(stage) is int for stage in stages):
        raise DeclinedError(f"stages {stages}")
    level = None if water_level is None else _number("water_level", water_level)
    if level is not None and not abs(level) < 6000:
        raise DeclinedError(f"water_level={water_level!r}")
    fraction = None
    if taper:
        fraction = _number("taper_fraction", taper_fraction)
        if not 0.0 <= fraction <= 1.0:
            raise DeclinedError(f"taper_fraction={taper_fraction!r}")
    corners = None
    if pre_filt is not None:
        if not isinstance(pre_filt, (tuple, list, np.ndarray)) or len(pre_filt) != 4:
            raise DeclinedError(f"pre_filt={pre_filt!r}")
        corners = tuple(_number("pre_filt", corner) for corner in pre_filt)
    find = _finder(inventory)
    output = output.upper()
    prepared: dict[int, _response.Prepared] = {}
    plans: dict[Hashable, Planned] = {}

    def plan(state: State) -> Planned:
        response, warn = find(state)
        if _without_spectrum(response):
            return _polynomial(state, response, warn)
        if _OBSPY < (1, 5) and not _is_sound(response):
            raise DeclinedError("a response that ObsPy before 1.5 makes something else of")
        if id(response) not in prepared:
            prepared[id(response)] = _response.prepare(response, output, *stages)
        ready = prepared[id(response)]
        npts, delta = state.npts, state.delta
        key = (id(response), npts, delta)
        if key not in plans:
            step = Step.deconvolve(
                ready.response,
                npts,
                delta,
                zero_mean=bool(zero_mean),
                taper_fraction=fraction,
                water_level=level,
                pre_filt=corners,
            )
            more = ready.warnings(Step.nfft(npts), delta)
            plans[key] = Planned(step, np.dtype(np.float64), warnings=more)
        return _warning(plans[key], warn)

    return plan


def prepare_remove_sensitivity(inventory: Any = None) -> Planner:
    """Settle the arguments of ``Trace.remove_sensitivity``."""
    find = _finder(inventory)
    plans: dict[tuple[int, np.dtype[Any]], Planned] = {}

    def plan(state: State) -> Planned:
        response, warn = find(state)
        key = id(response), state.dtype
        if key not in plans:
            if not response.response_stages:
                raise DeclinedError("the response has no stages")
            sensitivity = response.instrument_sensitivity
            if sensitivity is None:
                raise DeclinedError("the response has no sensitivity")
            value = _own_number("sensitivity", sensitivity.value)
            plans[key] = Planned(Step.divide(value), real(state.dtype))
        return _warning(plans[key], warn)

    return plan


def _warning(plan: Planned, warn: list[Message]) -> Planned:
    """Return a plan with further warnings, or the plan itself where there are none."""
    return plan._replace(warnings=[*warn, *plan.warnings]) if warn else plan


def _number(name: str, value: Any) -> float:
    # Of a NumPy scalar in single precision ObsPy makes single precision.
    if not isinstance(value, (int, float, np.integer)) or not math.isfinite(value):
        raise DeclinedError(f"{name}={value!r}")
    return float(value)


def _own_number(name: str, value: Any) -> float:
    """As `_number`, but not one of NumPy's: its type would have a say in that of the result."""
    if isinstance(value, np.generic):
        raise DeclinedError(f"{name} is a NumPy scalar")
    return _number(name, value)


def _is_sound(response: Response) -> bool:
    """Whether it is one that ObsPy's versions agree on: a sensitivity, units, no polynomial."""
    sensitivity = response.instrument_sensitivity
    return bool(sensitivity and sensitivity.value) and all(
        stage.input_units and stage.output_units and not isinstance(stage, PolynomialResponseStage)
        for stage in response.response_stages
    )


def _without_spectrum(response: Response) -> bool:
    """Whether ObsPy removes this response by a formula in the samples."""
    stages = response.response_stages
    if not stages:
        return response.instrument_polynomial is not None
    return isinstance(stages[0], (PolynomialResponseStage, Polynomial))


def _polynomial(state: State, response: Response, warn: list[Message]) -> Planned:
    """Plan the removal of a response that is a polynomial in the samples."""
    if _OBSPY < (1, 5):
        raise DeclinedError("a polynomial, of which ObsPy before 1.5 makes something else")
    stages = response.response_stages
    if not stages:
        series = [_number("coefficient", c) for c in response.instrument_polynomial.coefficients]
        return Planned(Step.polynomial(series), np.dtype(np.float64), warnings=warn)
    sensitivity = response.instrument_sensitivity
    if len(stages) > 1 and sensitivity is None:
        raise DeclinedError("the overall sensitivity is to be computed")
    gain = stages[0].stage_gain if len(stages) == 1 else sensitivity.value
    if gain is None and len(stages) == 1:
        gain = 1.0
        text = f"Stage gain not defined for {state.trace.id} - setting it to 1.0"
        warn = [*warn, (text, UserWarning)]
    gain = _own_number("gain", gain)
    offset = _number("coefficient", stages[0].coefficients[0])
    if offset:
        return Planned(Step.divide_plus(gain, offset), np.dtype(np.float64), warnings=warn)
    return Planned(Step.divide(gain), real(state.dtype), warnings=warn)


Found = tuple[Response, list[Message]]
Codes = tuple[str, str, str, str]


def _finder(inventory: Any) -> Callable[[State], Found]:
    """Return what finds the response of a trace as ObsPy does, with ObsPy's warnings."""
    if inventory is None:
        return _attached
    if type(inventory) in {Inventory, Network, StationXML} or isinstance(inventory, str):
        inventories = [_opened(inventory)]
    elif isinstance(inventory, (list, tuple)):
        inventories = [_opened(i) for i in inventory]
    else:
        raise DeclinedError(f"an inventory of type {type(inventory).__name__}")
    kinds = {Inventory, Network, StationXML}
    if any(type(i) not in kinds or "get_response" in vars(i) for i in inventories):
        raise DeclinedError("an inventory that may answer in its own way")
    channels: dict[Codes, list[list[list[Any]]]] = {}
    known: dict[tuple[Codes, int], Found] = {}

    def find(state: State) -> Found:
        codes, start = state.codes, state.stats.starttime
        key = codes, start.ns
        if key not in known:
            known[key] = search(codes, start)
        return known[key]

    def search(codes: Codes, start: UTCDateTime) -> Found:
        if codes not in channels:
            channels[codes] = [list(_channels(i, codes)) for i in inventories]
        found: list[Response] = []
        warn: list[Message] = []
        for networks in channels[codes]:
            matches = [m for m in (_valid(n, start, warn) for n in networks) if m]
            if len(matches) > 1:
                warn.append((_FIRST_OF_INVENTORY, UserWarning))
            found.extend(matches[:1])
        if warn and warnings_raise(UserWarning):
            raise DeclinedError("several responses match, and that is an error to be raised")
        if not found:
            raise DeclinedError("no matching response")
        if len(found) > 1:
            warn.append((_FIRST_OF_ALL, UserWarning))
        return found[0], warn

    return find


def _attached(state: State) -> Found:
    response = state.trace.stats.get("response")
    if not isinstance(response, (Response, _stationxml.Response)):
        raise DeclinedError("no response is attached and no inventory given")
    return response, []


def _opened(inventory: Any) -> Any:
    """Return a file read here, or as ObsPy reads it; anything else as it is."""
    try:
        if isinstance(inventory, str):
            stations = StationXML(inventory)
            return stations if stations.declined is None else read_inventory(inventory)
        if isinstance(inventory, StationXML) and inventory.declined is not None:
            return inventory.inventory
    except Exception as error:
        raise DeclinedError(f"the inventory {inventory!r} cannot be read: {error}") from error
    return inventory


def _channels(inventory: Inventory | Network | StationXML, codes: Codes) -> Iterator[list[Any]]:
    """Yield, for each network of that code, the channels of all epochs that have a response."""
    if isinstance(inventory, StationXML):
        found = inventory.channels(*codes)
        yield from ([channel for channel in epochs if channel.response] for epochs in found)
        return
    of_network, of_station, of_location, of_channel = codes
    networks = [inventory] if isinstance(inventory, Network) else inventory.networks
    for network in networks:
        if network.code != of_network:
            continue
        yield [
            channel
            for station in network.stations
            if station.code == of_station
            for channel in station.channels
            if channel.code == of_channel
            and channel.location_code == of_location
            and channel.response
        ]


def _valid(channels: list[Any], time: UTCDateTime, warn: list[Message]) -> Response | None:
    """Return the first response valid at that time, its epoch's ends included."""
    matches = [channel.response for channel in channels if is_valid(channel, time)]
    if len(matches) > 1:
        warn.append((_FIRST_OF_INVENTORY, UserWarning))
    return matches[0] if matches else None
