"""The progress of a job, by tqdm: in a terminal or a notebook."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Any


class Bar:
    """
    Shows files done, traces per second, failures and the time left; or nothing.

    Parameters
    ----------
    total : int or None
        Number of files; None shows nothing.
    """

    def __init__(self, total: int | None) -> None:
        self._bar: Any = None
        self._traces = self._failed = 0
        self._started = time.perf_counter()
        if total is not None:
            from tqdm.auto import tqdm  # noqa: PLC0415 - only where it is shown

            self._bar = tqdm(total=total, unit="file", desc="obspeed", smoothing=0.1)

    def add(self, files: int, traces: int = 0, failed: int = 0) -> None:
        """Go on by some files, with the traces and failures that were in them."""
        if self._bar is None:
            return
        self._traces += traces
        self._failed += failed
        seconds = time.perf_counter() - self._started
        rate = f"{self._traces / seconds:.1f}" if seconds else "-"
        self._bar.set_postfix({"traces/s": rate, "failed": self._failed}, refresh=False)
        self._bar.update(files)

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
