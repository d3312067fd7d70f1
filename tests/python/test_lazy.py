"""Attributes that are computed once: what a thread computes must not stop another one."""

import threading

from obspeed._lazy import lazy


class Thing:
    def __init__(self, compute):
        self.compute = compute
        self.times = 0

    @lazy
    def value(self):
        """What it is."""
        self.times += 1
        return self.compute()


def test_computed_once_and_kept():
    """As functools.cached_property does, documentation and replacement included."""
    thing = Thing(lambda: 7)
    assert (thing.value, thing.value, thing.times) == (7, 7, 1)
    thing.value = 8
    assert thing.value == 8
    assert Thing.value.__doc__ == "What it is."


def test_a_thread_that_computes_blocks_nobody():
    """A fork at that moment would leave the child waiting for it for ever."""
    begun, go_on = threading.Event(), threading.Event()

    def wait():
        begun.set()
        assert go_on.wait(60)
        return "slow"

    slow = Thing(wait)
    thread = threading.Thread(target=lambda: slow.value)
    thread.start()
    assert begun.wait(60)
    others = []
    other = threading.Thread(target=lambda: others.append(Thing(lambda: "other").value))
    other.start()
    other.join(30)
    seen = list(others)
    go_on.set()
    thread.join(60)
    assert seen == ["other"]
    assert slow.value == "slow"
