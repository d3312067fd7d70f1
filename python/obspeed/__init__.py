"""
ObsPy's processing, the same numbers, many times sooner.

Importing obspeed changes nothing. `enable` makes ObsPy's own methods run on it; the functions here
(`detrend`, `taper`, `remove_response`, ...) and `Pipeline` use it without touching ObsPy.
"""

from ._cache import cache_info, clear_cache, set_cache_limit
from ._core import __version__
from ._errors import CheckWarning, DeclinedError, InternalError, ObspeedError
from ._explain import explain
from ._functions import FUNCTIONS as _FUNCTIONS
from ._magics import load_ipython_extension, unload_ipython_extension
from ._patch import disable, enable, enabled, is_enabled
from ._pipeline import Pipeline
from ._report import report, reset_report
from ._threads import get_num_threads, num_threads, set_num_threads
from ._versions import show_versions

detrend = _FUNCTIONS["detrend"]
interpolate = _FUNCTIONS["interpolate"]
remove_response = _FUNCTIONS["remove_response"]
remove_sensitivity = _FUNCTIONS["remove_sensitivity"]
taper = _FUNCTIONS["taper"]

__all__ = [
    "CheckWarning",
    "DeclinedError",
    "InternalError",
    "ObspeedError",
    "Pipeline",
    "__version__",
    "cache_info",
    "clear_cache",
    "detrend",
    "disable",
    "enable",
    "enabled",
    "explain",
    "get_num_threads",
    "interpolate",
    "is_enabled",
    "load_ipython_extension",
    "num_threads",
    "remove_response",
    "remove_sensitivity",
    "report",
    "reset_report",
    "set_cache_limit",
    "set_num_threads",
    "show_versions",
    "taper",
    "unload_ipython_extension",
]
