"""The same call through ObsPy and through obspeed, compared in everything a user can see."""

import re
import threading
import warnings
from contextlib import contextmanager
from copy import deepcopy

import numpy as np
from obspy import Stream

import obspeed
from obspeed._check import relative_difference


def alone():
    """Whether no other test runs now: with pytest-run-parallel they do, in threads of their own."""
    return threading.current_thread() is threading.main_thread()


@contextmanager
def recorded():
    """Warnings as (category, text), in order; none beside other tests, of which they might be."""
    seen = []
    if not alone():
        yield seen
        return
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield seen
    seen.extend((w.category, str(w.message)) for w in caught)


def outcome(function, stream):
    """What a call returns or raises, and what it warns of."""
    with recorded() as seen:
        try:
            result = function(stream)
            answer = ("returned", type(result).__name__, result is stream)
        except Exception as error:  # noqa: BLE001 - any exception is an answer to compare
            answer = ("raised", type(error), without_addresses(str(error)))
    return answer, seen


def without_addresses(text):
    return re.sub(r"0x[0-9a-f]+", "0x", text)


def both(obspy_call, obspeed_call, target):
    """Run both on copies that share nothing; return them after asserting equal outcomes."""
    expected, got = deepcopy(target), deepcopy(target)
    buffers = [[tr.data for tr in traces(t)] for t in (expected, got)]
    expected_outcome = outcome(obspy_call, expected)
    got_outcome = outcome(obspeed_call, got)
    assert got_outcome == expected_outcome
    same = [
        [tr.data is data for tr, data in zip(traces(t), held, strict=True)]
        for t, held in zip((expected, got), buffers, strict=True)
    ]
    assert same[1] == same[0], "the same array object, or a new one, as in ObsPy"
    # Where ObsPy writes to the array it was given, so must we; where it does not, nor may we.
    for theirs, ours in zip(*buffers, strict=True):
        assert ours.dtype == theirs.dtype
    return expected, got


def traces(target):
    return target.traces if isinstance(target, Stream) else [target]


def assert_same(got, expected, bound=0.0, single=1e-6, scales=None):
    """
    Data within the bound of the class, and everything else equal.

    `scales` are the largest samples before a call that may leave nothing but rounding.
    """
    scales = scales or [0.0] * len(traces(expected))
    for ours, theirs, scale in zip(traces(got), traces(expected), scales, strict=True):
        assert type(ours.data) is type(theirs.data)
        assert ours.data.dtype == theirs.data.dtype
        assert ours.data.shape == theirs.data.shape
        assert ours.data.flags.writeable
        limit = max(bound, single if bound and theirs.data.dtype == np.float32 else 0.0)
        difference = relative_difference(ours.data, theirs.data, scale)
        assert difference <= limit, f"{difference} > {limit}"
        for key in theirs.stats:
            if key != "processing":
                assert ours.stats[key] == theirs.stats[key], key
                assert type(ours.stats[key]) is type(theirs.stats[key]), key
        entries = [
            [without_addresses(entry) for entry in tr.stats.get("processing", [])]
            for tr in (ours, theirs)
        ]
        assert entries[0] == entries[1]


def check(target, name, *args, bound=0.0, accelerated=None, **kwargs):
    """ObsPy's method and obspeed's function agree on `target`, called with these arguments."""
    obspeed.reset_report()
    expected, got = both(
        lambda t: getattr(t, name)(*args, **kwargs),
        lambda t: getattr(obspeed, name)(t, *args, **kwargs),
        target,
    )
    linear = name == "detrend" and bound > 0
    scales = [float(np.abs(np.asarray(tr.data, float)).max(initial=0)) for tr in traces(target)]
    assert_same(got, expected, bound, scales=scales if linear else None)
    if accelerated is not None and alone():
        row = obspeed.report().methods[name]
        assert row.accelerated == (len(traces(target)) if accelerated else 0), row
    return got
