"""What several test files share."""

import os
from pathlib import Path

import matplotlib
import pytest

import obspeed

matplotlib.use("Agg")


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
