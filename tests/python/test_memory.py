"""Memory: calls leave none behind, caches keep within their limit, and a lack of it is an error."""

import sys

import pytest
from methods import CALLS
from subprocesses import run_python

from obspeed._methods import METHODS
from obspeed._sums import _in_pieces

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc, RLIMIT_AS")

# Where NumPy adds up by pieces, long traces are left to ObsPy.
STRICT = {"OBSPEED_STRICT": str(int(not _in_pieces())), "PYTHONPATH": ":".join(sys.path)}


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
        import matplotlib.pyplot  # ObsPy does, for a trace that is left to it
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
