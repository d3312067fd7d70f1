"""A trace through ObsPy's writer and through obspeed's: the same bytes."""

import io

import numpy as np
from compare import recorded

import obspeed
from obspeed import _io


def by_obspy(tr, kind, header=None, **options):
    """The bytes, or the exception, and the warnings."""
    tr = tr.copy()
    if header:
        tr.stats.sac = {**tr.stats.get("sac", {}), **header}
    buffer = io.BytesIO()
    with recorded() as seen:
        try:
            tr.write(buffer, format=kind, **options)
        except Exception as error:  # noqa: BLE001 - any exception is an answer to compare
            return error, seen
    return buffer.getvalue(), seen


def check(tr, path, kind="SAC", header=None, accelerated=None, **options):
    """ObsPy's bytes, with no warning left out; True if they are the core's."""
    path.unlink(missing_ok=True)
    expected, seen = by_obspy(tr, kind, header, **options)
    before = tr.copy()
    obspeed.reset_report()
    with recorded() as got_seen:
        (result,) = _io.write_many([(tr, path, header)], kind, **options)
    native = obspeed.report().methods["write"].accelerated == 1
    if accelerated is not None:
        assert native == accelerated
    assert got_seen == seen
    if isinstance(expected, Exception):
        assert (type(result), str(result)) == (type(expected), str(expected))
        assert not path.exists()
    else:
        assert result == len(expected)
        assert path.read_bytes() == expected
    assert tr.stats == before.stats
    np.testing.assert_array_equal(tr.data, before.data)
    assert [file.name for file in path.parent.iterdir()] in ([], [path.name])
    return native
