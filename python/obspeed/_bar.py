"""The progress of a run or of a job, by tqdm: in a terminal or a notebook."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any


class Bar:
    """
    A bar, or nothing.

    Parameters
    ----------
    total : int or None
        How many there are to do; None shows nothing.
    unit : str
        What is counted.
    """

    def __init__(self, total: int | None, unit: str) -> None:
        self._bar: Any = None
        if total is not None:
            from tqdm.auto import tqdm  # noqa: PLC0415 - only where it is shown

            self._bar = tqdm(total=total, unit=unit, desc="obspeed", smoothing=0.1)

    def to(self, done: int) -> None:
        """Show that so many are done."""
        if self._bar is not None:
            self._bar.update(done - self._bar.n)

    def say(self, what: Mapping[str, object]) -> None:
        """Show figures beside the bar, from its next move on."""
        if self._bar is not None:
            self._bar.set_postfix(what, refresh=False)

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
