//! Steim's compression, the other way: as many differences into each word as fit.

use super::Order;
use super::steim::{FRAME, Kind};
use crate::{Error, Result};

/// A way to fill a word: how many differences, of how many bits, under which code, and what stands in
/// the word's highest two bits where there is room for that.
struct Way {
    count: usize,
    bits: u32,
    code: u32,
    mark: u32,
}

const fn way(count: usize, bits: u32, code: u32, mark: u32) -> Way {
    Way { count, bits, code, mark: mark << 30 }
}

/// The fullest first.
const STEIM1: [Way; 3] = [way(4, 8, 1, 0), way(2, 16, 2, 0), way(1, 32, 3, 0)];
const STEIM2: [Way; 7] = [
    way(7, 4, 3, 2),
    way(6, 5, 3, 1),
    way(5, 6, 3, 0),
    way(4, 8, 1, 0),
    way(3, 10, 2, 3),
    way(2, 15, 2, 2),
    way(1, 30, 2, 1),
];

/// Bits that a two's complement number needs.
fn width(x: i32) -> u32 {
    33 - (x ^ (x >> 31)).leading_zeros()
}

/// Differences between samples, and how many bits they need.
pub struct Differences {
    values: Vec<i32>,
    widths: Vec<u8>,
}

impl Differences {
    /// The first one is 0: nothing goes before.
    ///
    /// # Errors
    /// [`Error::Declined`] if one needs more bits than a word of this kind has.
    pub fn of(kind: Kind, x: &[i32]) -> Result<Self> {
        let widest = if kind == Kind::Steim1 { 32 } else { 30 };
        let (mut values, mut widths) = (Vec::with_capacity(x.len()), Vec::with_capacity(x.len()));
        let before = x.first().into_iter().chain(x);
        for (before, now) in before.zip(x) {
            let difference = now.checked_sub(*before).filter(|d| width(*d) <= widest);
            let difference = difference.ok_or(Error::Declined("jumps too large for Steim"))?;
            values.push(difference);
            widths.push(width(difference).to_le_bytes()[0]);
        }
        Ok(Self { values, widths })
    }

    /// Fills `frames` with the samples `x` from `first` on and returns how many went in.
    pub fn pack(
        &self,
        kind: Kind,
        order: Order,
        x: &[i32],
        first: usize,
        frames: &mut [[u8; FRAME]],
    ) -> usize {
        let mut next = first;
        for (n, frame) in frames.iter_mut().enumerate() {
            if next == x.len() {
                break;
            }
            let (words, _) = frame.as_chunks_mut::<4>();
            let mut codes = 0;
            for (i, place) in words.iter_mut().enumerate().skip(if n == 0 { 3 } else { 1 }) {
                let Some((way, word)) = self.word(kind, order, next) else { break };
                *place = word;
                codes |= way.code << (30 - 2 * i);
                next += way.count;
            }
            words[0] = number(codes, order);
        }
        if let Some((frame, _)) = frames.split_first_mut()
            && next > first
        {
            let (words, _) = frame.as_chunks_mut::<4>();
            words[1] = number(x[first].cast_unsigned(), order);
            words[2] = number(x[next - 1].cast_unsigned(), order);
        }
        next - first
    }

    /// The word that begins with difference `next`; `None` after the last one.
    fn word(&self, kind: Kind, order: Order, next: usize) -> Option<(&'static Way, [u8; 4])> {
        let ways: &[Way] = match kind {
            Kind::Steim1 => &STEIM1,
            Kind::Steim2 => &STEIM2,
        };
        let widths = &self.widths[next..];
        let fits = |way: &&Way| {
            widths.get(..way.count).is_some_and(|w| w.iter().all(|w| u32::from(*w) <= way.bits))
        };
        let way = ways.iter().find(fits)?;
        let differences = &self.values[next..next + way.count];
        let word = differences.iter().fold(0, |word: u32, d| {
            word.unbounded_shl(way.bits) | (d.cast_unsigned() & (u32::MAX >> (32 - way.bits)))
        });
        Some((
            way,
            match (order, way.bits) {
                // Numbers of their own, each in the byte order; the others are parts of one.
                (_, 8) | (Order::Big, _) => (word | way.mark).to_be_bytes(),
                (Order::Little, 16) => word.rotate_left(16).to_le_bytes(),
                (Order::Little, _) => (word | way.mark).to_le_bytes(),
            },
        ))
    }
}

fn number(x: u32, order: Order) -> [u8; 4] {
    match order {
        Order::Big => x.to_be_bytes(),
        Order::Little => x.to_le_bytes(),
    }
}
