//! What the traces of a stream have in common, told by one look at all of them.

use std::collections::HashMap;
use std::hash::Hash;
use std::ops::Range;

use numpy::{PyArray1, PyArrayMethods, PyUntypedArray, PyUntypedArrayMethods};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyType};

/// What planners can tell traces by, and the door, that are of one kind. Types are their addresses.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Kind {
    trace: usize,
    data: usize,
    dtype: usize,
    ndim: usize,
    len: usize,
    /// Aligned, contiguous, writeable.
    flags: [bool; 3],
    npts: i64,
    /// The bits of sampling rate and interval.
    sampling: [u64; 2],
    /// The number of entries, if there is a history.
    history: Option<usize>,
}

/// What traces of a kind can be told apart by.
#[derive(Clone, PartialEq, Eq, Hash)]
struct More {
    /// Nanoseconds and precision, of start and end.
    times: Option<[(i64, i64); 2]>,
    id: Option<String>,
}

/// Numbers for traces, the same for those with the same key.
struct Numbers<K> {
    known: HashMap<K, usize>,
    last: Option<(K, usize)>,
    count: usize,
    of_traces: Vec<usize>,
}

impl<K: Clone + Eq + Hash> Numbers<K> {
    fn new() -> Self {
        Self { known: HashMap::new(), last: None, count: 0, of_traces: Vec::new() }
    }

    /// Numbers the next trace: one without a key, or where it cannot be had, alone.
    fn push(&mut self, py: Python<'_>, key: PyResult<Option<K>>) -> PyResult<()> {
        let new = self.count;
        let number = match key {
            Ok(Some(key)) => match &self.last {
                Some((last, number)) if *last == key => *number,
                _ => {
                    let number = *self.known.entry(key.clone()).or_insert(new);
                    self.last = Some((key, number));
                    number
                }
            },
            Err(error) if !error.is_instance_of::<PyException>(py) => return Err(error),
            Ok(None) | Err(_) => new,
        };
        self.count += usize::from(number == new);
        self.of_traces.push(number);
        Ok(())
    }
}

/// Numbers the traces by their kinds, from 0 on; one that is odd in any way is a kind of its own.
///
/// Returns that, and numbers that tell traces of a kind apart: with `times` by when they start and
/// end, with `ids` by their ids.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn kinds(
    py: Python<'_>,
    traces: Vec<Bound<'_, PyAny>>,
    times: bool,
    ids: bool,
) -> PyResult<(Vec<usize>, Vec<usize>)> {
    let (mut kinds, mut finer) = (Numbers::new(), Numbers::new());
    for trace in &traces {
        match look(trace) {
            Ok(Some((kind, stats))) => {
                finer.push(py, more(&stats, times, ids).map(|more| Some((kind.clone(), more))))?;
                kinds.push(py, Ok(Some(kind)))?;
            }
            odd => {
                finer.push(py, Ok(None))?;
                kinds.push(py, odd.map(|_| None))?;
            }
        }
    }
    Ok((kinds.of_traces, finer.of_traces))
}

/// The kind of a trace that is as `ObsPy` makes them, and what its stats hold; None or an error for
/// another.
fn look<'py>(trace: &Bound<'py, PyAny>) -> PyResult<Option<(Kind, Bound<'py, PyDict>)>> {
    static STATS: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    static TIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
    let py = trace.py();
    let own = trace.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
    let (Some(stats), Some(data)) =
        (own.get_item(intern!(py, "stats"))?, own.get_item(intern!(py, "data"))?)
    else {
        return Ok(None);
    };
    if own.len() != 2 || !stats.get_type().is(STATS.import(py, "obspy.core", "Stats")?) {
        return Ok(None);
    }
    let stats = stats.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
    let time = TIME.import(py, "obspy", "UTCDateTime")?;
    for name in [intern!(py, "starttime"), intern!(py, "endtime")] {
        if !item(&stats, name)?.get_type().is(time) {
            return Ok(None);
        }
    }
    let number =
        |name| PyResult::Ok(item(&stats, name)?.cast_into_exact::<PyFloat>()?.value().to_bits());
    let data = data.cast_into::<PyUntypedArray>()?;
    let history = match stats.get_item(intern!(py, "processing"))? {
        Some(log) => Some(log.cast_into_exact::<PyList>()?.len()),
        None => None,
    };
    let kind = Kind {
        trace: trace.get_type().as_ptr().addr(),
        data: data.get_type().as_ptr().addr(),
        dtype: data.dtype().as_ptr().addr(),
        ndim: data.ndim(),
        len: data.len(),
        flags: [data.is_aligned(), data.is_c_contiguous(), is_writeable(&data)?],
        npts: item(&stats, intern!(py, "npts"))?.cast_into_exact::<PyInt>()?.extract()?,
        sampling: [number(intern!(py, "sampling_rate"))?, number(intern!(py, "delta"))?],
        history,
    };
    Ok(Some((kind, stats)))
}

/// What tells a trace with these stats apart from others of its kind.
fn more(stats: &Bound<'_, PyDict>, times: bool, ids: bool) -> PyResult<More> {
    let py = stats.py();
    let mut more = More { times: None, id: None };
    if times {
        let time = |name| digits(&item(stats, name)?);
        more.times = Some([time(intern!(py, "starttime"))?, time(intern!(py, "endtime"))?]);
    }
    if ids {
        let names = [
            intern!(py, "network"),
            intern!(py, "station"),
            intern!(py, "location"),
            intern!(py, "channel"),
        ];
        let mut id = String::new();
        for name in names {
            id += item(stats, name)?.cast_exact::<PyString>()?.to_str()?;
            id.push('\0');
        }
        more.id = Some(id);
    }
    Ok(more)
}

fn item<'py>(
    stats: &Bound<'py, PyDict>,
    name: &Bound<'py, PyString>,
) -> PyResult<Bound<'py, PyAny>> {
    stats.as_any().get_item(name)
}

fn is_writeable(array: &Bound<'_, PyUntypedArray>) -> PyResult<bool> {
    let py = array.py();
    array.getattr(intern!(py, "flags"))?.getattr(intern!(py, "writeable"))?.extract()
}

/// Nanoseconds and precision of a time: from where `ObsPy` keeps them, since its properties are
/// functions in Python, or else from these.
fn digits(time: &Bound<'_, PyAny>) -> PyResult<(i64, i64)> {
    let py = time.py();
    let digit = |kept, property| match time.getattr_opt(kept)? {
        Some(value) => value.extract(),
        None => time.getattr(property)?.extract(),
    };
    let ns = digit(intern!(py, "_UTCDateTime__ns"), intern!(py, "ns"))?;
    Ok((ns, digit(intern!(py, "_UTCDateTime__precision"), intern!(py, "precision"))?))
}

/// Whether a trace, its stats or its history stands among these twice.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn is_twice(traces: Vec<Bound<'_, PyAny>>) -> PyResult<bool> {
    let mut seen = Vec::with_capacity(3 * traces.len());
    for trace in &traces {
        let py = trace.py();
        let stats = trace.getattr(intern!(py, "stats"))?;
        let own = stats.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
        let history = own.get_item(intern!(py, "processing"))?;
        let things = [Some(trace.as_ptr()), Some(stats.as_ptr()), history.map(|log| log.as_ptr())];
        seen.extend(things.into_iter().flatten().map(<*mut _>::addr));
    }
    seen.sort_unstable();
    Ok(seen.windows(2).any(|pair| pair[0] == pair[1]))
}

/// Whether two traces' samples share bytes, or are something that cannot be told of.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn overlap(traces: Vec<Bound<'_, PyAny>>) -> PyResult<bool> {
    let mut all = Vec::with_capacity(traces.len());
    for trace in &traces {
        let Some(bytes) = bytes(&trace.getattr(intern!(trace.py(), "data"))?) else {
            return Ok(true);
        };
        all.push(bytes);
    }
    all.sort_by_key(|bytes| (bytes.start, bytes.end));
    Ok(all.windows(2).any(|pair| pair[1].start < pair[0].end))
}

/// The addresses of the samples of a one-dimensional array of a type that the core knows.
fn bytes(data: &Bound<'_, PyAny>) -> Option<Range<usize>> {
    macro_rules! try_types {
        ($($t:ty),*) => {$(
            if let Ok(array) = data.cast::<PyArray1<$t>>() {
                let (first, size) = (array.data().addr(), size_of::<$t>());
                let Some(last) = array.len().checked_sub(1) else { return Some(first..first) };
                let last = first.wrapping_add_signed(array.strides()[0] * last.cast_signed());
                return Some(first.min(last)..first.max(last) + size);
            }
        )*};
    }
    try_types!(i32, f64, f32, i16, i64);
    None
}
