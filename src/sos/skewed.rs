//! One trace: its sections side by side, each a sample behind the one before it.
//!
//! A sample waits for the previous sample in the same section, and for the previous section. Taking
//! section s at sample t - s makes all of one step independent, so that a step costs one section's
//! latency whatever their number. Both ends of a block are triangles, done one sample at a time.

use std::ops::Range;

use super::blocks::Blocks;
use super::section::{Delay, Section, through};
#[cfg(target_arch = "x86_64")]
use super::skewed_avx2;

/// Sections that run side by side; longer filters pass over a block again.
pub(super) const MOST: usize = 16;

/// Samples in a block.
const LEN: usize = 2048;

/// A filter and one trace.
pub(super) struct Skewed<'a> {
    sections: &'a [Section],
    delays: Vec<Delay>,
    buffer: Vec<f64>,
}

impl<'a> Skewed<'a> {
    /// For a trace of `n` samples.
    pub fn new(sections: &'a [Section], n: usize) -> Self {
        let delays = vec![Delay::default(); sections.len()];
        Self { sections, delays, buffer: vec![0.0; n.min(LEN)] }
    }
}

impl Blocks for Skewed<'_> {
    const LEN: usize = LEN;

    fn buffer(&mut self, _: usize) -> &mut [f64] {
        &mut self.buffer
    }

    fn run(&mut self, dst: &mut [&mut [f64]], span: Range<usize>, back: bool) {
        let from = &mut self.buffer[..span.len()];
        let to = &mut dst[0][span];
        let parts = self.sections.chunks(MOST).zip(self.delays.chunks_mut(MOST));
        for (i, (sections, delays)) in parts.enumerate() {
            if i > 0 {
                from.copy_from_slice(to);
            }
            if back {
                some(sections, delays, from.iter().rev(), to.iter_mut().rev());
            } else {
                some(sections, delays, from.iter(), to.iter_mut());
            }
        }
    }

    fn rest(&mut self) {
        self.delays.fill(Delay::default());
    }
}

/// Takes one block through at most [`MOST`] sections.
fn some<'a>(
    sections: &[Section],
    delays: &mut [Delay],
    from: impl ExactSizeIterator<Item = &'a f64>,
    to: impl Iterator<Item = &'a mut f64>,
) {
    #[cfg(target_arch = "x86_64")]
    if sections.len() <= from.len() && skewed_avx2::available() {
        return skewed(sections, delays, from, to);
    }
    from.zip(to).for_each(|(x, y)| *y = through(sections, delays, *x));
}

/// Triangle, steady state, triangle. There are at least as many samples as sections.
#[cfg(target_arch = "x86_64")]
fn skewed<'a>(
    sections: &[Section],
    delays: &mut [Delay],
    mut from: impl Iterator<Item = &'a f64>,
    mut to: impl Iterator<Item = &'a mut f64>,
) {
    // What each section takes next.
    let mut entering = [0.0; MOST];
    for s in (1..sections.len()).rev() {
        let x = from.next().map_or(0.0, |x| *x);
        entering[s] = through(&sections[..s], &mut delays[..s], x);
    }
    skewed_avx2::steady(sections, delays, &mut entering, from.zip(to.by_ref()));
    for (s, y) in (1..sections.len()).rev().zip(to) {
        *y = through(&sections[s..], &mut delays[s..], entering[s]);
    }
}

#[cfg(test)]
mod tests {
    use super::{Delay, MOST, some, through};
    use crate::sos::section::tests::sections;

    #[test]
    fn side_by_side_is_one_after_another() {
        for n in 1..=MOST {
            let sections = sections(n);
            let mut left = vec![Delay::default(); n];
            let mut right = left.clone();
            // Block after block, so that the delays are seen to be handed on.
            for len in 0..50_u32 {
                let x: Vec<_> = (0..len).map(|i| f64::from(i * i % 7) - 3.0).collect();
                let mut y = vec![0.0; x.len()];
                some(&sections, &mut left, x.iter(), y.iter_mut());
                for (x, y) in x.iter().zip(y) {
                    let expected = through(&sections, &mut right, *x);
                    assert_eq!(y.to_bits(), expected.to_bits(), "{n} sections, {len} samples");
                }
            }
        }
    }
}
