"""Traces to files, byte for byte as ObsPy writes them, and each file whole or not at all."""

from __future__ import annotations

import io
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import Trace
from obspy.core import Stats

from .. import _core, _report
from .._threads import get_num_threads

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    Path = str | PathLike[str]

FORMATS = frozenset({"SAC"})
"""What is written natively."""

_NOT_PLAIN = _core.DeclinedError("not a plain trace of a plain array")


def write(
    trace: Trace,
    path: Path,
    format: str,  # noqa: A002 - as ObsPy
    header: Mapping[str, Any] | None = None,
) -> None:
    """
    Write a trace, as ``trace.write(path, format)`` does, but to a new file that takes its place.

    Parameters
    ----------
    trace : Trace
        It is not changed.
    path : str or PathLike
        In a folder that exists.
    format : str
        "SAC".
    header : mapping, optional
        SAC header fields beside those of ``trace.stats.sac``, or in their place.

    Raises
    ------
    Exception
        ObsPy's own, where it refuses the trace; an OSError for a file that cannot be written.
    """
    (error,) = write_many([(trace, path, header)], format)
    if error is not None:
        raise error


def write_many(
    items: Iterable[tuple[Trace, Path, Mapping[str, Any] | None]],
    format: str,  # noqa: A002 - as ObsPy
) -> list[Exception | None]:
    """
    Write many traces at once, each to its file, on all threads.

    What the core declines is written by ObsPy; the report counts traces, under ``write``.

    Parameters
    ----------
    items : iterable of tuple
        Trace, path and header, as `write` takes them.
    format : str
        As `write` takes it.

    Returns
    -------
    list of Exception or None
        For each trace what went wrong.
    """
    began = time.perf_counter()
    asked = [(trace, path, _header(trace, header)) for trace, path, header in items]
    plain = [i for i, (trace, *_) in enumerate(asked) if _is_plain(trace)]
    jobs = [_job(*asked[i]) for i in plain]
    answers = dict(zip(plain, _core.write_sac(jobs, get_num_threads()), strict=True))
    declined: Counter[str] = Counter()
    results: list[Exception | None] = []
    for i, item in enumerate(asked):
        error = answers.get(i, _NOT_PLAIN)
        if isinstance(error, _core.DeclinedError):
            declined[str(error)] += 1
            error = _by_obspy(*item, format)
        results.append(error)
    _report.record("write", len(asked), declined, time.perf_counter() - began)
    return results


def _header(trace: Trace, header: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**trace.stats.get("sac", {}), **(header or {})}


def _is_plain(trace: Trace) -> bool:
    """Nothing about the trace needs a look by ObsPy."""
    return (
        type(trace) is Trace
        and type(trace.stats) is Stats
        and type(trace.data) is np.ndarray
        and len(trace.data) == trace.stats.npts
    )


def _job(trace: Trace, path: Path, header: dict[str, Any]) -> _core._SacJob:
    stats = trace.stats.__dict__
    codes = stats["network"], stats["station"], stats["location"], stats["channel"]
    recording = path, trace.data, codes, stats["starttime"].ns
    return recording, stats["delta"], stats["calib"], header, False


def _by_obspy(
    trace: Trace,
    path: Path,
    header: dict[str, Any],
    format: str,  # noqa: A002 - as ObsPy
) -> Exception | None:
    if header:
        trace = _with_header(trace, header)
    buffer = io.BytesIO()
    try:
        trace.write(buffer, format=format)
        _core.write_file(path, buffer.getvalue())
    except Exception as error:  # noqa: BLE001 - the caller's row says which
        return error
    return None


def _with_header(trace: Trace, header: dict[str, Any]) -> Trace:
    """Make a trace of the same samples with other SAC header fields."""
    stats = trace.stats.copy()
    stats.sac = header
    other = Trace.__new__(type(trace))
    other.__dict__.update(trace.__dict__, stats=stats)
    return other
