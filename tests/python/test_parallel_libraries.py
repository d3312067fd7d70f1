"""obspeed below the libraries that users run it with: joblib, Dask, and pickles between them."""

import importlib.util
import sys

import pytest
from subprocesses import run_python

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="/proc")

STRICT = {"OBSPEED_STRICT": "1"}


def needs(name):
    missing = importlib.util.find_spec(name) is None
    return pytest.mark.skipif(missing, reason=f"{name} is not installed")


@needs("joblib")
@pytest.mark.parametrize("backend", ["loky", "multiprocessing", "threading"])
def test_joblib(backend):
    """Right answers under every backend, and as many threads as joblib has set."""
    run_python(
        """
        import sys
        import joblib
        from inchild import bits, job, job_and_threads

        expected = [bits(job(seed)) for seed in range(4)]
        more = {"inner_max_num_threads": 3} if sys.argv[1] == "loky" else {}
        with joblib.parallel_config(sys.argv[1], n_jobs=2, **more):
            results = joblib.Parallel()(joblib.delayed(job_and_threads)(seed) for seed in range(4))
        assert [bits(st) for st, _ in results] == expected
        if more:
            assert {counts for _, counts in results} == {("3", 3, 3)}
        """,
        backend,
        deadline=100,
        PYTHONPATH=":".join(sys.path),
        **STRICT,
    )


@needs("distributed")
@pytest.mark.parametrize("processes", [True, False])
def test_dask(processes):
    """Tasks of a local cluster, in processes and in threads; Dask's choice of threads is kept."""
    run_python(
        """
        import sys
        from inchild import bits, job, job_and_threads

        if __name__ == "__test__":
            from dask.distributed import Client, LocalCluster
            processes = sys.argv[1] == "True"
            expected = [bits(job(seed)) for seed in range(4)]
            with LocalCluster(
                n_workers=1 + processes,
                threads_per_worker=2 - processes,
                processes=processes,
                dashboard_address=None,
            ) as cluster, Client(cluster) as client:
                results = client.gather(client.map(job_and_threads, range(4)))
            assert [bits(st) for st, _ in results] == expected
            if processes:  # Dask means a worker to have one thread, since there are several
                assert {counts for _, counts in results} == {("1", 1, 0)}
        """,
        processes,
        deadline=100,
        PYTHONPATH=":".join(sys.path),
        **STRICT,
    )


def test_what_is_pickled_by_an_enabled_process_works_in_any_other():
    """A stream needs no obspeed there; a pipeline brings it along, and patches nothing."""
    dumped = run_python(
        """
        import pickle
        import obspeed
        from inchild import bits, stream
        obspeed.enable()
        st = stream(traces=2, npts=2000).detrend("linear").taper(0.1)
        pipe = obspeed.Pipeline().detrend("linear").taper(0.1).interpolate(40.0)
        done = st.copy()
        pipe.run(done)
        print(*(pickle.dumps(each).hex() for each in (st, pipe, bits(done))))
        """,
        **STRICT,
    )
    run_python(
        """
        import pickle, sys
        from obspy import Stream, Trace
        stream, pipe, expected = map(bytes.fromhex, sys.argv[1].split())
        st = pickle.loads(stream)
        assert [len(tr.stats.processing) for tr in st] == [2, 2]
        st.copy().detrend("linear").taper(0.1).interpolate(40.0)
        assert not [name for name in sys.modules if name.startswith("obspeed")]

        methods = dict(vars(Stream)), dict(vars(Trace))
        pickle.loads(pipe).run(st)
        import obspeed
        assert not obspeed.is_enabled()
        assert (dict(vars(Stream)), dict(vars(Trace))) == methods
        assert [(tr.data.dtype.str, tr.data.tobytes()) for tr in st] == pickle.loads(expected)
        """,
        dumped,
        **STRICT,
    )
