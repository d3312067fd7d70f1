//! The rows of an array as traces: where their samples lie apart they are gathered, done, and put back.

use std::sync::atomic::AtomicUsize;

use ndarray::{Array2, ArrayView2, ArrayViewMut1, ArrayViewMut2, Axis};

use crate::columns::{Columns, InColumns};
use crate::fft::resize;
use crate::jobs::{self, Job};
use crate::lanes::{self, InLanes, LANES, Slices};
use crate::parallel::{self, Cancel};
use crate::samples::{Real, Sample};
use crate::step::Step;
use crate::{Error, Result};

/// Rows worked on together: they fill vectors, and lines of the cache where they lie side by side.
const ROWS: usize = 32;

/// The same where columns are gone down.
const COLUMNS: usize = 64;

/// Samples of each row that are gathered at a time.
const TILE: usize = 16;

/// What a block of rows may take beside the array, and what it should, to stay in the cache.
const BLOCK_BYTES: usize = 32 << 20;
const CACHE_BYTES: usize = 1 << 20;

/// Why an array is not done, and the row where that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The number of the row.
    pub row: usize,
    /// What is wrong with it.
    pub error: Error,
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self { row: 0, error }
    }
}

type Done = std::result::Result<(), Failure>;

/// Writes what `steps` make of each row of `x` to the same row of `y`, on up to `threads` threads.
///
/// A single precision `y` is rounded once where a step answers in double precision. `stop` is as
/// with [`parallel::run`].
///
/// # Errors
/// The first row that failed; `y` then holds nothing of use.
pub fn run<S: Sample>(
    steps: &[Step],
    x: &ArrayView2<'_, S>,
    mut y: ArrayViewMut2<'_, S::Real>,
    threads: usize,
    stop: &dyn Fn() -> bool,
) -> Done {
    let count = block_rows(steps, &y, threads);
    let from = x.axis_chunks_iter(Axis(0), count);
    let blocks = from.zip(y.axis_chunks_iter_mut(Axis(0), count)).collect();
    let work =
        |(x, y): (ArrayView2<'_, S>, _), cancel: &dyn Cancel| Ok(block(steps, &x, y, cancel));
    first(count, parallel::run(blocks, threads, stop, |_| 1, work))
}

/// Replaces each row of `data` by what `steps` make of it, which has the same length.
///
/// # Errors
/// As [`run`].
pub fn run_in_place<T: Real>(
    steps: &[Step],
    mut data: ArrayViewMut2<'_, T>,
    threads: usize,
    stop: &dyn Fn() -> bool,
) -> Done {
    let count = block_rows(steps, &data, threads);
    let blocks = data.axis_chunks_iter_mut(Axis(0), count).collect();
    let work = |y: ArrayViewMut2<'_, T>, cancel: &dyn Cancel| {
        Ok(block(steps, &copied(&y).view(), y, cancel))
    };
    first(count, parallel::run(blocks, threads, stop, |_| 1, work))
}

/// A copy in the order of memory.
fn copied<T: Clone>(data: &ArrayViewMut2<'_, T>) -> Array2<T> {
    let [from_row, from_sample] = data.strides() else { return data.to_owned() };
    if from_row.abs() < from_sample.abs() {
        data.t().to_owned().reversed_axes()
    } else {
        data.to_owned()
    }
}

/// How many rows are a block: empty lanes are better than idle threads, and both than much memory.
fn block_rows<T: Real>(steps: &[Step], y: &ArrayViewMut2<'_, T>, threads: usize) -> usize {
    let columns = in_columns(steps).is_some() && is_side_by_side(y);
    let most = if columns { COLUMNS } else { rows_together(steps, y) };
    y.nrows().div_ceil(threads.max(1)).clamp(1, most)
}

/// How many rows are done at a time where columns are not gone down.
fn rows_together<T: Real>(steps: &[Step], y: &ArrayViewMut2<'_, T>) -> usize {
    let row = 2 * size_of::<T>() * y.ncols().max(1);
    match in_lanes::<T>(steps) {
        Some(_) if is_side_by_side(y) => ROWS,
        // One group, and then the next: the processor fetches ahead what a few streams will need.
        Some(_) => LANES,
        None => (CACHE_BYTES / row).clamp(ROWS / 2, ROWS).min(BLOCK_BYTES / row).max(1),
    }
}

fn is_side_by_side<T>(y: &ArrayViewMut2<'_, T>) -> bool {
    y.strides()[0].unsigned_abs() < y.strides()[1].unsigned_abs()
}

/// The only step, if it can take samples from where they are and put them where they go.
fn in_lanes<T: Real>(steps: &[Step]) -> Option<&dyn InLanes> {
    let [step] = steps else { return None };
    let step = step.in_lanes()?;
    (is_double::<T>() || step.stores_once()).then_some(step)
}

/// The only step, if it can go down columns.
fn in_columns(steps: &[Step]) -> Option<&dyn InColumns> {
    if let [step] = steps { step.in_columns() } else { None }
}

fn is_double<T: Real>() -> bool {
    size_of::<T>() == size_of::<f64>()
}

/// The first failure, where part i begins at row `i * count`.
fn first(count: usize, parts: Vec<Result<Done>>) -> Done {
    for (i, part) in parts.into_iter().enumerate() {
        let done = part.unwrap_or_else(|error| Err(error.into()));
        done.map_err(|Failure { row, error }| Failure { row: i * count + row, error })?;
    }
    Ok(())
}

fn block<S: Sample>(
    steps: &[Step],
    x: &ArrayView2<'_, S>,
    mut y: ArrayViewMut2<'_, S::Real>,
    cancel: &dyn Cancel,
) -> Done {
    if let (Some(step), Some(columns)) = (in_columns(steps), Columns::new(x.view(), y.view_mut())) {
        match step.apply_columns(columns, cancel) {
            // Which row it was is found below.
            Err(Error::Declined(_)) => {}
            done => return Ok(done?),
        }
    }
    let count = rows_together(steps, &y);
    let parts = x.axis_chunks_iter(Axis(0), count).zip(y.axis_chunks_iter_mut(Axis(0), count));
    first(count, parts.map(|(x, y)| Ok(by_rows(steps, &x, y, cancel))).collect())
}

fn by_rows<S: Sample>(
    steps: &[Step],
    x: &ArrayView2<'_, S>,
    mut y: ArrayViewMut2<'_, S::Real>,
    cancel: &dyn Cancel,
) -> Done {
    if let Some(step) = in_lanes::<S::Real>(steps).filter(|_| y.nrows() > 1) {
        return Ok(step.apply_lanes(x, &mut y, cancel)?);
    }
    let held;
    let rows = x.rows().into_iter().map(|row| row.to_slice());
    let x = if let Some(rows) = rows.collect::<Option<Vec<_>>>() {
        rows
    } else {
        held = Held::gather(x)?;
        held.rows()
    };
    if steps.iter().any(Step::is_transform) && !is_double::<S::Real>() {
        return by_way_of::<S, f64>(steps, &x, y, cancel);
    }
    let rows = y.rows_mut().into_iter().map(ArrayViewMut1::into_slice);
    match rows.collect::<Option<Vec<_>>>() {
        Some(rows) => together(steps, &x, rows, cancel),
        None => by_way_of::<S, S::Real>(steps, &x, y, cancel),
    }
}

fn by_way_of<S: Sample, T: Real>(
    steps: &[Step],
    x: &[&[S]],
    mut y: ArrayViewMut2<'_, S::Real>,
    cancel: &dyn Cancel,
) -> Done {
    let mut held = Held::<T>::new(y.nrows(), y.ncols())?;
    together(
        steps,
        x,
        held.samples.chunks_mut(held.pitch).map(|row| &mut row[..held.npts]).collect(),
        cancel,
    )?;
    let results = Slices::new(held.rows().into_iter().map(T::input).collect())?;
    lanes::copy(&results, &mut y);
    Ok(())
}

fn together<S: Sample, T: Real>(
    steps: &[Step],
    x: &[&[S]],
    y: Vec<&mut [T]>,
    cancel: &dyn Cancel,
) -> Done {
    let job = |(x, y)| Job { steps, input: Some(S::input(x)), output: T::output(y) };
    let jobs = x.iter().copied().zip(y).map(job).collect();
    let results = jobs::run(jobs, 1, &|| cancel.is_cancelled(), &AtomicUsize::new(0));
    first(1, results.into_iter().map(|result| Ok(result.map_err(Failure::from))).collect())
}

/// Rows that are contiguous.
struct Held<T: Sample> {
    samples: Vec<T>,
    npts: usize,
    /// Samples from one row to the next.
    pitch: usize,
}

impl<T: Sample> Drop for Held<T> {
    fn drop(&mut self) {
        T::kept().give(std::mem::take(&mut self.samples));
    }
}

impl<T: Sample> Held<T> {
    fn new(rows: usize, npts: usize) -> Result<Self> {
        let mut samples = T::kept().take();
        // An odd number of cache lines, so that the rows do not all compete for one place in the cache.
        let line = 64 / size_of::<T>();
        let pitch = (npts.div_ceil(line) | 1) * line;
        resize(&mut samples, rows * pitch)?;
        Ok(Self { samples, npts, pitch })
    }

    fn gather(x: &ArrayView2<'_, T>) -> Result<Self> {
        let mut held = Self::new(x.nrows(), x.ncols())?;
        // Rows that lie side by side share lines of the cache, and neighbours in a row do when written:
        // so by tiles, which are first read as they lie.
        let mut tile = [[T::default(); ROWS]; TILE];
        for (start, block) in (0..).step_by(TILE).zip(x.axis_chunks_iter(Axis(1), TILE)) {
            for (to, samples) in tile.iter_mut().zip(block.columns()) {
                match samples.to_slice() {
                    Some(samples) => to[..samples.len()].copy_from_slice(samples),
                    None => to.iter_mut().zip(samples).for_each(|(to, x)| *to = *x),
                }
            }
            for (r, row) in held.samples.chunks_mut(held.pitch).enumerate() {
                let row = &mut row[start..start + block.ncols()];
                row.iter_mut().zip(&tile).for_each(|(to, samples)| *to = samples[r]);
            }
        }
        Ok(held)
    }

    fn rows(&self) -> Vec<&[T]> {
        self.samples.chunks(self.pitch).map(|row| &row[..self.npts]).collect()
    }
}
