"""``simulate``: instruments by poles and zeros."""

import warnings

import numpy as np
import pytest
from compare import check
from examples import DTYPES, ODD, odd_layouts, trace
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, read
from obspy.core import AttribDict
from obspy.signal.invsim import corn_freq_2_paz

import obspeed

BOUND = 1e-12
STS2 = {
    "poles": [-0.037004 + 0.037016j, -0.037004 - 0.037016j, -251.33 + 0j,
              -131.04 - 467.29j, -131.04 + 467.29j],
    "zeros": [0j, 0j], "gain": 60077000.0, "sensitivity": 2516778400.0,
}  # fmt: skip
HERTZ = corn_freq_2_paz(1.0, damp=0.707) | {"sensitivity": 1.0}
LE3D = {
    "poles": [-4.21 + 4.66j, -4.21 - 4.66j, -2.105 + 0j],
    "zeros": [0j, 0j, 0j],
    "gain": 0.4,
    "sensitivity": 1.7,
}
BOTH = {"paz_remove": STS2, "paz_simulate": HERTZ}


def agree(target, *args, **kwargs):
    return check(target, "simulate", *args, bound=BOUND, **kwargs)


@pytest.mark.parametrize("npts", [1, 2, 3, 7, 100, 1000, 1009, 2501, 8192])
def test_lengths(npts):
    for dtype in DTYPES:
        agree(trace(npts, dtype), **BOTH)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"water_level": 60},
        {"water_level": 0.0},
        {"zero_mean": False},
        {"taper": False},
        {"taper_fraction": 0.3},
        {"taper_fraction": 0},
        {"taper_fraction": 1},
        {"nfft_pow2": True},
        {"pitsasim": False},
        {"pitsasim": False, "sacsim": True},
        {"shsim": True},
        {"shsim": True, "pitsasim": False},
        {"pre_filt": (0.5, 1, 20, 30)},
        {"pre_filt": [0.5, 1, 20, 30], "sacsim": True, "pitsasim": False},
        {"remove_sensitivity": False},
        {"simulate_sensitivity": False, "remove_sensitivity": 0},
    ],
)
@pytest.mark.parametrize("instruments", ["both", "remove", "simulate", "other"])
def test_options(instruments, options):
    paz = {
        "both": BOTH,
        "remove": {"paz_remove": STS2},
        "simulate": {"paz_simulate": HERTZ},
        "other": {"paz_remove": LE3D, "paz_simulate": STS2},
    }[instruments]
    for tr in (trace(3000), trace(1501, "int32", sampling_rate=20)):
        agree(tr, accelerated=True, **paz, **options)


NO_SENSITIVITY = {key: STS2[key] for key in ("poles", "zeros", "gain")}
REMOVED = [
    {},
    {"poles": []},
    NO_SENSITIVITY,
    {key: STS2[key] for key in ("poles", "zeros", "sensitivity")},
    {key: STS2[key] for key in ("poles", "gain", "sensitivity")},
    {key: STS2[key] for key in ("zeros", "gain", "sensitivity")},
    *(STS2 | {"gain": gain} for gain in ("1", 1j, None, 0, -3, True, np.float32(2), np.int64(7))),
    *(STS2 | {"gain": gain} for gain in (np.nan, np.inf, 1e-200, 1e200, 10**400)),
    *(STS2 | {"sensitivity": value} for value in (0, -2.0, None, "1", 1 + 0j, 1e-300, 5e-324)),
    *(STS2 | {"sensitivity": value} for value in (np.float32(3), np.longdouble(3), np.inf, 4)),
    *(STS2 | {"sensitivity": value} for value in (np.ones(1), np.ones(2), [2.0])),
    *(STS2 | {"poles": poles} for poles in ("ab", [], (), None, 5, ["1"], [None], [[1j, -1j]])),
    *(STS2 | {"poles": poles} for poles in ([-1.0 + 2j], [-1 + 2j, -1 - 2.0000001j], [-1, -2, -3])),
    *(STS2 | {"poles": poles} for poles in ([0j], [-1, 0], [np.nan], [np.inf], [1e300, 1e300])),
    STS2 | {"poles": [-1 + 2j, -1 - 2j] * 3},
    STS2 | {"poles": np.array([-1 + 2j, -1 - 2j], np.complex64)},
    STS2 | {"poles": np.array([[-1 + 2j], [-1 - 2j]])},
    *(STS2 | {"zeros": zeros} for zeros in ([], [0j], np.zeros(2), [-1e-3, 5.0], [1j, -1j], {0j})),
    STS2 | {"more": "than is asked for", "seismometer_gain": 1500.0, "digitizer_gain": 1e6},
    AttribDict(STS2),
    "self",
    "other",
    5,
    (STS2,),
    [],
    False,
]


@pytest.mark.filterwarnings(
    "ignore::RuntimeWarning", "ignore::UserWarning", "ignore::numpy.exceptions.ComplexWarning"
)
@pytest.mark.parametrize("paz", REMOVED)
@pytest.mark.parametrize("role", ["paz_remove", "paz_simulate"])
def test_instruments(role, paz):
    agree(trace(500), **{role: paz})
    agree(trace(500), **{role: paz}, remove_sensitivity=False, simulate_sensitivity=False)


SWITCHES = ("zero_mean", "taper", "nfft_pow2", "pitsasim", "sacsim", "shsim")
ARGUMENTS = {
    "water_level": [
        None,
        "60",
        np.float64(60),
        np.float32(60),
        -20,
        5e3,
        7e3,
        -7e3,
        np.nan,
        np.inf,
    ],
    "taper_fraction": [1.5, -0.1, "x", None, True, np.nan, 1e-9, 1 - 1e-9, 0.999],
    "remove_sensitivity": [None, "no", 0, np.False_, np.ones(2)],
    "simulate_sensitivity": [None, "", 1, np.True_, np.ones(2)],
    **{name: [None, "no", "", 0, 1, 0.3, np.True_, [], np.ones(2)] for name in SWITCHES},
    "pre_filt": [
        *((), False, 5, "abcd", [1, 2, 3], (1, 2, 3, 4, 5), np.array([1, 2, 20, 30])),
        *(("1", 2, 3, 4), (1, 2, 3, None), (1, np.nan, 2, 3), (1, 2, 3, np.inf)),
        *((3, 2, 1, 0), (1, 1, 1, 1), (0, 0, 50, 50), (1, 1, 9, 9), (1, 2, 2, 3), (1, 20, 9, 30)),
        *((-3, -2, -1, 0), (1, 2, 60, 70), (60, 61, 62, 63), (1, 1.01, 1.02, 1.03)),
    ],
    "seedresp": [None, {}, {"filename": "none", "units": "VEL"}],
    **{name: [1] for name in ("nonsense", "data", "samp_rate", "self")},
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::UserWarning")
@pytest.mark.parametrize("name", ARGUMENTS)
def test_arguments(name):
    for value in ARGUMENTS[name]:
        agree(trace(500), **BOTH, **{name: value})
        agree(trace(500), paz_simulate=HERTZ, **{"sacsim": True, name: value})


@pytest.mark.parametrize("rate", [0.0, 1e-3, 1.0, 33.3, 1e3, 1e7])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_rates(rate):
    agree(trace(500, sampling_rate=rate), **BOTH)
    agree(trace(500, sampling_rate=rate), paz_simulate=LE3D)


def test_by_position():
    agree(trace(), STS2, HERTZ, False, True, accelerated=True)


def test_of_the_trace_itself():
    stream = Stream([trace(700 + i // 2, seed=i) for i in range(4)])
    for tr, paz in zip(stream, (STS2, LE3D, STS2, HERTZ), strict=True):
        tr.stats.paz = AttribDict(paz)
    agree(stream, "self", accelerated=True)
    agree(stream, "self", HERTZ, accelerated=True)
    agree(stream, "self", HERTZ, False, False, accelerated=True)
    agree(stream, paz_simulate="self")
    for paz in (None, "self", {}, NO_SENSITIVITY):
        stream[2].stats.paz = paz
        agree(stream, paz_remove="self")
        agree(stream, paz_remove="self", paz_simulate=HERTZ)
    del stream[2].stats.paz
    agree(stream, paz_remove="self", paz_simulate=HERTZ)


def test_streams():
    stream = Stream([trace(100 * i + 3, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    agree(stream, accelerated=True, **BOTH)
    agree(stream, STS2, nfft_pow2=True, accelerated=True)
    agree(Stream(), **BOTH)
    for broken in (np.array([]), np.array([1.0, np.nan, 2.0]), np.arange(9) + 1j):
        stream[2].data = broken
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            agree(stream, **BOTH)


@pytest.mark.filterwarnings("ignore::RuntimeWarning", "ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("kind", ODD)
def test_odd_data(kind):
    tr = trace()
    tr.data = ODD[kind](tr.data)
    agree(tr, **BOTH)


def test_odd_layout():
    for tr in odd_layouts():
        agree(tr, **BOTH)


def instruments(most_zeros):
    """Instruments with zeros at frequency 0 and resonances between 30 s and 30 Hz."""

    def make(resonances, zeros, gain, sensitivity):
        poles = []
        for exponent, damping in resonances:
            omega = 2 * np.pi * 10**exponent
            imaginary = omega * np.sqrt(1 - damping**2)
            poles += [complex(-omega * damping, y) for y in (imaginary, -imaginary)]
        gain, sensitivity = 10**gain, 10**sensitivity
        return {"poles": poles, "zeros": [0j] * zeros, "gain": gain, "sensitivity": sensitivity}

    resonance = st.tuples(st.floats(-1.5, 1.5), st.floats(0.3, 0.99))
    return st.builds(
        make,
        st.lists(resonance, min_size=1, max_size=3),
        st.integers(0, most_zeros),
        st.floats(-3, 9),
        st.floats(-3, 9),
    )


@settings(max_examples=80, deadline=None)
@given(
    npts=st.integers(3, 2000),
    dtype=st.sampled_from(DTYPES),
    seed=st.integers(0, 1 << 16),
    rate=st.floats(5.0, 200.0),
    paz_remove=st.none() | instruments(most_zeros=2),
    paz_simulate=instruments(most_zeros=4),
    options=st.fixed_dictionaries(
        {},
        optional={
            "water_level": st.floats(0.0, 600.0),
            "taper_fraction": st.floats(0.0, 1.0),
            "pre_filt": st.sampled_from([None, (0.1, 0.2, 1.0, 2.0), [-0.5, 0.0, 2.3, 90.0]]),
            **{name: st.booleans() for name in SWITCHES},
            "remove_sensitivity": st.booleans(),
            "simulate_sensitivity": st.booleans(),
        },
    ),
)
def test_any_instrument(npts, dtype, seed, rate, paz_remove, paz_simulate, options):
    tr = trace(npts, dtype, seed, sampling_rate=rate)
    agree(tr, paz_remove, paz_simulate, **options)
    agree(tr, paz_remove or paz_simulate, **options)


def test_real_recordings():
    agree(read(), accelerated=True, **BOTH)


def test_a_pipeline_as_a_file(tmp_path):
    pipe = obspeed.Pipeline().simulate(**BOTH, sacsim=True)
    pipe.to_toml(tmp_path / "job.toml")
    assert obspeed.Pipeline.from_toml(tmp_path / "job.toml") == pipe


def test_pipeline():
    stream = Stream([trace(2000, dtype, seed=i) for i, dtype in enumerate(DTYPES)])
    expected, got = stream.copy(), stream.copy()
    expected.detrend("demean").simulate(**BOTH).taper(0.1)
    report = obspeed.Pipeline().detrend("demean").simulate(**BOTH).taper(0.1).run(got)
    assert not report.declined
    for ours, theirs in zip(got, expected, strict=True):
        np.testing.assert_allclose(ours.data, theirs.data, rtol=0, atol=1e-6 * abs(theirs.max()))
        assert ours.stats == theirs.stats
