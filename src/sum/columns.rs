//! The sums of traces side by side, `[time, trace]`, in the order of those of one trace.
//!
//! Line by line as they lie in memory; the sums that one trace has in registers are lines too.

use std::ops::Range;

use ndarray::ArrayView2;

use super::{Compensated, LANES, LEAF, floats_at_once};
use crate::samples::Real;
use crate::simd::wide;

/// [`super::numpy_sum`] of each column.
pub(crate) fn numpy_sums<T: Real>(x: &ArrayView2<'_, T>) -> Vec<T> {
    let zeros = || vec![T::default(); x.ncols()];
    let (mut sums, mut block) = (zeros(), zeros());
    let mut halves: Vec<_> = (0..=x.nrows().max(1).ilog2()).map(|_| zeros()).collect();
    let mut chains = vec![T::default(); LANES * x.ncols()];
    let at_once = floats_at_once();
    for begin in (0..x.nrows()).step_by(at_once) {
        let end = x.nrows().min(begin.saturating_add(at_once));
        pairwise(x, begin..end, &mut block, &mut halves, &mut chains);
        sums.iter_mut().zip(&block).for_each(|(sum, block)| *sum = *sum + *block);
    }
    sums
}

/// `halves` has room for as many second halves as there are within each other.
fn pairwise<T: Real>(
    x: &ArrayView2<'_, T>,
    span: Range<usize>,
    sums: &mut [T],
    halves: &mut [Vec<T>],
    chains: &mut [T],
) {
    match halves {
        [second, halves @ ..] if span.len() > LEAF => {
            let half = span.len() / 2;
            let middle = span.start + half - half % LANES;
            pairwise(x, span.start..middle, sums, halves, chains);
            pairwise(x, middle..span.end, second, halves, chains);
            sums.iter_mut().zip(second).for_each(|(sum, second)| *sum = *sum + *second);
        }
        _ => leaf(x, span, sums, chains),
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn leaf_body<T: Real>(x: &ArrayView2<'_, T>, span: Range<usize>, sums: &mut [T], chains: &mut [T]) {
    let (columns, whole) = (sums.len(), span.len() - span.len() % LANES);
    for (i, k) in (0..whole).zip(span.clone()) {
        let chain = &mut chains[i % LANES * columns..][..columns];
        let line = line(x, k);
        if i < LANES {
            chain.copy_from_slice(line);
        } else {
            chain.iter_mut().zip(line).for_each(|(sum, x)| *sum = *sum + *x);
        }
    }
    sums.fill(T::default());
    if whole > 0 {
        for (c, sum) in sums.iter_mut().enumerate() {
            let r = |l: usize| chains[l * columns + c];
            *sum = ((r(0) + r(1)) + (r(2) + r(3))) + ((r(4) + r(5)) + (r(6) + r(7)));
        }
    }
    for k in span.start + whole..span.end {
        sums.iter_mut().zip(line(x, k)).for_each(|(sum, x)| *sum = *sum + *x);
    }
}
wide! {
    fn leaf[T: Real](x: &ArrayView2<'_, T>, span: Range<usize>, sums: &mut [T], chains: &mut [T])
        = leaf_body
}

/// What the columns have at time `k`.
#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn line<'a, T>(x: &'a ArrayView2<'_, T>, k: usize) -> &'a [T] {
    x.row(k).to_slice().unwrap_or_default()
}

/// [`super::moments`] of each column.
pub(crate) fn moments<T: Real>(x: &ArrayView2<'_, T>) -> Vec<(f64, f64)> {
    let mut totals = vec![[Compensated::default(); 2]; x.ncols()];
    let mut chains = [(); 2].map(|()| vec![0.0; LANES * x.ncols()]);
    for start in (0..x.nrows()).step_by(LEAF) {
        add_moments(x, start..x.nrows().min(start + LEAF), &mut totals, &mut chains);
    }
    totals.into_iter().map(|[zeroth, first]| (zeroth.value(), first.value())).collect()
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn add_moments_body<T: Real>(
    x: &ArrayView2<'_, T>,
    span: Range<usize>,
    totals: &mut [[Compensated; 2]],
    [s, w]: &mut [Vec<f64>; 2],
) {
    let (columns, begin) = (totals.len(), (1.0 - x.nrows() as f64) / 2.0);
    s.fill(0.0);
    w.fill(0.0);
    for (i, k) in span.enumerate() {
        let abscissa = begin + k as f64; // halves: exact
        let chain = i % LANES * columns..(i % LANES + 1) * columns;
        let chains = s[chain.clone()].iter_mut().zip(&mut w[chain]);
        for ((s, w), x) in chains.zip(line(x, k)) {
            let x = x.to_f64();
            *s += x;
            *w += x * abscissa;
        }
    }
    for (c, [zeroth, first]) in totals.iter_mut().enumerate() {
        let sum = |chains: &[f64]| (0..LANES).fold(0.0, |sum, l| sum + chains[l * columns + c]);
        zeroth.add(sum(s));
        first.add(sum(w));
    }
}
wide! {
    fn add_moments[T: Real](x: &ArrayView2<'_, T>, span: Range<usize>,
        totals: &mut [[Compensated; 2]], chains: &mut [Vec<f64>; 2]) = add_moments_body
}
