"""A call of every accelerated method and kind of it, on a stream that the kernels take."""

import functools

import numpy as np
from obspy import Stream, Trace, UTCDateTime, read_inventory
from obspy.core.util.base import ENTRY_POINTS

import obspeed
from obspeed._execute import Call
from obspeed._methods.normalize import NUMPY_2

RESPONSE = {"output": "DISP", "pre_filt": (0.05, 0.1, 30.0, 40.0)}
PAZ = {"poles": [-4.44 + 4.44j, -4.44 - 4.44j], "zeros": [0j, 0j], "gain": 1.0, "sensitivity": 2.0}
WINDOWS = {"sta": 0.5, "lta": 5.0}
SAMPLES = {"nsta": 50}

# Name in the tests: method, arguments.
CALLS = {
    "detrend simple": ("detrend", {"type": "simple"}),
    "detrend demean": ("detrend", {"type": "demean"}),
    "detrend linear": ("detrend", {"type": "linear", "bp": [1000]}),
    "detrend polynomial": ("detrend", {"type": "polynomial", "order": 4}),
    "detrend spline": ("detrend", {"type": "spline", "order": 3, "dspline": 500}),
    "taper": ("taper", {"max_percentage": 0.1}),
    "filter": ("filter", {"type": "bandpass", "freqmin": 1.0, "freqmax": 9.0}),
    "filter zerophase": ("filter", {"type": "highpass", "freq": 1.0, "zerophase": True}),
    "filter cheby_2": ("filter", {"type": "lowpass_cheby_2", "freq": 9.0}),
    "decimate": ("decimate", {"factor": 4}),
    "resample": ("resample", {"sampling_rate": 37.0}),
    "resample filtered": ("resample", {"sampling_rate": 50.0, "no_filter": False}),
    "interpolate slopes": ("interpolate", {"sampling_rate": 37.0}),
    "interpolate linear": ("interpolate", {"sampling_rate": 37.0, "method": "linear"}),
    "interpolate nearest": ("interpolate", {"sampling_rate": 37.0, "method": "nearest"}),
    "interpolate zero": ("interpolate", {"sampling_rate": 37.0, "method": "zero"}),
    "interpolate cubic": ("interpolate", {"sampling_rate": 37.0, "method": "cubic"}),
    "interpolate lanczos": ("interpolate", {"sampling_rate": 37.0, "method": "lanczos", "a": 20}),
    "remove_response": ("remove_response", RESPONSE),
    "remove_sensitivity": ("remove_sensitivity", {}),
    "simulate": ("simulate", {"paz_remove": PAZ}),
    "differentiate": ("differentiate", {}),
    "integrate": ("integrate", {}),
    "integrate spline": ("integrate", {"method": "spline"}),
    "normalize": ("normalize", {}),
    "merge": ("merge", {}),
    "split": ("split", {}),
    "recstalta": ("trigger", {"type": "recstalta"} | WINDOWS),
    "recstaltapy": ("trigger", {"type": "recstaltapy"} | WINDOWS),
    "classicstalta": ("trigger", {"type": "classicstalta"} | WINDOWS),
    "classicstaltapy": ("trigger", {"type": "classicstaltapy"} | WINDOWS),
    "delayedstalta": ("trigger", {"type": "delayedstalta"} | WINDOWS),
    "carlstatrig": ("trigger", {"type": "carlstatrig", "ratio": 0.8, "quiet": 0.8} | WINDOWS),
    "zdetect": ("trigger", {"type": "zdetect", "sta": 0.5}),
    "energyratio": ("trigger", {"type": "energyratio"} | SAMPLES),
    "modifiedenergyratio": ("trigger", {"type": "modifiedenergyratio"} | SAMPLES),
}

# The energy ratios are ObsPy's since 1.5.
CALLS = {
    label: (name, kwargs)
    for label, (name, kwargs) in CALLS.items()
    if name != "trigger" or kwargs["type"] in ENTRY_POINTS["trigger"]
}


def dtypes(label):
    """Types of samples that the kernels take."""
    if label == "recstaltapy" or (not NUMPY_2 and label == "delayedstalta"):
        return ("int32", "float64")
    return ("int32", "float32", "float64")


@functools.cache
def inventory():
    return read_inventory()


def stream(label, traces=6, npts=8001, dtype="int32", seed=0):
    """Noise for a call, on BW.RJOB..EHZ, whose response ObsPy installs; lengths of two kinds."""
    rng, st, at = np.random.default_rng(seed), Stream(), UTCDateTime(2009, 8, 24)
    header = {"network": "BW", "station": "RJOB", "channel": "EHZ", "sampling_rate": 100.0}
    for i in range(traces):
        n = npts if i % 3 else npts - 500
        x = (rng.normal(500.0, 3000.0, n) + np.linspace(0.0, 4000.0, n)).astype(dtype)
        if label == "split":
            x = np.ma.masked_array(x, np.arange(n) % 1000 < 10)
        st += Trace(x, header | {"starttime": at})
        at += (n + 7) / 100.0 if label == "merge" else 0.0
    return st


def arguments(label):
    name, kwargs = CALLS[label]
    return kwargs | ({"inventory": inventory()} if name.startswith("remove") else {})


def run(label, st):
    """Do the call by obspeed, and return the stream that comes out of it."""
    return getattr(obspeed, CALLS[label][0])(st, **arguments(label))


def equality(label):
    """How equal to ObsPy the results of a call are promised to be."""
    return Call(CALLS[label][0], (), arguments(label)).equality


def bits(st):
    return [(tr.data.dtype.str, np.ma.getdata(tr.data).tobytes()) for tr in st]
