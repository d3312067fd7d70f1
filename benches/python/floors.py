"""Yardsticks: what the FFTs, the memory or the multiplications of a method take by themselves."""

import functools
import time

import numpy as np
import scipy.fft


def best(work, rounds=15):
    """Return the shortest of several runs, in seconds."""
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


@functools.cache
def fft_seconds(nfft):
    """Time SciPy's two real FFTs of this length, which no deconvolution goes without."""
    x = np.random.default_rng(0).normal(size=nfft)
    spectrum = scipy.fft.rfft(x)
    return best(lambda: scipy.fft.rfft(x)) + best(lambda: scipy.fft.irfft(spectrum, n=nfft))


@functools.cache
def copy_seconds(npts, dtype):
    """Time reading these samples once and writing doubles once."""
    x, y = np.ones(npts, dtype), np.ones(npts)
    return best(lambda: np.copyto(y, x))


@functools.cache
def multiply_add_seconds():
    """Time one multiplication and addition of doubles that are in cache, by BLAS on one thread."""
    rows, columns = 64, 64  # small enough to stay on the calling thread
    matrix, vector, out = np.ones((rows, columns)), np.ones(columns), np.ones(rows)
    repeats = 200

    def work():
        for _ in range(repeats):
            np.dot(matrix, vector, out=out)

    return best(work) / (repeats * rows * columns)
