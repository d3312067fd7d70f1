//! `_core.Step`: a prepared step, made by the planner and run by the door.

use std::sync::Arc;

use numpy::PyReadonlyArray1;
use obspeed_core::deconvolve::{Deconvolve, nfft};
use obspeed_core::detrend::Detrend;
use obspeed_core::lanczos::Lanczos;
use obspeed_core::sensitivity::{Polynomial, Sensitivity};
use obspeed_core::step;
use obspeed_core::taper::Taper;
use pyo3::prelude::*;

use crate::error::to_py;
use crate::response::Response;

/// A call on a trace as data. Immutable; holds everything that does not depend on the samples.
#[pyclass(frozen, module = "obspeed._core", name = "Step")]
pub struct Step(pub step::Step);

#[pymethods]
#[allow(clippy::needless_pass_by_value)] // what PyO3 extracts
impl Step {
    /// Subtract the mean.
    #[staticmethod]
    fn detrend_mean() -> Self {
        Self(step::Step::pointwise(Detrend::Mean))
    }

    /// Subtract the line through the first and the last sample.
    #[staticmethod]
    fn detrend_simple() -> Self {
        Self(step::Step::pointwise(Detrend::Simple))
    }

    /// Subtract the least-squares line between each two of the breakpoints, 0 and the end.
    #[staticmethod]
    #[pyo3(signature = (breakpoints=vec![]))]
    fn detrend_linear(breakpoints: Vec<usize>) -> Self {
        Self(step::Step::pointwise(Detrend::Linear { breakpoints }))
    }

    /// Multiply the first and last samples of `npts` by the halves of a window.
    #[staticmethod]
    fn taper(
        left: PyReadonlyArray1<'_, f64>,
        right: PyReadonlyArray1<'_, f64>,
        npts: usize,
    ) -> PyResult<Self> {
        let taper = Taper::new(Arc::from(left.as_slice()?), Arc::from(right.as_slice()?), npts);
        Ok(Self(step::Step::pointwise(taper.map_err(|e| to_py(&e))?)))
    }

    /// Divide by `value`, in the precision of the data.
    #[staticmethod]
    fn divide(value: f64) -> Self {
        Self(step::Step::pointwise(Sensitivity(value)))
    }

    /// The polynomial with these ascending coefficients; double precision.
    #[staticmethod]
    fn polynomial(coefficients: Vec<f64>) -> Self {
        Self(step::Step::transform(Polynomial::Series(coefficients.into())))
    }

    /// Divide by `gain` in the precision of the data, and add `offset`; double precision.
    #[staticmethod]
    fn divide_plus(gain: f64, offset: f64) -> Self {
        Self(step::Step::transform(Polynomial::DividePlus { gain, offset }))
    }

    /// Sample anew at `ratio * j + offset`, in sample intervals, with a Lanczos kernel.
    #[staticmethod]
    fn lanczos(npts_in: usize, npts: usize, ratio: f64, offset: f64, a: usize) -> PyResult<Self> {
        let lanczos = Lanczos::new(npts_in, npts, ratio, offset, a).map_err(|e| to_py(&e))?;
        Ok(Self(step::Step::transform(lanczos)))
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
        let step = Deconvolve::new(
            response.model(),
            npts,
            delta,
            zero_mean,
            taper_fraction,
            water_level,
            pre_filt,
        );
        Ok(Self(step::Step::transform(step.map_err(|e| to_py(&e))?)))
    }

    /// The length of transform that `remove_response` takes for `npts` samples.
    #[staticmethod]
    fn nfft(npts: usize) -> usize {
        nfft(npts)
    }

    /// Whether the result has its own length or type, so that it cannot be had in place.
    #[getter]
    fn is_transform(&self) -> bool {
        self.0.is_transform()
    }

    /// Number of samples that come out where `npts` go in.
    fn npts(&self, npts: usize) -> usize {
        self.0.npts(npts)
    }

    fn __repr__(&self) -> String {
        format!("{:.200?}", self.0)
    }
}
