"""The entry that a call leaves in ``stats.processing``, to the letter."""

from __future__ import annotations

import inspect
from typing import Any

import obspy


def entry(
    name: str, signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    """
    Return the text ObsPy records for a call of a Trace method.

    Parameters
    ----------
    name : str
        The method's name.
    signature : inspect.Signature
        The signature of the Trace method, `self` included.
    args, kwargs
        The arguments of the call, without `self`.

    Returns
    -------
    str
        All arguments, defaults included, sorted, in ObsPy's notation. A keyword collector called
        ``kwargs`` is spelled out; one called ``options`` stays one item.
    """
    bound = signature.bind(None, *args, **kwargs)
    bound.apply_defaults()
    items = dict(list(bound.arguments.items())[1:])
    items |= items.pop("kwargs", {})
    text = "::".join(sorted(f"{key}={_value(value)}" for key, value in items.items()))
    return f"ObsPy {obspy.__version__}: {name}({text})"


def _value(value: Any) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)
