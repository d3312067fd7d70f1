"""Notebook magics: ``%load_ext obspeed`` enables, ``%%obspeed`` shows what ran where in a cell."""

from __future__ import annotations

from typing import Any

import obspeed


class CellFailedError(Exception):
    """Stops a notebook after a cell whose own traceback has been shown already."""

    def _render_traceback_(self) -> list[str]:
        # IPython's hook for exceptions that know better how to look.
        return [str(self)]


def load_ipython_extension(ipython: Any) -> None:
    """
    Enable obspeed and register ``%%obspeed``; IPython calls this for ``%load_ext obspeed``.

    Parameters
    ----------
    ipython : object
        The running shell.
    """
    from IPython.core.error import UsageError  # noqa: PLC0415 - present where this is called

    def magic(line: str, cell: str) -> None:
        """Run the cell with obspeed enabled, and print what ran where."""
        if line.strip():
            raise UsageError(f"%%obspeed takes no arguments, got {line.strip()!r}")
        _run_cell(ipython, cell)

    ipython.register_magic_function(magic, "cell", "obspeed")
    obspeed.enable()


def unload_ipython_extension(ipython: Any) -> None:
    """
    Disable obspeed and forget ``%%obspeed``; for ``%unload_ext obspeed``.

    Parameters
    ----------
    ipython : object
        The running shell.
    """
    ipython.magics_manager.magics["cell"].pop("obspeed", None)
    obspeed.disable()


def _run_cell(ipython: Any, cell: str) -> None:
    before = obspeed.report()
    with obspeed.enabled():
        result = ipython.run_cell(cell)
    print(obspeed.report() - before)
    if not result.success:
        raise CellFailedError("%%obspeed: the cell failed, see above")
