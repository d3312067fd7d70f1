"""``filter``: designed by SciPy and kept; the recursion is ours."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any

import numpy as np

from .. import _originals
from .._core import Step
from .._errors import DeclinedError
from .._plan import Message, Planned, Planner, Samples, State

_ABOVE_NYQUIST = (
    "Selected high corner frequency ({}) of bandpass is at or above Nyquist ({}). "
    "Applying a high-pass instead."
)


def prepare(type: str, *args: Any, **options: Any) -> Planner:  # noqa: A002 - ObsPy's name
    """Settle the arguments of ``Trace.filter``."""
    kind = type.lower() if isinstance(type, str) else None
    if kind not in _DESIGNS:
        raise DeclinedError(f"filter type {type!r}")
    if args and "args" not in _originals.signature("filter").parameters:
        raise DeclinedError("this ObsPy takes no frequencies by position")
    if options.keys() & {"ftype", "rp", "rs", "axis"} - _arguments(kind):
        raise DeclinedError("an argument that this ObsPy does not take")
    names = _FREQUENCIES.get(kind, ("freq",))
    taken, missing = {*names[: len(args)], "data", "df"}, {*names[len(args) :]} - options.keys()
    if len(args) > len(names) or options.keys() & taken or missing:
        raise DeclinedError("arguments that do not fit the filter")
    arguments = dict(zip(names, args, strict=False)) | options
    try:
        hash(tuple(arguments.values()))
    except TypeError:
        raise DeclinedError("filter arguments that cannot be compared") from None

    def plan(state: State) -> Planned:
        step, warn = _step(kind, float(state.sampling_rate), **arguments)
        return Planned(step, np.dtype(np.float64), warnings=warn)

    return plan


@cache
def _arguments(kind: str) -> frozenset[str]:
    """Return the names of the arguments of ObsPy's filter: some are there since 1.5."""
    import obspy.signal.filter  # noqa: PLC0415 - importing obspeed starts no BLAS

    return frozenset(inspect.signature(getattr(obspy.signal.filter, kind)).parameters)


@lru_cache(maxsize=64)
def anti_alias(freq: float, df: float) -> Samples:
    """Return the sections of the filter ObsPy applies before it thins samples out."""
    return _cheby_2(freq, df=df)


# Keyed by types too: SciPy may take 4 for an argument and not 4.0.
@lru_cache(maxsize=64, typed=True)
def _step(kind: str, df: float, /, **arguments: Any) -> tuple[Step, list[Message]]:
    """Return the step for traces of `df` samples a second, and what ObsPy warns of."""
    warn: list[Message] = []
    zerophase = kind != "lowpass_cheby_2" and arguments.pop("zerophase", False)
    freqmax = arguments.get("freqmax")
    if kind == "bandpass" and _share(freqmax, df) - 1.0 > -1e-6:
        warn.append((_ABOVE_NYQUIST.format(freqmax, df * 0.5), UserWarning))
        kind, dropped = "highpass", {"freqmin", "freqmax", "rp", "rs", "axis"}
        kept = {key: value for key, value in arguments.items() if key not in dropped}
        arguments = {"freq": arguments["freqmin"], **kept}
    return Step.filter(_DESIGNS[kind](df=df, **arguments), bool(zerophase)), warn


def _share(freq: Any, df: float) -> float:
    """Return a frequency as a share of the Nyquist frequency."""
    if not isinstance(freq, (int, float)):
        raise DeclinedError(f"a frequency {freq!r}")
    share = freq / (df * 0.5)
    if not share > 0.0:
        raise DeclinedError("a frequency that is not positive")
    return share


def _corner(freq: Any, df: float) -> float:
    share = _share(freq, df)
    if share > 1.0:
        raise DeclinedError("a frequency above Nyquist")
    return share


def _iir(
    shape: str,
    corner: Any,
    *,
    corners: Any = 4,
    rp: Any = None,
    rs: Any = None,
    ftype: Any = "butter",
    axis: Any = -1,
) -> Samples:
    """Return SciPy's design with these of ObsPy's options."""
    from scipy.signal import iirfilter  # noqa: PLC0415 - importing obspeed starts no BLAS

    if type(axis) is not int or axis not in {-1, 0}:
        raise DeclinedError(f"axis={axis!r}")
    try:
        with np.errstate(divide="raise", over="raise", invalid="raise"):
            sections: Samples = iirfilter(
                corners, corner, rp=rp, rs=rs, btype=shape, ftype=ftype, output="sos"
            )
    except Exception as error:
        raise DeclinedError(f"the filter cannot be designed: {error}") from error
    return sections


def _band(shape: str) -> Callable[..., Samples]:
    def design(freqmin: Any, freqmax: Any, *, df: float, **options: Any) -> Samples:
        return _iir(shape, [_corner(freqmin, df), _corner(freqmax, df)], **options)

    return design


def _pass(shape: str) -> Callable[..., Samples]:
    def design(freq: Any, *, df: float, **options: Any) -> Samples:
        return _iir(shape, _corner(freq, df), **options)

    return design


def _cheby_2(
    freq: Any, *, df: float, maxorder: Any = 12, ba: Any = False, freq_passband: Any = False
) -> Samples:
    """Return ObsPy's filter of 96 dB at `freq`, its passband as wide as the order allows."""
    from scipy.signal import cheb2ord, cheby2  # noqa: PLC0415 - importing obspeed starts no BLAS

    if ba or freq_passband:
        raise DeclinedError("something else than filtered data is asked for")
    if not isinstance(maxorder, (int, float)) or not maxorder >= 1:
        raise DeclinedError(f"maxorder={maxorder!r}")
    stop = passed = _corner(freq, df)
    order = np.inf
    while order > maxorder:
        passed *= 0.99
        order, natural = cheb2ord(passed, stop, 1, 96, analog=False)
    sections: Samples = cheby2(order, 96, natural, btype="low", analog=False, output="sos")
    return sections


_FREQUENCIES = {"bandpass": ("freqmin", "freqmax"), "bandstop": ("freqmin", "freqmax")}
_DESIGNS: dict[str, Callable[..., Samples]] = {
    "bandpass": _band("band"),
    "bandstop": _band("bandstop"),
    "lowpass": _pass("low"),
    "highpass": _pass("high"),
    "lowpass_cheby_2": _cheby_2,
}
