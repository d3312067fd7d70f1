"""Python's filters for warnings: what they say, and changing them for a while."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ._locks import ForkSafeLock

_lock = ForkSafeLock()


@contextmanager
def filtered(action: Literal["always", "ignore"]) -> Iterator[list[warnings.WarningMessage]]:
    """
    Do something else with all warnings within the block, which is one thread's at a time.

    The filters are the process's: of two threads that overlap in `warnings.catch_warnings`, one
    leaves it the other's for good. Even so, what other threads warn of meanwhile meets this filter:
    it is not for what every call does, and never makes a warning an exception.

    Parameters
    ----------
    action : str
        As in `warnings.simplefilter`.

    Yields
    ------
    list of warnings.WarningMessage
        With ``"always"``, what was warned of, instead of its being shown.
    """
    with _lock, warnings.catch_warnings(record=action == "always") as caught:
        warnings.simplefilter(action)
        yield [] if caught is None else caught


def warnings_raise(kind: type[Warning]) -> bool:
    """Return whether a warning of this kind may be raised: the first filter for it decides."""
    for action, message, category, module, line in warnings.filters:
        if issubclass(kind, category):
            if action == "error":
                return True
            if message is None and module is None and line == 0:
                return False
    return False
