//! Steim's compression, the other way: as many differences into each word as fit.

use super::Order;
use super::steim::{FRAME, Kind};
use crate::io::memory::room;
use crate::{Error, Result};

/// The most differences a word can hold.
const MOST: usize = 7;

/// A way to fill a word: with how many bits for each difference, under which code, and what stands
/// in the word's highest two bits where there is room for that.
#[derive(Clone, Copy)]
struct Way {
    bits: u8,
    code: u32,
    mark: u32,
}

const fn way(bits: u8, code: u32, mark: u32) -> Way {
    Way { bits, code, mark: mark << 30 }
}

/// No difference has so few bits.
const NONE: Way = way(0, 0, 0);

/// The ways to put in one difference, two and so on.
type Ways = [Way; MOST];

static STEIM1: Ways = [way(32, 3, 0), way(16, 2, 0), NONE, way(8, 1, 0), NONE, NONE, NONE];
static STEIM2: Ways = [
    way(30, 2, 1),
    way(15, 2, 2),
    way(10, 2, 3),
    way(8, 1, 0),
    way(6, 3, 0),
    way(5, 3, 1),
    way(4, 3, 2),
];

/// Bits that a two's complement number needs.
fn width(x: i32) -> u32 {
    33 - (x ^ (x >> 31)).leading_zeros()
}

/// Differences between samples, and how many bits they need.
pub struct Differences {
    values: Vec<i32>,
    /// With as many more behind them as a word may ask for, which fit nowhere.
    widths: Vec<u8>,
}

impl Differences {
    /// The first one is 0: nothing goes before.
    ///
    /// # Errors
    /// [`Error::Declined`] if one needs more bits than a word of this kind has.
    pub fn of(kind: Kind, x: &[i32]) -> Result<Self> {
        let widest = if kind == Kind::Steim1 { 32 } else { 30 };
        let (mut values, mut widths) = (room(x.len())?, room(x.len() + MOST)?);
        let before = x.first().into_iter().chain(x);
        for (before, now) in before.zip(x) {
            let difference = now.checked_sub(*before).filter(|d| width(*d) <= widest);
            let difference = difference.ok_or(Error::Declined("jumps too large for Steim"))?;
            values.push(difference);
            widths.push(width(difference).to_le_bytes()[0]);
        }
        widths.extend_from_slice(&[u8::MAX; MOST]);
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
        let ways = match kind {
            Kind::Steim1 => &STEIM1,
            Kind::Steim2 => &STEIM2,
        };
        let mut next = first;
        for (n, frame) in frames.iter_mut().enumerate() {
            if next == x.len() {
                break;
            }
            let (words, _) = frame.as_chunks_mut::<4>();
            let mut codes = 0;
            for (i, place) in words.iter_mut().enumerate().skip(if n == 0 { 3 } else { 1 }) {
                let Some((count, code, word)) = self.word(ways, order, next) else { break };
                *place = word;
                codes |= code << (30 - 2 * i);
                next += count;
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

    /// How many differences, from `next` on, fill a word, its code and the word; `None` at the end.
    fn word(&self, ways: &Ways, order: Order, next: usize) -> Option<(usize, u32, [u8; 4])> {
        let widths = self.widths[next..].first_chunk::<MOST>()?;
        // Which counts fit, as bits and without a branch: which one it will be is not to be guessed.
        let (mut widest, mut fitting) = (0, 0_u32);
        for (i, (width, way)) in widths.iter().zip(ways).enumerate() {
            widest = widest.max(*width);
            fitting |= u32::from(widest <= way.bits) << i;
        }
        let last = fitting.checked_ilog2()? as usize;
        let Way { bits, code, mark } = ways[last];
        let bits = u32::from(bits);
        let mask = u32::MAX >> (32 - bits);
        let differences = self.values.get(next..=next + last)?;
        let word = differences
            .iter()
            .fold(0, |word: u32, d| word.unbounded_shl(bits) | (d.cast_unsigned() & mask));
        Some((
            last + 1,
            code,
            match (order, bits) {
                // Numbers of their own, each in the byte order; the others are parts of one.
                (_, 8) | (Order::Big, _) => (word | mark).to_be_bytes(),
                (Order::Little, 16) => word.rotate_left(16).to_le_bytes(),
                (Order::Little, _) => (word | mark).to_le_bytes(),
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
