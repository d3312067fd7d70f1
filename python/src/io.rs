//! Files, many at once, read and written without the GIL.

use std::path::{Path, PathBuf};

use numpy::PyArray1;
use obspeed_core::io::mseed::{self, Samples};
use obspeed_core::io::{self, Order, sac};
use obspeed_core::parallel;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyDict, PyFloat, PyString};

use crate::arrays::{Borrowing, Readable};
use crate::door::{asking, detached};
use crate::error::{DeclinedError, to_py};

/// A trace: network, station, location, channel; quality, start in nanoseconds since 1970, samples
/// per second; records, encoding, byte order, record length; samples.
type Trace<'py> = (
    (String, String, String, String),
    (char, i64, f64),
    (usize, &'static str, char, usize),
    Bound<'py, PyAny>,
);

/// The size of a file and its traces, or the exception that says why not.
#[derive(IntoPyObject)]
pub enum File<'py> {
    Read((usize, Vec<Trace<'py>>)),
    Failed(PyErr),
}

/// The traces of miniSEED files. `check`, if given, is called about every 20 ms; what it raises ends the
/// reading.
#[pyfunction]
#[pyo3(signature = (paths, threads, check=None))]
pub fn read_mseed(
    py: Python<'_>,
    paths: Vec<PathBuf>,
    threads: usize,
    check: Option<Py<PyAny>>,
) -> PyResult<Vec<File<'_>>> {
    let (files, interrupt) = detached(py, asking(check), |stop| {
        parallel::run(
            paths,
            threads,
            stop,
            |_| 0,
            |path, cancel| {
                let bytes = io::read(&path, mseed::MAX_BYTES)?;
                Ok((bytes.len(), mseed::read(&bytes, cancel)?))
            },
        )
    });
    if let Some(error) = interrupt {
        return Err(error);
    }
    let known = |file| match file {
        Ok((size, traces)) => {
            File::Read((size, Vec::into_iter(traces).map(|trace| to_tuple(py, trace)).collect()))
        }
        Err(error) => File::Failed(to_py(&error)),
    };
    Ok(files.into_iter().map(known).collect())
}

fn to_tuple(py: Python<'_>, trace: mseed::Trace) -> Trace<'_> {
    let samples = match trace.samples {
        Samples::I32(x) => PyArray1::from_vec(py, x).into_any(),
        Samples::F32(x) => PyArray1::from_vec(py, x).into_any(),
        Samples::F64(x) => PyArray1::from_vec(py, x).into_any(),
    };
    let order = match trace.order {
        Order::Big => '>',
        Order::Little => '<',
    };
    (
        trace.codes.into(),
        (trace.quality, trace.start, trace.rate),
        (trace.records, trace.encoding.name(), order, trace.record_length),
        samples,
    )
}

/// What is to be written: path, samples, (network, station, location, channel), start in nanoseconds
/// since 1970.
type Recording<'py> = (PathBuf, Bound<'py, PyAny>, [String; 4], i64);

/// And for SAC: seconds between samples, `calib`, header fields, whether most significant bytes are
/// first.
type SacJob<'py> = (Recording<'py>, f64, f64, Option<Bound<'py, PyDict>>, bool);

/// Writes SAC files, by way of drafts whose names begin with `drafts` or of new files beside them; for
/// each its length in bytes, or the exception that says why not. What `check` raises, as of
/// [`read_mseed`], comes between files.
#[pyfunction]
#[pyo3(signature = (jobs, threads, drafts=None, check=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn write_sac(
    py: Python<'_>,
    jobs: Vec<SacJob<'_>>,
    threads: usize,
    drafts: Option<PathBuf>,
    check: Option<Py<PyAny>>,
) -> PyResult<Vec<Written>> {
    let _borrowing = Borrowing::new();
    let arrays: Vec<_> = jobs.iter().map(|((_, data, ..), ..)| borrowed(data)).collect();
    let work = jobs.iter().zip(&arrays).map(|(job, array)| {
        let ((path, _, codes, start), delta, calib, header, big) = job;
        let array = array.as_ref().map_err(|error| error.clone_ref(py))?;
        let recording = sac::Recording {
            codes: codes.clone(),
            start: *start,
            delta: *delta,
            calib: *calib,
            fields: header.as_ref().map_or(Ok(Vec::new()), fields)?,
            samples: array.input().map_err(declined)?,
        };
        Ok((path.clone(), recording, if *big { Order::Big } else { Order::Little }))
    });
    write(py, work.collect(), threads, drafts.as_deref(), check, |(path, recording, order)| {
        Ok((path, sac::encode(&recording, order)?))
    })
}

/// For miniSEED: samples per second, data quality, timing quality; encoding (its number), whether most
/// significant bytes are first, record length.
type MseedJob<'py> = (Recording<'py>, (f64, char, Option<u8>), (Option<u8>, bool, usize));

/// Writes miniSEED files, as [`write_sac`] does.
#[pyfunction]
#[pyo3(signature = (jobs, threads, drafts=None, check=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn write_mseed(
    py: Python<'_>,
    jobs: Vec<MseedJob<'_>>,
    threads: usize,
    drafts: Option<PathBuf>,
    check: Option<Py<PyAny>>,
) -> PyResult<Vec<Written>> {
    let _borrowing = Borrowing::new();
    let arrays: Vec<_> = jobs.iter().map(|((_, data, ..), ..)| borrowed(data)).collect();
    let work = jobs.iter().zip(&arrays).map(|(job, array)| {
        let ((path, _, codes, start), (rate, quality, timing_quality), layout) = job;
        let (encoding, big, record_length) = *layout;
        let known = |code| {
            let unknown = || DeclinedError::new_err("an encoding that is not written here");
            mseed::Encoding::of(code).ok_or_else(unknown)
        };
        let array = array.as_ref().map_err(|error| error.clone_ref(py))?;
        let recording = mseed::Recording {
            codes: codes.clone(),
            start: *start,
            rate: *rate,
            quality: *quality,
            timing_quality: *timing_quality,
            samples: array.input().map_err(declined)?,
        };
        let order = if big { Order::Big } else { Order::Little };
        let encoding = encoding.map(known).transpose()?;
        Ok((path.clone(), recording, mseed::Layout { encoding, order, record_length }))
    });
    write(py, work.collect(), threads, drafts.as_deref(), check, |(path, recording, layout)| {
        Ok((path, mseed::encode(&recording, layout)?))
    })
}

/// Writes a file of these bytes, by way of a file `draft` or of a new one beside it.
#[pyfunction]
#[pyo3(signature = (path, data, draft=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn write_file(
    py: Python<'_>,
    path: PathBuf,
    data: PyBackedBytes,
    draft: Option<PathBuf>,
) -> PyResult<()> {
    py.detach(|| place(&path, &data, draft.as_deref())).map_err(|error| to_py(&error))
}

fn place(path: &Path, bytes: &[u8], draft: Option<&Path>) -> obspeed_core::Result<()> {
    match draft {
        Some(draft) => io::write_by(draft, path, bytes),
        None => io::write(path, bytes),
    }
}

/// The length of a file, or the exception that says why there is none.
#[derive(IntoPyObject)]
pub enum Written {
    Whole(usize),
    Failed(PyErr),
}

/// Writes what `encode` makes of the jobs that could be made; the results in the order of all.
fn write<J: Send>(
    py: Python<'_>,
    jobs: Vec<PyResult<J>>,
    threads: usize,
    drafts: Option<&Path>,
    check: Option<Py<PyAny>>,
    encode: impl Fn(J) -> obspeed_core::Result<(PathBuf, Vec<u8>)> + Sync,
) -> PyResult<Vec<Written>> {
    let mut all = Vec::with_capacity(jobs.len());
    let mut ready = Vec::with_capacity(jobs.len());
    for (i, job) in jobs.into_iter().enumerate() {
        all.push(match job {
            Ok(job) => {
                ready.push((i, job));
                Written::Whole(0)
            }
            Err(error) => Written::Failed(error),
        });
    }
    let work = |i: usize, job| {
        let (path, bytes) = encode(job)?;
        let draft = drafts.map(|start| {
            let mut name = start.as_os_str().to_owned();
            name.push(i.to_string());
            PathBuf::from(name)
        });
        place(&path, &bytes, draft.as_deref()).map(|()| bytes.len())
    };
    let places: Vec<_> = ready.iter().map(|&(i, _)| i).collect();
    let (results, interrupt) = detached(py, asking(check), |stop| {
        parallel::run(ready, threads, stop, |_| 0, |(i, job), _| work(i, job))
    });
    if let Some(error) = interrupt {
        return Err(error);
    }
    for (i, result) in places.into_iter().zip(results) {
        all[i] = match result {
            Ok(length) => Written::Whole(length),
            Err(error) => Written::Failed(to_py(&error)),
        };
    }
    Ok(all)
}

#[allow(clippy::needless_pass_by_value)] // as `map_err` hands over
fn declined(error: PyErr) -> PyErr {
    DeclinedError::new_err(error.to_string())
}

/// Samples of any type but those the core knows are not written here.
fn borrowed<'py>(data: &Bound<'py, PyAny>) -> PyResult<Readable<'py>> {
    Readable::new(data).map_err(declined)
}

/// The items of a dictionary as header fields.
fn fields(header: &Bound<'_, PyDict>) -> PyResult<Vec<(String, sac::Value)>> {
    let field = |(name, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
        let of_numpy = || Ok::<_, PyErr>(value.getattr("dtype")?.getattr("char")?.to_string());
        let value = if value.is_instance_of::<PyString>() {
            sac::Value::Text(value.extract()?)
        } else if value.is_instance_of::<PyFloat>() {
            sac::Value::Float(value.extract()?)
        } else if of_numpy().is_ok_and(|kind| kind == "f") {
            sac::Value::Single(value.extract()?)
        } else {
            sac::Value::Integer(value.extract()?)
        };
        Ok((name.extract()?, value))
    };
    let all: PyResult<Vec<_>> = header.iter().map(field).collect();
    all.map_err(|error| DeclinedError::new_err(format!("a SAC header field: {error}")))
}
