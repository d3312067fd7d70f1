"""
The kernels on arrays: one or two dimensions, any layout, the numbers of the Trace methods.

Each row along `axis` is one trace. Rows are worked on in blocks, so that a call needs little
memory beside its result, on as many threads as `obspeed.get_num_threads` says. An array in single
precision stays in it: what a kernel computes in double is rounded once, at the end. (Of float32,
`scipy.signal.detrend` answers in float32, and `scipy.signal.sosfilt` with float64 sections in
float64, of which `filter` is the rounding.) Integers become float64.

All functions share these rules:

- `x` is an array of int16, int32, int64, float32 or float64 in the machine's byte order, with one
  or two dimensions and any strides, and is changed only if it is `out`.
- `axis` is that of time; the other one is that of the channels.
- `out`, if given, takes the result and is returned: an array of the result's shape and type, which
  may be `x`. After an exception it may hold some rows of the result.
- TypeError is raised for an array of another type, ValueError for another number of dimensions, an
  `out` that does not fit, and whatever the kernels do not answer, with the reason and the row.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._array_rows import in_rows
from ._plan import Samples

if TYPE_CHECKING:
    from obspy.core.inventory import Response

__all__ = [
    "decimate",
    "detrend",
    "differentiate",
    "filter",
    "integrate",
    "interpolate",
    "normalize",
    "remove_response",
    "remove_sensitivity",
    "resample",
    "simulate",
    "taper",
    "trigger",
]


_FIRST = """
x : numpy.ndarray
    The samples."""
_RATE = """
sampling_rate : float
    Samples per second."""
_LAST = """
axis : int
    That of time.
out : numpy.ndarray, optional
    Where the result goes."""

_Function = TypeVar("_Function", bound=Callable[..., Samples])


def _documented(function: _Function) -> _Function:
    """Add the parameters that all functions share to the docstring, in the signature's order."""
    if function.__doc__ is None:  # python -OO
        return function
    head, line, rest = inspect.cleandoc(function.__doc__).partition("\n----------")
    own, returns, rest = rest.partition("\n\nReturns\n")
    own, options, kind = own.partition("\n**options")
    rate = _RATE if "sampling_rate" in inspect.signature(function).parameters else ""
    parts = (head, line, _FIRST, own, rate, _LAST, options, kind, returns, rest)
    function.__doc__ = "".join(parts)
    return function


@_documented
def detrend(
    x: Samples,
    type: str = "linear",  # noqa: A002 - ObsPy's name
    *,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Remove a trend from each row.

    Parameters
    ----------
    type : str
        ``"simple"``, ``"constant"`` or ``"demean"``, ``"linear"``, ``"polynomial"``, ``"spline"``.
    **options
        Those of the type: `bp`, where a new line begins; `order` of the polynomials; `dspline`,
        samples between the knots of the spline.

    Returns
    -------
    numpy.ndarray
        What is left.

    See Also
    --------
    obspy.core.trace.Trace.detrend : Meaning of the options.
    """
    return in_rows("detrend", (type,), options, x, 1.0, axis, out)


@_documented
def taper(
    x: Samples,
    max_percentage: float | None,
    type: str = "hann",  # noqa: A002 - ObsPy's name
    *,
    max_length: float | None = None,
    side: str = "both",
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Taper the ends of each row.

    Parameters
    ----------
    max_percentage : float or None
        Share of a row, 0 to 0.5, that is tapered at each end at most.
    type : str
        The window, one that ObsPy knows.
    max_length : float, optional
        Seconds that are tapered at each end at most.
    side : str
        ``"both"``, ``"left"`` or ``"right"``.
    **options
        Those of the window.

    Returns
    -------
    numpy.ndarray
        The tapered samples.

    See Also
    --------
    obspy.core.trace.Trace.taper : Windows and their options.
    """
    arguments = (max_percentage, type, max_length, side)
    return in_rows("taper", arguments, options, x, sampling_rate, axis, out)


@_documented
def filter(  # noqa: A001 - ObsPy's name
    x: Samples,
    type: str,  # noqa: A002 - ObsPy's name
    *,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Filter each row, from rest.

    Parameters
    ----------
    type : str
        ``"bandpass"``, ``"bandstop"``, ``"lowpass"``, ``"highpass"`` or ``"lowpass_cheby_2"``.
    **options
        Those of the type: `freqmin` and `freqmax`, or `freq`; `corners` (4), `zerophase` (False),
        `ftype` ("butter"), `rp`, `rs`; `maxorder` (12) of ``"lowpass_cheby_2"``.

    Returns
    -------
    numpy.ndarray
        The filtered samples.

    See Also
    --------
    obspy.core.trace.Trace.filter : Meaning of the options.
    """
    return in_rows("filter", (type,), options, x, sampling_rate, axis, out)


@_documented
def decimate(x: Samples, factor: int, *, axis: int = -1, out: Samples | None = None) -> Samples:
    """
    Keep every `factor`-th sample of each row, after ObsPy's anti-alias filter.

    Parameters
    ----------
    factor : int
        From 1 to 16.

    Returns
    -------
    numpy.ndarray
        The samples kept.

    See Also
    --------
    obspy.core.trace.Trace.decimate : The filter.
    """
    return in_rows("decimate", (factor,), {}, x, 1.0, axis, out)


@_documented
def resample(
    x: Samples,
    new_rate: float,
    window: Any = "hann",
    *,
    no_filter: bool = True,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
) -> Samples:
    """
    Resample each row by a Fourier transform.

    Parameters
    ----------
    new_rate : float
        Samples per second of the result.
    window : str, tuple, callable, numpy.ndarray or None
        What the spectrum is multiplied by.
    no_filter : bool
        Whether to do without ObsPy's anti-alias filter.

    Returns
    -------
    numpy.ndarray
        The new samples.

    See Also
    --------
    obspy.core.trace.Trace.resample : Meaning of the window.
    """
    arguments = (new_rate, window, no_filter)
    return in_rows("resample", arguments, {}, x, sampling_rate, axis, out)


@_documented
def interpolate(
    x: Samples,
    new_rate: float,
    method: str | int = "weighted_average_slopes",
    *,
    start: float = 0.0,
    npts: int | None = None,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Interpolate each row at new times.

    Parameters
    ----------
    new_rate : float
        Samples per second of the result.
    method : str or int
        ``"lanczos"``, ``"weighted_average_slopes"``, ``"cubic"``, ``"linear"``, ``"nearest"`` or
        ``"zero"``.
    start : float
        Time of the first new sample, in seconds after the first old one.
    npts : int, optional
        Number of new samples; as many as there are times for if not given.
    **options
        Those of the method: `a`, the half width of ``"lanczos"`` in samples.

    Returns
    -------
    numpy.ndarray
        The new samples.

    See Also
    --------
    obspy.core.trace.Trace.interpolate : Meaning of the methods.
    """
    arguments = (new_rate, method, start, npts)
    return in_rows("interpolate", arguments, options, x, sampling_rate, axis, out)


@_documented
def differentiate(
    x: Samples,
    *,
    edge_order: int = 1,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
) -> Samples:
    """
    Differentiate each row, by second-order central differences.

    Parameters
    ----------
    edge_order : int
        1 or 2: that of the differences at the ends.

    Returns
    -------
    numpy.ndarray
        The derivative.
    """
    options = {"edge_order": edge_order}
    return in_rows("differentiate", (), options, x, sampling_rate, axis, out)


@_documented
def integrate(
    x: Samples,
    method: str = "cumtrapz",
    *,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
) -> Samples:
    """
    Integrate each row, from zero.

    Parameters
    ----------
    method : str
        ``"cumtrapz"`` or ``"spline"``, of degree 3.

    Returns
    -------
    numpy.ndarray
        The integral.
    """
    return in_rows("integrate", (method,), {}, x, sampling_rate, axis, out)


@_documented
def normalize(
    x: Samples, norm: float | None = None, *, axis: int = -1, out: Samples | None = None
) -> Samples:
    """
    Divide each row by a number.

    Parameters
    ----------
    norm : float, optional
        The number; a row's largest absolute value if not given.

    Returns
    -------
    numpy.ndarray
        The quotients.
    """
    return in_rows("normalize", (norm,), {}, x, 1.0, axis, out)


@_documented
def trigger(
    x: Samples,
    type: str,  # noqa: A002 - ObsPy's name
    *,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Compute a characteristic function of each row.

    Parameters
    ----------
    type : str
        ``"recstalta"``, ``"classicstalta"`` or another that ObsPy knows.
    **options
        Those of the type: windows `sta` and `lta` in seconds, or `nsta` and `nlta` in samples.

    Returns
    -------
    numpy.ndarray
        The characteristic functions.

    See Also
    --------
    obspy.core.trace.Trace.trigger : Meaning of the options.
    """
    return in_rows("trigger", (type,), options, x, sampling_rate, axis, out)


@_documented
def remove_response(
    x: Samples,
    response: Response,
    output: str = "VEL",
    *,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Remove one instrument's response from each row.

    Parameters
    ----------
    response : obspy.core.inventory.response.Response
        The response.
    output : str
        ``"DISP"``, ``"VEL"``, ``"ACC"`` or ``"DEF"``.
    **options
        `water_level`, `pre_filt`, `zero_mean`, `taper`, `taper_fraction`, `start_stage` and
        `end_stage`.

    Returns
    -------
    numpy.ndarray
        Ground motion in SI units.

    See Also
    --------
    obspy.core.trace.Trace.remove_response : Meaning of the options.
    """
    options = {"output": output, **options}
    return in_rows("remove_response", (), options, x, sampling_rate, axis, out, response=response)


@_documented
def remove_sensitivity(
    x: Samples, response: Response, *, axis: int = -1, out: Samples | None = None
) -> Samples:
    """
    Divide each row by the overall sensitivity of one instrument.

    Parameters
    ----------
    response : obspy.core.inventory.response.Response
        The response.

    Returns
    -------
    numpy.ndarray
        The quotients.
    """
    return in_rows("remove_sensitivity", (), {}, x, 1.0, axis, out, response=response)


@_documented
def simulate(
    x: Samples,
    paz_remove: dict[str, Any] | None = None,
    paz_simulate: dict[str, Any] | None = None,
    *,
    sampling_rate: float = 1.0,
    axis: int = -1,
    out: Samples | None = None,
    **options: Any,
) -> Samples:
    """
    Put one instrument in the place of another.

    Parameters
    ----------
    paz_remove : dict, optional
        Poles, zeros, gain and sensitivity of the instrument that recorded.
    paz_simulate : dict, optional
        The same of the other one.
    **options
        Those of the method but `seedresp`.

    Returns
    -------
    numpy.ndarray
        What the other instrument would have recorded.

    See Also
    --------
    obspy.core.trace.Trace.simulate : Meaning of the options.
    """
    instruments = (paz_remove, paz_simulate)
    return in_rows("simulate", instruments, options, x, sampling_rate, axis, out)
