"""Whether warnings are exceptions, as Python's filters stand."""

from __future__ import annotations

import warnings


def warnings_raise(kind: type[Warning]) -> bool:
    """Return whether a warning of this kind may be raised as an exception."""
    for action, message, category, module, _ in warnings.filters:
        if issubclass(kind, category):
            if action == "error":
                return True
            if message is None and module is None:  # what comes after is never asked
                return False
    return False
