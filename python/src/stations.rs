//! Station files: channels and responses as tuples, for `obspeed._stationxml` to name.

use obspeed_core::Complex64;
use obspeed_core::io::stationxml::{self, Channel, Stage};
use obspeed_core::parallel;
use obspeed_core::response::{Kind, Stored};
use pyo3::exceptions::PyIndexError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyComplex, PyList, PyTuple};

use crate::door::{asking, detached};
use crate::error::to_py;

/// The channels of a station file.
#[pyclass(frozen, module = "obspeed._core")]
pub struct Stations(Vec<Channel>);

/// Number, (network, station, channel) by position, begin and end in nanoseconds since 1970, latitude,
/// longitude, elevation, depth, azimuth, dip, sample rate.
type Epoch = (
    usize,
    [usize; 3],
    Option<i128>,
    Option<i128>,
    f64,
    f64,
    f64,
    f64,
    Option<f64>,
    Option<f64>,
    Option<f64>,
);

#[pymethods]
impl Stations {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    /// All epochs of a channel, in the order of the file, as tuples.
    fn epochs(&self, network: &str, station: &str, location: &str, channel: &str) -> Vec<Epoch> {
        let wanted = |c: &&Channel| {
            c.code == channel
                && c.station == station
                && c.location == location
                && c.network == network
        };
        let found = self.0.iter().enumerate();
        let found = found.filter(|(_, c)| wanted(c)).map(|(i, c)| {
            let (start, end) = (c.start, c.end);
            let (latitude, longitude) = (c.latitude, c.longitude);
            let (elevation, depth, azimuth, dip) = (c.elevation, c.depth, c.azimuth, c.dip);
            let rate = c.sample_rate;
            (i, c.place, start, end, latitude, longitude, elevation, depth, azimuth, dip, rate)
        });
        found.collect()
    }

    /// The file, given again, with no other channel than that of this number; None if that cannot be.
    fn alone(&self, number: usize, data: &Bound<'_, PyBytes>) -> PyResult<Option<String>> {
        let channel = self.0.get(number).ok_or_else(|| PyIndexError::new_err(number))?;
        stationxml::alone(data.as_bytes(), channel).map_err(|error| to_py(&error))
    }

    /// The response of an epoch by its number: sensitivity, polynomial, and stages as tuples.
    fn response<'py>(
        &self,
        py: Python<'py>,
        number: usize,
    ) -> PyResult<Option<Bound<'py, PyTuple>>> {
        let channel = self.0.get(number).ok_or_else(|| PyIndexError::new_err(number))?;
        let Some(response) = &channel.response else { return Ok(None) };
        let sensitivity = response
            .sensitivity
            .as_ref()
            .map(|s| (s.value, s.frequency, s.input_units.as_deref(), s.output_units.as_deref()));
        let stages = response.stages.iter().map(|s| stage(py, s)).collect::<PyResult<Vec<_>>>()?;
        (sensitivity, response.polynomial.as_deref(), stages).into_pyobject(py).map(Some)
    }
}

/// The channels of a station file, or the exception that says why not.
#[derive(IntoPyObject)]
pub enum Read {
    Known(Stations),
    Failed(PyErr),
}

/// Reads `StationXML` files.
///
/// Parameters
/// ----------
/// data : list of bytes
///     Their contents.
/// threads : int
///     How many to use at most.
/// check : callable, optional
///     Called about every 20 ms; what it raises ends the reading.
///
/// Returns
/// -------
/// list of `Stations` or Exception
///     `DeclinedError` if it is not certain that `ObsPy` reads the same.
#[pyfunction]
#[pyo3(signature = (data, threads, check=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn read_stationxml(
    py: Python<'_>,
    data: Vec<PyBackedBytes>,
    threads: usize,
    check: Option<Py<PyAny>>,
) -> PyResult<Vec<Read>> {
    let files: Vec<&[u8]> = data.iter().map(|bytes| &**bytes).collect();
    let (found, interrupt) = detached(py, asking(check), |stop| {
        parallel::run(files, threads, stop, |x| x.len(), |x, _| stationxml::read(x))
    });
    if let Some(error) = interrupt {
        return Err(error);
    }
    let known = |found| match found {
        Ok(channels) => Read::Known(Stations(channels)),
        Err(error) => Read::Failed(to_py(&error)),
    };
    Ok(found.into_iter().map(known).collect())
}

/// (kind, what all stages have, what this kind has).
fn stage<'py>(py: Python<'py>, stage: &Stage) -> PyResult<Bound<'py, PyTuple>> {
    let transfer = stage.transfer_function;
    let (kind, own) = match &stage.kind {
        Kind::Gain => ("gain", PyTuple::empty(py)),
        Kind::PolesZeros { zeros, poles, factor, frequency, .. } => {
            let (zeros, poles) = (roots(py, zeros)?, roots(py, poles)?);
            ("paz", (transfer, zeros, poles, factor, frequency).into_pyobject(py)?)
        }
        Kind::Coefficients { numerator, denominator, .. } => {
            ("coefficients", (transfer, numerator, denominator).into_pyobject(py)?)
        }
        Kind::Fir { stored, coefficients } => {
            let symmetry = match stored {
                Stored::Full => "NONE",
                Stored::OddHalf => "ODD",
                Stored::EvenHalf => "EVEN",
            };
            ("fir", (symmetry, coefficients).into_pyobject(py)?)
        }
        Kind::List { frequency, amplitude, phase } => {
            let elements = frequency.iter().zip(amplitude).zip(phase);
            let elements: Vec<_> = elements.map(|((f, a), p)| (f, a, p)).collect();
            ("list", (elements,).into_pyobject(py)?)
        }
        Kind::Polynomial { coefficients } => ("polynomial", (coefficients,).into_pyobject(py)?),
    };
    let decimation = stage.decimation;
    let common = (
        stage.number,
        stage.gain,
        stage.gain_frequency,
        stage.input_units.as_deref(),
        stage.output_units.as_deref(),
        decimation.rate,
        decimation.factor,
        decimation.offset,
        decimation.delay,
        decimation.correction,
    );
    (kind, common, own).into_pyobject(py)
}

fn roots<'py>(py: Python<'py>, roots: &[Complex64]) -> PyResult<Bound<'py, PyList>> {
    PyList::new(py, roots.iter().map(|r| PyComplex::from_doubles(py, r.re, r.im)))
}
