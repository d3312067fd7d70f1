"""How NumPy adds up floating-point numbers, which differs from version to version."""

from __future__ import annotations

from functools import cache

import numpy as np

from ._errors import DeclinedError
from ._plan import State

_PIECE = 8192


def check_sum(state: State, *, double: bool = False) -> None:
    """
    Decline samples that this NumPy adds up otherwise than the kernels, bit for bit.

    Parameters
    ----------
    state : State
        The trace.
    double : bool
        Whether integers are added up as floating-point numbers too.

    Raises
    ------
    DeclinedError
        For more than a piece of floating-point samples, where NumPy adds them up by pieces.
    """
    if (double or state.dtype.kind == "f") and state.npts > _PIECE and _in_pieces():
        raise DeclinedError("this NumPy adds up long traces in another order")


@cache
def _in_pieces() -> bool:
    x = 1.0 / np.arange(1.0, 20_012.0)
    pieces = 0.0
    for begin in range(0, len(x), _PIECE):
        pieces += float(np.add.reduce(x[begin : begin + _PIECE]))
    return float(np.add.reduce(x)) == pieces
