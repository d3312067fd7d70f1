"""The response engine beside ObsPy's evalresp: same spectra, same warnings, same refusals.

Always on the responses that ObsPy installs; on those of the shared data folder where it is.
"""

import copy
import os
import random
import warnings
from pathlib import Path

import numpy as np
import obspy
import pytest
from obspy.core.inventory.response import Response
from responses import made_up, spoil

from obspeed import DeclinedError, _core
from obspeed._response import prepare

TOLERANCE = 1e-12
OUTPUTS = ("DISP", "VEL", "ACC", "DEF")
SHARED = Path(os.environ.get("OBSPEED_SHARED", Path(__file__).parents[2].parent / "shared"))


def evalresp(response, nfft, delta, output, **stages):
    """What ObsPy answers or raises, and what it warns of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            answer = copy.deepcopy(response).get_evalresp_response(delta, nfft, output, **stages)[0]
        except Exception as error:  # noqa: BLE001 - any of them
            answer = error
    return answer, [(str(w.message), w.category) for w in caught]


def compare(response, nfft, delta, output, uncertain=(), **stages):
    """Compare with ObsPy; what it raises on must be declined, and nothing else."""
    expected, warned = evalresp(response, nfft, delta, output, **stages)
    try:
        prepared = prepare(response, output, **stages)
        notices = prepared.warnings(nfft, delta)
    except DeclinedError as declined:
        reason = str(declined)
    else:
        reason = ""
    if reason:
        assert isinstance(expected, Exception) or any(u in reason for u in uncertain), reason
        return
    assert not isinstance(expected, Exception), expected
    assert notices == warned
    answer = prepared.response.evaluate(nfft, delta)
    assert answer.dtype == np.complex128
    assert answer.shape == expected.shape
    largest = np.abs(expected).max()
    assert np.abs(answer - expected).max() <= TOLERANCE * largest, output


def channels(root, patterns):
    """Channels with a response, each content once."""
    seen = set()
    for path in sorted(p for pattern in patterns for p in root.glob(pattern) if p.is_file()):
        if path.suffix.lower() in {".mseed", ".sac", ".npz", ".py", ".png", ".csv", ".gse2"}:
            continue
        if "full_random" in path.name or path.stat().st_size > 5_000_000:
            continue  # random numbers, rates and delays of thousands of years among them
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                inventory = obspy.read_inventory(str(path))
        except Exception:  # noqa: BLE001 - not a station file
            continue
        for network in inventory:
            for station in network:
                for channel in station:
                    response = channel.response
                    if response is not None and repr_of(response) not in seen:
                        seen.add(repr_of(response))
                        yield f"{path.name} {station.code}.{channel.code}", channel


def repr_of(response):
    sensitivity = response.instrument_sensitivity
    return repr((sensitivity and vars(sensitivity), [vars(s) for s in response.response_stages]))


def taps(stage):
    return len(getattr(stage, "coefficients", None) or getattr(stage, "numerator", None) or ())


INSTALLED = ["core/tests/data/*", "io/xseed/tests/data/*", "io/stationxml/tests/data/*"]


# What ObsPy made of incomplete responses before is not followed.
since_1_5 = pytest.mark.skipif(
    tuple(map(int, obspy.__version__.split(".")[:2])) < (1, 5), reason="ObsPy before 1.5"
)


@since_1_5
def test_responses_that_obspy_installs():
    root = Path(obspy.__file__).parent
    count = 0
    for number, (name, channel) in enumerate(channels(root, INSTALLED)):
        rate = channel.sample_rate or 1.0
        nfft = 100 if sum(map(taps, channel.response.response_stages)) > 250 else 500
        for output in OUTPUTS if number % 4 == 0 else ("VEL",):
            try:
                compare(channel.response, nfft, 1.0 / rate, output)
            except AssertionError as error:
                raise AssertionError(name) from error
            count += 1
    assert count > 100


@since_1_5
@pytest.mark.skipif(not (SHARED / "data").is_dir(), reason="no shared data folder")
@pytest.mark.timeout(600)
def test_responses_of_the_shared_folder():
    patterns = ["responses/**/*", "responses_only/**/*", "events/**/*.xml"]
    count = 0
    for number, (name, channel) in enumerate(channels(SHARED / "data", patterns)):
        rate = channel.sample_rate or 1.0
        try:
            compare(channel.response, 1000, 1.0 / rate, OUTPUTS[number % 4])
            if number % 40 == 0:
                compare(channel.response, 30_000, 1.0 / rate, "VEL")
        except AssertionError as error:
            raise AssertionError(name) from error
        count += 1
    assert count > 300


def test_large_grids_are_interpolated_as_exactly():
    root = Path(obspy.__file__).parent
    inventory = obspy.read_inventory(str(root / "io/xseed/tests/data/AI.ESPZ._.BH_.dataless"))
    compare(inventory[0][0][0].response, 2**16, 0.005, "DISP")  # 2986 taps, asymmetric


# Where there is no sensitivity, ObsPy's answers for some made-up chains are not followed.
UNCERTAIN = (
    "polynomial without a frequency",
    "a list cannot be mixed",
    "list with neither",
    "there is a stage 0",
)


@since_1_5
def test_made_up_responses_sound_and_spoilt():
    for seed in range(1500):
        rng = random.Random(seed)
        response = made_up(rng)
        for _ in range(rng.choice([0, 1, 1, 2])):
            spoil(response, rng)
        before = repr_of(response)
        stages = {"start_stage": 2} if rng.random() < 0.1 else {}
        if rng.random() < 0.1:
            stages["end_stage"] = 3
        try:
            compare(response, 250, 0.02, rng.choice(OUTPUTS), UNCERTAIN, **stages)
        except AssertionError as error:
            raise AssertionError(f"seed {seed}") from error
        assert repr_of(response) == before


def test_a_changed_response_is_noticed():
    response = obspy.read_inventory()[0][0][0].response
    first = prepare(response, "VEL").response
    assert prepare(response, "vel").response.key == first.key
    poles = response.response_stages[0].poles
    poles[0] = 1.5 * complex(poles[0])
    second = prepare(response, "VEL").response
    assert second.key != first.key
    assert not np.array_equal(first.spectrum(100, 0.01), second.spectrum(100, 0.01))


def test_spectra_are_kept_within_the_limit():
    _core.response_cache_clear()
    model = prepare(obspy.read_inventory()[0][0][0].response, "VEL").response
    first = model.spectrum(1000, 0.01)
    first[:] = 0  # a copy: what is kept stays as it is
    np.testing.assert_array_equal(model.spectrum(1000, 0.01), model.evaluate(1000, 0.01))
    hits, misses, entries, nbytes, limit = _core.response_cache_info()
    assert (hits, misses, entries, nbytes) == (1, 1, 1, 501 * 16)
    _core.response_cache_set_limit(100)
    assert _core.response_cache_info()[2:] == (0, 0, 100)
    _core.response_cache_set_limit(limit)
    _core.response_cache_clear()


def test_what_is_no_response_is_declined_with_a_reason():
    class Special(Response):
        pass

    good = obspy.read_inventory()[0][0][0].response
    special = Special(response_stages=good.response_stages)
    for wrong in (None, special, Response(response_stages=[])):
        with pytest.raises(DeclinedError, match=r"\w"):
            prepare(wrong, "VEL")
    with pytest.raises(DeclinedError, match="FOO"):
        prepare(good, "FOO")
    with pytest.raises(DeclinedError, match="whole numbers"):
        prepare(good, "VEL", start_stage=1.5)
    with pytest.raises(DeclinedError, match="sampling interval"):
        prepare(good, "VEL").warnings(100, 0.0)
