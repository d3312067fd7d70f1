"""A StationXML file of 30 channels beside ObsPy: read, and all responses found and prepared.

    python benches/python/stationxml.py [--rounds N]

The file is one that ObsPy installs, its channels repeated under other location codes. Both sides
read it anew in each round, in turns; times are minima. The models made of both readings are
compared first: they have to be the same, to the last bit.
"""

import argparse
import sys
import tempfile
import time
import warnings
from pathlib import Path

import obspy
from obspy import UTCDateTime

from obspeed import _core, _response, _stationxml

GOAL = 10.0
CHANNELS = 30
TIME = UTCDateTime(2012, 1, 1)


def write(path):
    """Write the file, and return the ids of its channels."""
    root = Path(obspy.__file__).parent
    inventory = obspy.read_inventory(str(root / "core/tests/data/IU_ULN_00_LH1.xml"))
    station = inventory[0][0]
    [channel] = {c.code: c for c in station if c.response}.values()
    station.channels = []
    for number in range(CHANNELS):
        copied = channel.copy()
        copied.location_code = f"{number:02d}"
        copied.start_date, copied.end_date = UTCDateTime(2000, 1, 1), None
        station.channels.append(copied)
    inventory.write(str(path), format="STATIONXML")
    return [("IU", station.code, c.location_code, c.code) for c in station]


def by_obspy(path, ids):
    """Responses through an Inventory."""
    inventory = obspy.read_inventory(str(path))
    return [inventory.get_response(".".join(seed_id), TIME) for seed_id in ids]


def natively(path, ids):
    """Responses without one; nothing is kept from round to round."""
    _stationxml._kept.clear()
    (stations,) = _stationxml.read([path])
    return [stations.select(seed_id, TIME).response for seed_id in ids]


def keys(responses):
    """What the models stand for."""
    return [_response.prepare(response, "VEL").response.key for response in responses]


def timed(work, *args):
    """Seconds of one call."""
    began = time.perf_counter()
    work(*args)
    return time.perf_counter() - began


def main():
    """Compare, time, print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stations.xml"
        ids = write(path)
        data = path.read_bytes()
        equal = keys(natively(path, ids)) == keys(by_obspy(path, ids))
        works = {
            "read_inventory, get_response": lambda: by_obspy(path, ids),
            "StationXML, select, response": lambda: natively(path, ids),
            "  of that, the core's parsing": lambda: _core.read_stationxml([data], 1),
            "  and prepared for the engine": lambda: keys(natively(path, ids)),
        }
        best = dict.fromkeys(works, float("inf"))
        for _ in range(rounds):
            for name, work in works.items():
                best[name] = min(best[name], timed(work))
    print(f"{CHANNELS} channels, {len(data) / 1e6:.2f} MB; models equal: {equal}")
    reference = best["read_inventory, get_response"]
    for name, seconds in best.items():
        print(f"{name:<32}{seconds * 1e3:>9.2f} ms{reference / seconds:>9.1f}x")
    ratio = reference / best["StationXML, select, response"]
    print(f"goal {GOAL:g}x{'' if ratio >= GOAL else ': MISSED'}")
    return 0 if equal and ratio >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
