//! Several traces of one length: lane = trace.

use std::marker::PhantomData;
use std::ops::Range;

use super::blocks::Blocks;
use super::section::Section;

/// Sections that pass over a block together; longer filters pass again.
pub(super) const MOST: usize = 8;

/// Samples of each trace in a block.
pub(super) const LEN: usize = 256;

/// What a section remembers of each lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delays<const W: usize> {
    pub z1: [f64; W],
    pub z2: [f64; W],
}

impl<const W: usize> Delays<W> {
    const REST: Self = Self { z1: [0.0; W], z2: [0.0; W] };
}

/// One block of each trace; lanes beyond the traces run empty.
pub(super) struct Block<'a, 'b, const W: usize> {
    pub from: &'a [[f64; LEN]; W],
    pub to: &'a mut [&'b mut [f64]],
    /// Where empty lanes may write.
    pub nowhere: &'a mut [f64; LEN],
    pub span: Range<usize>,
    pub back: bool,
}

/// How a processor works on W lanes.
pub(super) trait Vectors<const W: usize> {
    /// Takes a block through at most [`MOST`] sections.
    fn run(sections: &[Section], delays: &mut [Delays<W>], block: Block<'_, '_, W>);
}

/// A filter and up to W traces.
pub(super) struct Lanes<'a, const W: usize, V> {
    sections: &'a [Section],
    delays: Vec<Delays<W>>,
    buffers: Box<[[f64; LEN]; W]>,
    nowhere: Box<[f64; LEN]>,
    vectors: PhantomData<V>,
}

impl<'a, const W: usize, V> Lanes<'a, W, V> {
    pub fn new(sections: &'a [Section]) -> Self {
        Self {
            sections,
            delays: vec![Delays::REST; sections.len()],
            buffers: Box::new([[0.0; LEN]; W]),
            nowhere: Box::new([0.0; LEN]),
            vectors: PhantomData,
        }
    }
}

impl<const W: usize, V: Vectors<W>> Blocks for Lanes<'_, W, V> {
    const LEN: usize = LEN;

    fn buffer(&mut self, trace: usize) -> &mut [f64] {
        &mut self.buffers[trace]
    }

    fn run(&mut self, dst: &mut [&mut [f64]], span: Range<usize>, back: bool) {
        let parts = self.sections.chunks(MOST).zip(self.delays.chunks_mut(MOST));
        for (i, (sections, delays)) in parts.enumerate() {
            if i > 0 {
                for (x, y) in self.buffers.iter_mut().zip(&*dst) {
                    x[..span.len()].copy_from_slice(&y[span.clone()]);
                }
            }
            let (from, nowhere, span) = (&self.buffers, &mut *self.nowhere, span.clone());
            V::run(sections, delays, Block { from, to: dst, nowhere, span, back });
        }
    }

    fn rest(&mut self) {
        self.delays.fill(Delays::REST);
    }
}

/// Vectors of any processor, as the compiler makes them.
pub(super) struct Portable;

impl<const W: usize> Vectors<W> for Portable {
    fn run(sections: &[Section], delays: &mut [Delays<W>], mut block: Block<'_, '_, W>) {
        let len = block.span.len();
        rows(sections, delays, &mut block, 0..len);
    }
}

/// Takes these rows of a block through the sections, row by row.
pub(super) fn rows<const W: usize>(
    sections: &[Section],
    delays: &mut [Delays<W>],
    block: &mut Block<'_, '_, W>,
    rows: Range<usize>,
) {
    let (first, last) = (rows.start, rows.end);
    for i in rows {
        let i = if block.back { last - 1 - (i - first) } else { i };
        let mut row: [f64; W] = std::array::from_fn(|lane| block.from[lane][i]);
        for (c, Delays { z1, z2 }) in sections.iter().zip(&mut *delays) {
            for ((x, z1), z2) in row.iter_mut().zip(z1).zip(z2) {
                let y = c.b0 * *x + *z1;
                *z1 = c.b1 * *x - c.a1 * y + *z2;
                *z2 = c.b2 * *x - c.a2 * y;
                *x = y;
            }
        }
        for (y, x) in block.to.iter_mut().zip(row) {
            y[block.span.start + i] = x;
        }
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::super::lanes_x86::{Avx2, Avx512x4, Avx512x8};
    use super::super::section::tests::sections;
    use super::{Block, Delays, LEN, MOST, Portable, Vectors};

    fn block<const W: usize, V: Vectors<W>>(
        n: usize,
        traces: usize,
        len: usize,
        back: bool,
    ) -> Vec<u64> {
        let mut x = 0.0;
        let from = [[(); LEN]; W].map(|row| {
            row.map(|()| {
                x += 0.7;
                f64::sin(x * x)
            })
        });
        let mut delays = vec![Delays { z1: [0.25; W], z2: [-0.5; W] }; n];
        let mut to = vec![vec![0.0; len + 3]; traces];
        let mut slices: Vec<_> = to.iter_mut().map(Vec::as_mut_slice).collect();
        let (to_slices, nowhere) = (&mut slices[..], &mut [0.0; LEN]);
        let block = Block { from: &from, to: to_slices, nowhere, span: 3..3 + len, back };
        V::run(&sections(n), &mut delays, block);
        let left =
            delays.iter().flat_map(|z| [z.z1, z.z2]).flat_map(|z| z.into_iter().take(traces));
        to.concat().into_iter().chain(left).map(f64::to_bits).collect()
    }

    fn equal<const W: usize, V: Vectors<W>>() {
        for n in 1..=MOST {
            for (len, traces) in (0..14).chain([LEN - 1, LEN]).zip((1..=W).cycle()) {
                for back in [false, true] {
                    let [this, portable] =
                        [block::<W, V>, block::<W, Portable>].map(|run| run(n, traces, len, back));
                    assert_eq!(this, portable, "{n} sections, {traces} traces of {len}, {back}");
                }
            }
        }
    }

    #[test]
    fn vectors_are_equal_to_portable() {
        if Avx2::available() {
            equal::<4, Avx2>();
        }
        if Avx512x4::available() {
            equal::<4, Avx512x4>();
        }
        if Avx512x8::available() {
            equal::<8, Avx512x8>();
        }
    }
}
