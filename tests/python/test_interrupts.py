"""Ctrl-C: soon, and no trace half done.

Each test is a process that sends itself SIGINT while it computes. How long the work takes unharmed
is measured there first, so that the signal comes in its midst on a machine of any speed.
"""

import sys

import pytest
from subprocesses import run_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="os.kill(SIGINT) is for POSIX")

# Poll interval of 20 ms, a block of work, and what a busy machine with two cores adds.
SOON = 0.2

PROGRAM = """
    import os, signal, sys, threading, time
    import obspeed
    from inchild import accelerated, bits, history, long_work

    obspeed.set_num_threads(int(sys.argv[1]))
    seconds, fresh, names = long_work(sys.argv[2].split(","), int(sys.argv[3]), int(sys.argv[4]))
    before, done, late = fresh(), accelerated(fresh(), names), []

    def interrupt(sent):
        time.sleep(0.2 * seconds)
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    # A busy machine may be late now and then.
    while len(late) < 2 or (len(late) < 8 and min(late) >= float(sys.argv[5])):
        st, sent = fresh(), []
        thread = threading.Thread(target=interrupt, args=(sent,))
        try:
            thread.start()
            accelerated(st, names)
            thread.join()
        except KeyboardInterrupt:
            caught = time.perf_counter()
        else:
            raise SystemExit("the call ended and there was no KeyboardInterrupt")
        thread.join()

        counts = [0, 0]
        for trace, old, new in zip(st, before, done, strict=True):
            finished = bool(history(trace))
            counts[finished] += 1
            model = new if finished else old
            assert bits([trace]) == bits([model]), "a trace is half done"
            assert history(trace) == history(model)
            assert {k: v for k, v in trace.stats.items() if k != "processing"} == {
                k: v for k, v in model.stats.items() if k != "processing"
            }
        print(f"{caught - sent[0]:.3f} s, {counts[1]} of {len(st)} traces, {seconds:.1f} s in all")
        if not counts[0]:
            continue  # the machine was faster than before: nothing was interrupted
        late.append(caught - sent[0])

        # The next call works, threads and all, and finishes what is left.
        left = [trace for trace in st if not history(trace)]
        accelerated(type(st)(left), names)
        assert bits(st) == bits(done)
    assert min(late) < float(sys.argv[5]), late
"""


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("name", ["remove_response", "interpolate"])
def test_interrupted_stream(name, threads):
    """KeyboardInterrupt in a stream of many traces, on the calling thread and on two workers."""
    npts = {"remove_response": 150_000, "interpolate": 30_000}[name]
    run_python(PROGRAM, threads, name, 8, npts, SOON, deadline=110)


def test_interrupted_trace():
    """One long trace runs on the calling thread, which must look up from its work."""
    run_python(PROGRAM, 2, "interpolate", 1, 300_000, SOON, deadline=110)


def test_own_signal_handler_runs_meanwhile():
    """A handler that does not raise is called in time, and the work goes on to its end."""
    run_python(
        """
        import os, signal, threading, time
        import obspeed
        from inchild import accelerated, bits, long_work
        obspeed.set_num_threads(2)
        seconds, fresh, names = long_work()
        expected = bits(accelerated(fresh(), names))
        times = []
        signal.signal(signal.SIGUSR1, lambda *_: times.append(time.perf_counter()))

        def kill():
            time.sleep(0.1 * seconds)
            times.append(time.perf_counter())
            os.kill(os.getpid(), signal.SIGUSR1)

        late = []
        while len(late) < 2 or (len(late) < 8 and min(late) >= 0.2):
            times.clear()
            st, thread = fresh(), threading.Thread(target=kill)
            thread.start()
            accelerated(st, names)
            end = time.perf_counter()
            thread.join()
            sent, handled = times
            assert bits(st) == expected
            if handled < end:
                late.append(handled - sent)
        assert min(late) < 0.2, late  # a busy machine may be late now and then
        """
    )


def test_other_python_threads_go_on():
    """The GIL is released: a thread that ticks is not held up while another computes."""
    run_python(
        """
        import threading, time
        import obspeed
        from inchild import accelerated, long_work
        obspeed.set_num_threads(1)
        seconds, fresh, names = long_work()
        work, ticks = threading.Thread(target=accelerated, args=(fresh(), names)), 0
        work.start()
        while work.is_alive():
            time.sleep(0.001)
            ticks += 1
        # A call that holds the GIL lets others tick before and after it, however long it takes.
        assert ticks > 50, ticks
        """
    )


def test_interrupts_at_random():
    """Many calls, each interrupted once: in kernels, between them, in the log record of a call."""
    run_python(
        """
        import os, random, signal, threading, time
        import obspeed
        from inchild import accelerated, history, stream

        obspeed.set_num_threads(1)
        source = stream(traces=100, npts=60)
        accelerated(source.copy(), ["detrend", "remove_response"])
        began = time.perf_counter()
        accelerated(source.copy(), ["detrend", "remove_response"])
        seconds = time.perf_counter() - began
        rng, hits = random.Random(0), 0
        for _ in range(100):
            st = source.copy()
            timer = threading.Timer(rng.random() * seconds, os.kill, (os.getpid(), signal.SIGINT))
            try:
                timer.start()
                accelerated(st, ["detrend", "remove_response"])
                while timer.is_alive():
                    time.sleep(0.001)
            except KeyboardInterrupt:
                hits += 1
            timer.join()
        assert hits == 100, hits
        """,
        deadline=110,
        OBSPEED_STRICT="1",
    )


# A signal handler runs between two instructions of Python, so KeyboardInterrupt can appear wherever
# obspeed or ObsPy is in Python code. Here it appears at every line of them from the first change of
# a trace on, one run each.
EVERYWHERE = """
    import sys, warnings
    import obspeed, obspy
    from inchild import STEPS, accelerated, arguments, bits, history, inventory, stream

    names = sys.argv[1].split(",")
    dtype = sys.argv[2]
    obspeed.set_num_threads(1)
    warnings.simplefilter("ignore")
    pipe = obspeed.Pipeline()
    for name in names:
        pipe = getattr(pipe, name)(**STEPS[name][0])

    def work(st):
        if len(names) > 1:
            pipe.run(st, inventory=inventory())
        else:
            accelerated(st, names)

    def state(trace):
        stats = {k: v for k, v in trace.stats.items() if k != "processing"}
        return bits([trace]), history(trace), stats

    source = stream(traces=2, npts=60, dtype=dtype)
    # Where the history becomes full ObsPy warns, and traces are committed one by one.
    full = sys.argv[3] == "full"
    filled = source[0]._max_processing_info - len(names) if full else 0
    for trace in source if full else ():
        trace.stats.processing = ["x"] * filled
    work(done := source.copy())
    untouched, finished = [[state(trace) for trace in st] for st in (source, done)]
    places = (obspeed.__path__[0], obspy.__path__[0])

    def tracer(frame, event, _):
        global count
        if not frame.f_code.co_filename.startswith(places):
            return None
        first, last = st
        # Only from the first change on, and until the last is made.
        changed = count or first.data is not data or first.data[1] != untouched_sample
        if changed and len(history(last)) < filled + len(names):
            count += 1
            if count == limit:
                where.append(f"{frame.f_code.co_filename}:{frame.f_lineno}")
                raise KeyboardInterrupt
        return tracer

    bad, limit = [], 0
    while True:
        limit += 1
        count, where, st = 0, [], source.copy()
        data, untouched_sample = st[0].data, st[0].data[1]
        sys.settrace(tracer)
        try:
            work(st)
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(None)
        for i, trace in enumerate(st):
            if state(trace) not in (untouched[i], finished[i]):
                bad.append(f"trace {i} is half done after {where}")
        if not where:
            break
    # Otherwise all is one call without a line between.
    assert limit > 5 if full else limit == 1, limit
    assert bits(st) == bits(done)
    print(limit, "interrupts")
    assert not bad, bad
"""


@pytest.mark.parametrize("history", ["empty", "full"])
@pytest.mark.parametrize("dtype", ["int32", "float64"])
@pytest.mark.parametrize(
    "names", ["detrend", "taper", "remove_response", "interpolate", "detrend,taper,interpolate"]
)
def test_interrupted_anywhere(names, dtype, history):
    """Promise: an interrupt leaves each trace wholly done or wholly untouched, history included."""
    run_python(EVERYWHERE, names, dtype, history, OBSPEED_STRICT="1", deadline=110)
