//! Traces of one length that are worked on together: lane = trace.
//!
//! A [`Row`] holds one sample of each trace. Rows are filled from traces and emptied to them a few
//! hundred at a time, so that they stay in the cache; which is also where samples of any type become
//! double precision, and double precision is rounded where a trace is to hold less.

mod arrays;

use std::ops::Range;

use crate::parallel::Cancel;
use crate::samples::{Input, Output, Real, Sample, check_len};
use crate::simd::{Lanes, dispatch};
use crate::{Result, with_samples};

/// Lanes of a row.
pub const LANES: usize = 8;

/// Rows that are worked on at a time: they stay in the cache.
pub const BLOCK: usize = 256;

/// One sample of each of up to eight traces.
pub type Row = [f64; LANES];

/// Where samples come from.
pub trait Source {
    /// Number of traces.
    fn traces(&self) -> usize;
    /// Number of samples in each.
    fn npts(&self) -> usize;
    /// Fills `rows` with the samples of `span`, of trace `first` and those after it. Lanes without a
    /// trace hold anything.
    fn load(&self, first: usize, span: Range<usize>, rows: &mut [Row]);
}

/// Where samples go.
pub trait Sink {
    /// Number of traces.
    fn traces(&self) -> usize;
    /// Number of samples in each.
    fn npts(&self) -> usize;
    /// Stores `rows` as the samples from `start` on, of trace `first` and those after it.
    fn store(&mut self, first: usize, start: usize, rows: &[Row]);
    /// As [`Source::load`], what was stored: as it was only where that is double precision.
    fn reload(&self, first: usize, span: Range<usize>, rows: &mut [Row]);
}

/// A step that does several traces in less time than one after the other.
pub trait InLanes {
    /// How many traces are best done together.
    fn lanes(&self) -> usize;
    /// True if no result is looked at again, so that results may be single precision.
    fn stores_once(&self) -> bool;
    /// Does all traces, each to the same bits as [`Transform::apply`] gives.
    ///
    /// # Errors
    /// As [`Transform::apply`]; none of `dst` then holds anything of use.
    ///
    /// [`Transform::apply`]: crate::samples::Transform::apply
    fn apply_lanes(&self, src: &dyn Source, dst: &mut dyn Sink, cancel: &dyn Cancel) -> Result<()>;
}

/// Traces that are slices.
pub struct Slices<T>(Vec<T>);

impl<'a> Slices<Input<'a>> {
    /// Traces to be read.
    ///
    /// # Errors
    /// [`crate::Error::Length`] if they are not of one length.
    pub fn new(traces: Vec<Input<'a>>) -> Result<Self> {
        alike(traces.iter().map(Input::len))?;
        Ok(Self(traces))
    }
}

impl<'a> Slices<Output<'a>> {
    /// Traces to be written.
    ///
    /// # Errors
    /// As for those to be read.
    pub fn for_results(traces: Vec<Output<'a>>) -> Result<Self> {
        alike(traces.iter().map(Output::len))?;
        Ok(Self(traces))
    }
}

fn alike(mut lengths: impl Iterator<Item = usize>) -> Result<()> {
    let first = lengths.next().unwrap_or(0);
    lengths.try_for_each(|len| check_len("trace beside others", first, len))
}

impl Source for Slices<Input<'_>> {
    fn traces(&self) -> usize {
        self.0.len()
    }

    fn npts(&self) -> usize {
        self.0.first().map_or(0, Input::len)
    }

    fn load(&self, first: usize, span: Range<usize>, rows: &mut [Row]) {
        fill(&self.0[first..], span.start, rows);
    }
}

impl Sink for Slices<Output<'_>> {
    fn traces(&self) -> usize {
        self.0.len()
    }

    fn npts(&self) -> usize {
        self.0.first().map_or(0, Output::len)
    }

    fn store(&mut self, first: usize, start: usize, rows: &[Row]) {
        empty(rows, &mut self.0[first..], start);
    }

    fn reload(&self, first: usize, span: Range<usize>, rows: &mut [Row]) {
        let traces = self.0[first..].iter().take(LANES);
        let traces: Vec<_> = traces.map(Output::as_input).collect();
        fill(&traces, span.start, rows);
    }
}

/// Stores the traces of `src` in `dst`, of which there are as many, of the same length.
pub fn copy(src: &dyn Source, dst: &mut dyn Sink) {
    let mut rows = [[0.0; LANES]; BLOCK];
    for start in (0..src.npts()).step_by(BLOCK) {
        let rows = &mut rows[..BLOCK.min(src.npts() - start)];
        for first in (0..src.traces()).step_by(LANES) {
            src.load(first, start..start + rows.len(), rows);
            dst.store(first, start, rows);
        }
    }
}

dispatch! {
    /// Fills `rows` with the samples of `traces` from `start` on.
    fn fill(traces: &[Input<'_>], start: usize, rows: &mut [Row]) = fill_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn fill_body<L: Lanes>(traces: &[Input<'_>], start: usize, rows: &mut [Row]) {
    for (half, traces) in traces.chunks(4).take(LANES / 4).enumerate() {
        let span = start..start + rows.len();
        with_samples!(traces[0], first => fill_half::<L, _>(first, traces, span, rows, half));
    }
}

/// Tile by tile where four traces are of the type of the first, else one after the other.
#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn fill_half<L: Lanes, S: Sample>(
    _first: &[S],
    traces: &[Input<'_>],
    span: Range<usize>,
    rows: &mut [Row],
    half: usize,
) {
    let mut done = 0;
    if let &[a, b, c, d] = traces
        && let [Some(a), Some(b), Some(c), Some(d)] = [a, b, c, d].map(S::samples)
    {
        let (tiles, _) = rows.as_chunks_mut::<4>();
        let lanes = [a, b, c, d].map(|x| x[span.clone()].as_chunks::<4>().0);
        for (i, rows) in tiles.iter_mut().enumerate() {
            let tile = lanes.map(|x| L::load(&x[i].map(S::to_f64)));
            for (row, tile) in rows.iter_mut().zip(L::transpose(tile)) {
                tile.store(&mut row.as_chunks_mut().0[half]);
            }
        }
        done = 4 * tiles.len();
    }
    for (lane, trace) in (4 * half..).zip(traces) {
        with_samples!(*trace, x => {
            let x = &x[span.start + done..span.end];
            rows[done..].iter_mut().zip(x).for_each(|(row, x)| row[lane] = x.to_f64());
        });
    }
}

dispatch! {
    /// Writes `rows` to `traces` from sample `start` on.
    fn empty(rows: &[Row], traces: &mut [Output<'_>], start: usize) = empty_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn empty_body<L: Lanes>(rows: &[Row], traces: &mut [Output<'_>], start: usize) {
    for (half, traces) in traces.chunks_mut(4).take(LANES / 4).enumerate() {
        let span = start..start + rows.len();
        match &traces[0] {
            Output::F32(_) => empty_half::<L, f32>(rows, traces, span, half),
            Output::F64(_) => empty_half::<L, f64>(rows, traces, span, half),
        }
    }
}

/// As [`fill_half`], for traces of type `T` if four are alike.
#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn empty_half<L: Lanes, T: Real>(
    rows: &[Row],
    traces: &mut [Output<'_>],
    span: Range<usize>,
    half: usize,
) {
    let mut done = 0;
    if let [a, b, c, d] = &mut *traces
        && let [Ok(a), Ok(b), Ok(c), Ok(d)] = [a, b, c, d].map(|y| T::slice(y.reborrow()))
    {
        let (tiles, _) = rows.as_chunks::<4>();
        let mut lanes = [a, b, c, d].map(|y| y[span.clone()].as_chunks_mut::<4>().0);
        for (i, rows) in tiles.iter().enumerate() {
            let tile = rows.each_ref().map(|row| L::load(&row.as_chunks().0[half]));
            for (y, tile) in lanes.iter_mut().zip(L::transpose(tile)) {
                let mut samples = [0.0; 4];
                tile.store(&mut samples);
                y[i] = samples.map(T::from_f64);
            }
        }
        done = 4 * tiles.len();
    }
    for (lane, trace) in (4 * half..).zip(traces) {
        let rest = rows[done..].iter().map(|row| row[lane]);
        match trace {
            Output::F32(y) => round(rest, &mut y[span.start + done..span.end]),
            Output::F64(y) => round(rest, &mut y[span.start + done..span.end]),
        }
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn round<T: Real>(from: impl Iterator<Item = f64>, to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(y, x)| *y = T::from_f64(x));
}
