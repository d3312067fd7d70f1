//! Traces that are the rows of an array.
//!
//! Where they lie side by side, sample by sample, a row of lanes is a piece of a column.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::tiles::{empty, fill};
use super::{LANES, Row, Sink, Source};
use crate::samples::{Real, Sample};
use crate::simd::wide;

impl<S: Sample> Source for ArrayView2<'_, S> {
    fn traces(&self) -> usize {
        self.nrows()
    }

    fn npts(&self) -> usize {
        self.ncols()
    }

    fn load(&self, first: usize, span: Range<usize>, rows: &mut [Row]) {
        let block = self.slice(s![first..self.nrows().min(first + LANES), span]);
        // No allocation: this is done every thousand samples.
        let mut traces = [S::input(&[]); LANES];
        for (trace, row) in traces.iter_mut().zip(block.rows()) {
            let Some(row) = row.to_slice() else { return widen(&block, rows) };
            *trace = S::input(row);
        }
        fill(&traces[..block.nrows()], 0, rows);
    }
}

impl<T: Real> Sink for ArrayViewMut2<'_, T> {
    fn traces(&self) -> usize {
        self.nrows()
    }

    fn npts(&self) -> usize {
        self.ncols()
    }

    fn store(&mut self, first: usize, start: usize, rows: &[Row]) {
        let last = self.nrows().min(first + LANES);
        let mut block = self.slice_mut(s![first..last, start..start + rows.len()]);
        if block.row(0).to_slice().is_none() {
            return round(rows, &mut block);
        }
        let count = block.nrows();
        let mut traces: [_; LANES] = std::array::from_fn(|_| T::output(&mut []));
        for (trace, row) in traces.iter_mut().zip(block.rows_mut()) {
            *trace = T::output(row.into_slice().unwrap_or_default());
        }
        empty(rows, &mut traces[..count], 0);
    }

    fn reload(&self, first: usize, span: Range<usize>, rows: &mut [Row]) {
        self.view().load(first, span, rows);
    }
}

wide! {
    fn widen[S: Sample](block: &ArrayView2<'_, S>, rows: &mut [Row]) = widen_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn widen_body<S: Sample>(block: &ArrayView2<'_, S>, rows: &mut [Row]) {
    for (samples, row) in block.columns().into_iter().zip(rows) {
        // As many as a row has lanes are one vector.
        if let Some(Ok(samples)) = samples.to_slice().map(<&[S; LANES]>::try_from) {
            *row = samples.map(S::to_f64);
        } else {
            samples.iter().zip(row).for_each(|(x, y)| *y = x.to_f64());
        }
    }
}

wide! {
    fn round[T: Real](rows: &[Row], block: &mut ArrayViewMut2<'_, T>) = round_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn round_body<T: Real>(rows: &[Row], block: &mut ArrayViewMut2<'_, T>) {
    for (row, mut samples) in rows.iter().zip(block.columns_mut()) {
        if let Some(Ok(samples)) = samples.as_slice_mut().map(<&mut [T; LANES]>::try_from) {
            *samples = row.map(T::from_f64);
        } else {
            samples.iter_mut().zip(row).for_each(|(y, x)| *y = T::from_f64(*x));
        }
    }
}
