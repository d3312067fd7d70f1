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
from obspy.core.inventory.response import (
    CoefficientsTypeResponseStage,
    FIRResponseStage,
    InstrumentSensitivity,
    PolesZerosResponseStage,
    PolynomialResponseStage,
    Response,
    ResponseListElement,
    ResponseListResponseStage,
    ResponseStage,
)

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


# Responses made up: every kind of stage, with what can be wrong about them.

UNITS = ("M/S", "M", "M/S**2", "V", "COUNTS", "PA", "T", "furlong", "", None, "CM/S", "nm/s")
FIELDS = ("input_sample_rate", "factor", "offset", "delay", "correction")
LIST = ((0.1, 1, 10), (1, 2, 20), (10, 3, 30), (20, 1, 40), (50, 2, -10))
# Where there is no sensitivity, ObsPy's answers for some made-up chains are not followed.
UNCERTAIN = (
    "polynomial without a frequency",
    "a list cannot be mixed",
    "list with neither",
    "there is a stage 0",
)


def decimation(rng):
    rate, correction = rng.choice([100.0, 200.0]), rng.choice([0.0, 0.013])
    return {
        f"decimation_{field}": value
        for field, value in zip(FIELDS, (rate, 1, 0, 0.0, correction), strict=True)
    }


def made_up_stage(rng, number, units, frequency):
    common = (number, rng.choice([2.0, 3.0, -1.5]), rng.choice([frequency] * 3 + [3.0]), *units)
    kind = rng.randrange(8)
    if kind == 0:
        domains = ("LAPLACE (RADIANS/SECOND)", "LAPLACE (HERTZ)", "DIGITAL (Z-TRANSFORM)")
        zeros = rng.choice([[], [0j], [0j, 0j], [0.5 + 0j]])
        poles = rng.choice([[-1 + 1j, -1 - 1j], [-3 + 0j], [0.3 + 0j]])
        extra = decimation(rng) if rng.random() < 0.3 else {}
        at = rng.choice([frequency, 1.0, 4.0])
        return PolesZerosResponseStage(*common, rng.choice(domains), at, zeros, poles, 2.5, **extra)
    if kind in (1, 2):
        symmetry = rng.choice(["NONE", "ODD", "EVEN"])
        choices = [[0.2, 0.3, 0.5], [0.25, 0.5, 0.25], [0.5, 0.5], [0.1, 0.2, 0.4], [3.0, 1.0], []]
        return FIRResponseStage(
            *common, symmetry=symmetry, coefficients=rng.choice(choices), **decimation(rng)
        )
    if kind in (3, 4):
        denominator = [] if kind == 3 else rng.choice([[1.0, 0.5], [1.0], [2.0, 0.1, 0.3]])
        numerator = rng.choice([[], [0.5, 0.5], [0.1, 0.2, 0.7], [2.0, 3.0]])
        numerator = numerator or ([1.0, 0.2] if denominator else [])
        name = rng.choice(["DIGITAL"] * 3 + ["ANALOG (HERTZ)"])
        return CoefficientsTypeResponseStage(
            *common, name, numerator=numerator, denominator=denominator, **decimation(rng)
        )
    if kind == 5:
        return ResponseStage(*common)
    if kind == 6:
        elements = [ResponseListElement(*element) for element in LIST]
        return ResponseListResponseStage(*common, response_list_elements=elements)
    coefficients = rng.choice([[0.0, 2.0], [1.0, 3.0], [2.0], [1.0, 2.0, 3.0]])
    return PolynomialResponseStage(*common, 0, 1, 0, 1, 0, coefficients)


def made_up(rng):
    frequency = rng.choice([1.0, 1.0, 2.0, 0.5])
    units, stages = rng.choice(["M/S", "M", "M/S**2", "PA", "V"]), []
    for number in range(1, rng.randint(1, 4) + 1):
        given = rng.choice([units, "V", "COUNTS"])
        stages.append(made_up_stage(rng, number, (units, given), frequency))
        units = given
    sensitivity = InstrumentSensitivity(rng.choice([6.0, -5.0]), frequency, "M/S", "COUNTS")
    return Response(
        instrument_sensitivity=rng.choice([None, sensitivity, sensitivity]), response_stages=stages
    )


def spoil(response, rng):
    stages, sensitivity = response.response_stages, response.instrument_sensitivity
    stage = rng.choice(stages)
    what = rng.randrange(11)
    if what == 0:
        stage.stage_gain = rng.choice([None, 0.0, -3.0])
    elif what == 1:
        stage.stage_gain_frequency = rng.choice([None, 0.0, 0.7, 5.0])
    elif what == 2:
        for field in FIELDS:
            setattr(stage, f"decimation_{field}", None)
    elif what == 3:
        setattr(stage, f"decimation_{rng.choice(FIELDS)}", None)
    elif what == 4:
        stage.input_units = rng.choice(UNITS)
    elif what == 5:
        stage.output_units = rng.choice(UNITS)
    elif what == 6 and sensitivity:
        sensitivity.frequency = rng.choice([None, 0.0, 2.0, 7.0])
    elif what == 7 and sensitivity:
        sensitivity.value = rng.choice([None, 0.0, 2.0])
    elif what == 8:
        rng.shuffle(stages)
    elif what == 9:
        stage.stage_sequence_number = rng.choice([0, 1, 2, 9])
    elif hasattr(stage, "normalization_frequency"):
        stage.normalization_frequency = rng.choice([0.0, 2.0, 3.0])


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
