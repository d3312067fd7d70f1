//! The rows of two-dimensional arrays, through the one door.

use numpy::{Element, PyArray2, PyArrayMethods};
use obspeed_core::rows::{self, Failure};
use obspeed_core::samples::{Real, Sample};
use obspeed_core::step::Step as CoreStep;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::arrays::{Borrowing, conflict};
use crate::door::detached;
use crate::error::to_py;
use crate::steps::Step;

/// The first row that failed and why, and what stopped the run.
type Outcome = (Option<(usize, PyErr)>, Option<PyErr>);

/// Writes what `steps` make of each row of `x` to the rows of `y`, or without an `x` replaces those
/// of `y`, on up to `threads` threads. Both are aligned, and no two samples of `y` share memory.
///
/// Returns the number of the first row that failed and why, or None; and the exception that stopped
/// the run, or None.
#[pyfunction]
#[allow(clippy::needless_pass_by_value)] // what pyo3 hands over
pub fn run_rows<'py>(
    x: Option<Bound<'py, PyAny>>,
    y: Bound<'py, PyAny>,
    steps: Vec<PyRef<'py, Step>>,
    threads: usize,
) -> PyResult<Outcome> {
    let _borrowing = Borrowing::new();
    let steps: Vec<_> = steps.iter().map(|step| step.0.clone()).collect();
    macro_rules! try_types {
        ($($t:ty),*) => {$(
            if let Some(Ok(x)) = x.as_ref().map(|x| x.cast::<PyArray2<$t>>()) {
                return apart(x, y.cast()?, &steps, threads);
            }
        )*};
    }
    try_types!(f32, f64, i32, i16, i64);
    match (&x, y.cast::<PyArray2<f32>>(), y.cast::<PyArray2<f64>>()) {
        (None, Ok(y), _) => in_place(y, &steps, threads),
        (None, _, Ok(y)) => in_place(y, &steps, threads),
        _ => Err(PyTypeError::new_err("expected two-dimensional arrays of known types")),
    }
}

fn apart<S: Sample + Element>(
    x: &Bound<'_, PyArray2<S>>,
    y: &Bound<'_, PyArray2<S::Real>>,
    steps: &[CoreStep],
    threads: usize,
) -> PyResult<Outcome>
where
    S::Real: Element,
{
    let from = x.try_readonly().map_err(conflict)?;
    let mut to = y.try_readwrite().map_err(conflict)?;
    let (from, to) = (from.as_array(), to.as_array_mut());
    Ok(outcome(y.py(), |stop| rows::run(steps, &from, to, threads, stop)))
}

fn in_place<T: Real + Element>(
    y: &Bound<'_, PyArray2<T>>,
    steps: &[CoreStep],
    threads: usize,
) -> PyResult<Outcome> {
    let mut data = y.try_readwrite().map_err(conflict)?;
    let data = data.as_array_mut();
    Ok(outcome(y.py(), |stop| rows::run_in_place(steps, data, threads, stop)))
}

fn outcome(
    py: Python<'_>,
    work: impl FnOnce(&dyn Fn() -> bool) -> Result<(), Failure> + Send,
) -> Outcome {
    let (done, interrupt) = detached(py, |_| Ok(()), work);
    (done.err().map(|Failure { row, error }| (row, to_py(&error))), interrupt)
}
