"""The table of accelerated methods: one row each, and every front door has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .._plan import Maker, Planner
from . import (
    calculus,
    decimate,
    detrend,
    filter,  # noqa: A004 - ObsPy's name
    interpolate,
    normalize,
    resample,
    response,
    split,
    taper,
    trigger,
)

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True)
class Method:
    """
    A row of the table.

    Attributes
    ----------
    prepare : callable
        Takes the arguments of the Trace method and returns a `Planner`; raises `DeclinedError`.
        None for a method that has `make`.
    bound : float
        Largest difference to ObsPy, relative to the largest value; 0 is bit-identical.
    bound_single : float, optional
        The same for data in single precision, where it is another.
    of_input : bool
        Whether the largest value is that before the call: of a residual that is nothing but
        rounding no digit is right.
    of_stream : callable, optional
        Takes a stream and the arguments of its method, where these are not those of the Trace
        method, and returns the keywords for that.
    make : callable, optional
        As `prepare`, for a method that returns a Stream of new traces and leaves the trace as it
        is but for its history: returns a `Maker`.
    """

    prepare: Callable[..., Planner] | None
    bound: float
    bound_single: float | None = None
    of_input: bool = False
    of_stream: Callable[..., dict[str, Any]] | None = None
    make: Callable[..., Maker] | None = None


METHODS = {
    "decimate": Method(decimate.prepare, bound=0.0),
    "detrend": Method(detrend.prepare, bound=1e-9, bound_single=1e-6, of_input=True),
    "differentiate": Method(
        calculus.prepare_differentiate, bound=0.0, of_stream=calculus.differentiate_stream
    ),
    "filter": Method(filter.prepare, bound=0.0),
    "integrate": Method(calculus.prepare_integrate, bound=1e-9),
    "interpolate": Method(interpolate.prepare, bound=1e-9),
    "normalize": Method(normalize.prepare, bound=0.0, of_stream=normalize.normalize_stream),
    "remove_response": Method(response.prepare_remove_response, bound=1e-12),
    "remove_sensitivity": Method(response.prepare_remove_sensitivity, bound=0.0),
    "resample": Method(resample.prepare, bound=1e-13, bound_single=1e-6),
    "split": Method(None, bound=0.0, make=split.prepare),
    "taper": Method(taper.prepare, bound=0.0),
    "trigger": Method(trigger.prepare, bound=1e-12),
}
