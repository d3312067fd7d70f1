//! `_core.Step`: a prepared step, made by the planner and run by the door.

use std::sync::Arc;

use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use obspeed_core::calculus::{Differentiate, EdgeOrder, Integrate};
use obspeed_core::deconvolve::{Deconvolve, nfft};
use obspeed_core::detrend::Detrend;
use obspeed_core::grid::Grid;
use obspeed_core::lanczos::Lanczos;
use obspeed_core::lookup::{Lookup, Method};
use obspeed_core::normalize::{Norm, Normalize};
use obspeed_core::polynomial::PolynomialTrend;
use obspeed_core::resample::Resample;
use obspeed_core::samples::{Pointwise, Transform};
use obspeed_core::sensitivity::{Polynomial, Sensitivity};
use obspeed_core::simulate::{Instrument, Options, Rational, Simulate};
use obspeed_core::slopes::WeightedAverageSlopes;
use obspeed_core::sos::{Filter, Sos};
use obspeed_core::spline::{CubicSpline, SplineIntegral, SplineTrend};
use obspeed_core::taper::Taper;
use obspeed_core::trigger::{Carl, Classic, Delayed, EnergyRatio, Recursive, Version, ZDetect};
use obspeed_core::{Error, Result, step};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::error::to_py;
use crate::response::{Response, roots};

/// Zeros, poles, gain and sensitivity of an instrument.
type PolesAndZeros<'py> = (Bound<'py, PyAny>, Bound<'py, PyAny>, f64, Option<f64>);

/// A call on a trace as data. Immutable; holds everything that does not depend on the samples.
#[pyclass(frozen, module = "obspeed._core", name = "Step")]
pub struct Step(pub step::Step);

fn pointwise(step: Result<impl Pointwise>) -> PyResult<Step> {
    step.map(|step| Step(step::Step::pointwise(step))).map_err(|e| to_py(&e))
}

fn transform(step: Result<impl Transform>) -> PyResult<Step> {
    step.map(|step| Step(step::Step::transform(step))).map_err(|e| to_py(&e))
}

/// Start in seconds, sampling interval, number of samples.
type Times = (f64, f64, usize);

/// Rows of b0, b1, b2, a0, a1, a2.
fn sections(sos: &PyReadonlyArray2<'_, f64>) -> PyResult<Result<Arc<Sos>>> {
    let rows = sos.as_array();
    if rows.ncols() != 6 {
        return Err(PyValueError::new_err("second-order sections have six coefficients"));
    }
    let rows: Vec<_> = rows.rows().into_iter().map(|c| std::array::from_fn(|i| c[i])).collect();
    Ok(Sos::new(&rows).map(Arc::new))
}

fn version(python: bool) -> Version {
    if python { Version::Python } else { Version::C }
}

#[pymethods]
#[allow(clippy::needless_pass_by_value)] // what PyO3 extracts
#[allow(clippy::similar_names)] // sta and lta are what they are called
impl Step {
    /// Subtract the mean.
    #[staticmethod]
    fn detrend_mean() -> PyResult<Self> {
        pointwise(Ok(Detrend::Mean))
    }

    /// Subtract the line through the first and the last sample.
    #[staticmethod]
    fn detrend_simple() -> PyResult<Self> {
        pointwise(Ok(Detrend::Simple))
    }

    /// Subtract the least-squares line between each two of the breakpoints, 0 and the end.
    #[staticmethod]
    #[pyo3(signature = (breakpoints=vec![]))]
    fn detrend_linear(breakpoints: Vec<usize>) -> PyResult<Self> {
        pointwise(Ok(Detrend::Linear { breakpoints }))
    }

    /// Subtract the least-squares polynomial.
    #[staticmethod]
    fn detrend_polynomial(order: usize, npts: usize) -> PyResult<Self> {
        pointwise(PolynomialTrend::new(order, npts))
    }

    /// Subtract the least-squares spline with knots every `dspline` samples.
    #[staticmethod]
    fn detrend_spline(degree: usize, dspline: f64, npts: usize) -> PyResult<Self> {
        pointwise(SplineTrend::new(degree, dspline, npts))
    }

    /// Multiply the first and last samples of `npts` by the halves of a window.
    #[staticmethod]
    fn taper(
        left: PyReadonlyArray1<'_, f64>,
        right: PyReadonlyArray1<'_, f64>,
        npts: usize,
    ) -> PyResult<Self> {
        pointwise(Taper::new(Arc::from(left.as_slice()?), Arc::from(right.as_slice()?), npts))
    }

    /// Divide by `value`, in the precision of the data.
    #[staticmethod]
    fn divide(value: f64) -> PyResult<Self> {
        pointwise(Ok(Sensitivity(value)))
    }

    /// Divide by the largest magnitude, or by `norm`: in the precision of the data, or in double.
    #[staticmethod]
    fn normalize(norm: Option<f64>, double: bool) -> PyResult<Self> {
        let norm = norm.map_or(Norm::Largest, if double { Norm::Double } else { Norm::Value });
        pointwise(Normalize::new(norm))
    }

    /// The derivative by central differences, at the ends from `edge_order + 1` samples, there in
    /// double precision if so wanted.
    #[staticmethod]
    fn differentiate(delta: f64, edge_order: usize, double: bool) -> PyResult<Self> {
        let edges = match edge_order {
            1 => EdgeOrder::First,
            2 => EdgeOrder::Second,
            _ => return Err(to_py(&Error::Declined("an edge order other than 1 and 2"))),
        };
        pointwise(Differentiate::new(delta, edges, double))
    }

    /// The integral by the trapezoidal rule.
    #[staticmethod]
    fn integrate(delta: f64) -> PyResult<Self> {
        pointwise(Integrate::new(delta))
    }

    /// The integral of the cubic spline through `npts` samples.
    #[staticmethod]
    fn integrate_spline(delta: f64, npts: usize) -> PyResult<Self> {
        transform(SplineIntegral::new(delta, npts))
    }

    /// Filter by second-order sections, rows of b0, b1, b2, a0, a1, a2; with `zerophase` there and back.
    #[staticmethod]
    fn filter(sos: PyReadonlyArray2<'_, f64>, zerophase: bool) -> PyResult<Self> {
        transform(sections(&sos)?.map(|sos| Filter::new(sos, zerophase)))
    }

    /// Filter by second-order sections and keep every `factor`-th sample.
    #[staticmethod]
    fn decimate(sos: PyReadonlyArray2<'_, f64>, factor: usize) -> PyResult<Self> {
        transform(sections(&sos)?.and_then(|sos| Filter::decimating(sos, factor)))
    }

    /// Sample anew at `ratio * j + offset`, in sample intervals, with a Lanczos kernel.
    #[staticmethod]
    fn lanczos(npts_in: usize, npts: usize, ratio: f64, offset: f64, a: usize) -> PyResult<Self> {
        transform(Lanczos::new(npts_in, npts, ratio, offset, a))
    }

    /// Sample anew with weighted average slopes.
    #[staticmethod]
    fn slopes(old: Times, new: Times) -> PyResult<Self> {
        transform(Grid::new(old, new).and_then(WeightedAverageSlopes::new))
    }

    /// Sample anew from the nearest samples: "linear", "nearest" or "zero".
    #[staticmethod]
    fn lookup(kind: &str, old: Times, new: Times) -> PyResult<Self> {
        let method = match kind {
            "linear" => Method::Linear,
            "nearest" => Method::Nearest,
            "zero" => Method::Zero,
            _ => return Err(PyValueError::new_err(format!("no look-up is called {kind:?}"))),
        };
        transform(Grid::new(old, new).map(|grid| Lookup::new(grid, method)))
    }

    /// Sample anew from the cubic spline through the samples.
    #[staticmethod]
    fn cubic_spline(old: Times, new: Times) -> PyResult<Self> {
        transform(Grid::new(old, new).and_then(CubicSpline::new))
    }

    /// Recursive STA/LTA, as `ObsPy`'s C version or its Python version has it.
    #[staticmethod]
    fn recursive_sta_lta(npts: usize, nsta: usize, nlta: usize, python: bool) -> PyResult<Self> {
        transform(Recursive::new(npts, nsta, nlta, version(python)))
    }

    /// Classic STA/LTA, as `ObsPy`'s C version or its Python version has it.
    #[staticmethod]
    fn classic_sta_lta(npts: usize, nsta: usize, nlta: usize, python: bool) -> PyResult<Self> {
        transform(Classic::new(npts, nsta, nlta, version(python)))
    }

    /// Delayed STA/LTA.
    #[staticmethod]
    fn delayed_sta_lta(npts: usize, nsta: usize, nlta: usize) -> PyResult<Self> {
        transform(Delayed::new(npts, nsta, nlta))
    }

    /// Carl Johnson's trigger.
    #[staticmethod]
    fn carl_sta_trig(
        npts: usize,
        nsta: usize,
        nlta: usize,
        ratio: f64,
        quiet: f64,
    ) -> PyResult<Self> {
        transform(Carl::new(npts, nsta, nlta, ratio, quiet))
    }

    /// The Z-detector.
    #[staticmethod]
    fn z_detect(npts: usize, nsta: usize) -> PyResult<Self> {
        transform(ZDetect::new(npts, nsta))
    }

    /// The energy after a sample over that before it.
    #[staticmethod]
    fn energy_ratio(npts: usize, nsta: usize) -> PyResult<Self> {
        transform(EnergyRatio::new(npts, nsta))
    }

    /// The energy ratio times the size of the sample, raised to a power.
    #[staticmethod]
    fn modified_energy_ratio(npts: usize, nsta: usize, power: f64) -> PyResult<Self> {
        transform(EnergyRatio::modified(npts, nsta, power))
    }

    /// The polynomial with these ascending coefficients; double precision.
    #[staticmethod]
    fn polynomial(coefficients: Vec<f64>) -> PyResult<Self> {
        transform(Ok(Polynomial::Series(coefficients.into())))
    }

    /// Divide by `gain` in the precision of the data, and add `offset`; double precision.
    #[staticmethod]
    fn divide_plus(gain: f64, offset: f64) -> PyResult<Self> {
        transform(Ok(Polynomial::DividePlus { gain, offset }))
    }

    /// Sample anew through the spectrum: from `npts` samples, `delta` seconds apart, to `npts_out` at
    /// `sampling_rate`. The `npts // 2 + 1` bins are first multiplied by `weights`, if any.
    #[staticmethod]
    #[pyo3(signature = (npts, npts_out, delta, sampling_rate, weights=None))]
    fn resample(
        npts: usize,
        npts_out: usize,
        delta: f64,
        sampling_rate: f64,
        weights: Option<PyReadonlyArray1<'_, f64>>,
    ) -> PyResult<Self> {
        let weights = weights.map(|weights| held(weights.as_slice()?)).transpose()?;
        transform(Resample::new(npts, npts_out, delta, sampling_rate, weights))
    }

    /// Remove one instrument and simulate another, for traces of `npts` samples `delta` seconds apart.
    ///
    /// An instrument is a tuple (zeros, poles, gain, sensitivity): roots are `complex`, in radians per
    /// second; a sensitivity of None is not applied. `pre_filt` only matters if one is removed.
    #[staticmethod]
    #[pyo3(signature = (npts, delta, *, remove, simulate, water_level, zero_mean, taper_fraction, pre_filt, nfft_pow2, pitsasim, sacsim, shsim))]
    #[allow(clippy::too_many_arguments, clippy::fn_params_excessive_bools)] // simulate's
    fn simulate(
        npts: usize,
        delta: f64,
        remove: Option<PolesAndZeros<'_>>,
        simulate: Option<PolesAndZeros<'_>>,
        water_level: f64,
        zero_mean: bool,
        taper_fraction: Option<f64>,
        pre_filt: Option<[f64; 4]>,
        nfft_pow2: bool,
        pitsasim: bool,
        sacsim: bool,
        shsim: bool,
    ) -> PyResult<Self> {
        let instrument = |(zeros, poles, gain, sensitivity): PolesAndZeros<'_>| {
            let response = Rational::from_roots(&roots(&zeros)?, &roots(&poles)?, gain);
            let response = response.map_err(|e| to_py(&e))?;
            PyResult::Ok(Instrument { response, sensitivity })
        };
        let options = Options {
            water_level,
            zero_mean,
            taper_fraction,
            pre_filt,
            nfft_pow2,
            pitsasim,
            sacsim,
            shsim,
        };
        let (remove, simulate) =
            (remove.map(instrument).transpose()?, simulate.map(instrument).transpose()?);
        transform(Simulate::new(npts, delta, remove, simulate, options))
    }

    /// Remove a response, for traces of `npts` samples `delta` seconds apart.
    #[staticmethod]
    #[pyo3(signature = (response, npts, delta, *, zero_mean, taper_fraction, water_level, pre_filt))]
    #[allow(clippy::too_many_arguments)] // remove_response's
    fn deconvolve(
        response: &Response,
        npts: usize,
        delta: f64,
        zero_mean: bool,
        taper_fraction: Option<f64>,
        water_level: Option<f64>,
        pre_filt: Option<[f64; 4]>,
    ) -> PyResult<Self> {
        transform(Deconvolve::new(
            response.model(),
            npts,
            delta,
            zero_mean,
            taper_fraction,
            water_level,
            pre_filt,
        ))
    }

    /// The samples from `begin` to `end`.
    #[staticmethod]
    fn cut(begin: usize, end: usize) -> Self {
        Self(step::Step::cut(begin..end))
    }

    /// The length of transform that `remove_response` takes for `npts` samples.
    #[staticmethod]
    fn nfft(npts: usize) -> usize {
        nfft(npts)
    }

    /// Number of samples that come out where `npts` go in.
    fn npts(&self, npts: usize) -> usize {
        self.0.npts(npts)
    }

    fn __repr__(&self) -> String {
        format!("{:.200}", format!("{:?}", self.0))
    }
}

/// A copy; `MemoryError` if there is no room for one.
fn held(values: &[f64]) -> PyResult<Arc<Vec<f64>>> {
    let mut held = Vec::new();
    let bytes = size_of_val(values);
    held.try_reserve_exact(values.len()).map_err(|_| to_py(&Error::Memory(bytes)))?;
    held.extend_from_slice(values);
    Ok(Arc::new(held))
}
