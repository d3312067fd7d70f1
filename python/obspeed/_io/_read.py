"""Files to streams: miniSEED by the core, everything else, and every oddity, by ObsPy."""

from __future__ import annotations

import glob
import os
import time
from collections import Counter
from typing import TYPE_CHECKING

import obspy
from obspy import Stream, Trace, UTCDateTime
from obspy.core import AttribDict, Stats

from .. import _core, _report
from .._threads import get_num_threads
from .._turns import check_stopped, without_python

if TYPE_CHECKING:
    from collections.abc import Iterable
    from os import PathLike

    Path = str | PathLike[str]

_VERSION = tuple(int(number) for number in obspy.__version__.split(".")[:2])
# From 1.5 on, ObsPy describes a file by its first MiB and calls that the file's size.
_LARGEST_SIZE = 1 << 20 if _VERSION >= (1, 5) else 1 << 63


def read(path: Path) -> Stream:
    """
    Read the recordings in a file, as ``obspy.read(path)`` does.

    Parameters
    ----------
    path : str or PathLike
        Of any format that ObsPy reads.

    Returns
    -------
    Stream
        Equal to ObsPy's.

    Raises
    ------
    Exception
        ObsPy's own, where the file cannot be read.
    """
    (answer,) = read_many([path])
    if isinstance(answer, Stream):
        return answer
    raise answer


def read_many(paths: Iterable[Path]) -> list[Stream | Exception]:
    """
    Read many files at once, on all threads.

    What the core declines is read by ObsPy; the report counts files, under ``read``.

    Parameters
    ----------
    paths : iterable of str or PathLike
        All that is read is in memory together: hand over many files in several calls.

    Returns
    -------
    list of Stream or Exception
        For each file what ``obspy.read`` returns or raises.
    """
    began = time.perf_counter()
    paths = list(paths)
    declined: Counter[str] = Counter()
    answers: list[Stream | Exception] = []
    with without_python():
        found = _core.read_mseed(paths, get_num_threads(), check_stopped)
    for path, answer in zip(paths, found, strict=True):
        if isinstance(answer, Exception):
            # An OSError counts as a reason: its text would be another for every file.
            known = isinstance(answer, _core.DeclinedError)
            declined[str(answer) if known else type(answer).__name__] += 1
            answers.append(_by_obspy(path))
        else:
            size, traces = answer
            stream = Stream()
            stream.traces = [_trace(size, trace) for trace in traces]
            answers.append(stream)
    _report.record("read", len(paths), declined, time.perf_counter() - began)
    return answers


def _by_obspy(path: Path) -> Stream | Exception:
    try:
        return obspy.read(glob.escape(os.fspath(path)))  # it expands wildcards
    except Exception as error:  # noqa: BLE001 - the caller's row says which
        return error


def _trace(size: int, read: _core._Trace) -> Trace:
    """Make a Trace as ``Trace(data, header)`` would, in a tenth of the time."""
    (network, station, location, channel), (quality, start, rate), about, data = read
    records, encoding, byteorder, record_length = about
    mseed = AttribDict.__new__(AttribDict)
    mseed.__dict__.update(
        dataquality=quality,
        number_of_records=records,
        encoding=encoding,
        byteorder=byteorder,
        record_length=record_length,
        filesize=min(size, _LARGEST_SIZE),
    )
    npts, delta, starttime = len(data), 1.0 / rate, UTCDateTime(ns=start)
    stats = Stats.__new__(Stats)
    # The order of the keys is part of what str() shows.
    stats.__dict__.update(
        sampling_rate=rate,
        delta=delta,
        starttime=starttime,
        endtime=starttime + (npts - 1) * delta,
        npts=npts,
        calib=1.0,
        network=network,
        station=station,
        location=location,
        channel=channel,
        mseed=mseed,
        _format="MSEED",
    )
    trace = Trace.__new__(Trace)
    trace.__dict__.update(stats=stats, data=data)
    return trace
