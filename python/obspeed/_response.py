"""From ObsPy's Response objects to the model of the response engine.

ObsPy's are read anew at each call, so that one changed after its last use is noticed.
What ObsPy would raise an exception on is declined; ObsPy then raises it.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple

from obspy.core.inventory.response import (
    CoefficientsTypeResponseStage,
    FIRResponseStage,
    PolesZerosResponseStage,
    PolynomialResponseStage,
    Response,
    ResponseListResponseStage,
    ResponseStage,
)

from . import _core, _stationxml
from ._errors import DeclinedError
from ._filters import filtered

if TYPE_CHECKING:
    from collections.abc import Callable

Warned = tuple[str, type[Warning]]
"""Text and category of a Python warning."""


class _ListRange(NamedTuple):
    """The frequencies of a response list, to be warned of where a grid goes beyond them."""

    lowest: float
    highest: float

    def warned(self, nfft: int, delta: float) -> list[Warned]:
        nyquist = 1.0 / (delta * 2.0)
        bins = nfft // 2 + 1
        first = nyquist / (bins - 1) if bins > 2 else nyquist
        if first >= self.lowest and nyquist <= self.highest:
            return []
        text = (
            "The response contains a response list stage with frequencies only from "
            f"{self.lowest:.4f} - {self.highest:.4f} Hz. You are requesting a response from "
            f"{first:.4f} - {nyquist:.4f} Hz. The calculated response will contain extrapolation "
            "beyond the frequency band constrained by the response list stage. Please consider "
            "adjusting 'pre_filt' and/or 'water_level' during response removal accordingly."
        )
        return [(text, UserWarning)]


class Prepared:
    """A response that can be evaluated, and what ObsPy warns of when it evaluates it.

    Attributes
    ----------
    response : obspeed._core.Response
        The model: ``response.spectrum(nfft, delta)`` is the spectrum.
    """

    __slots__ = ("_notices", "response")

    def __init__(self, response: _core.Response, notices: list[Warned | _ListRange]) -> None:
        self.response = response
        self._notices = notices

    def warnings(self, nfft: int, delta: float) -> list[Warned]:
        """Text and category of the warnings that ObsPy emits for this grid, in its order.

        Parameters
        ----------
        nfft : int
            Length of the transform.
        delta : float
            Sampling interval in seconds.

        Raises
        ------
        DeclinedError
            If the response cannot be evaluated on this grid.
        """
        self.response.check(nfft, delta)
        out: list[Warned] = []
        for notice in self._notices:
            if isinstance(notice, _ListRange):
                out += notice.warned(nfft, delta)
            else:
                out.append(notice)
        return out


def prepare(
    response: Any, output: str, start_stage: int | None = None, end_stage: int | None = None
) -> Prepared:
    """Read a response.

    Parameters
    ----------
    response : obspy.core.inventory.response.Response or obspeed._stationxml.Response
        The response; it is not changed.
    output : str
        "DISP", "VEL", "ACC" or "DEF", in any case.
    start_stage, end_stage : int, optional
        Numbers of the first and last stage to take; all without them.

    Returns
    -------
    Prepared

    Raises
    ------
    DeclinedError
        If ObsPy fails on this response, or its answer could not be followed exactly.
    """
    if type(response) not in {Response, _stationxml.Response}:
        raise DeclinedError(f"a response of type {type(response).__name__}")
    # Those that were read here nobody changes.
    prepared = response.prepared if type(response) is _stationxml.Response else {}
    wanted = (output, start_stage, end_stage)
    try:
        if wanted not in prepared:
            prepared[wanted] = _prepare(response, *wanted)
    except DeclinedError:
        raise
    except MemoryError:
        raise
    except Exception as error:  # any object may sit in a response
        raise DeclinedError(
            str(error) or f"a response that raises {type(error).__name__}"
        ) from error
    answer: Prepared = prepared[wanted]
    return answer


def _prepare(
    response: Any, output: str, start_stage: int | None, end_stage: int | None
) -> Prepared:
    stages = sorted(response.response_stages, key=_number)
    if start_stage is not None or end_stage is not None:
        first = _limit(start_stage, default=-1)
        last = _limit(end_stage, default=1 << 62)
        stages = [stage for stage in stages if first <= stage.stage_sequence_number <= last]
    if not stages:
        raise DeclinedError("the response has no stages, or none of those wanted")
    sensitivity = response.instrument_sensitivity
    notices: list[Warned | _ListRange] = []
    taken, given = _overall_units(stages, sensitivity, notices)
    rows: list[tuple[Any, ...]] = []
    for stage in stages:
        try:
            kind, read = _KINDS[type(stage)]
        except KeyError:
            raise DeclinedError(f"a response stage of type {type(stage).__name__}") from None
        if rows:
            taken, given = stage.input_units, stage.output_units
        else:
            _unit(taken, output, notices)  # ObsPy looks at the first one twice
        taken, given = _unit(taken, output, notices), _unit(given, output, notices)
        decimation = _decimation(stage)
        if kind == "paz" and stage.stage_gain is not None and len(decimation or ()) < 2:
            decimation = (_derived_rate(response, stage, notices),)
        number = stage.stage_sequence_number
        if number < 0:
            raise DeclinedError("a negative stage number")
        rows.append(
            (
                kind,
                number,
                taken,
                given,
                stage.stage_gain,
                stage.stage_gain_frequency,
                decimation,
                *read(stage, notices),
            )
        )
    overall = None
    if sensitivity is not None:
        overall = (sensitivity.value, sensitivity.frequency or 0.0)
    return Prepared(_core.Response(rows, overall, output), notices)


def _number(stage: Any) -> Any:
    return stage.stage_sequence_number


def _limit(value: int | None, default: int) -> int:
    if value is None:
        return default
    if type(value) is not int:
        raise DeclinedError("start_stage and end_stage other than whole numbers")
    return value


def _overall_units(
    stages: list[Any], sensitivity: Any, notices: list[Warned | _ListRange]
) -> tuple[str | None, str | None]:
    """Find the units of the first stage; stage 1 borrows what it lacks, as in ObsPy."""
    first = stages[0]
    if first.stage_sequence_number == 0 and len(stages) > 1:
        second = stages[1]
        if second.stage_sequence_number == 1 and not (second.input_units and second.output_units):
            raise DeclinedError("stage 1 has no units, and there is a stage 0")
    taken, given = first.input_units, first.output_units
    if first.stage_sequence_number != 1 or (taken and given):
        return taken, given
    if not taken and (overall := sensitivity.input_units):
        taken = overall
        text = "Set the input units of stage 1 to the overall input units."
        notices.append((text, UserWarning))
    if not given:
        if len(stages) > 1:
            overall, source = stages[1].input_units, "input units of stage 2"
        else:
            overall, source = sensitivity.output_units, "overall output units"
        if overall:
            given = overall
            text = f"Set the output units of stage 1 to the {source}."
            notices.append((text, UserWarning))
    return taken, given


_known = functools.lru_cache(maxsize=1024)(_core.is_known_unit)


def _unit(name: str | None, output: str, notices: list[Warned | _ListRange]) -> str:
    """Put a unit in upper case; empty if there is none."""
    if name is None:
        return ""
    name = str(name).upper()
    if not _known(name):
        text = (
            f"The unit '{name}' is not known to ObsPy. It will be passed in to evalresp as "
            "'undefined'. This should result in evalresp using the response as is, without adding "
            f"any integration or differentiation and the 'output' parameter (here: '{output}') not "
            "having any effect. Please double check output data."
        )
        notices.append((text, UserWarning))
    return name


def _decimation(stage: Any) -> tuple[Any, ...] | None:
    """None without any of the five fields, (None,) with some, (rate, correction) with all."""
    rate, correction = stage.decimation_input_sample_rate, stage.decimation_correction
    fields = (
        rate,
        correction,
        stage.decimation_factor,
        stage.decimation_offset,
        stage.decimation_delay,
    )
    kinds = (None, None, int, int, (int, float))
    for field, kind in zip(fields, kinds, strict=True):
        if kind and field is not None and (isinstance(field, bool) or not isinstance(field, kind)):
            raise DeclinedError(f"a decimation with {field!r}")
    missing = fields.count(None)
    if missing == 0:
        return rate, correction
    return None if missing == 5 else (None,)


def _derived_rate(response: Any, stage: Any, notices: list[Warned | _ListRange]) -> Any:
    """Input sample rate of poles and zeros without a decimation, and the warnings on the way to it.

    Only digital ones have a use for it; for the others it is enough to know that ObsPy finds it.
    """
    digital = stage.pz_transfer_function_type == "DIGITAL (Z-TRANSFORM)"
    if not digital and _is_regular(response.response_stages):
        return None
    with filtered("always") as caught:
        rates = response.get_sampling_rates()
    # ObsPy asks twice.
    notices.extend([(str(w.message), w.category) for w in caught] * 2)
    return rates.get(stage.stage_sequence_number, {}).get("input_sampling_rate")


def _is_regular(stages: list[Any]) -> bool:
    """Tell whether ObsPy surely derives sampling rates from these stages, and warns of nothing."""
    expected = None
    for number, stage in enumerate(stages, 1):
        if stage.stage_sequence_number != number:
            return False
        rate, factor = stage.decimation_input_sample_rate, stage.decimation_factor
        if rate is None and factor is None:
            continue
        if not rate or not factor or (expected is not None and rate != expected):
            return False
        expected = rate / factor
    return True


def _gain(_stage: Any, _notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    return ()


def _poles_zeros(stage: Any, _notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    return (
        stage.pz_transfer_function_type,
        stage.zeros,
        stage.poles,
        stage.normalization_factor,
        stage.normalization_frequency,
    )


def _coefficients(stage: Any, _notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    return stage.cf_transfer_function_type, stage.numerator, stage.denominator


def _fir(stage: Any, _notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    return stage.symmetry, stage.coefficients


def _list(stage: Any, notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    elements = stage.response_list_elements
    frequencies = [element.frequency for element in elements]
    notices.append(_ListRange(min(frequencies), max(frequencies)))
    return (
        frequencies,
        [element.amplitude for element in elements],
        [element.phase for element in elements],
    )


def _polynomial(stage: Any, notices: list[Warned | _ListRange]) -> tuple[Any, ...]:
    coefficients = stage.coefficients
    if len(coefficients) == 2 and coefficients[0] != 0:
        text = (
            f"PolynomialResponseStage (stage {stage.stage_sequence_number}) has a DC offset of "
            f"{coefficients[0]:f} which is ignored in frequency domain calculations."
        )
        notices.append((text, UserWarning))
    return (list(coefficients),)


_KINDS: dict[type, tuple[str, Callable[[Any, list[Warned | _ListRange]], tuple[Any, ...]]]] = {
    ResponseStage: ("gain", _gain),
    PolesZerosResponseStage: ("paz", _poles_zeros),
    CoefficientsTypeResponseStage: ("coefficients", _coefficients),
    FIRResponseStage: ("fir", _fir),
    ResponseListResponseStage: ("list", _list),
    PolynomialResponseStage: ("polynomial", _polynomial),
    _stationxml.Stage: ("gain", _gain),
    _stationxml.PolesZeros: ("paz", _poles_zeros),
    _stationxml.Coefficients: ("coefficients", _coefficients),
    _stationxml.FIR: ("fir", _fir),
    _stationxml.ResponseList: ("list", _list),
    _stationxml.Polynomial: ("polynomial", _polynomial),
}
