from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, Literal, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Change",
    "DeclinedError",
    "InternalError",
    "Job",
    "ObspeedError",
    "Response",
    "Stations",
    "Step",
    "__version__",
    "apply",
    "available_parallelism",
    "empty",
    "generation",
    "is_known_unit",
    "is_twice",
    "kinds",
    "overlap",
    "pool_threads",
    "read_mseed",
    "read_stationxml",
    "release_memory",
    "response_cache_clear",
    "response_cache_info",
    "response_cache_set_limit",
    "run",
    "run_rows",
    "set_floats_at_once",
    "write_file",
    "write_mseed",
    "write_sac",
]
__version__: str

class ObspeedError(RuntimeError): ...
class DeclinedError(ObspeedError): ...
class InternalError(ObspeedError): ...

@final
class Response:
    def __new__(
        cls,
        stages: list[tuple[Any, ...]],
        sensitivity: tuple[float, float] | None,
        output: str,
    ) -> Response: ...
    def check(self, nfft: int, delta: float) -> None: ...
    def evaluate(self, nfft: int, delta: float) -> npt.NDArray[np.complex128]: ...
    def spectrum(self, nfft: int, delta: float) -> npt.NDArray[np.complex128]: ...
    @property
    def key(self) -> tuple[int, int]: ...

_Epoch = tuple[
    int,
    list[int],
    int | None,
    int | None,
    float,
    float,
    float,
    float,
    float | None,
    float | None,
    float | None,
]
_Sensitivity = tuple[float | None, float | None, str | None, str | None]
_Stage = tuple[str, tuple[Any, ...], tuple[Any, ...]]

@final
class Stations:
    def __len__(self) -> int: ...
    def epochs(self, network: str, station: str, location: str, channel: str) -> list[_Epoch]: ...
    def alone(self, number: int, data: bytes) -> str | None: ...
    def response(
        self, number: int
    ) -> tuple[_Sensitivity | None, list[float] | None, list[_Stage]] | None: ...

_Effect = tuple[Any, Any, Any]
_Times = tuple[float, float, int]
_PolesAndZeros = tuple[Sequence[complex], Sequence[complex], float, float | None]

@final
class Step:
    @staticmethod
    def cut(begin: int, end: int) -> Step: ...
    @staticmethod
    def detrend_mean() -> Step: ...
    @staticmethod
    def detrend_simple() -> Step: ...
    @staticmethod
    def detrend_linear(breakpoints: Sequence[int] = ...) -> Step: ...
    @staticmethod
    def taper(left: npt.NDArray[np.float64], right: npt.NDArray[np.float64], npts: int) -> Step: ...
    @staticmethod
    def divide(value: float) -> Step: ...
    @staticmethod
    def polynomial(coefficients: Sequence[float]) -> Step: ...
    @staticmethod
    def divide_plus(gain: float, offset: float) -> Step: ...
    @staticmethod
    def lanczos(npts_in: int, npts: int, ratio: float, offset: float, a: int) -> Step: ...
    @staticmethod
    def detrend_polynomial(order: int, npts: int) -> Step: ...
    @staticmethod
    def detrend_spline(degree: int, dspline: float, npts: int) -> Step: ...
    @staticmethod
    def normalize(norm: float | None, double: bool) -> Step: ...
    @staticmethod
    def differentiate(delta: float, edge_order: int, double: bool) -> Step: ...
    @staticmethod
    def integrate(delta: float) -> Step: ...
    @staticmethod
    def integrate_spline(delta: float, npts: int) -> Step: ...
    @staticmethod
    def filter(sos: npt.NDArray[np.float64], zerophase: bool) -> Step: ...
    @staticmethod
    def decimate(sos: npt.NDArray[np.float64], factor: int) -> Step: ...
    @staticmethod
    def slopes(old: _Times, new: _Times) -> Step: ...
    @staticmethod
    def lookup(kind: Literal["linear", "nearest", "zero"], old: _Times, new: _Times) -> Step: ...
    @staticmethod
    def cubic_spline(old: _Times, new: _Times) -> Step: ...
    @staticmethod
    def recursive_sta_lta(npts: int, nsta: int, nlta: int, python: bool) -> Step: ...
    @staticmethod
    def classic_sta_lta(npts: int, nsta: int, nlta: int, python: bool) -> Step: ...
    @staticmethod
    def delayed_sta_lta(npts: int, nsta: int, nlta: int) -> Step: ...
    @staticmethod
    def carl_sta_trig(npts: int, nsta: int, nlta: int, ratio: float, quiet: float) -> Step: ...
    @staticmethod
    def z_detect(npts: int, nsta: int) -> Step: ...
    @staticmethod
    def energy_ratio(npts: int, nsta: int) -> Step: ...
    @staticmethod
    def modified_energy_ratio(npts: int, nsta: int, power: float) -> Step: ...
    @staticmethod
    def resample(
        npts: int,
        npts_out: int,
        delta: float,
        sampling_rate: float,
        weights: npt.NDArray[np.float64] | None = None,
    ) -> Step: ...
    @staticmethod
    def simulate(
        npts: int,
        delta: float,
        *,
        remove: _PolesAndZeros | None,
        simulate: _PolesAndZeros | None,
        water_level: float,
        zero_mean: bool,
        taper_fraction: float | None,
        pre_filt: Sequence[float] | None,
        nfft_pow2: bool,
        pitsasim: bool,
        sacsim: bool,
        shsim: bool,
    ) -> Step: ...
    @staticmethod
    def deconvolve(
        response: Response,
        npts: int,
        delta: float,
        *,
        zero_mean: bool,
        taper_fraction: float | None,
        water_level: float | None,
        pre_filt: Sequence[float] | None,
    ) -> Step: ...
    @staticmethod
    def nfft(npts: int) -> int: ...
    def npts(self, npts: int) -> int: ...

@final
class Change:
    def __new__(
        cls,
        in_place: bool,
        stats: dict[str, Any],
        times: dict[str, tuple[int, int]],
        history: Sequence[str],
    ) -> Change: ...
    def apply(self, trace: Any, data: npt.NDArray[Any] | None = None) -> None: ...

@final
class Job:
    def __new__(
        cls,
        steps: Sequence[Step],
        cut: slice | None,
        result: tuple[int, np.dtype[Any]] | None,
        change: Change,
    ) -> Job: ...

_Path = str | PathLike[str]
_Codes = tuple[str, str, str, str]
_Trace = tuple[_Codes, tuple[str, int, float], tuple[int, str, str, int], npt.NDArray[Any]]
_Recording = tuple[_Path, npt.NDArray[Any], _Codes, int]
_MseedJob = tuple[_Recording, tuple[float, str, int | None], tuple[int | None, bool, int]]
_SacJob = tuple[_Recording, float, float, dict[str, Any] | None, bool]

def apply(effects: Sequence[_Effect]) -> None: ...
def available_parallelism() -> int: ...
def empty(
    shape: int | tuple[int, ...], dtype: np.dtype[Any], order: str = "C"
) -> npt.NDArray[Any]: ...
def generation() -> int: ...
def is_known_unit(name: str) -> bool: ...
def is_twice(traces: Sequence[Any]) -> bool: ...
def kinds(traces: Sequence[Any], times: bool, ids: bool) -> tuple[list[int], list[int]]: ...
def overlap(traces: Sequence[Any]) -> bool: ...
def pool_threads() -> int: ...
def read_stationxml(
    data: Sequence[bytes], threads: int, check: Callable[[], object] | None = None
) -> list[Stations | Exception]: ...
def read_mseed(
    paths: Sequence[_Path], threads: int, check: Callable[[], object] | None = None
) -> list[tuple[int, list[_Trace]] | Exception]: ...
def release_memory() -> None: ...
def set_floats_at_once(n: int) -> None: ...
def response_cache_clear() -> None: ...
def response_cache_info() -> tuple[int, int, int, int, int]: ...
def response_cache_set_limit(nbytes: int) -> None: ...
def run(
    traces: Sequence[Any],
    jobs: Sequence[Job],
    prompt: int,
    threads: int,
    progress: Callable[[int], object] | None = None,
) -> tuple[list[npt.NDArray[Any] | Exception | None], BaseException | None]: ...
def run_rows(
    x: npt.NDArray[Any] | None, y: npt.NDArray[Any], steps: Sequence[Step], threads: int
) -> tuple[tuple[int, Exception] | None, BaseException | None]: ...
def write_file(path: _Path, data: bytes, draft: _Path | None = None) -> None: ...
def write_mseed(
    jobs: Sequence[_MseedJob],
    threads: int,
    drafts: _Path | None = None,
    check: Callable[[], object] | None = None,
) -> list[int | Exception]: ...
def write_sac(
    jobs: Sequence[_SacJob],
    threads: int,
    drafts: _Path | None = None,
    check: Callable[[], object] | None = None,
) -> list[int | Exception]: ...
