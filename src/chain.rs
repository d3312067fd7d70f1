//! The steps of one trace, one after another while its samples are in cache.

use crate::parallel::Cancel;
use crate::samples::{Input, Output, Real, Sample, check_len};
use crate::step::Step;
use crate::{Error, Result, with_samples};

/// Runs `steps` on `input` and writes the result to `output`.
///
/// `output` is single precision exactly if `input` is and no step is a transform.
///
/// # Errors
/// What the steps answer; [`Error::Length`] or [`Error::Declined`] if `output` does not fit.
/// `output` then holds nothing of use.
pub fn run(
    steps: &[Step],
    input: Input<'_>,
    output: Output<'_>,
    cancel: &dyn Cancel,
) -> Result<()> {
    check_len("output", npts(steps, input.len()), output.len())?;
    with_samples!(input, x => run_typed(steps, x, output, cancel))
}

/// Runs one pointwise step on the samples where they are.
///
/// # Errors
/// What the step answers; the data are then untouched.
pub fn run_in_place(step: &Step, data: Output<'_>) -> Result<()> {
    match data {
        Output::F32(x) => step.in_place(x),
        Output::F64(x) => step.in_place(x),
    }
}

/// Number of samples that `steps` make of `npts`.
fn npts(steps: &[Step], npts: usize) -> usize {
    steps.iter().fold(npts, |npts, step| step.npts(npts))
}

/// What follows the last transform works in place on the output; what precedes it needs a buffer,
/// which is this same function's output one transform earlier.
fn run_typed<S: Sample>(
    steps: &[Step],
    x: &[S],
    output: Output<'_>,
    cancel: &dyn Cancel,
) -> Result<()> {
    if let Some(last) = steps.iter().rposition(Step::is_transform) {
        let y = f64::slice(output)?;
        let (before, rest) = steps.split_at(last);
        if before.is_empty() {
            rest[0].transform(x, y, cancel)?;
        } else if before.iter().any(Step::is_transform) {
            run_before::<S, f64>(before, x, &rest[0], y, cancel)?;
        } else {
            run_before::<S, S::Real>(before, x, &rest[0], y, cancel)?;
        }
        run_rest(&rest[1..], y, cancel)
    } else {
        let y = S::Real::slice(output)?;
        let (first, rest) = steps.split_first().ok_or(Error::Declined("no step to run"))?;
        cancel.check()?;
        first.into_new(x, y)?;
        run_rest(rest, y, cancel)
    }
}

/// Runs `before` into a buffer of type `T`, and `transform` from there to `y`.
fn run_before<S: Sample, T: Real>(
    before: &[Step],
    x: &[S],
    transform: &Step,
    y: &mut [f64],
    cancel: &dyn Cancel,
) -> Result<()> {
    let mut held = vec![T::from_f64(0.0); npts(before, x.len())];
    run_typed(before, x, T::output(&mut held), cancel)?;
    transform.transform(&held, y, cancel)
}

fn run_rest<T: Real>(steps: &[Step], y: &mut [T], cancel: &dyn Cancel) -> Result<()> {
    steps.iter().try_for_each(|step| {
        cancel.check()?;
        step.in_place(y)
    })
}
