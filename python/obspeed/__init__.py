"""
ObsPy's processing, the same numbers, many times sooner.

Importing obspeed changes nothing. `enable` makes ObsPy's own methods run on it; the functions here
(`detrend`, `taper`, `remove_response`, ...) and `Pipeline` use it without touching ObsPy.
"""

from . import array
from ._batch.merge import merge_shards
from ._batch.process import process
from ._cache import cache_info, clear_cache, set_cache_limit
from ._core import __version__
from ._errors import CheckWarning, DeclinedError, InternalError, ObspeedError
from ._explain import explain
from ._functions import FUNCTIONS as _FUNCTIONS
from ._magics import load_ipython_extension, unload_ipython_extension
from ._patch import disable, enable, enabled, is_enabled
from ._pipeline import Pipeline
from ._report import report, reset_report
from ._sums import settle as _settle_sums
from ._threads import get_num_threads, num_threads, set_num_threads
from ._versions import show_versions

_settle_sums()

decimate = _FUNCTIONS["decimate"]
detrend = _FUNCTIONS["detrend"]
differentiate = _FUNCTIONS["differentiate"]
filter = _FUNCTIONS["filter"]  # noqa: A001 - ObsPy's name
integrate = _FUNCTIONS["integrate"]
interpolate = _FUNCTIONS["interpolate"]
merge = _FUNCTIONS["merge"]
normalize = _FUNCTIONS["normalize"]
remove_response = _FUNCTIONS["remove_response"]
remove_sensitivity = _FUNCTIONS["remove_sensitivity"]
resample = _FUNCTIONS["resample"]
simulate = _FUNCTIONS["simulate"]
split = _FUNCTIONS["split"]
taper = _FUNCTIONS["taper"]
trigger = _FUNCTIONS["trigger"]

__all__ = [
    "CheckWarning",
    "DeclinedError",
    "InternalError",
    "ObspeedError",
    "Pipeline",
    "__version__",
    "array",
    "cache_info",
    "clear_cache",
    "decimate",
    "detrend",
    "differentiate",
    "disable",
    "enable",
    "enabled",
    "explain",
    "filter",
    "get_num_threads",
    "integrate",
    "interpolate",
    "is_enabled",
    "load_ipython_extension",
    "merge",
    "merge_shards",
    "normalize",
    "num_threads",
    "process",
    "remove_response",
    "remove_sensitivity",
    "report",
    "resample",
    "reset_report",
    "set_cache_limit",
    "set_num_threads",
    "show_versions",
    "simulate",
    "split",
    "taper",
    "trigger",
    "unload_ipython_extension",
]
