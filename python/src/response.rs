//! Responses: stages of Python numbers in, spectra out.

use std::sync::Arc;

use numpy::{PyArray1, ToPyArray};
use obspeed_core::response::units::Unit;
use obspeed_core::response::{
    self as core, Decimation, Domain, Grid, Kind, Sensitivity, Stage, Stored, cache,
};
use obspeed_core::{Complex64, parallel};
use pyo3::prelude::*;
use pyo3::types::{PyComplex, PyList, PyTuple};

use crate::error::{DeclinedError, to_py};

/// Selected stages of a response, normalised to its sensitivity, for one output.
///
/// Parameters
/// ----------
/// stages : list of tuple
///     Each (kind, number, input units, output units, gain, frequency of the gain, decimation, ...),
///     as `obspeed._response` makes them.
/// sensitivity : tuple of float or None
///     Value and frequency of the overall sensitivity.
/// output : str
///     "DISP", "VEL", "ACC" or "DEF".
///
/// Raises
/// ------
/// `ValueError`
///     If evalresp refuses the stages, or could not be followed exactly; its text is the reason.
#[pyclass(frozen, module = "obspeed._core")]
pub struct Response(Arc<core::Response>);

#[pymethods]
impl Response {
    #[new]
    fn new(
        stages: &Bound<'_, PyList>,
        sensitivity: Option<(f64, f64)>,
        output: &str,
    ) -> PyResult<Self> {
        let stages = stages.iter().map(|s| stage(s.cast()?)).collect::<PyResult<Vec<_>>>()?;
        let sensitivity = sensitivity.map(|(value, frequency)| Sensitivity { value, frequency });
        core::Response::new(stages, sensitivity, output)
            .map(|model| Self(Arc::new(model)))
            .map_err(|reason| DeclinedError::new_err(reason.to_string()))
    }

    /// The response at `nfft // 2 + 1` frequencies from 0 to `0.5 / delta`, kept for the next call.
    ///
    /// Parameters
    /// ----------
    /// nfft : int
    ///     Length of the transform.
    /// delta : float
    ///     Sampling interval in seconds.
    ///
    /// Returns
    /// -------
    /// ndarray of complex128
    fn spectrum<'py>(
        &self,
        py: Python<'py>,
        nfft: usize,
        delta: f64,
    ) -> PyResult<Bound<'py, PyArray1<Complex64>>> {
        self.compute(py, Grid { nfft, delta }, core::Response::spectrum)
    }

    /// The same, computed anew and not kept.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        nfft: usize,
        delta: f64,
    ) -> PyResult<Bound<'py, PyArray1<Complex64>>> {
        self.compute(py, Grid { nfft, delta }, |response, grid, cancel| {
            response.evaluate(grid, core::Part::All, cancel)
        })
    }

    /// Raises `ValueError` with the reason if the response cannot be evaluated on this grid.
    fn check(&self, nfft: usize, delta: f64) -> PyResult<()> {
        let checked = self.0.check(Grid { nfft, delta });
        checked.map_err(|reason| DeclinedError::new_err(reason.to_string()))
    }

    /// 128 bits that stand for the content.
    #[getter]
    fn key(&self) -> (u64, u64) {
        self.0.key()
    }
}

impl Response {
    /// The model, for steps that use it.
    pub fn model(&self) -> Arc<core::Response> {
        Arc::clone(&self.0)
    }

    fn compute<'py>(
        &self,
        py: Python<'py>,
        grid: Grid,
        how: impl Fn(
            &core::Response,
            Grid,
            &dyn parallel::Cancel,
        ) -> obspeed_core::Result<Arc<[Complex64]>>
        + Send
        + Sync,
    ) -> PyResult<Bound<'py, PyArray1<Complex64>>> {
        let spectrum = py.detach(|| {
            let stop = || Python::attach(|py| py.check_signals().is_err());
            how(&self.0, grid, &parallel::Polled::new(&stop))
        });
        spectrum.map(|spectrum| spectrum.to_pyarray(py)).map_err(|error| to_py(&error))
    }
}

/// Whether evalresp has a class for a unit, given in upper case.
#[pyfunction]
pub fn is_known_unit(name: &str) -> bool {
    Unit::parse(name).is_some()
}

/// (hits, misses, entries, bytes, limit) of the spectra kept.
#[pyfunction]
pub fn response_cache_info() -> (u64, u64, usize, usize, usize) {
    let info = cache::info();
    (info.hits, info.misses, info.entries, info.bytes, info.limit)
}

/// Gives up all spectra kept.
#[pyfunction]
pub fn response_cache_clear() {
    cache::clear();
}

/// Sets how many bytes the spectra kept may take.
#[pyfunction]
pub fn response_cache_set_limit(nbytes: usize) {
    cache::set_limit(nbytes);
}

/// One stage; what its tuple holds is laid down in `obspeed._response`.
fn stage(fields: &Bound<'_, PyTuple>) -> PyResult<Stage> {
    let field = |i| fields.get_item(i);
    Ok(Stage {
        sequence: field(1)?.extract()?,
        input_units: field(2)?.extract()?,
        output_units: field(3)?.extract()?,
        gain: field(4)?.extract()?,
        gain_frequency: field(5)?.extract()?,
        decimation: decimation(&field(6)?)?,
        kind: match field(0)?.extract()? {
            "gain" => Kind::Gain,
            "paz" => Kind::PolesZeros {
                domain: match field(7)?.extract()? {
                    "LAPLACE (RADIANS/SECOND)" => Domain::Radians,
                    "LAPLACE (HERTZ)" => Domain::Hertz,
                    "DIGITAL (Z-TRANSFORM)" => Domain::Digital,
                    other => return Err(unknown("transfer function", other)),
                },
                zeros: roots(&field(8)?)?,
                poles: roots(&field(9)?)?,
                factor: field(10)?.extract()?,
                frequency: field(11)?.extract()?,
            },
            "coefficients" => Kind::Coefficients {
                digital: field(7)?.extract::<&str>()? == "DIGITAL",
                numerator: numbers(&field(8)?)?,
                denominator: numbers(&field(9)?)?,
            },
            "fir" => Kind::Fir {
                stored: match field(7)?.extract()? {
                    "NONE" => Stored::Full,
                    "ODD" => Stored::OddHalf,
                    "EVEN" => Stored::EvenHalf,
                    other => return Err(unknown("symmetry", other)),
                },
                coefficients: numbers(&field(8)?)?,
            },
            "list" => Kind::List {
                frequency: numbers(&field(7)?)?,
                amplitude: numbers(&field(8)?)?,
                phase: numbers(&field(9)?)?,
            },
            "polynomial" => Kind::Polynomial { coefficients: numbers(&field(7)?)? },
            other => return Err(unknown("kind of stage", other)),
        },
    })
}

fn unknown(what: &str, name: &str) -> PyErr {
    DeclinedError::new_err(format!("{name:?} is an unknown {what}"))
}

/// None; (rate or None,) where fields are missing; (rate, correction).
fn decimation(value: &Bound<'_, PyAny>) -> PyResult<Decimation> {
    if value.is_none() {
        return Ok(Decimation::None);
    }
    let fields = value.cast::<PyTuple>()?;
    if fields.len() == 1 {
        return Ok(Decimation::Partial { rate: fields.get_item(0)?.extract()? });
    }
    let (rate, correction) = fields.extract()?;
    Ok(Decimation::Full { rate, correction })
}

/// A list of `float`; `ObsPy`'s coefficients are subclasses of it.
fn numbers(list: &Bound<'_, PyAny>) -> PyResult<Vec<f64>> {
    list.cast::<PyList>()?.iter().map(|x| x.extract()).collect()
}

/// A list or tuple of `complex`.
pub fn roots(list: &Bound<'_, PyAny>) -> PyResult<Vec<Complex64>> {
    let number = |x: PyResult<Bound<'_, PyAny>>| {
        let x = x?.cast_into::<PyComplex>()?;
        Ok(Complex64::new(x.real(), x.imag()))
    };
    list.try_iter()?.map(number).collect()
}
