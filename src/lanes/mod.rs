//! Traces of one length that are worked on together: lane = trace.
//!
//! A [`Row`] holds one sample of each trace. Rows are filled from traces and emptied to them a few
//! hundred at a time, so that they stay in the cache; which is also where samples of any type become
//! double precision, and double precision is rounded where a trace is to hold less.

mod arrays;
mod tiles;

use std::ops::Range;

use self::tiles::{empty, fill};
use crate::Result;
use crate::parallel::Cancel;
use crate::samples::{Input, Output, check_len};

/// Lanes of a row.
pub const LANES: usize = 8;

/// Rows that are worked on at a time: they stay in the cache.
pub const BLOCK: usize = 128;

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
