"""What is installed, and what is in force."""

from __future__ import annotations

import platform
import sys
from importlib.metadata import PackageNotFoundError, version

from . import _core
from ._patch import is_enabled
from ._threads import resolve_num_threads

_PACKAGES = ("obspy", "numpy", "scipy", "tqdm")


def versions() -> dict[str, str]:
    """
    Return versions and settings that matter for a report of a defect.

    Returns
    -------
    dict of str to str
        Names and values, in the order to show them.
    """
    threads, origin = resolve_num_threads()
    rows = {"obspeed": _core.__version__, "Python": platform.python_version()}
    for name in _PACKAGES:
        try:
            rows[name] = version(name)
        except PackageNotFoundError:
            rows[name] = "not installed"
    return rows | {
        "platform": platform.platform(),
        "threads": f"{threads} ({origin})",
        "enabled": str(is_enabled()),
    }


def show_versions() -> None:
    """Print versions and settings, for a report of a defect."""
    sys.stdout.writelines(f"{name:<10}{value}\n" for name, value in versions().items())
