//! The way of traces through a filter: block by block, there, and for a zero-phase filter back.
//!
//! Samples enter through small buffers of the filter's own, which brings all types to double
//! precision and keeps lanes whose addresses differ by a power of two apart in the cache.

use std::ops::Range;

use super::Way;
use crate::Result;
use crate::parallel::Cancel;

/// A filter at rest or on its way, with a buffer for the next samples of each of its traces.
pub(super) trait Blocks {
    /// Samples that a buffer holds; divides [`BETWEEN_CHECKS`].
    const LEN: usize;

    /// The buffer of a trace.
    fn buffer(&mut self, trace: usize) -> &mut [f64];

    /// Takes the samples from the beginning of the buffers through the filter to this `span` of `dst`;
    /// from the last to the first of them with `back`.
    fn run(&mut self, dst: &mut [&mut [f64]], span: Range<usize>, back: bool);

    /// Forgets all samples.
    fn rest(&mut self);
}

/// Samples of a trace between two questions whether to stop.
const BETWEEN_CHECKS: usize = 1 << 16;

/// Filters `dst.len()` traces of `n` samples, which `load(trace, span, block)` supplies.
pub(super) fn filter<B: Blocks>(
    mut blocks: B,
    way: Way,
    n: usize,
    load: impl Fn(usize, Range<usize>, &mut [f64]),
    dst: &mut [&mut [f64]],
    cancel: &dyn Cancel,
) -> Result<()> {
    let factor = if let Way::There(factor) = way { factor.get() } else { 1 };
    let spans = (0..n).step_by(B::LEN).map(|start| start..n.min(start + B::LEN));
    let pause = |span: &Range<usize>| {
        if span.start.is_multiple_of(BETWEEN_CHECKS) { cancel.check() } else { Ok(()) }
    };
    let mut whole = vec![0.0; if factor == 1 { 0 } else { B::LEN * dst.len() }];
    let mut whole: Vec<_> = whole.chunks_mut(B::LEN).collect();

    for span in spans.clone() {
        pause(&span)?;
        for trace in 0..dst.len() {
            load(trace, span.clone(), &mut blocks.buffer(trace)[..span.len()]);
        }
        if factor == 1 {
            blocks.run(dst, span, false);
        } else {
            blocks.run(&mut whole, 0..span.len(), false);
            for (y, x) in dst.iter_mut().zip(&whole) {
                keep(factor, span.start, &x[..span.len()], y);
            }
        }
    }
    if way == Way::ThereAndBack {
        blocks.rest();
        for span in spans.rev() {
            pause(&span)?;
            for (trace, y) in dst.iter().enumerate() {
                blocks.buffer(trace)[..span.len()].copy_from_slice(&y[span.clone()]);
            }
            blocks.run(dst, span, true);
        }
    }
    Ok(())
}

/// Stores those samples of a block whose index in the trace is a multiple of `factor`.
fn keep(factor: usize, start: usize, block: &[f64], dst: &mut [f64]) {
    let first = start.next_multiple_of(factor);
    let kept = block.iter().skip(first - start).step_by(factor);
    dst.iter_mut().skip(first / factor).zip(kept).for_each(|(y, x)| *y = *x);
}
