//! One trace: its sections side by side, each a sample behind the one before it.
//!
//! A sample waits for the previous sample in the same section, and for the previous section. Taking
//! section s at sample t - s makes all of one step independent, so that a step costs one section's
//! latency whatever their number. Both ends of a block are triangles, done one sample at a time.

use std::cell::Cell;

use super::blocks::Blocks;
use super::section::{Delay, Section, through};
#[cfg(target_arch = "x86_64")]
use super::skewed_avx2;

/// Sections that run side by side; longer filters pass over a block again.
pub(super) const MOST: usize = 16;

/// A filter and one trace.
pub(super) struct Skewed<'a> {
    sections: &'a [Section],
    delays: Vec<Delay>,
}

impl<'a> Skewed<'a> {
    pub fn new(sections: &'a [Section]) -> Self {
        Self { sections, delays: vec![Delay::default(); sections.len()] }
    }
}

impl Blocks for Skewed<'_> {
    type Row = f64;
    const LEN: usize = 2048;
    const WIDTH: usize = 1;

    fn rows(numbers: &mut [f64]) -> &mut [f64] {
        numbers
    }

    fn run(&mut self, rows: &mut [f64], back: bool) {
        for (sections, delays) in self.sections.chunks(MOST).zip(self.delays.chunks_mut(MOST)) {
            let rows = Cell::from_mut(&mut *rows).as_slice_of_cells();
            if back {
                some(sections, delays, rows.iter().rev());
            } else {
                some(sections, delays, rows.iter());
            }
        }
    }

    fn rest(&mut self) {
        self.delays.fill(Delay::default());
    }
}

/// Takes samples through at most [`MOST`] sections.
fn some<'a>(
    sections: &[Section],
    delays: &mut [Delay],
    samples: impl ExactSizeIterator<Item = &'a Cell<f64>> + Clone,
) {
    #[cfg(target_arch = "x86_64")]
    if sections.len() <= samples.len() && skewed_avx2::available() {
        return skewed(sections, delays, samples.clone(), samples);
    }
    samples.for_each(|x| x.set(through(sections, delays, x.get())));
}

/// Triangle, steady state, triangle. There are at least as many samples as sections. What comes out
/// overwrites what has gone in.
#[cfg(target_arch = "x86_64")]
fn skewed<'a>(
    sections: &[Section],
    delays: &mut [Delay],
    mut from: impl Iterator<Item = &'a Cell<f64>>,
    mut to: impl Iterator<Item = &'a Cell<f64>>,
) {
    // What each section takes next.
    let mut entering = [0.0; MOST];
    for s in (1..sections.len()).rev() {
        let x = from.next().map_or(0.0, Cell::get);
        entering[s] = through(&sections[..s], &mut delays[..s], x);
    }
    skewed_avx2::steady(sections, delays, &mut entering, from.zip(to.by_ref()));
    for (s, y) in (1..sections.len()).rev().zip(to) {
        y.set(through(&sections[s..], &mut delays[s..], entering[s]));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

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
                let mut y = x.clone();
                some(&sections, &mut left, Cell::from_mut(&mut y[..]).as_slice_of_cells().iter());
                for (x, y) in x.iter().zip(y) {
                    let expected = through(&sections, &mut right, *x);
                    assert_eq!(y.to_bits(), expected.to_bits(), "{n} sections, {len} samples");
                }
            }
        }
    }
}
