"""Origins of earthquakes, for the headers of SAC files."""

from __future__ import annotations

import glob
import os
from pathlib import Path
from typing import Any, NamedTuple

import obspy

from .._recent import Recent
from .stations import Stamp, stamp
from .templates import Template

#: How long before the start of a trace its event may be, in ns.
_BEFORE = 3600 * 10**9

_FILES = 64


class Origin(NamedTuple):
    """
    When and where an earthquake was.

    Attributes
    ----------
    time : int
        In nanoseconds since 1970.
    latitude, longitude : float
        In degrees.
    depth : float or None
        In metres.
    magnitude : float or None
        Of whatever type the catalogue prefers.
    name : str
        Identifier.
    """

    time: int
    latitude: float
    longitude: float
    depth: float | None
    magnitude: float | None
    name: str


class Found(NamedTuple):
    """An origin, or None, and the files that were asked."""

    origin: Origin | None
    used: tuple[Stamp, ...]


class Events:
    """
    Finds the origin that belongs to a trace.

    Parameters
    ----------
    root : str
        What the template is relative to.
    template : Template
        Where the files with events are, in a format that ObsPy reads (QuakeML and others).
    """

    def __init__(self, root: str, template: Template) -> None:
        self._root = root
        self._template = template
        self._found: dict[str, tuple[list[Origin], tuple[Stamp, ...]]] = {}

    def find(self, event: str, start: int, end: int) -> Found:
        """
        Return the origin of a trace.

        Of one event only, this one. Of several, the one whose identifier ends with a word in the
        name of the event's folder, and otherwise the last one that was between an hour before the
        start of the trace and its end.

        Parameters
        ----------
        event : str
            The event's folder.
        start, end : int
            Of the trace, in nanoseconds since 1970.

        Raises
        ------
        Exception
            If a file cannot be read.
        """
        origins, used = self._origins(event)
        if len(origins) > 1:
            words = [word for word in event.replace("/", "_").split("_") if len(word) > 3]
            named = [o for o in origins if any(o.name.endswith(word) for word in words)]
            during = [o for o in origins if start - _BEFORE <= o.time <= end]
            origins = named[:1] or sorted(during)[-1:]
        return Found(origins[0] if origins else None, used)

    def _origins(self, event: str) -> tuple[list[Origin], tuple[Stamp, ...]]:
        if event not in self._found:
            named = self._template.substitute({"event": event})
            pattern = os.path.join(glob.escape(self._root), named)  # noqa: PTH118
            paths = sorted(glob.glob(pattern, recursive=True))  # noqa: PTH207
            used = tuple(map(stamp, paths))
            self._found[event] = ([o for one in used for o in _read(one)], used)
        return self._found[event]


_files: Recent[Stamp, list[Origin]] = Recent(_FILES)


def _read(file: Stamp) -> list[Origin]:
    origins = _files.get(file)
    if origins is None:
        catalog = obspy.read_events(glob.escape(file.path))
        origins = [origin for event in catalog if (origin := _origin(event)) is not None]
        _files.put(file, origins)
    return origins


def _origin(event: Any) -> Origin | None:
    origin = event.preferred_origin() or next(iter(event.origins), None)
    if origin is None or None in (origin.time, origin.latitude, origin.longitude):
        return None
    magnitude = event.preferred_magnitude() or next(iter(event.magnitudes), None)
    return Origin(
        int(origin.time.ns),
        float(origin.latitude),
        float(origin.longitude),
        None if origin.depth is None else float(origin.depth),
        None if magnitude is None or magnitude.mag is None else float(magnitude.mag),
        Path(str(event.resource_id.id)).name,
    )
