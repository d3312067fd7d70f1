"""Instrument responses: those that ObsPy installs, and made-up ones of any stages."""

import warnings
from copy import deepcopy
from functools import cache
from pathlib import Path

import obspy
from obspy import UTCDateTime, read_inventory
from obspy.core.inventory import Channel, Inventory, Network, Station
from obspy.core.inventory.response import (
    CoefficientsTypeResponseStage,
    FIRResponseStage,
    InstrumentPolynomial,
    InstrumentSensitivity,
    PolesZerosResponseStage,
    PolynomialResponseStage,
    Response,
    ResponseListElement,
    ResponseListResponseStage,
    ResponseStage,
)

# Responses made up: every kind of stage, with what can be wrong about them.

UNITS = ("M/S", "M", "M/S**2", "V", "COUNTS", "PA", "T", "furlong", "", None, "CM/S", "nm/s")
FIELDS = ("input_sample_rate", "factor", "offset", "delay", "correction")
LIST = ((0.1, 1, 10), (1, 2, 20), (10, 3, 30), (20, 1, 40), (50, 2, -10))


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


# Small files with every kind of stage, among those that ObsPy installs.
FILES = (
    "core/tests/data/IU_ANMO_00_BHZ.xml",
    "core/tests/data/AU.MEEK.xml",
    "core/tests/data/polynomial_response.xml",
    "core/tests/data/stationxml_BK.CMB.__.LKS.xml",
    "core/tests/data/DK.BSD..BHZ.xml",
    "core/tests/data/G_CAN__LHZ.xml",
    "core/tests/data/TM.SKLT.__.BHZ_faulty_response.xml",
    "core/tests/data/SL_BOJS_LHZ.xml",
    "core/tests/data/IU_ULN_00_LH1.xml",
    "core/tests/data/stationxml_no_units_in_stage_1.xml",
    "core/tests/data/IM_I53H1_BDF.xml",
    "io/xseed/tests/data/RESP.blockette_62",
    "io/xseed/tests/data/RESP.strain_meter",
    "io/xseed/tests/data/RESP.SG.ST..LDO",
    "io/xseed/tests/data/RESP.many_zero_frequencies",
    "io/xseed/tests/data/RESP.XX.NS085..BHZ.STS2_gen3.120.1500",
)
PATHS = tuple(Path(obspy.__file__).parent / name for name in FILES)


@cache
def pool(folder=None):
    """Responses that ObsPy installs, or those below a folder; each file's in its order."""
    paths = PATHS if folder is None else sorted(Path(folder).rglob("*.xml"))
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        inventories = [read_inventory()] if folder is None else []
        for path in paths:
            try:
                inventories.append(read_inventory(str(path)))
            except Exception:  # noqa: BLE001 - some are there because they are broken
                continue
    for inventory in inventories:
        found += [c.response for n in inventory for s in n for c in s if c.response is not None]
    return found


def drawn(rng, folder=None):
    """A response: sound, spoilt, or none worth the name."""
    r = rng.random()
    if r < 0.55:
        response = deepcopy(rng.choice(pool(folder)))
    elif r < 0.97:
        response = made_up(rng)
    else:
        polynomial = InstrumentPolynomial("V", "COUNTS", 0, 1, 0, 1, 0, "MACLAURIN", [1.0, 2.0])
        return Response(instrument_polynomial=rng.choice([None, polynomial]), response_stages=[])
    if response.response_stages and rng.random() < 0.15:
        spoil(response, rng)
    return response


def channel(rng, stats, response):
    code, location = stats.channel, stats.location
    made = Channel(code, location, 0.0, 0.0, 0.0, 0.0, response=response)
    if rng.random() < 0.2:
        made.start_date = UTCDateTime(stats.starttime) + rng.choice([-10.0, 0.0, 5.0])
    return made


def inventory_for(rng, traces, folder=None):
    """An inventory in which these traces find their response, or nearly so."""
    networks = {}
    for stats in {trace.id: trace.stats for trace in traces}.values():
        if rng.random() < 0.03:
            continue
        channels = [
            channel(rng, stats, drawn(rng, folder)) for _ in range(rng.choice([1] * 12 + [2]))
        ]
        station = Station(stats.station, 0.0, 0.0, 0.0, channels=channels)
        networks.setdefault(stats.network, []).append(station)
    made = [Network(code, stations=stations) for code, stations in networks.items()]
    inventory = Inventory(made, "")
    r = rng.random()
    if r < 0.9:
        return inventory
    if r < 0.93 and made:
        return made[0]
    if r < 0.96:
        return [inventory, deepcopy(inventory)]
    return rng.choice([str(PATHS[0]), "no file", 3, [], (inventory,), inventory])
