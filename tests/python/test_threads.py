"""How many threads: who decides, that no result depends on it, and that no more are made."""

import os
import sys

import pytest
from subprocesses import run_python

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")

STRICT = {"OBSPEED_STRICT": "1"}
VARIABLES = ("OBSPEED_NUM_THREADS", "RAYON_NUM_THREADS", "OMP_NUM_THREADS")


@pytest.mark.parametrize("first", range(len(VARIABLES) + 1))
def test_who_decides(first):
    """First hit wins: block, set_num_threads, the three variables, the CPUs of this process."""
    chosen = VARIABLES[first:]
    run_python(
        """
        import os, sys, obspeed
        from inchild import in_fork
        cpus = len(os.sched_getaffinity(0))
        variable, expected = sys.argv[1], int(sys.argv[2]) or cpus
        assert obspeed.get_num_threads() == expected
        obspeed.set_num_threads(3)
        assert obspeed.get_num_threads() == 3
        with obspeed.num_threads(2):
            assert obspeed.get_num_threads() == 2
            with obspeed.num_threads(1):
                assert obspeed.get_num_threads() == 1
            assert obspeed.get_num_threads() == 2
            obspeed.set_num_threads(4)
            assert obspeed.get_num_threads() == 2
        assert obspeed.get_num_threads() == 4

        def child():
            assert obspeed.get_num_threads() == 4  # said so explicitly, before the fork

        in_fork(child)
        """,
        chosen[0] if chosen else "none",
        first + 2 if chosen else 0,
        **{name: 2 + VARIABLES.index(name) for name in chosen},
    )


@pytest.mark.parametrize("text", ["", "0", "-1", "two", "1.5", "99999999999999999999999"])
def test_senseless_variable_is_no_accident(text):
    """A launcher's odd value must neither crash nor start a thousand threads."""
    run_python(
        """
        import os, obspeed
        from inchild import accelerated, stream, workers
        cpus = len(os.sched_getaffinity(0))
        assert 1 <= obspeed.get_num_threads() <= 4 * cpus
        accelerated(stream(), ["detrend"])
        assert workers() <= 4 * cpus
        """,
        OBSPEED_NUM_THREADS=text,
    )


def test_list_in_omp_num_threads():
    """OpenMP allows one number for each level of nesting."""
    run_python(
        "import obspeed; assert obspeed.get_num_threads() == 3",
        OMP_NUM_THREADS="3,2,1",
    )


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one CPU")
def test_affinity_is_respected():
    """A cluster's job may use a part of its node only."""
    run_python(
        """
        import os
        os.sched_setaffinity(0, list(os.sched_getaffinity(0))[:1])
        import obspeed
        from inchild import accelerated, stream, workers
        assert obspeed.get_num_threads() == 1
        accelerated(stream(), ["detrend"])
        assert workers() == 0
        """,
        **STRICT,
    )


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "'2'", "True"])
def test_senseless_number(number):
    """A wrong argument is an error and leaves the setting as it was."""
    run_python(
        f"""
        import obspeed
        before = obspeed.get_num_threads()
        for attempt in (obspeed.set_num_threads, lambda n: obspeed.num_threads(n).__enter__()):
            try:
                attempt({number})
            except (TypeError, ValueError):
                pass
            else:
                raise SystemExit("no error")
            assert obspeed.get_num_threads() == before
        """
    )


def test_blocks_are_for_their_thread_only():
    """`num_threads` in one Python thread says nothing about another."""
    run_python(
        """
        import threading, obspeed
        seen = []
        barrier = threading.Barrier(2)

        def other():
            barrier.wait()
            seen.append(obspeed.get_num_threads())

        thread = threading.Thread(target=other)
        thread.start()
        with obspeed.num_threads(1):
            barrier.wait()
            thread.join()
        assert seen == [2], seen
        """,
        OBSPEED_NUM_THREADS=2,
    )


def test_results_do_not_depend_on_threads():
    """Promise 6: bit for bit the same on 1, 2, 3 and 8 threads, method by method and in a chain."""
    run_python(
        """
        import obspeed
        from inchild import STEPS, accelerated, bits, stream
        for dtype in ("int32", "float32", "float64"):
            for names in [[name] for name in STEPS] + [list(STEPS)]:
                found = []
                for n in (1, 2, 3, 8):
                    obspeed.clear_cache()
                    with obspeed.num_threads(n):
                        # Lengths differ, so that the schedule is not the order of the stream.
                        st = stream(traces=5, dtype=dtype) + stream(4, npts=7001, dtype=dtype)
                        found.append(bits(accelerated(st, names)))
                assert all(bits == found[0] for bits in found), (dtype, names)
        """,
        **STRICT,
    )


def test_threads_are_limited():
    """Never more of our threads than asked for, and none at all for one."""
    run_python(
        """
        import threading, time, obspeed
        from inchild import accelerated, stream, workers
        with obspeed.num_threads(1):
            accelerated(stream(traces=2))
        assert workers() == 0

        for limit in (2, 3, 2):
            obspeed.set_num_threads(limit)
            accelerated(stream())
            end = time.monotonic() + 5  # a pool of another size may need a moment to go
            while workers() != limit and time.monotonic() < end:
                time.sleep(0.01)
            assert workers() == limit

            # Several Python threads share these workers: 4 callers are not 4 x limit threads.
            most = []
            callers = [threading.Thread(target=accelerated, args=(stream(),)) for _ in range(4)]
            for caller in callers:
                caller.start()
            while any(caller.is_alive() for caller in callers):
                most.append(workers())
                time.sleep(0.002)
            assert max(most) <= limit, max(most)
        """,
        **STRICT,
    )


def test_python_threads_at_once():
    """Several Python threads on streams of their own, with different limits: right answers."""
    run_python(
        """
        import obspeed
        from concurrent.futures import ThreadPoolExecutor
        from inchild import accelerated, bits, stream
        expected = [bits(accelerated(stream(seed=seed))) for seed in range(6)]

        def work(seed):
            with obspeed.num_threads(1 + seed % 3):
                if seed == 3:
                    obspeed.clear_cache()
                return bits(accelerated(stream(seed=seed)))

        with ThreadPoolExecutor(6) as executor:
            for _ in range(3):
                assert list(executor.map(work, range(6))) == expected
        """,
        **STRICT,
    )


def test_python_threads_on_one_stream():
    """Callers of one stream at once: refused or whole, and what any order of the calls ends in."""
    run_python(
        """
        import threading
        import numpy as np
        from inchild import history, stream
        import obspeed
        npts = 50_000
        st = stream(traces=4, npts=npts, dtype="float64")
        barrier = threading.Barrier(4)
        errors = []

        def detrend(kind):
            try:
                obspeed.detrend(st, kind)
            except obspeed.ObspeedError as error:
                assert "other samples" in str(error), error
                detrend(kind)

        def work():
            barrier.wait()
            try:
                for _ in range(2):
                    detrend("demean")
                    detrend("linear")
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        # Both are projections: whatever the order, and even where two callers took the same input,
        # the end is the detrended trace.
        expected = obspeed.detrend(stream(traces=4, npts=npts, dtype="float64"), "linear")
        for trace, model in zip(st, expected, strict=True):
            assert len(history(trace)) >= 16
            atol = 1e-12 * np.abs(model.data).max()
            np.testing.assert_allclose(trace.data, model.data, rtol=0, atol=atol)
        """,
        **STRICT,
    )


def test_sixteen_python_threads():
    """All methods at once, each on a stream of its own, and then one method sixteen times."""
    run_python(
        """
        from concurrent.futures import ThreadPoolExecutor
        from methods import CALLS, bits, run, stream
        import obspeed

        obspeed.set_num_threads(2)
        expected = {label: bits(run(label, stream(label))) for label in CALLS}
        obspeed.clear_cache()

        def work(label):
            assert bits(run(label, stream(label))) == expected[label], label

        with ThreadPoolExecutor(16) as executor:
            list(executor.map(work, [*CALLS, *reversed(CALLS)]))
            for label in ("remove_response", "resample", "taper"):
                list(executor.map(work, [label] * 16))
        """,
        PYTHONPATH=":".join(sys.path),
        **STRICT,
    )


def test_sixteen_python_threads_on_one_stream():
    """Whoever comes second to an array that is written to is told so; no trace is half done."""
    run_python(
        """
        import threading
        import numpy as np
        from methods import CALLS, run, stream
        import obspeed

        keeping = [
            label for label, (name, _) in CALLS.items()
            if name in {"detrend", "filter", "remove_response", "taper"}
        ]
        obspeed.set_num_threads(2)
        for dtype in ("int32", "float64"):
            st = stream("", traces=4, npts=4000, dtype=dtype)
            barrier, errors, done = threading.Barrier(16), [], []

            def work(n):
                barrier.wait()
                for k in range(6):
                    try:
                        run(keeping[(7 * n + 5 * k) % len(keeping)], st)
                        done.append(n)
                    except BaseException as error:
                        errors.append(error)

            threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for error in errors:
                assert type(error) is obspeed.ObspeedError, error
                assert "borrowed" in str(error) or "other samples" in str(error), error
            assert len(done) + len(errors) == 96 and done
            for trace in st:
                assert len(trace.data) == trace.stats.npts
                assert np.isfinite(trace.data).all()
                # Traces before that which is refused are done.
                assert len(trace.stats.processing) <= 96
            assert len(st[-1].stats.processing) >= 1
        """,
        PYTHONPATH=":".join(sys.path),
    )


def test_samples_replaced_meanwhile():
    """What is computed of the old ones does not go into a trace with others."""
    run_python(
        """
        import signal
        import numpy as np
        import obspeed
        from methods import run, stream

        kernels = obspeed._core.run

        def start(*args):
            signal.setitimer(signal.ITIMER_REAL, 0.03)
            return kernels(*args)

        obspeed._core.run = start
        for length in (3_000_000, 100):
            obspeed.clear_cache()
            st = stream("", traces=1, npts=3_000_000, dtype="int32")
            [trace] = st
            other = np.ones(length)

            def replace(*_):
                trace.data = other

            signal.signal(signal.SIGALRM, replace)
            try:
                run("remove_response", st)
                raise AssertionError("not noticed")
            except obspeed.ObspeedError as error:
                assert "other samples" in str(error), error
            assert trace.data is other and (other == 1).all()
            assert trace.stats.npts == length and "processing" not in trace.stats
        """,
        PYTHONPATH=":".join(sys.path),
    )


def test_a_pool_that_cannot_have_its_threads():
    """`ulimit -u`, or a container's limit: the work is done on the calling thread."""
    run_python(
        """
        import os, resource, threading
        import obspeed
        from inchild import accelerated, bits, stream, workers
        with obspeed.num_threads(1):
            expected = bits(accelerated(stream()))
        if os.getuid() == 0:  # for whom the limit does not hold
            os.setgid(65534)
            os.setuid(65534)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
        try:
            threading.Thread(target=int).start()
        except RuntimeError:
            pass
        else:
            raise SystemExit("the limit does not hold")
        obspeed.set_num_threads(2)
        assert bits(accelerated(stream())) == expected
        assert workers() == 0
        """,
        **STRICT,
    )


def test_python_threads_leave_the_warning_filters_alone():
    """They are the process's: two threads that catch warnings at once change them for good."""
    run_python(
        """
        import sys, threading, warnings
        from inchild import stream
        import obspeed

        sys.setswitchinterval(1e-6)
        before, errors = list(warnings.filters), []

        def work(n):
            try:
                for k in range(40):
                    kind = {"type": "kaiser", "beta": 5.0} if k % 4 == 0 else {"type": "hann"}
                    st = stream(traces=1, npts=1000 + 40 * n + k, dtype="float64")
                    obspeed.taper(st, 0.1, **kind)
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(n,)) for n in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        assert warnings.filters == before, warnings.filters[:2]
        """,
        **STRICT,
    )
