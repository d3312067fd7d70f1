"""obspeed in processes that fork, spawn and forkserver: right answers, no hang, no surprise.

Every test is a fresh process with a deadline. A pool of threads does not survive a fork, so what
hangs here would hang in `multiprocessing.Pool`, which is how seismologists use several cores today.
"""

import sys

import pytest
from subprocesses import run_python

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="forks and /proc")

# The functions must run, not hand their work to ObsPy: a declined call would prove nothing.
STRICT = {"OBSPEED_STRICT": "1"}


def test_import_changes_nothing():
    """Opt-in: no thread, no patch, no signal handler, no environment, nothing printed."""
    out = run_python("""
        import atexit, os, signal, sys, threading
        import numpy, obspy, scipy.signal, tqdm
        from inchild import tasks
        from obspy import Stream, Trace
        from obspy.core.inventory import Response

        def state():
            handlers = [signal.getsignal(s) for s in signal.valid_signals()]
            methods = [dict(vars(c)) for c in (Stream, Trace, Response)]
            return tasks(), threading.active_count(), handlers, methods, dict(os.environ)

        before = state()
        import obspeed, obspeed._core
        assert state() == before
        assert not obspeed.is_enabled()
        assert obspeed._core.pool_threads() == 0
    """)
    assert out == ""


def test_warm_parent_forks():
    """Parent uses its threads, then forks: child and grandchild compute, parent goes on."""
    run_python(
        """
        from inchild import STEPS, accelerated, bits, by_method, check, in_fork, stream, workers
        expected = by_method(stream())  # before any fork, for ObsPy itself may hang in a child
        wanted = bits(accelerated(stream()))
        assert workers() == 2

        def compute():
            for name in STEPS:  # each on its own first, so that a hang says which
                accelerated(stream(), [name])
            got = accelerated(stream())
            check(got, expected)
            assert bits(got) == wanted

        def child():
            compute()
            in_fork(compute)

        in_fork(child)
        compute()
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


def test_fork_before_first_use():
    """A parent that has only imported obspeed."""
    run_python(
        """
        import obspeed
        from inchild import accelerated, by_method, check, in_fork, stream
        expected = by_method(stream())
        in_fork(lambda: check(accelerated(stream()), expected))
        check(accelerated(stream()), expected)
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


def test_fork_while_other_threads_compute():
    """Whatever lock they hold at that moment, the child must not wait for it.

    `tests/campaign/forks.py` does it 500 times.
    """
    run_python(
        """
        from forks import forks
        forks(20)
        """,
        deadline=100,
        OBSPEED_NUM_THREADS=2,
        PYTHONPATH=":".join(sys.path),
        **STRICT,
    )


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing_pool(method):
    """Streams go to the workers and back, under every start method, with the parent warm."""
    run_python(
        """
        import multiprocessing, sys
        import inchild
        from inchild import accelerated, by_method, check, job, stream
        seeds = range(4)
        expected = [by_method(stream(traces=4, seed=seed)) for seed in seeds]
        accelerated(stream())
        with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
            for got, wanted in zip(pool.map(job, seeds), expected, strict=True):
                check(got, wanted)
        """,
        method,
        deadline=100,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


def test_process_pool_executor():
    """The executor that `obspeed.process` is given most often."""
    run_python(
        """
        import multiprocessing
        from concurrent.futures import ProcessPoolExecutor
        from inchild import accelerated, by_method, check, job, stream
        seeds = range(4)
        expected = [by_method(stream(traces=4, seed=seed)) for seed in seeds]
        accelerated(stream())
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context("fork")) as executor:
            for got, wanted in zip(executor.map(job, seeds), expected, strict=True):
                check(got, wanted)
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


def test_wiki_example_does_not_deadlock():
    """ObsPy's wiki warns that this one may hang in OpenBLAS. With obspeed no BLAS is involved."""
    run_python(
        """
        from multiprocessing import get_context
        import obspeed
        from inchild import check, detrend, stream
        expected = [detrend(stream(seed=seed)) for seed in range(4)]  # ObsPy, and BLAS is warm
        obspeed.enable()
        check(detrend(stream()), expected[0], 1e-14)  # and so are obspeed's threads
        with get_context("fork").Pool(2) as pool:
            for got, wanted in zip(
                pool.map(detrend, [stream(seed=seed) for seed in range(4)]), expected, strict=True
            ):
                check(got, wanted, 1e-14)
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


@pytest.mark.parametrize("parent", ["imported", "serial", "threaded"])
def test_forked_child_is_serial_by_default(parent):
    """Such a child is nearly always one of as many workers as there are CPUs."""
    run_python(
        """
        import sys, obspeed
        from inchild import accelerated, in_fork, stream, workers
        parent = sys.argv[1]
        if parent != "imported":
            with obspeed.num_threads(1 if parent == "serial" else 2):
                accelerated(stream())
        assert workers() == (2 if parent == "threaded" else 0)

        def child():
            assert obspeed.get_num_threads() == 1
            accelerated(stream())
            assert workers() == 0
            obspeed.set_num_threads(2)
            accelerated(stream())
            assert workers() == 2

        in_fork(child)
        """,
        parent,
        **STRICT,
    )


@pytest.mark.parametrize("name", ["OBSPEED_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS"])
def test_forked_child_obeys_the_environment(name):
    """Who sets a number means it in the children too."""
    run_python(
        """
        import obspeed
        from inchild import accelerated, in_fork, stream, workers
        accelerated(stream())

        def child():
            assert obspeed.get_num_threads() == 2
            accelerated(stream())
            assert workers() == 2

        in_fork(child)
        """,
        **{name: 2},
        **STRICT,
    )


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python warns since 3.12")
def test_no_fork_warning_before_first_use():
    """Python >= 3.12 warns a parent with threads: there must be none of ours before any work."""
    run_python(
        """
        import os, warnings, obspeed
        warnings.simplefilter("error")
        obspeed.enable()
        obspeed.get_num_threads()
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)
        """,
        OPENBLAS_NUM_THREADS=1,
    )


def test_enabled_state_survives_a_fork_and_not_a_spawn():
    """Patches are part of a process: forked children have them, fresh ones start without."""
    run_python(
        """
        import multiprocessing, obspeed
        obspeed.enable()
        for method, expected in (("fork", True), ("spawn", False)):
            with multiprocessing.get_context(method).Pool(1) as pool:
                assert pool.apply(obspeed.is_enabled) is expected, method
        """,
    )


def test_fork_while_another_thread_reads_the_same_array():
    """Its borrow is inherited, and nobody is there to give it back."""
    run_python(
        """
        import threading, time
        import numpy as np
        import obspeed
        from inchild import STEPS, in_fork, long_work

        obspeed.set_num_threads(1)
        seconds, fresh, names = long_work()
        st = fresh()
        st[0].data = st[0].data.astype("float64")
        begun = threading.Event()
        call = obspeed._core.run

        def run(*args):
            begun.set()
            return call(*args)

        obspeed._core.run = run
        arguments = STEPS["interpolate"][0]
        reading = threading.Thread(target=lambda: obspeed.interpolate(st, **arguments))
        reading.start()
        assert begun.wait(60)
        time.sleep(0.2 * seconds)

        def child():
            data, expected = st[0].data, st.copy()
            obspeed.detrend(st, "simple")
            assert st[0].data is data  # in place, as ObsPy
            np.testing.assert_array_equal(data, obspeed.detrend(expected, "simple")[0].data)

        in_fork(child)
        reading.join()
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )
