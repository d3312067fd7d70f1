"""Traces of one kind are planned once: what is told apart, and what is never shared."""

from copy import copy

import numpy as np
import pytest
from compare import check
from hypothesis import given, settings
from hypothesis import strategies as st
from obspy import Stream, Trace, UTCDateTime, read_inventory
from obspy.core import Stats

import obspeed
from obspeed._execute import Call
from obspeed._kinds import Plan, plan_all

START = UTCDateTime(2010, 6, 1)


def trace(npts=300, dtype="int32", trace_class=Trace, **header):
    """Return one of many that differ in nothing but their samples."""
    rng = np.random.default_rng(npts)
    codes = {"network": "BW", "station": "RJOB", "channel": "EHZ"}
    header = {"sampling_rate": 100.0, "starttime": START, **codes, **header}
    return trace_class(rng.normal(0.0, 1000.0, npts).astype(dtype), header)


def planned(call, traces):
    """Return how many traces the call's planner has looked at, and the plans."""
    right, seen = call.planner, []

    def planner(state):
        seen.append(state)
        return right(state)

    call.planner = planner
    plans = plan_all([call], traces)
    assert all(isinstance(plan, Plan) for plan in plans)
    return len(seen), plans


def test_alike_once():
    seen, plans = planned(Call("detrend", ("demean",), {}), [trace() for _ in range(7)])
    assert seen == 1
    assert len({id(plan) for plan in plans}) == 1


def test_told_apart_by_all_that_is_planned_with():
    readonly, long, old, used = trace(), trace(), trace(), trace()
    readonly.data.flags.writeable = False
    long.stats.npts = 400  # not the number of samples
    old.stats.processing = []
    used.stats.processing = ["x"] * 99
    own = trace()
    own.filter = None
    others = [
        trace(npts=301),
        trace(dtype="float32"),
        trace(dtype="int64"),
        trace(sampling_rate=99.0),
        trace(trace_class=type("MyTrace", (Trace,), {})),
        readonly,
        old,
        used,
        own,
    ]
    call = Call("detrend", ("demean",), {})
    plans = plan_all([call], [trace(), *others, long, trace()])
    assert plans[0] is plans[-1]
    assert len({id(plan) for plan in plans}) == len(others) + 2
    assert "not the number of samples" in str(plans[-2])


def test_told_apart_by_what_the_planner_looks_at():
    inventory = read_inventory()
    alike, later = [trace(), trace()], [trace(starttime=START + 1)]
    other = [trace(channel="EHN")]
    for name, kwargs, expected in (
        ("normalize", {}, 1),
        ("decimate", {"factor": 4}, 1),
        ("resample", {"sampling_rate": 40.0}, 1),
        ("interpolate", {"sampling_rate": 40.0}, 2),
        ("remove_sensitivity", {"inventory": inventory}, 3),
    ):
        _, plans = planned(Call(name, (), kwargs), alike + later + other)
        steps = {id(plan.planned[0]) for plan in plans}
        assert plans[0] is plans[1], name
        # One epoch has one response, whenever a trace starts.
        assert len(steps) == (2 if name == "remove_sensitivity" else expected), name


def test_attached_responses_are_each_traces_own():
    responses = [c.response for c in read_inventory().select(station="RJOB")[0][0].channels]
    responses = [copy(response) for response in responses]
    for number, response in enumerate(responses, 1):
        response.instrument_sensitivity = copy(response.instrument_sensitivity)
        response.instrument_sensitivity.value *= number
    traces = [trace() for _ in responses]
    for tr, response in zip(traces, responses, strict=True):
        tr.stats.response = response
    check(Stream(traces), "remove_sensitivity", accelerated=True)
    check(Stream(traces), "remove_response", bound=1e-12, accelerated=True)


@pytest.mark.parametrize(
    ("name", "kwargs"),
    [
        ("normalize", {}),
        ("detrend", {"type": "simple"}),
        ("detrend", {"type": "demean"}),
        ("decimate", {"factor": 4}),
        ("resample", {"sampling_rate": 33.3}),
        ("interpolate", {"sampling_rate": 40.0}),
        ("remove_sensitivity", {"inventory": read_inventory()}),
    ],
)
def test_mixed_streams(name, kwargs):
    """Kinds in turns, each several times, with a trace between that ObsPy does."""

    class MyStats(Stats):
        pass

    odd = trace()
    stats = MyStats()
    stats.__dict__.update(odd.stats.__dict__)
    odd.__dict__["stats"] = stats
    declined, noted = trace(), trace()
    declined.data = declined.data.astype(">f8")
    noted.remark = "kept"
    kinds = [
        {},
        {"dtype": "float64"},
        {"dtype": "float32", "starttime": START + 0.123456},
        {"npts": 410},
        {"sampling_rate": 50.0},
        {"starttime": UTCDateTime(ns=START.ns + 7)},
        {"starttime": UTCDateTime(2400, 1, 1)},  # its nanoseconds do not fit into 64 bits
        {"channel": "EHN"},
    ]
    if name == "remove_sensitivity":
        kinds = [kind for kind in kinds if kind.get("starttime", START).year < 2400]
    traces = [trace(**kind) for _ in range(3) for kind in kinds]
    traces[5:5] = [odd, noted]
    traces[9:9] = [declined]
    check(Stream(traces), name, bound=3e-6 if name == "resample" else 0.0, **kwargs)
    assert obspeed.report().methods[name].accelerated == len(traces) - 1


def test_nothing_that_can_change_is_shared():
    for name, kwargs in (
        ("resample", {"sampling_rate": 40.0}),
        ("interpolate", {"sampling_rate": 40.0}),
        ("normalize", {}),
    ):
        stream = Stream(trace() for _ in range(5))
        getattr(obspeed, name)(stream, **kwargs)
        for get in (
            lambda tr: tr.data,
            lambda tr: tr.stats.endtime,
            lambda tr: tr.stats.starttime,
            lambda tr: tr.stats.processing,
        ):
            assert len({id(get(tr)) for tr in stream}) == (
                1 if get(stream[0]) is START else len(stream)
            )


@settings(max_examples=200, deadline=None)
@given(
    st.integers(-(2**62), 2**62),
    st.integers(2, 10**7),
    st.floats(1e-3, 1e4),
    st.sampled_from([0, 3, 6, 9]),
)
def test_an_end_is_as_far_from_any_start(start, npts, rate, precision):
    """What times that are settled once rest on: the span from start to end has no part in both."""
    spans = set()
    for time in (UTCDateTime(ns=start, precision=precision), UTCDateTime(0)):
        tr = Trace(np.zeros(2), {"starttime": time})
        tr.stats.npts = npts
        tr.stats.sampling_rate = rate
        spans.add((tr.stats.endtime.ns - tr.stats.starttime.ns, tr.stats.endtime.precision))
    assert len(spans) == 1
