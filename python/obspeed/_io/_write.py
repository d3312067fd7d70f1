"""Traces to files, byte for byte as ObsPy writes them, and each file whole or not at all."""

from __future__ import annotations

import io
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from .. import _core, _report
from .._threads import get_num_threads
from .._turns import check_stopped, without_python
from ._settings import mseed_job, sac_job, with_stats, without_warning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from os import PathLike

    from obspy import Trace

    Path = str | PathLike[str]

_FORMATS: dict[str, tuple[Callable[..., Any], Callable[..., list[int | Exception]]]] = {
    "SAC": (sac_job, _core.write_sac),
    "MSEED": (mseed_job, _core.write_mseed),
}

_OTHER_FORMAT = _core.DeclinedError("another format")


def write(
    trace: Trace,
    path: Path,
    format: str,  # noqa: A002 - as ObsPy
    header: Mapping[str, Any] | None = None,
    **options: Any,
) -> None:
    """
    Write a trace as ``trace.write(path, format, **options)`` does, but to a new file in its place.

    Parameters
    ----------
    trace : Trace
        It is not changed.
    path : str or PathLike
        In a folder that exists.
    format : str
        "SAC", "MSEED" or another format that ObsPy writes.
    header : mapping, optional
        SAC header fields beside those of ``trace.stats.sac``, or in their place.
    **options
        Those of ObsPy's writer.

    Raises
    ------
    Exception
        ObsPy's own, where it refuses the trace; an OSError for a file that cannot be written.
    """
    (result,) = write_many([(trace, path, header)], format, **options)
    if isinstance(result, Exception):
        raise result


def write_many(
    items: Iterable[tuple[Trace, Path, Mapping[str, Any] | None]],
    format: str,  # noqa: A002 - as ObsPy
    drafts: str | None = None,
    **options: Any,
) -> list[int | Exception]:
    """
    Write many traces at once, each to its file, on all threads.

    What the core declines is written by ObsPy; the report counts traces, under ``write``.

    Parameters
    ----------
    items : iterable of tuple
        Trace, path and header, as `write` takes them.
    format : str
        As `write` takes it.
    drafts : str, optional
        What the names of unfinished files begin with, on the same disk. With it folders are made,
        and whatever is at a path is replaced; without, each file is made beside the old one.
    **options
        As `write` takes them.

    Returns
    -------
    list of int or Exception
        For each trace the number of bytes written, or what went wrong.
    """
    began = time.perf_counter()
    asked = [(trace, path, _header(trace, header)) for trace, path, header in items]
    results: list[int | Exception] = [_OTHER_FORMAT] * len(asked)
    jobs: dict[int, Any] = {}
    if format in _FORMATS:
        make, run = _FORMATS[format]
        for i, item in enumerate(asked):
            try:
                jobs[i] = make(*item, options)
            except Exception as error:  # noqa: BLE001 - a warning may be an error
                results[i] = error
        with without_python():
            answers = run(list(jobs.values()), get_num_threads(), drafts, check_stopped)
        for i, answer in zip(jobs, answers, strict=True):
            results[i] = answer
    declined: Counter[str] = Counter()
    for i, (trace, path, fields) in enumerate(asked):
        reason = results[i]
        if isinstance(reason, _core.DeclinedError):
            declined[str(reason)] += 1
            if format == "MSEED" and i in jobs:
                trace = without_warning(trace, jobs[i])  # noqa: PLW2901 - the same for ObsPy
            draft = None if drafts is None else f"{drafts}by-obspy-{i}"
            results[i] = _by_obspy(trace, (path, draft), fields, format, options)
    _report.record("write", len(asked), declined, time.perf_counter() - began)
    return results


def _header(trace: Trace, header: Mapping[str, Any] | None) -> dict[str, Any]:
    return {**trace.stats.get("sac", {}), **(header or {})}


def _by_obspy(
    trace: Trace,
    place: tuple[Path, str | None],
    header: dict[str, Any],
    format: str,  # noqa: A002 - as ObsPy
    options: dict[str, Any],
) -> int | Exception:
    if header:
        trace = with_stats(trace, sac=header)
    buffer = io.BytesIO()
    try:
        trace.write(buffer, format=format, **options)
        path, draft = place
        with without_python():
            _core.write_file(path, buffer.getvalue(), draft)
    except Exception as error:  # noqa: BLE001 - the caller's row says which
        return error
    return buffer.getbuffer().nbytes
