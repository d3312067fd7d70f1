//! Several traces of one length: lane = trace.

use super::blocks::Blocks;
#[cfg(target_arch = "x86_64")]
use super::lanes_x86;
use super::section::Section;
use crate::lanes::{BLOCK, LANES, Row};

/// Sections that pass over a block together; longer filters pass again.
pub(super) const MOST: usize = 8;

/// What a section remembers of each lane.
#[derive(Debug, Clone, Copy)]
pub(super) struct Delays {
    pub z1: Row,
    pub z2: Row,
}

impl Delays {
    pub(super) const REST: Self = Self { z1: [0.0; LANES], z2: [0.0; LANES] };
}

/// A filter and up to eight traces.
pub(super) struct Lanes<'a> {
    sections: &'a [Section],
    delays: Vec<Delays>,
    traces: usize,
}

impl<'a> Lanes<'a> {
    pub fn new(sections: &'a [Section], traces: usize) -> Self {
        Self { sections, delays: vec![Delays::REST; sections.len()], traces }
    }
}

impl Blocks for Lanes<'_> {
    type Row = Row;
    const LEN: usize = BLOCK;
    const WIDTH: usize = LANES;

    fn rows(numbers: &mut [f64]) -> &mut [Row] {
        numbers.as_chunks_mut().0
    }

    fn run(&mut self, rows: &mut [Row], back: bool) {
        for (sections, delays) in self.sections.chunks(MOST).zip(self.delays.chunks_mut(MOST)) {
            #[cfg(target_arch = "x86_64")]
            if let Some(run) = lanes_x86::fitting(self.traces) {
                run(sections, delays, rows, back);
                continue;
            }
            portable(sections, delays, rows, back);
        }
    }

    fn rest(&mut self) {
        self.delays.fill(Delays::REST);
    }
}

/// Vectors of any processor, as the compiler makes them.
pub(super) fn portable(sections: &[Section], delays: &mut [Delays], rows: &mut [Row], back: bool) {
    let through = |row: &mut Row| {
        for (c, Delays { z1, z2 }) in sections.iter().zip(&mut *delays) {
            for ((x, z1), z2) in row.iter_mut().zip(z1).zip(z2) {
                let y = c.b0 * *x + *z1;
                *z1 = c.b1 * *x - c.a1 * y + *z2;
                *z2 = c.b2 * *x - c.a2 * y;
                *x = y;
            }
        }
    };
    if back {
        rows.iter_mut().rev().for_each(through);
    } else {
        rows.iter_mut().for_each(through);
    }
}
