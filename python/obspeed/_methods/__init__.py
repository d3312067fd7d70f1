"""The table of accelerated methods: one row each, and every front door has it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .._plan import Maker, Planner
from . import (
    calculus,
    decimate,
    detrend,
    filter,  # noqa: A004 - ObsPy's name
    interpolate,
    merge,
    normalize,
    resample,
    response,
    simulate,
    split,
    taper,
    trigger,
    trim,
)

__all__ = ["METHODS", "STEPS", "Equality", "Method"]


@dataclass(frozen=True)
class Equality:
    """
    How far a result may be from ObsPy's.

    Attributes
    ----------
    bound : float
        Largest difference, relative to the largest value; 0 is bit-identical.
    bound_single : float, optional
        The same for data in single precision, where it is another.
    of_input : bool
        Whether the largest value is that before the call, if it is larger: of what is nothing but
        rounding, the residual of a fit, or a single sample near zero, no digit is right.
    """

    bound: float = 0.0
    bound_single: float | None = None
    of_input: bool = False


@dataclass(frozen=True)
class Method:
    """
    A row of the table.

    Attributes
    ----------
    prepare : callable
        Takes the arguments of the Trace method and returns a `Planner`; raises `DeclinedError`.
        None for a method that has `make`.
    equality : Equality
        How equal its results are to ObsPy's.
    by_kind : dict
        The same for those values of its argument ``type`` or ``method`` where it is another.
    of_stream : callable, optional
        Takes a stream and the arguments of its method, where these are not those of the Trace
        method, and returns the keywords for that.
    make : callable, optional
        As `prepare`, for a method that returns a Stream of new traces and leaves the trace as it
        is but for its history: returns a `Maker`.
    whole : callable, optional
        For a method that only Stream has: takes the stream and the arguments, and returns what
        makes the stream what it is after the call; raises `DeclinedError`. Neither `prepare` nor
        `make` is there then.
    """

    prepare: Callable[..., Planner] | None = None
    equality: Equality = Equality()
    by_kind: dict[str, Equality] = field(default_factory=dict)
    of_stream: Callable[..., dict[str, Any]] | None = None
    make: Callable[..., Maker] | None = None
    whole: Callable[..., Callable[[], None]] | None = None


_FIT = Equality(1e-9, bound_single=1e-6, of_input=True)
_CUBIC = Equality(1e-9, of_input=True)
_LANCZOS = Equality(1e-14, of_input=True)

METHODS = {
    "decimate": Method(decimate.prepare),
    "detrend": Method(
        detrend.prepare,
        by_kind={
            "linear": Equality(1e-13, bound_single=1e-6, of_input=True),
            "polynomial": _FIT,
            "spline": _FIT,
        },
    ),
    "differentiate": Method(
        calculus.prepare_differentiate, of_stream=calculus.differentiate_stream
    ),
    "filter": Method(filter.prepare),
    "integrate": Method(calculus.prepare_integrate, by_kind={"spline": Equality(1e-9)}),
    "interpolate": Method(
        interpolate.prepare, by_kind={"lanczos": _LANCZOS, "cubic": _CUBIC, "3": _CUBIC}
    ),
    "merge": Method(whole=merge.prepare),
    "normalize": Method(normalize.prepare, of_stream=normalize.normalize_stream),
    "remove_response": Method(response.prepare_remove_response, Equality(1e-12)),
    "remove_sensitivity": Method(response.prepare_remove_sensitivity),
    "resample": Method(resample.prepare, Equality(1e-13, bound_single=3e-6, of_input=True)),
    "simulate": Method(simulate.prepare, Equality(1e-12)),
    "split": Method(make=split.prepare),
    "taper": Method(taper.prepare),
    "trigger": Method(
        trigger.prepare,
        by_kind={"carlstatrig": Equality(1e-12), "modifiedenergyratio": Equality(1e-14)},
    ),
}
"""The methods with a front door of their own."""

STEPS = METHODS | {"trim": Method(trim.prepare)}
"""Those that a pipeline knows. As fast as ObsPy's own is `trim` only between other steps."""
