//! The one door: every long computation enters the core here.
//!
//! Arrays are borrowed and the GIL released; the core schedules the jobs; the calling thread looks
//! for signals meanwhile; what went wrong comes back as an exception per job, never as a panic.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use numpy::PyArrayDescr;
use obspeed_core::{jobs, step};
use pyo3::exceptions::PyException;
use pyo3::intern;
use pyo3::prelude::*;
use pyo3::types::PySlice;
use pyo3_log::{Caching, Logger};

use crate::arrays::{self, Borrowing, Precision, Readable, Writable};
use crate::commit::Change;
use crate::error::{ObspeedError, to_py};
use crate::steps::Step;

/// Rust's log records go to Python's `logging`. Records are made only here, on the calling thread.
pub fn start_logging(py: Python<'_>) -> PyResult<()> {
    // A second interpreter in this process finds the logger installed, which is as good.
    let _ = Logger::new(py, Caching::Loggers)?.install();
    Ok(())
}

/// What is to be done with the samples of all traces of one kind, and what that leaves in them.
///
/// Parameters
/// ----------
/// steps : list of Step
///     In this order; only one where the trace's own array is written to.
/// cut : slice, optional
///     The samples that they get; all without it.
/// result : (int, dtype), optional
///     Number and type of samples of the result; None to write to the trace's own array.
/// change : Change
///     What is set with the result.
#[pyclass(frozen, module = "obspeed._core")]
pub struct Job {
    steps: Vec<step::Step>,
    cut: Option<Py<PySlice>>,
    result: Option<(usize, Precision)>,
    change: Py<Change>,
}

#[pymethods]
impl Job {
    #[new]
    #[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
    fn new(
        steps: Vec<PyRef<'_, Step>>,
        cut: Option<Py<PySlice>>,
        result: Option<(usize, Bound<'_, PyArrayDescr>)>,
        change: Py<Change>,
    ) -> PyResult<Self> {
        let steps = steps.iter().map(|step| step.0.clone()).collect();
        let result = match result {
            Some((npts, dtype)) => Some((npts, Precision::new(&dtype)?)),
            None => None,
        };
        Ok(Self { steps, cut, result, change })
    }
}

/// A job that can begin.
struct Ready<'py> {
    /// The samples, borrowed, unless they are written to.
    source: Option<Readable<'py>>,
    /// Where the result goes, borrowed.
    target: Writable<'py>,
    result: Made<'py>,
}

/// What is to be set: the new array, if there is one, and times; and what the trace held before.
struct Made<'py> {
    before: Bound<'py, PyAny>,
    output: Option<Bound<'py, PyAny>>,
    times: Vec<Bound<'py, PyAny>>,
}

impl<'py> Ready<'py> {
    fn new(trace: &Bound<'py, PyAny>, job: &Job) -> PyResult<Self> {
        let py = trace.py();
        let times = job.change.get().times(trace)?;
        let before = trace.getattr(intern!(py, "data"))?;
        let (target, output) = if let Some((npts, precision)) = job.result {
            Writable::made(py, npts, precision)?
        } else {
            match Writable::new(&before) {
                Ok(target) => {
                    let result = Made { before, output: None, times };
                    return Ok(Self { source: None, target, result });
                }
                // By way of a new array, whose samples are put into the old one.
                Err(_) if arrays::may_be_stale() => {
                    let dtype = before.getattr(intern!(py, "dtype"))?.cast_into()?;
                    Writable::made(py, before.len()?, Precision::new(&dtype)?)?
                }
                Err(error) => return Err(error),
            }
        };
        let data = match &job.cut {
            Some(cut) => &before.get_item(cut)?,
            None => &before,
        };
        let source = Some(Readable::new(data)?);
        Ok(Self { source, target, result: Made { before, output: Some(output), times } })
    }
}

/// Whether nobody has replaced the samples.
fn holds(trace: &Bound<'_, PyAny>, before: &Bound<'_, PyAny>) -> bool {
    trace.getattr(intern!(trace.py(), "data")).is_ok_and(|now| now.is(before))
}

/// What has become of a job whose result is not applied.
#[derive(IntoPyObject)]
pub enum Outcome<'py> {
    Result(Bound<'py, PyAny>),
    Failed(PyErr),
}

/// Runs the jobs of traces on up to `threads` threads. Before this returns, results are applied, in
/// order: all that are in the trace's own array, of the others those of the first `prompt` traces, up
/// to the first that is not done.
///
/// Returns for each trace None if that is so; the result that is not yet applied; or an exception,
/// and the trace is untouched. And the exception that stopped the run, a `KeyboardInterrupt` say, or
/// None. `progress`, if given, is called with the number of finished jobs about every 20 ms.
#[pyfunction]
#[pyo3(signature = (traces, jobs, prompt, threads, progress=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn run<'py>(
    py: Python<'py>,
    traces: Vec<Bound<'py, PyAny>>,
    jobs: Vec<PyRef<'py, Job>>,
    prompt: usize,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<Option<Outcome<'py>>>, Option<PyErr>)> {
    let started = Instant::now();
    let _borrowing = Borrowing::new();
    let mut ready = Vec::with_capacity(jobs.len());
    for (trace, job) in traces.iter().zip(&jobs) {
        let job = Ready::new(trace, job);
        if let Err(error) = &job
            && !error.is_instance_of::<PyException>(py)
        {
            return Err(error.clone_ref(py)); // a Ctrl-C, before anything is done
        }
        ready.push(job);
    }
    let mut work = Vec::with_capacity(jobs.len());
    for (ready, job) in ready.iter_mut().zip(&jobs) {
        let Ok(ready) = ready else { continue };
        work.push(jobs::Job {
            steps: &job.steps,
            input: ready.source.as_ref().map(Readable::input).transpose()?,
            output: ready.target.output()?,
        });
    }

    let finished = AtomicUsize::new(0);
    let report = |py: Python<'_>| match &progress {
        Some(call) => call.call1(py, (finished.load(Ordering::Relaxed),)).map(drop),
        None => Ok(()),
    };
    let (results, interrupt) =
        detached(py, report, |stop| jobs::run(work, threads, stop, &finished));
    let mut results = results.into_iter();
    let mut end = |ready: PyResult<Ready<'py>>| {
        let made = ready?.result;
        let result = results.next().unwrap_or(Err(obspeed_core::Error::Cancelled));
        result.map(|()| made).map_err(|error| to_py(&error))
    };
    // Nothing is borrowed any more when results are applied.
    let ended: Vec<_> = ready.into_iter().map(&mut end).collect();
    // What follows a failure is for the caller to decide, save for data that are already changed.
    let mut failed = false;
    let mut settle = |(i, result): (usize, PyResult<Made<'py>>)| {
        let outcome = match result {
            Ok(made) if !holds(&traces[i], &made.before) => {
                Some(Outcome::Failed(ObspeedError::new_err(
                    "the trace has been given other samples while its own were worked on",
                )))
            }
            Ok(Made { output: Some(output), .. }) if failed || i >= prompt => {
                Some(Outcome::Result(output))
            }
            Ok(Made { output, times, .. }) => {
                let applied = jobs[i].change.get().set(&traces[i], output.as_ref(), times);
                applied.err().map(Outcome::Failed)
            }
            Err(error) => Some(Outcome::Failed(error)),
        };
        failed |= matches!(outcome, Some(Outcome::Failed(_)));
        outcome
    };
    let outcomes = ended.into_iter().enumerate().map(&mut settle).collect();
    log::debug!(
        target: "obspeed",
        "{} traces on up to {threads} threads in {:.3} s",
        traces.len(),
        started.elapsed().as_secs_f64()
    );
    // Logging runs Python, where a Ctrl-C may come; pyo3-log leaves its exception behind.
    Ok((outcomes, PyErr::take(py).or(interrupt)))
}

/// A `report` for `detached` that calls `check`, if there is one; what it raises ends the work.
pub fn asking(check: Option<Py<PyAny>>) -> impl Fn(Python<'_>) -> PyResult<()> + Sync {
    move |py| check.as_ref().map_or(Ok(()), |check| check.call0(py).map(drop))
}

/// Does `work` without the GIL. What it is given says whether to stop: it looks for signals and calls
/// `report`. Returns what `work` does, and the exception that one of these two raised, if any.
pub fn detached<R: Send>(
    py: Python<'_>,
    report: impl Fn(Python<'_>) -> PyResult<()> + Sync,
    work: impl FnOnce(&dyn Fn() -> bool) -> R + Send,
) -> (R, Option<PyErr>) {
    let interrupt: Mutex<Option<PyErr>> = Mutex::new(None);
    let result = py.detach(|| {
        work(&|| {
            let seen = Python::attach(|py| py.check_signals().and_then(|()| report(py)));
            let stopped = seen.is_err();
            if let Err(error) = seen {
                interrupt.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
            stopped
        })
    });
    (result, interrupt.into_inner().unwrap_or_else(PoisonError::into_inner))
}
