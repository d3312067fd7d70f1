"""What a SAC header has beside the stats of a trace."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from obspy.core import Stats
from obspy.geodetics import gps2dist_azimuth, kilometer2degrees

from .events import Origin
from .files import Headers


def sac(stats: Stats, channel: Any, origin: Origin | None) -> Headers:
    """
    Return the fields of a SAC header beside those that any trace has: id, times and samples.

    Parameters
    ----------
    stats : obspy.core.Stats
        Of the trace. The reference time is the last full millisecond before its start, as ObsPy
        writes it. A trace that was not read from a SAC file gets what ObsPy gives it.
    channel : Channel, optional
        As `_stationxml` or ObsPy has it.
        For ``stla``, ``stlo``, ``stel``, ``stdp`` (degrees and metres), ``cmpaz``, ``cmpinc``
        (degrees, the latter from the vertical).
    origin : Origin, optional
        For ``evla``, ``evlo``, ``evdp`` (degrees and kilometres), ``mag``, ``o`` (seconds from the
        reference time), ``kevnm``, and with the channel ``dist``, ``az``, ``baz``, ``gcarc``.
    """
    fields: dict[str, float | str] = {}
    if "sac" not in stats:
        fields |= {"scale": float(stats.calib), "iztype": 9, "lpspol": 1, "lcalda": 0}
    if channel is not None:
        fields |= {
            "stla": float(channel.latitude),
            "stlo": float(channel.longitude),
            "stel": float(channel.elevation),
            "stdp": float(channel.depth),
        }
        if channel.azimuth is not None:
            fields["cmpaz"] = float(channel.azimuth)
        if channel.dip is not None:
            fields["cmpinc"] = float(channel.dip) + 90.0
    if origin is not None:
        fields |= {"evla": origin.latitude, "evlo": origin.longitude}
        fields |= {"o": (origin.time - stats.starttime.ns // 1_000_000 * 1_000_000) / 1e9}
        fields |= {"kevnm": origin.name[-16:]}
        if origin.depth is not None:
            fields["evdp"] = origin.depth / 1000.0
        if origin.magnitude is not None:
            fields["mag"] = origin.magnitude
    if channel is not None and origin is not None:
        stla, stlo = float(channel.latitude), float(channel.longitude)
        fields |= _path(origin.latitude, origin.longitude, stla, stlo)
    return fields


@lru_cache(maxsize=4096)
def _path(evla: float, evlo: float, stla: float, stlo: float) -> dict[str, float]:
    try:
        metres, azimuth, back_azimuth = gps2dist_azimuth(evla, evlo, stla, stlo)
    except (StopIteration, ValueError):  # nearly antipodal, or no place on earth
        return {}
    kilometres = metres / 1000.0
    degrees = float(kilometer2degrees(kilometres))
    return {"lcalda": 1, "dist": kilometres, "az": azimuth, "baz": back_azimuth, "gcarc": degrees}
