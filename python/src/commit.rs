//! Commit: what a call leaves in a trace, without a line of Python between, so that no Ctrl-C can
//! come in the middle.

use pyo3::intern;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyEllipsis, PyList, PyString, PyType};

/// An item to set in a container, or to append to a list: container, key or None, value.
type Effect<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Bound<'py, PyAny>);

/// Sets items of containers and appends to lists, all of them at once.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn apply(effects: Vec<Effect<'_>>) -> PyResult<()> {
    effects.iter().try_for_each(|(container, key, value)| match key {
        Some(key) => container.set_item(key, value),
        None => container.cast::<PyList>()?.append(value),
    })
}

/// What calls leave in all traces of one kind, beside the samples.
///
/// Parameters
/// ----------
/// `in_place` : bool
///     Whether the result is written to the trace's own array; else it takes its place.
/// stats : dict
///     Immutable values to be set in the stats.
/// times : dict
///     Times to be set there: nanoseconds after the start as it is before, and precision.
/// history : list of str
///     Entries in ``stats.processing``.
#[pyclass(frozen, module = "obspeed._core")]
pub struct Change {
    in_place: bool,
    stats: Vec<(Py<PyString>, Py<PyAny>)>,
    times: Vec<(Py<PyString>, Py<PyAny>, Py<PyAny>)>,
    history: Vec<Py<PyString>>,
}

#[pymethods]
impl Change {
    #[new]
    fn new(
        in_place: bool,
        stats: &Bound<'_, PyDict>,
        times: &Bound<'_, PyDict>,
        history: Vec<Py<PyString>>,
    ) -> PyResult<Self> {
        let value = |(key, value): (Bound<'_, _>, Bound<'_, _>)| {
            PyResult::Ok((key.extract::<Py<PyString>>()?, value.unbind()))
        };
        let time = |(key, value): (Bound<'_, PyAny>, Bound<'_, PyAny>)| {
            let (after, precision): (Py<PyAny>, Py<PyAny>) = value.extract()?;
            PyResult::Ok((key.extract::<Py<PyString>>()?, after, precision))
        };
        Ok(Self {
            in_place,
            stats: stats.iter().map(value).collect::<PyResult<_>>()?,
            times: times.iter().map(time).collect::<PyResult<_>>()?,
            history,
        })
    }

    /// Sets samples, if there are new ones, stats and history.
    #[pyo3(signature = (trace, data=None))]
    fn apply(&self, trace: &Bound<'_, PyAny>, data: Option<&Bound<'_, PyAny>>) -> PyResult<()> {
        self.set(trace, data, self.times(trace)?)
    }
}

impl Change {
    /// The times to be set in a trace that is as it was. Making them runs Python.
    pub fn times<'py>(&self, trace: &Bound<'py, PyAny>) -> PyResult<Vec<Bound<'py, PyAny>>> {
        static TIME: PyOnceLock<Py<PyType>> = PyOnceLock::new();
        if self.times.is_empty() {
            return Ok(Vec::new());
        }
        let py = trace.py();
        let (ns, precision) = (intern!(py, "ns"), intern!(py, "precision"));
        let class = TIME.import(py, "obspy", "UTCDateTime")?;
        let start = stats(trace)?.as_any().get_item(intern!(py, "starttime"))?.getattr(ns)?;
        let mut times = Vec::with_capacity(self.times.len());
        for (_, after, digits) in &self.times {
            let options = PyDict::new(py);
            options.set_item(ns, start.add(after)?)?; // of any size
            options.set_item(precision, digits)?;
            times.push(class.call((), Some(&options))?);
        }
        Ok(times)
    }

    /// Sets samples, if there are new ones, stats with these times, and history.
    pub fn set<'py>(
        &self,
        trace: &Bound<'py, PyAny>,
        data: Option<&Bound<'py, PyAny>>,
        times: Vec<Bound<'py, PyAny>>,
    ) -> PyResult<()> {
        let py = trace.py();
        let stats = stats(trace)?;
        match data {
            Some(data) if self.in_place => {
                trace.getattr(intern!(py, "data"))?.set_item(PyEllipsis::get(py), data)?;
            }
            Some(data) => {
                let own = trace.getattr(intern!(py, "__dict__"))?.cast_into::<PyDict>()?;
                own.set_item(intern!(py, "data"), data)?;
            }
            None => {}
        }
        for (key, value) in &self.stats {
            stats.set_item(key, value)?;
        }
        for ((key, ..), time) in self.times.iter().zip(times) {
            stats.set_item(key, time)?;
        }
        // Whether there is a list is asked now: another thread may have begun it.
        let key = intern!(py, "processing");
        let Some(log) = stats.get_item(key)? else {
            return stats.set_item(key, PyList::new(py, &self.history)?);
        };
        let log = log.cast_into::<PyList>()?;
        self.history.iter().try_for_each(|entry| log.append(entry))
    }
}

/// What the stats of a trace hold.
fn stats<'py>(trace: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyDict>> {
    let py = trace.py();
    let stats = trace.getattr(intern!(py, "stats"))?.getattr(intern!(py, "__dict__"))?;
    Ok(stats.cast_into()?)
}
