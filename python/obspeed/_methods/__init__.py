"""The table of accelerated methods: one row each, and every front door has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .._plan import Planner
from . import detrend, interpolate, response, taper

__all__ = ["METHODS", "Method"]


@dataclass(frozen=True)
class Method:
    """
    A row of the table.

    Attributes
    ----------
    prepare : callable
        Takes the arguments of the Trace method and returns a `Planner`; raises `DeclinedError`.
    bound : float
        Largest difference to ObsPy, relative to the largest value; 0 is bit-identical.
    bound_single : float
        The same where the result is in single precision.
    of_input : bool
        Whether the largest value is that before the call: of a residual that is nothing but
        rounding no digit is right.
    """

    prepare: Callable[..., Planner]
    bound: float
    bound_single: float = 0.0
    of_input: bool = False


METHODS = {
    "detrend": Method(detrend.prepare, bound=1e-13, bound_single=1e-6, of_input=True),
    "taper": Method(taper.prepare, bound=0.0),
    "remove_response": Method(response.prepare_remove_response, bound=1e-12),
    "remove_sensitivity": Method(response.prepare_remove_sensitivity, bound=0.0),
    "interpolate": Method(interpolate.prepare, bound=1e-14),
}
