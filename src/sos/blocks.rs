//! The way of traces through a filter: block by block, there, and for a zero-phase filter back.

use std::ops::Range;

use super::Way;
use crate::Result;
use crate::parallel::Cancel;

/// A filter at rest or on its way.
pub(super) trait Blocks {
    /// A sample, or one of each trace that is done together.
    type Row: Copy;
    /// Rows of a block; divides [`BETWEEN_CHECKS`].
    const LEN: usize;
    /// Numbers in a row.
    const WIDTH: usize;

    /// As many rows as there are numbers for.
    fn rows(numbers: &mut [f64]) -> &mut [Self::Row];

    /// Takes rows through the filter; with `back` from the last to the first of them.
    fn run(&mut self, rows: &mut [Self::Row], back: bool);

    /// Forgets all samples.
    fn rest(&mut self);
}

/// Where the samples of the traces of each group come from, and where they go.
pub(super) trait Traffic<R> {
    fn load(&self, group: usize, span: Range<usize>, rows: &mut [R]);
    fn store(&mut self, group: usize, start: usize, rows: &[R]);
    /// What was stored.
    fn reload(&self, group: usize, span: Range<usize>, rows: &mut [R]);
}

/// Numbers in a line of the cache.
const LINE: usize = 8;

/// Samples of a trace between two questions whether to stop.
const BETWEEN_CHECKS: usize = 1 << 16;

/// Filters groups of traces of `n` samples: a block of each, and then the next of each.
pub(super) fn filter<B: Blocks>(
    groups: &mut [B],
    way: Way,
    n: usize,
    traffic: &mut impl Traffic<B::Row>,
    cancel: &dyn Cancel,
) -> Result<()> {
    let spans = (0..n).step_by(B::LEN).map(|start| start..n.min(start + B::LEN));
    let pause = |span: &Range<usize>| {
        if span.start.is_multiple_of(BETWEEN_CHECKS) { cancel.check() } else { Ok(()) }
    };
    // A vector that lies across two lines of the cache takes longer: the first row begins with a line.
    let mut held = vec![0.0; n.min(B::LEN) * B::WIDTH + LINE];
    let slack = held.as_ptr().align_offset(LINE * size_of::<f64>()).min(LINE);
    let block = B::rows(&mut held[slack..]);
    for span in spans.clone() {
        pause(&span)?;
        let rows = &mut block[..span.len()];
        for (i, group) in groups.iter_mut().enumerate() {
            traffic.load(i, span.clone(), rows);
            group.run(rows, false);
            match way {
                Way::There(factor) if factor.get() > 1 => {
                    let (start, kept) = keep(factor.get(), span.start, rows);
                    traffic.store(i, start, kept);
                }
                _ => traffic.store(i, span.start, rows),
            }
        }
    }
    if way == Way::ThereAndBack {
        groups.iter_mut().for_each(B::rest);
        for span in spans.rev() {
            pause(&span)?;
            let rows = &mut block[..span.len()];
            for (i, group) in groups.iter_mut().enumerate() {
                traffic.reload(i, span.clone(), rows);
                group.run(rows, true);
                traffic.store(i, span.start, rows);
            }
        }
    }
    Ok(())
}

/// Moves those rows of a block whose index in the trace is a multiple of `factor` to its beginning,
/// and returns the place of the first among all that are kept, and them.
fn keep<R: Copy>(factor: usize, start: usize, block: &mut [R]) -> (usize, &[R]) {
    let first = start.next_multiple_of(factor);
    let mut kept = 0;
    for i in (first - start..block.len()).step_by(factor) {
        block[kept] = block[i];
        kept += 1;
    }
    (first / factor, &block[..kept])
}
