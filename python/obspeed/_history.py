"""The entry that a call leaves in ``stats.processing``, to the letter."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any

import obspy

from . import _originals

_PREFIX = f"ObsPy {obspy.__version__}: "


def entry(name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> str:
    """
    Return the text ObsPy records for a call of a Trace method.

    Parameters
    ----------
    name : str
        The method's name.
    args, kwargs
        The arguments of the call, without the trace; they fit the method's signature.

    Returns
    -------
    str
        All arguments, defaults included, sorted, in ObsPy's notation. A keyword collector called
        ``kwargs`` is spelled out; one called ``options`` stays one item.
    """
    names, items, others, keywords = _parameters(name)
    items = items | dict(zip(names, args, strict=False))
    if others:
        items[others] = args[len(names) :]
    collected = {key: value for key, value in kwargs.items() if key not in names}
    items.update((key, value) for key, value in kwargs.items() if key in names)
    if keywords == "kwargs":
        items |= collected
    elif keywords:
        items[keywords] = collected
    text = "::".join(sorted(f"{key}={_value(value)}" for key, value in items.items()))
    return f"{_PREFIX}{name}({text})"


@cache
def _parameters(name: str) -> tuple[tuple[str, ...], dict[str, Any], str, str]:
    """Return named parameters, defaults, and the names of the collectors, empty without one."""
    _, *parameters = _originals.signature(name).parameters.values()
    collectors = {p.kind: p.name for p in parameters}
    named = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return (
        tuple(p.name for p in named),
        {p.name: p.default for p in named if p.default is not p.empty},
        collectors.get(inspect.Parameter.VAR_POSITIONAL, ""),
        collectors.get(inspect.Parameter.VAR_KEYWORD, ""),
    )


def _value(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)
