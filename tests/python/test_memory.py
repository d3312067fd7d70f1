"""Memory: calls leave none behind, caches keep within their limit, and a lack of it is an error."""

import sys

import pytest
from methods import CALLS
from subprocesses import run_python

from obspeed._methods import METHODS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc, RLIMIT_AS")

STRICT = {"OBSPEED_STRICT": "1", "PYTHONPATH": ":".join(sys.path)}


def test_every_method_has_a_call():
    assert {name for name, _ in CALLS.values()} == set(METHODS)


@pytest.mark.parametrize("part", range(4))
def test_calls_leave_nothing_behind(part):
    """An array of a call that stays would be 30 MB; `tests/campaign/memory.py` counts finer."""
    run_python(
        """
        import sys
        from memory import growth
        for label in sys.argv[1:]:
            grown = growth(label, 300)
            if grown > 4e6:  # once more: an allocator may keep what it has got for a while
                grown = growth(label, 300)
            assert grown < 4e6, (label, grown)
        """,
        *list(CALLS)[part::4],
        deadline=110,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


def test_the_cache_keeps_its_limit_under_concurrent_use():
    run_python(
        """
        import threading
        import obspeed
        from methods import run, stream

        limit = 600_000  # four spectra or so
        obspeed.set_cache_limit(limit)
        errors, most = [], []

        def work(seed):
            try:
                for n in range(25):
                    run("remove_response", stream("", traces=2, npts=2000 + 100 * ((n + seed) % 9)))
                    info = obspeed.cache_info()
                    most.append(info.nbytes)
                    if n == 12 and seed == 0:
                        obspeed.clear_cache()
            except BaseException as error:
                errors.append(error)

        threads = [threading.Thread(target=work, args=(seed,)) for seed in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not errors, errors
        assert 0 < max(most) <= limit, max(most)
        """,
        OBSPEED_NUM_THREADS=2,
        **STRICT,
    )


@pytest.mark.parametrize("part", range(4))
def test_a_lack_of_memory_is_an_error_and_the_data_untouched(part):
    """With any amount of memory a call is done, or raises MemoryError and changes nothing."""
    out = run_python(
        """
        import resource, sys
        from pathlib import Path
        import matplotlib.pyplot, obspy.signal.filter  # ObsPy does, for a trace that is left to it
        import obspeed
        from methods import bits, run, stream

        obspeed.set_num_threads(1)
        soft, hard = resource.getrlimit(resource.RLIMIT_AS)

        def mapped():
            pages = int(Path("/proc/self/statm").read_text().split()[0])
            return pages * resource.getpagesize()

        failed = 0
        for label in sys.argv[1:]:
            source = stream(label, traces=2, npts=700_000)
            run(label, stream(label, traces=2, npts=3000))  # imports and tables
            before, stats = bits(source), [dict(tr.stats) for tr in source]
            for more in (*range(0, 30, 2), 40, 60):
                obspeed.clear_cache()
                st = source.copy()
                resource.setrlimit(resource.RLIMIT_AS, (mapped() + more * 1_000_000, hard))
                try:
                    run(label, st)
                except MemoryError:
                    enough = False
                else:
                    enough = True
                finally:
                    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
                if enough:
                    continue
                failed += 1
                done = [i for i, tr in enumerate(st) if "processing" in tr.stats]
                assert len(st) == 2 and 1 not in done, (label, more)
                for i in {0, 1} - set(done):
                    assert bits(st)[i] == before[i], (label, more)
                    assert dict(st[i].stats) == stats[i], (label, more)
            del st
        print(failed)
        """,
        *list(CALLS)[part::4],
        deadline=110,
        **STRICT,
    )
    assert int(out) > 3  # with how much memory it begins to be enough depends on what is held


def test_large_results_are_arrays_as_any_other():
    """Their memory is kept when they die; who has one does not notice."""
    run_python("""
        import os, pickle
        import numpy as np
        from obspeed import _core

        def results(npts, count):
            arrays = [_core.empty(npts, np.dtype("f8")) for _ in range(count)]
            for i, array in enumerate(arrays):
                array[:] = i
            return arrays

        arrays = results(100_000, 5)
        assert all(a.flags.owndata and a.base is None and a.flags.writeable for a in arrays)
        views = [a[10:] for a in arrays]
        addresses = {a.ctypes.data for a in arrays}
        del arrays
        others = results(100_000, 5)  # the first ones are in use, by their views
        assert not addresses & {a.ctypes.data for a in others}
        assert [v.mean() for v in views] == [0, 1, 2, 3, 4]
        del views
        assert addresses >= {a.ctypes.data for a in results(90_000, 5)}
        a = others.pop()
        a.resize(300_000, refcheck=False)
        assert (a[:100_000] == 4).all() and not a[100_000:].any()
        a.resize(5, refcheck=False)
        assert (a == 4).all() and (pickle.loads(pickle.dumps(a)) == 4).all()
        b = _core.empty((300, 400), np.dtype("f4"), "F")
        assert b.flags.f_contiguous and b.shape == (300, 400)
        if os.fork() == 0:  # what the parent keeps is not the child's
            del others, a, b
            results(100_000, 20)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.wait()[1]) == 0
        try:
            _core.empty(1 << 55, np.dtype("f8"))
            raise AssertionError("so much memory?")
        except MemoryError:
            pass
        multiarray = (np._core if hasattr(np, "_core") else np.core).multiarray
        of_others = multiarray.get_handler_name(np.empty(100_000))
        assert of_others == "default_allocator", of_others
    """)


def test_memory_kept_for_results_is_bounded():
    run_python(
        """
        import threading
        import numpy as np
        import obspeed
        from obspeed import _core
        from memory import resident

        def use(npts):
            for array in [_core.empty(npts, np.dtype("f8")) for _ in range(30)]:
                array[:] = 1.0

        use(30_000)
        before = resident()
        threads = [
            threading.Thread(target=use, args=(npts,)) for npts in (300_000, 400_000, 500_000)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert resident() - before < 100e6  # 64 MiB of 288 MB
        address = _core.empty(30_000, np.dtype("f8")).ctypes.data
        _core.empty(10_000_000, np.dtype("f8"))  # too large, and makes no room for itself
        assert _core.empty(30_000, np.dtype("f8")).ctypes.data == address
        obspeed.clear_cache()
        assert resident() - before < 20e6
    """,
        PYTHONPATH=":".join(sys.path),
    )
