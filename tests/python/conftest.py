"""What several test files share."""

import os
import signal
from pathlib import Path

import matplotlib
import pytest

import obspeed

matplotlib.use("Agg")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell's background job has it
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _untouched_obspy():
    """No test leaves ObsPy patched, or a number of threads set."""
    yield
    obspeed.disable()
    obspeed.set_num_threads(None)


@pytest.fixture(scope="session")
def shared_data():
    """Real recordings and responses beside the project, where they are there."""
    default = Path(__file__).parents[2].parent / "shared"
    folder = Path(os.environ.get("OBSPEED_SHARED", default)) / "data"
    if not folder.is_dir():
        pytest.skip("no folder of shared recordings")
    return folder


@pytest.fixture
def root(tmp_path):
    """An archive whose job is done but for one trace, which has no response."""
    from batch import archive, raw, trace

    archive(tmp_path / "archive")
    raw(tmp_path / "archive", trace("XX.NONE..HHZ"))
    return tmp_path / "archive"
