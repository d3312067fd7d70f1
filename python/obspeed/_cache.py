"""The cache of response spectra, by content."""

from __future__ import annotations

from typing import NamedTuple

from . import _core


class CacheInfo(NamedTuple):
    """
    What the cache did and holds.

    Attributes
    ----------
    hits, misses : int
        Spectra found and computed.
    entries : int
        Spectra held.
    nbytes, limit : int
        Bytes they take, and may take.
    """

    hits: int
    misses: int
    entries: int
    nbytes: int
    limit: int


def cache_info() -> CacheInfo:
    """
    Return what the cache of response spectra did and holds.

    Returns
    -------
    CacheInfo
        Counts and bytes, of this process.
    """
    return CacheInfo(*_core.response_cache_info())


def clear_cache() -> None:
    """Give up all response spectra held, and the memory kept for results; it is free at once."""
    _core.response_cache_clear()
    _core.release_memory()


def set_cache_limit(nbytes: int) -> None:
    """
    Set how many bytes the response spectra held may take.

    Parameters
    ----------
    nbytes : int
        The limit; 128 MiB at the start. The spectra used least recently give way. A spectrum that
        is larger alone is computed and not kept.

    Raises
    ------
    ValueError
        If `nbytes` is not an integer of 0 or more.
    """
    if isinstance(nbytes, bool) or not isinstance(nbytes, int) or not 0 <= nbytes < 1 << 63:
        raise ValueError(f"expected a number of bytes of 0 or more, got {nbytes!r}")
    _core.response_cache_set_limit(nbytes)
