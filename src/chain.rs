//! The steps of one trace, one after another while its samples are in cache.

use std::ops::Range;

use crate::fft::resize;
use crate::parallel::Cancel;
use crate::samples::{Input, Output, Real, Sample, check_len};
use crate::step::{AnyTransform, Kind, Step};
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
    mut output: Output<'_>,
    cancel: &dyn Cancel,
) -> Result<()> {
    check_len("output", npts(steps, input.len()), output.len())?;
    cancel.check()?;
    // What follows the last step with a length of its own works in place on the output; what precedes
    // it needs a buffer, which is this same function's output one such step earlier.
    let is_pointwise = |step: &Step| matches!(step.kind(), Kind::Pointwise(_));
    let Some(place) = steps.iter().rposition(|step| !is_pointwise(step)) else {
        let (first, rest) = steps.split_first().ok_or(Error::Declined("no step to run"))?;
        first.as_pointwise()?.into_new(input, output.reborrow())?;
        return run_rest(rest, output, cancel);
    };
    let before = &steps[..place];
    match (steps[place].kind(), output.reborrow()) {
        (Kind::Cut(range), Output::F32(y)) => run_cut(before, input, range.clone(), y, cancel)?,
        (Kind::Cut(range), Output::F64(y)) => run_cut(before, input, range.clone(), y, cancel)?,
        (Kind::Transform(last), output) => {
            let y = f64::slice(output)?;
            let single = matches!(input, Input::F32(_)) && !before.iter().any(Step::is_transform);
            match before {
                [] => last.apply(input, y, cancel)?,
                _ if single => run_before::<f32>(before, input, &**last, y, cancel)?,
                _ => run_before::<f64>(before, input, &**last, y, cancel)?,
            }
        }
        (Kind::Pointwise(_), _) => {}
    }
    run_rest(&steps[place + 1..], output, cancel)
}

/// Runs one pointwise step on the samples where they are.
///
/// # Errors
/// What the step answers, and [`Error::Declined`] for a transform; the data are then untouched.
pub fn run_in_place(step: &Step, data: Output<'_>) -> Result<()> {
    step.as_pointwise()?.in_place(data)
}

/// Number of samples that `steps` make of `npts`.
fn npts(steps: &[Step], npts: usize) -> usize {
    steps.iter().fold(npts, |npts, step| step.npts(npts))
}

/// Runs `before` into a buffer of type `T`, and `transform` from there to `y`.
fn run_before<T: Real>(
    before: &[Step],
    input: Input<'_>,
    transform: &dyn AnyTransform,
    y: &mut [f64],
    cancel: &dyn Cancel,
) -> Result<()> {
    let mut held = T::kept().take();
    resize(&mut held, npts(before, input.len()))?;
    run(before, input, T::output(&mut held), cancel)?;
    transform.apply(T::input(&held), y, cancel)?;
    T::kept().give(held);
    Ok(())
}

/// Runs `before` into a buffer, and copies a range of that to `y`.
fn run_cut<T: Real>(
    before: &[Step],
    input: Input<'_>,
    range: Range<usize>,
    y: &mut [T],
    cancel: &dyn Cancel,
) -> Result<()> {
    let n = npts(before, input.len());
    if range.start > range.end || range.end > n {
        return Err(Error::Length { what: "cut", expected: n, got: range.end });
    }
    if before.is_empty() {
        with_samples!(input, x => for (y, x) in y.iter_mut().zip(&x[range]) {
            *y = T::from_f64(x.to_f64());
        });
        return Ok(());
    }
    let mut held = T::kept().take();
    resize(&mut held, n)?;
    run(before, input, T::output(&mut held), cancel)?;
    y.copy_from_slice(&held[range]);
    T::kept().give(held);
    Ok(())
}

fn run_rest(steps: &[Step], mut data: Output<'_>, cancel: &dyn Cancel) -> Result<()> {
    steps.iter().try_for_each(|step| {
        cancel.check()?;
        step.as_pointwise()?.in_place(data.reborrow())
    })
}
