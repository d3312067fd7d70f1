"""How NumPy adds up floating-point numbers, which differs from version to version."""

from __future__ import annotations

import numpy as np

from . import _core

_PIECE = 8192


def _adds_up_pieces() -> bool:
    """Whether this NumPy forms the sums of pieces first, as it does with integers."""
    x = 1.0 / np.arange(1.0, 20_012.0)
    pieces = 0.0
    for begin in range(0, len(x), _PIECE):
        pieces += float(np.add.reduce(x[begin : begin + _PIECE]))
    return float(np.add.reduce(x)) == pieces


def settle() -> None:
    """Let the kernels add up as NumPy does, bit for bit."""
    if _adds_up_pieces():
        _core.set_floats_at_once(_PIECE)
