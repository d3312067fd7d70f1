"""Which station files belong to a trace, and each content of them read once."""

from __future__ import annotations

import glob
import os
import re
from collections import OrderedDict
from collections.abc import Hashable, Iterable
from hashlib import blake2b
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from .._locks import ForkSafeLock
from .files import Result, Stations, read_stations
from .templates import Template

# Names like NET.STA.xml, NET.STA.LOC.CHA.xml, NET_STA.xml, RESP.NET.STA.LOC.CHA, dataless.NET.STA.
_NAMED = re.compile(r"(?:RESP\.|dataless\.(?:seed\.)?|)([A-Z0-9]{1,8})[._]([A-Z0-9]{1,8})(?![^._])")

CODES = ("network", "station", "location", "channel")

_CONTENT_BYTES = 32 << 20
_DIGESTS = 10_000

_K = TypeVar("_K", bound=Hashable)
_V = TypeVar("_V")


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


class Recent(Generic[_K, _V]):
    """The values used last, up to a weight in all; at least one."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._weight = 0
        self._items: OrderedDict[_K, tuple[_V, int]] = OrderedDict()
        self._lock = ForkSafeLock()  # workers may be threads

    def get(self, key: _K) -> _V | None:
        """Return the value of a key, or None."""
        with self._lock:
            if key not in self._items:
                return None
            self._items.move_to_end(key)
            return self._items[key][0]

    def put(self, key: _K, value: _V, weight: int = 1) -> None:
        """Keep a value."""
        with self._lock:
            self._weight += weight - self._items.pop(key, (value, 0))[1]
            self._items[key] = (value, weight)
            while self._weight > self._limit and len(self._items) > 1:
                _, (_, gone) = self._items.popitem(last=False)
                self._weight -= gone


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
    stations : list of Stations or Exception
        What is in them, or why that cannot be read.
    used : tuple of Stamp
        The files, or without any the folders where they would be.
    """

    stations: list[Result[Stations]]
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


_contents: Recent[bytes, Result[Stations]] = Recent(_CONTENT_BYTES)
_digests: Recent[Stamp, bytes] = Recent(_DIGESTS)


def _read_all(paths: Iterable[str]) -> dict[str, tuple[Result[Stations], Stamp]]:
    """Read station files; what is in files of equal content is one object."""
    out: dict[str, tuple[Result[Stations], Stamp]] = {}
    unread: dict[bytes, tuple[str, bytes]] = {}
    waiting: list[tuple[str, Stamp, bytes]] = []
    for path in paths:
        as_it_was = stamp(path)
        digest = _digests.get(as_it_was)
        known = _contents.get(digest) if digest else None
        if digest is None or known is None:
            try:
                content = Path(path).read_bytes()
            except OSError as error:
                out[path] = (error, as_it_was)
                continue
            digest = blake2b(content, digest_size=16).digest()
            known = _contents.get(digest)
            if known is None:
                unread[digest] = (path, content)
                waiting.append((path, as_it_was, digest))
                continue
            _digests.put(as_it_was, digest)
        out[path] = (known, as_it_was)
    results = dict(zip(unread, read_stations(list(unread.values())), strict=True))
    for digest, result in results.items():
        _contents.put(digest, result, len(unread[digest][1]))
    for path, as_it_was, digest in waiting:
        _digests.put(as_it_was, digest)
        out[path] = (results[digest], as_it_was)
    return out
