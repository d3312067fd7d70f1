"""Sums as NumPy forms them, also where it forms them as an older one does."""

from subprocesses import run_python


def test_sums_by_pieces():
    run_python(
        """
        import numpy as np
        import obspeed
        from obspeed import _core, array
        from obspy import Trace

        _core.set_floats_at_once(8192)
        rng = np.random.default_rng(0)
        for dtype in ("float32", "float64"):
            for npts in (1, 8191, 8192, 8193, 20011):
                x = rng.normal(1e3, 1.0, (npts, 3)).astype(dtype)
                rows = np.ascontiguousarray(x.T)
                expected = np.empty_like(rows)
                for row, demeaned in zip(rows, expected, strict=True):
                    total = row.dtype.type(0.0)
                    for begin in range(0, npts, 8192):
                        total = total + np.add.reduce(row[begin : begin + 8192])
                    demeaned[:] = row - total / row.dtype.type(npts)
                    got = obspeed.detrend(Trace(row.copy()), "demean").data
                    np.testing.assert_array_equal(got, demeaned)
                got = array.detrend(x, "constant", axis=0)
                np.testing.assert_array_equal(got.T, expected)
        """,
        OBSPEED_STRICT="1",
    )


def test_sums_are_those_of_this_numpy():
    run_python(
        """
        import numpy as np
        import obspeed
        from obspy import Trace

        x = 1.0 / np.arange(1.0, 100_001.0)
        for dtype in ("float32", "float64"):
            trace = Trace(x.astype(dtype))
            expected = trace.copy().detrend("demean").data
            np.testing.assert_array_equal(obspeed.detrend(trace, "demean").data, expected)
        """,
        OBSPEED_STRICT="1",
    )
