"""What ObsPy's writers make of options, stats and defaults, settled for the core's writers."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

import numpy as np
from obspy import Trace
from obspy.core import AttribDict, Stats

from .. import _core

if TYPE_CHECKING:
    from collections.abc import Mapping
    from os import PathLike

    Path = str | PathLike[str]
    Header = dict[str, Any]

_ORDERS = {"<": False, ">": True, 0: False, 1: True}
# By the kind of the samples: the encodings that hold them, the one that is chosen first.
_ENCODINGS = {
    "i4": {"STEIM2": 11, "STEIM1": 10, "INT32": 3},
    "i2": {"INT16": 1},
    "f4": {"FLOAT32": 4},
    "f8": {"FLOAT64": 5},
    "i8": {},
}
_WRITABLE = {"ASCII", "INT16", "INT32", "FLOAT32", "FLOAT64", "STEIM1", "STEIM2"}
_QUALITIES = {"D", "R", "Q", "M"}


def sac_job(trace: Trace, path: Path, header: Header, options: Mapping[str, Any]) -> _core._SacJob:
    """
    Return what `_core.write_sac` needs for a trace.

    Raises
    ------
    DeclinedError
        For options and traces that need a look by ObsPy.
    """
    _allow(options, "byteorder")
    stats = _plain(trace).__dict__
    big = _known(_ORDERS, options.get("byteorder", "<"), "a byte order")
    return _recording(trace, path), stats["delta"], stats["calib"], header, big


def mseed_job(
    trace: Trace,
    path: Path,
    header: Header,  # noqa: ARG001 - the format has no place for it
    options: Mapping[str, Any],
) -> _core._MseedJob:
    """
    Return what `_core.write_mseed` needs for a trace; warn as ObsPy does.

    Raises
    ------
    DeclinedError
        For options and traces that need a look by ObsPy.
    """
    _allow(options, "encoding", "reclen", "byteorder")
    stats = _plain(trace)
    mseed = stats.get("mseed", {})
    if type(mseed) not in {dict, AttribDict}:
        raise _core.DeclinedError("stats.mseed is no dictionary")
    given = {key: value for key, value in options.items() if value is not None}
    length = given.get("reclen", mseed.get("record_length", 4096))
    if type(length) is not int or length < 1:
        raise _core.DeclinedError("an odd record length")
    order = given.get("byteorder", mseed.get("byteorder", ">"))
    quality = _known({q: q for q in _QUALITIES}, mseed.get("dataquality", "D"), "a data quality")
    layout = (
        _encoding(trace.data.dtype, given, mseed),
        _known(_ORDERS, order, "a byte order"),
        length,
    )
    about = stats.__dict__["sampling_rate"], quality, _timing_quality(mseed)
    return _recording(trace, path), about, layout


def without_warning(trace: Trace, job: _core._MseedJob) -> Trace:
    """Return the trace as it has to be for ObsPy not to repeat the warning of `mseed_job`."""
    encoding = job[2][0]
    if encoding is not None or "encoding" not in trace.stats.get("mseed", {}):
        return trace
    mseed = {key: value for key, value in trace.stats.mseed.items() if key != "encoding"}
    return with_stats(trace, mseed=mseed)


def with_stats(trace: Trace, **stats: Any) -> Trace:
    """Return a trace of the same samples with other stats."""
    other = Trace.__new__(type(trace))
    other.__dict__.update(trace.__dict__, stats=trace.stats.copy())
    other.stats.update(stats)
    return other


def _encoding(dtype: Any, given: Mapping[str, Any], mseed: Mapping[str, Any]) -> int | None:
    fitting = _ENCODINGS.get(dtype.str[1:])
    if fitting is None:
        raise _core.DeclinedError(f"samples of type {dtype}")
    if "encoding" in given:
        numbers = {code: code for code in fitting.values()}
        code: int = _known(fitting | numbers, given["encoding"], "an encoding")
        return code
    if "encoding" not in mseed:
        return None
    _known({name: name for name in _WRITABLE}, mseed["encoding"], "an encoding")
    if mseed["encoding"] in fitting:
        return fitting[mseed["encoding"]]
    warnings.warn(
        "The encoding specified in trace.stats.mseed.encoding does not match the dtype of the data."
        "\nA suitable encoding will be chosen.",
        UserWarning,
        stacklevel=5,
    )
    return None


def _timing_quality(mseed: Mapping[str, Any]) -> int | None:
    blockette = mseed.get("blkt1001", {})
    if type(blockette) not in {dict, AttribDict}:
        raise _core.DeclinedError("stats.mseed.blkt1001 is no dictionary")
    quality = blockette.get("timing_quality")
    if quality is None and "timing_quality" not in blockette:
        return None
    if type(quality) is not int or not 0 <= quality <= 100:
        raise _core.DeclinedError("an odd timing quality")
    return quality


def _recording(trace: Trace, path: Path) -> _core._Recording:
    stats = trace.stats.__dict__
    codes = stats["network"], stats["station"], stats["location"], stats["channel"]
    return path, trace.data, codes, stats["starttime"].ns


def _plain(trace: Trace) -> Stats:
    """Return the stats of a trace of which nothing is its user's own."""
    if (
        type(trace) is Trace
        and type(trace.stats) is Stats
        and type(trace.data) is np.ndarray
        and len(trace.data) == trace.stats.npts
    ):
        return trace.stats
    raise _core.DeclinedError("not a plain trace of a plain array")


def _allow(options: Mapping[str, Any], *names: str) -> None:
    if not options.keys() <= set(names):
        raise _core.DeclinedError("options that are not settled here")


def _known(table: Mapping[Any, Any], value: Any, what: str) -> Any:
    # True is 1, but not to everybody.
    if type(value) in {str, int} and value in table:
        return table[value]
    raise _core.DeclinedError(f"{what} that is not written here")
