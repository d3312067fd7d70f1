//! The one door: every long computation enters the core here.
//!
//! Arrays are borrowed and the GIL released; the core schedules the jobs; the calling thread looks
//! for signals meanwhile; what went wrong comes back as an exception per job, never as a panic.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use obspeed_core::jobs;
use pyo3::prelude::*;
use pyo3::types::PyList;
use pyo3_log::{Caching, Logger};

use crate::arrays::{Readable, Writable};
use crate::error::to_py;
use crate::steps::Step;

/// Rust's log records go to Python's `logging`. Records are made only here, on the calling thread.
pub fn start_logging(py: Python<'_>) -> PyResult<()> {
    // A second interpreter in this process finds the logger installed, which is as good.
    let _ = Logger::new(py, Caching::Loggers)?.install();
    Ok(())
}

/// An item to set in a container, or to append to a list: container, key or None, value.
type Effect<'py> = (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Bound<'py, PyAny>);

type Job<'py> =
    (Bound<'py, PyAny>, Option<Bound<'py, PyAny>>, Vec<PyRef<'py, Step>>, Vec<Effect<'py>>);

/// Sets items of containers and appends to lists, all of them without a line of Python between, so
/// that no Ctrl-C can come in the middle.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn apply(effects: Vec<Effect<'_>>) -> PyResult<()> {
    effects.iter().try_for_each(|(container, key, value)| match key {
        Some(key) => container.set_item(key, value),
        None => container.cast::<PyList>()?.append(value),
    })
}

/// Runs jobs, each a tuple (data, output or None for in place, steps, effects), on up to `threads`
/// threads. Before this returns, the effects of jobs that are done are applied, in order: of those in
/// place all, of the others up to the first job that is not done.
///
/// Returns a list with None for each job that is done and an exception for each that is not, whose
/// data are then untouched, and the exception that stopped the run, a `KeyboardInterrupt` say, or
/// None. `progress`, if given, is called with the number of finished jobs about every 20 ms.
#[pyfunction]
#[pyo3(signature = (jobs, threads, progress=None))]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn run<'py>(
    py: Python<'py>,
    jobs: Vec<Job<'py>>,
    threads: usize,
    progress: Option<Py<PyAny>>,
) -> PyResult<(Vec<Option<PyErr>>, Option<PyErr>)> {
    let count = jobs.len();
    let started = Instant::now();
    let mut failures: Vec<Option<PyErr>> = Vec::with_capacity(count);
    let mut held = Vec::with_capacity(count);
    let mut wanted = Vec::with_capacity(count);
    for (data, output, steps, effects) in jobs {
        wanted.push((output.is_none(), effects));
        let borrowed = match &output {
            Some(output) => {
                Readable::new(&data).and_then(|input| Ok((Some(input), Writable::new(output)?)))
            }
            None => Writable::new(&data).map(|data| (None, data)),
        };
        match borrowed {
            Ok(arrays) => {
                failures.push(None);
                held.push((failures.len() - 1, arrays, steps));
            }
            Err(error) => failures.push(Some(error)),
        }
    }
    let mut work = Vec::with_capacity(held.len());
    let mut index = Vec::with_capacity(held.len());
    for (i, (input, output), steps) in &mut held {
        work.push(jobs::Job {
            steps: steps.iter().map(|step| step.0.clone()).collect(),
            input: input.as_ref().map(Readable::input).transpose()?,
            output: output.output()?,
        });
        index.push(*i);
    }

    let finished = AtomicUsize::new(0);
    let report = |py: Python<'_>| match &progress {
        Some(call) => call.call1(py, (finished.load(Ordering::Relaxed),)).map(drop),
        None => Ok(()),
    };
    let (results, interrupt) =
        detached(py, report, |stop| jobs::run(work, threads, stop, &finished));
    for (i, result) in index.into_iter().zip(results) {
        failures[i] = result.err().map(|error| to_py(&error));
    }
    drop(held); // effects write to the arrays
    // What follows a failure is for the caller to decide, save for data that are already changed.
    let mut failed = false;
    for (failure, (in_place, effects)) in failures.iter_mut().zip(wanted) {
        if failure.is_none() && (in_place || !failed) {
            *failure = apply(effects).err();
        }
        failed |= failure.is_some();
    }
    log::debug!(
        target: "obspeed",
        "{count} traces on up to {threads} threads in {:.3} s",
        started.elapsed().as_secs_f64()
    );
    // Logging runs Python, where a Ctrl-C may come; pyo3-log leaves its exception behind.
    Ok((failures, PyErr::take(py).or(interrupt)))
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
