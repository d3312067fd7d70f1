"""obspeed's own exceptions and warnings; whatever ObsPy rejects raises ObsPy's."""

from ._core import DeclinedError, InternalError, ObspeedError

__all__ = ["CheckWarning", "DeclinedError", "InternalError", "ObspeedError"]


class CheckWarning(UserWarning):
    """With ``OBSPEED_CHECK=1``: obspeed's answer is not ObsPy's."""
