"""Pipelines as TOML: a ``[[step]]`` a call, its ``name`` and its arguments."""

from __future__ import annotations

import sys
from datetime import datetime, timezone
from typing import Any

import numpy as np
import tomli_w
from obspy import UTCDateTime

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Steps = list[tuple[str, dict[str, Any]]]


def dumps(steps: Steps) -> str:
    """
    Return steps as the text of a TOML file.

    TOML has no null: the arguments that are None are named in the step's ``none``. It has no
    complex numbers: they are tables of ``real`` and ``imag``.

    Raises
    ------
    TypeError
        If an argument has no form in TOML.
    """
    tables = []
    for name, kwargs in steps:
        values = {key: _to_toml(key, value) for key, value in kwargs.items() if value is not None}
        none = [key for key, value in kwargs.items() if value is None]
        tables.append({"name": name} | values | ({"none": none} if none else {}))
    return tomli_w.dumps({"step": tables})


def loads(text: str) -> Steps:
    """
    Return the steps in the text of a TOML file; arrays are tuples.

    Raises
    ------
    ValueError
        If it is not TOML or has something else than steps.
    """
    document = tomllib.loads(text)
    if document.keys() - {"step"} or not isinstance(document.get("step", []), list):
        raise ValueError(f"expected [[step]] tables only, got {sorted(document)}")
    steps = []
    for table in document.get("step", []):
        if not isinstance(table, dict) or not isinstance(table.get("name"), str):
            raise ValueError(f"expected a name in every [[step]], got {table!r}")
        kwargs = {key: _from_toml(value) for key, value in table.items()}
        name = kwargs.pop("name")
        steps.append((name, kwargs | dict.fromkeys(kwargs.pop("none", ()))))
    return steps


def plain(value: Any) -> Any:
    """Return a value with lists as tuples and NumPy's types as Python's, to compare."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return tuple(map(plain, value))
    if isinstance(value, np.ndarray):
        return tuple(map(plain, value.tolist()))
    return value.item() if isinstance(value, np.generic) else value


def _to_toml(key: str, value: Any) -> Any:
    value = plain(value)
    if isinstance(value, tuple):
        return [_to_toml(key, item) for item in value]
    if isinstance(value, dict):
        return {k: _to_toml(k, v) for k, v in value.items()}
    if isinstance(value, UTCDateTime) and value.ns % 1000 == 0:
        return value.datetime.replace(tzinfo=timezone.utc)
    if isinstance(value, complex):
        return {"real": value.real, "imag": value.imag}
    if isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(f"{key}: expected a value that TOML has a form for, got {type(value).__name__}")


def _from_toml(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(map(_from_toml, value))
    if isinstance(value, dict):
        is_complex = value.keys() == {"real", "imag"}
        return complex(**value) if is_complex else {k: _from_toml(v) for k, v in value.items()}
    return UTCDateTime(value) if isinstance(value, datetime) else value
