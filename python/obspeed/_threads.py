"""How many threads a call may use, and who decided."""

from __future__ import annotations

import multiprocessing
import os
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from . import _core

if TYPE_CHECKING:
    from collections.abc import Iterator

_VARIABLES = ("OBSPEED_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS")
_IMPORTED_BY = os.getpid()
# A worker that multiprocessing has forked may be the first to import obspeed.
_BORN_BY_FORK = type(multiprocessing.current_process()).__name__ == "ForkProcess"
_block: ContextVar[int | None] = ContextVar("obspeed_num_threads", default=None)
_chosen: int | None = None
# Asked once: finding out about cgroups takes longer than a small trace.
_CPUS = _core.available_parallelism()


def _checked(n: int) -> int:
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise ValueError(f"expected a positive integer as the number of threads, got {n!r}")
    return n


def _from_environment() -> tuple[int, str] | None:
    for name in _VARIABLES:
        # OMP_NUM_THREADS may be a list, one entry for each level of nesting: the first is ours.
        text = os.environ.get(name, "").split(",")[0].strip()
        if text.isdecimal() and int(text) > 0:
            return int(text), name
    return None


def resolve_num_threads() -> tuple[int, str]:
    """
    Return the number of threads in force and what set it.

    The first of these decides: a `num_threads` block, `set_num_threads`, the environment variables
    ``OBSPEED_NUM_THREADS``, ``RAYON_NUM_THREADS`` and ``OMP_NUM_THREADS``, being a forked child
    (one thread, since its siblings use the other cores), the CPUs this process may use.

    Returns
    -------
    tuple of int and str
        The number, at most four for each CPU, and its origin in words.
    """
    n, origin = _resolve()
    return min(n, 4 * _CPUS), origin


def _resolve() -> tuple[int, str]:
    block = _block.get()
    if block is not None:
        return block, "obspeed.num_threads block"
    if _chosen is not None:
        return _chosen, "obspeed.set_num_threads"
    set_outside = _from_environment()
    if set_outside is not None:
        return set_outside
    if _BORN_BY_FORK or os.getpid() != _IMPORTED_BY:
        return 1, "forked child"
    return _CPUS, "CPUs available to this process"


def get_num_threads() -> int:
    """
    Return the number of threads the next call may use.

    Returns
    -------
    int
        See `resolve_num_threads` for who decides.
    """
    return resolve_num_threads()[0]


def set_num_threads(n: int | None) -> None:
    """
    Set the number of threads for all calls from now on.

    Parameters
    ----------
    n : int or None
        A positive number; None returns to the environment's choice.

    Raises
    ------
    ValueError
        If `n` is not a positive integer.
    """
    global _chosen  # noqa: PLW0603 - one setting for the process is what the function promises
    _chosen = None if n is None else _checked(n)


@contextmanager
def num_threads(n: int) -> Iterator[None]:
    """
    Use `n` threads within a ``with`` block.

    Parameters
    ----------
    n : int
        A positive number. Other threads and tasks are not affected.

    Raises
    ------
    ValueError
        If `n` is not a positive integer.
    """
    token = _block.set(_checked(n))
    try:
        yield
    finally:
        _block.reset(token)
