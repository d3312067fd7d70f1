//! Traces that are the rows of an array.
//!
//! Where they lie side by side, sample by sample, a row of lanes is a piece of a column.

use std::ops::Range;

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::{LANES, Row, Sink, Slices, Source};
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
        let traces = block.rows().into_iter().map(|row| row.to_slice().map(S::input));
        match traces.collect() {
            Some(traces) => Slices(traces).load(0, 0..block.ncols(), rows),
            None => widen(&block, rows),
        }
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
        let traces = block.rows_mut().into_iter().map(|row| row.into_slice().map(T::output));
        match traces.collect() {
            Some(traces) => Slices(traces).store(0, 0, rows),
            None => round(rows, &mut block),
        }
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
