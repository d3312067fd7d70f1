"""
The one seam to files: lists in, lists out, an exception in the place of what failed.

All reading and writing of a batch job is these three functions. They take many files at a time, so
that native code can decode and encode them on the pool, without the GIL.
"""

from __future__ import annotations

import errno
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

from obspy import Trace

from .. import _io, _stationxml
from .._stationxml import Content

_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}

_T = TypeVar("_T")

Result: TypeAlias = _T | Exception
"""A value, or why there is none."""

Headers = Mapping[str, float | str]
"""SAC header fields by name."""


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


def read_stations(paths: Sequence[str]) -> list[Result[Content]]:
    """
    Read station files; what is in files of equal content is one object.

    Parameters
    ----------
    paths : sequence of str
        Files of any format that ObsPy reads: StationXML, RESP, dataless SEED, SC3ML...

    Returns
    -------
    list
        For each file what is in it, or the exception that ObsPy raises.
    """
    found = zip(paths, _stationxml.read(paths), strict=True)
    return [_sound(path, one) for path, one in found]


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


def _sound(path: str, content: Content | OSError) -> Result[Content]:
    """Return the exception in the place of what ObsPy does not read either."""
    if isinstance(content, OSError) or content.declined is None:
        return content
    try:
        content.path = path  # the one to be named
        content.inventory  # noqa: B018 - it is kept
    except Exception as error:  # noqa: BLE001 - any exception is the answer for this file
        return error
    return content
