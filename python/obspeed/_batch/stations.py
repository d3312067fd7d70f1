"""Which station files belong to a trace, and each content of them read once."""

from __future__ import annotations

import glob
import os
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from .._recent import Recent
from .._stationxml import Content, kept
from .files import Result, read_stations
from .templates import Template

# Names like NET.STA.xml, NET.STA.LOC.CHA.xml, NET_STA.xml, RESP.NET.STA.LOC.CHA, dataless.NET.STA.
_NAMED = re.compile(r"(?:RESP\.|dataless\.(?:seed\.)?|)([A-Z0-9]{1,8})[._]([A-Z0-9]{1,8})(?![^._])")

CODES = ("network", "station", "location", "channel")

_DIGESTS = 10_000


class Stamp(NamedTuple):
    """A file as it was: path, size and time of its last change in ns; negative if there is none."""

    path: str
    size: int
    mtime: int


def stamp(path: str, root: str = "") -> Stamp:
    """Return what tells a file's content from an earlier or later one; of a folder, its names."""
    try:
        status = os.stat(os.path.join(root, path))  # noqa: PTH116, PTH118 - Path is slow
    except OSError:
        return Stamp(path, -1, -1)
    return Stamp(path, status.st_size, status.st_mtime_ns)


def codes(seed_id: str) -> dict[str, str]:
    """Return the codes in a SEED id by their names; a broken header may have dots in the last."""
    return dict(zip(CODES, seed_id.split(".", 3), strict=True))


class Listing:
    """
    The files of a pattern, by the station in their names.

    Attributes
    ----------
    folders : tuple of str
        Where they are, or would be.
    """

    def __init__(self, pattern: str) -> None:
        self.folders = tuple(
            glob.glob(os.path.dirname(pattern), recursive=True)  # noqa: PTH120, PTH207
        )
        self._by_station: dict[str, list[str]] = {}
        self._other: list[str] = []
        for path in sorted(glob.glob(pattern, recursive=True)):  # noqa: PTH207
            found = _NAMED.match(os.path.basename(path))  # noqa: PTH119
            if found is None:
                self._other.append(path)
            else:
                self._by_station.setdefault(".".join(found.groups()), []).append(path)

    def of(self, station: str) -> list[str]:
        """Return the files named after a station, then those named after none."""
        return self._by_station.get(station, []) + self._other


class Paired(NamedTuple):
    """
    The station files of a trace.

    Attributes
    ----------
    stations : list of Content or Exception
        What is in them, or why that cannot be read.
    used : tuple of Stamp
        The files, or without any the folders where they would be.
    """

    stations: list[Result[Content]]
    used: tuple[Stamp, ...]


class Pairing:
    """
    Finds the station files of traces; what files there are is looked up once.

    Parameters
    ----------
    root : str
        What the template is relative to.
    template : Template
        Where the station files are.
    """

    def __init__(self, root: str, template: Template) -> None:
        self._root = root
        self._template = template
        self._fields = sorted(template.fields & {"event", "id", *CODES})
        self._listings: dict[tuple[str, ...], Listing] = {}

    def find(self, keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Paired]:
        """
        Return the station files of traces.

        Parameters
        ----------
        keys : iterable of (str, str)
            Event and SEED id.
        """
        found: dict[tuple[str, str], tuple[list[str], tuple[str, ...]]] = {}
        for key in keys:
            if key not in found:
                listing = self._listing(*key)
                paths = listing.of(".".join(key[1].split(".")[:2]))
                found[key] = (paths, () if paths else listing.folders)
        read = _read_all(dict.fromkeys(path for paths, _ in found.values() for path in paths))
        return {
            key: Paired(
                [read[path][0] for path in paths],
                tuple(read[path][1] for path in paths) or tuple(map(stamp, folders)),
            )
            for key, (paths, folders) in found.items()
        }

    def _listing(self, event: str, seed_id: str) -> Listing:
        values = codes(seed_id) | {"event": event, "id": seed_id}
        key = tuple([values[name] for name in self._fields])
        if key not in self._listings:
            named = self._template.substitute(values)
            pattern = os.path.join(glob.escape(self._root), named)  # noqa: PTH118
            self._listings[key] = Listing(pattern)
        return self._listings[key]


_digests: Recent[Stamp, bytes] = Recent(_DIGESTS)


def _read_all(paths: Iterable[str]) -> dict[str, tuple[Result[Content], Stamp]]:
    """Read station files, those that have not changed since they were read last only once."""
    stamps = {path: stamp(path) for path in paths}
    known = {path: kept(_digests.get(as_it_was)) for path, as_it_was in stamps.items()}
    unread = [path for path, content in known.items() if content is None or content.declined]
    found: dict[str, Any] = {**known, **dict(zip(unread, read_stations(unread), strict=True))}
    for path in unread:
        if isinstance(found[path], Content):
            _digests.put(stamps[path], found[path].digest)
    return {path: (content, stamps[path]) for path, content in found.items()}
