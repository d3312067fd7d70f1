"""Outputs appear whole: written elsewhere, then moved."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Sequence
from contextlib import suppress

from obspy import Trace

from .files import Headers, Result, write

#: What no other output could be written after.
_FATAL = {errno.ENOSPC, errno.EDQUOT, errno.EROFS}


def is_fatal(error: BaseException) -> bool:
    """Whether an error is one of the disk, not of a file."""
    return isinstance(error, OSError) and error.errno in _FATAL


def write_whole(
    traces: Sequence[Trace],
    paths: Sequence[str],
    kind: str,
    headers: Sequence[Headers],
    temporary: str,
) -> list[Result[int]]:
    """
    Write traces to files that are there wholly or not at all.

    Parameters
    ----------
    traces, kind, headers
        As `files.write` has them.
    paths : sequence of str
        Their files; folders are made.
    temporary : str
        Path that the names of temporary files begin with.

    Returns
    -------
    list
        For each trace the number of bytes written, or the exception.
    """
    drafts = [f"{temporary}{i}" for i in range(len(traces))]
    results = write(traces, drafts, kind, headers)
    for i, (draft, path) in enumerate(zip(drafts, paths, strict=True)):
        try:
            if not isinstance(results[i], Exception):
                _move(draft, path)
                continue
        except OSError as error:
            results[i] = error
        with suppress(OSError):
            os.unlink(draft)  # noqa: PTH108 - Path is slow by the million
    return results


def _move(draft: str, path: str) -> None:
    try:
        os.replace(draft, path)  # noqa: PTH105
    except FileNotFoundError:
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        os.replace(draft, path)  # noqa: PTH105
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        # An event's folder is a link to another disk.
        folder, name = os.path.split(path)
        beside = os.path.join(folder, f".{name}.{os.path.basename(draft)}")  # noqa: PTH118, PTH119
        try:
            shutil.copyfile(draft, beside)
            os.replace(beside, path)  # noqa: PTH105
        except OSError:
            with suppress(OSError):
                os.unlink(beside)  # noqa: PTH108
            raise
        os.unlink(draft)  # noqa: PTH108
