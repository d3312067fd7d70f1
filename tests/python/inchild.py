"""What the subprocess tests use on the far side; as a script, runs the code of its first argument.

Streams here have several traces, each long enough that they are spread over threads: what never
reaches a worker thread cannot hang after a fork.
"""

import contextlib
import faulthandler
import functools
import os
import re
import signal
import sys
import time
import traceback
import warnings
from pathlib import Path

import numpy as np

RESPONSE = {"output": "DISP", "pre_filt": (0.05, 0.1, 30.0, 40.0)}

# The main job, step by step: method, arguments, and the bound on max|a-b|/max|b| of its class.
STEPS = {
    "detrend": ({"type": "linear"}, 1e-14),
    "taper": ({"max_percentage": 0.05, "type": "hann"}, 1e-15),
    "remove_response": (RESPONSE, 1e-12),
    "interpolate": ({"sampling_rate": 40.0, "method": "lanczos", "a": 20}, 1e-14),
}
CHAIN_BOUND = 1e-12


@functools.cache
def inventory():
    from obspy import read_inventory

    return read_inventory()


def stream(traces=8, npts=20_000, seed=0, dtype="int32"):
    """Noise on BW.RJOB..EHZ, whose response ObsPy installs."""
    from obspy import Stream, Trace, UTCDateTime

    header = {"network": "BW", "station": "RJOB", "channel": "EHZ", "sampling_rate": 100.0}
    header["starttime"] = UTCDateTime(2009, 8, 24)
    rng = np.random.default_rng(seed)
    drift = np.linspace(0.0, 4000.0, npts)
    return Stream(
        Trace((rng.normal(500.0, 3000.0, npts) + drift).astype(dtype), header=header)
        for _ in range(traces)
    )


def arguments(name):
    more = {"inventory": inventory()} if name == "remove_response" else {}
    return STEPS[name][0] | more


def accelerated(st, names=tuple(STEPS)):
    """The steps by obspeed's functions."""
    import obspeed

    for name in names:
        getattr(obspeed, name)(st, **arguments(name))
    return st


def by_method(st, names=tuple(STEPS)):
    """The steps by the methods of the stream: ObsPy's own, unless obspeed is enabled."""
    for name in names:
        getattr(st, name)(**arguments(name))
    return st


def check(got, expected, bound=CHAIN_BOUND):
    """Same data within the class, same metadata and same history."""
    assert len(got) == len(expected)
    for a, b in zip(got, expected, strict=True):
        assert a.data.dtype == b.data.dtype
        assert a.data.shape == b.data.shape
        np.testing.assert_allclose(a.data, b.data, rtol=0, atol=bound * np.abs(b.data).max())
        assert history(a) == history(b)
        for key in ("starttime", "sampling_rate", "delta", "npts"):
            assert a.stats[key] == b.stats[key], key


def history(trace):
    """Processing history without the address that an inventory prints."""
    return [re.sub(r" at 0x[0-9a-f]+", "", entry) for entry in trace.stats.get("processing", [])]


def bits(st):
    return [(trace.data.dtype.str, trace.data.tobytes()) for trace in st]


def state(st):
    """What a call changes: samples and history of each trace."""
    return bits(st), [history(trace) for trace in st]


def long_work(names=("interpolate",), traces=1, npts=100_000):
    """Find work that takes half a second or more on this machine, however fast.

    Returns its seconds, a function that makes the stream anew, and the names of its steps.
    """
    import obspeed

    # A kernel this long is slow, and its time is the point.
    STEPS["interpolate"][0].update(a=150, sampling_rate=99.0)
    single = traces == 1

    def fresh():
        # Every trace has a length of its own: its spectrum and plan are made anew.
        st = stream(traces=0)
        for i in range(traces):
            st += stream(traces=1, npts=npts - 20 * i, seed=i)
        obspeed.clear_cache()
        return st

    accelerated(fresh(), names)  # warm
    while True:
        st = fresh()
        began = time.perf_counter()
        accelerated(st, names)
        seconds = time.perf_counter() - began
        if seconds >= 0.5:
            return seconds, fresh, names
        if single:
            npts *= 2
        else:
            traces *= 2


def tasks():
    """Number of operating-system threads of this process."""
    return len(list(Path("/proc/self/task").iterdir()))


def workers():
    """Number of obspeed's own threads in this process, once those just started have their name."""
    time.sleep(0.1)
    names = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):  # a thread may end while we look
            names.append((task / "comm").read_text(encoding="utf-8"))
    return sum(name.startswith("obspeed") for name in names)


def in_fork(function, *args, deadline=30):
    """Run `function` in a forked child, which must end in time and without an exception."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            # Not faulthandler's own timer: it is a thread, and would hang in a grandchild.
            faulthandler.register(signal.SIGALRM, all_threads=True, chain=True)
            signal.alarm(deadline)
            function(*args)
            status = 0
        except BaseException:  # noqa: BLE001 - a child must not go on as a second parent
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    assert status == 0, f"the forked child ended with status {status:#x}"


def job(seed):
    """One task of a worker process, at module level so that it can be pickled."""
    return accelerated(stream(traces=4, seed=seed))


def job_and_threads(seed):
    """The same, and the numbers of threads: what a launcher has set, what holds, what there are."""
    import obspeed

    done = job(seed)
    return done, (os.environ.get("OMP_NUM_THREADS"), obspeed.get_num_threads(), workers())


def detrend(st):
    """The function of the ObsPy wiki's page on parallel processing, by the method."""
    st.detrend("linear")
    return st


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    faulthandler.enable()  # SIGABRT included, with which a deadline ends
    import obspy  # noqa: F401 - what it warns of at import is its own affair

    warnings.simplefilter("error")
    # Python >= 3.12, to whoever forks with threads alive; one test is about that.
    warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
    code = sys.argv.pop(1)
    exec(compile(code, "<test>", "exec"), {"__name__": "__test__"})
