"""Whether warnings are exceptions, as Python's filters stand."""

from __future__ import annotations

import warnings


def warnings_raise(kind: type[Warning]) -> bool:
    """Return whether a warning of this kind may be raised: the first filter for it decides."""
    for action, message, category, module, line in warnings.filters:
        if issubclass(kind, category):
            if action == "error":
                return True
            if message is None and module is None and line == 0:
                return False
    return False
