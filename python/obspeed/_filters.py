"""Whether warnings are exceptions, as Python's filters stand."""

from __future__ import annotations

import warnings


def warnings_raise(kind: type[Warning]) -> bool:
    """Return whether a warning of this kind may be raised as an exception."""
    return any(
        action == "error" and issubclass(kind, category)
        for action, _, category, *_ in warnings.filters
    )
