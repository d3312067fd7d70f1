//! Steim's compression: differences of integers in 4 to 32 bits, in frames of 64 bytes.
//!
//! The SEED 2.4 manual, appendix B. The first word of a frame has a two-bit code for each of its 16
//! words; the first frame begins with the first and the last sample of the record. The first
//! difference leads from the previous record's last sample and is not needed.

#![allow(clippy::inline_always)] // as `wide` needs it
#![allow(clippy::cast_possible_truncation)] // of numbers below 33, where `try_from` is not const

use super::Order;
use crate::simd::wide;
use crate::{Error, Result};

/// Bytes of a frame.
pub const FRAME: usize = 64;
const WORDS: usize = 16;
/// The most differences a word can hold, and one more, which makes two vectors.
const LANES: usize = 8;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Differences of 8, 16 or 32 bits.
    Steim1,
    /// Differences of 4, 5, 6, 8, 10, 15 or 30 bits.
    Steim2,
}

/// How the differences lie in a word: moved to the left, each by its own distance, they all have
/// their sign in the highest bit; moved to the right they are what they are.
#[derive(Clone, Copy)]
struct Layout {
    left: [u32; LANES],
    right: u32,
    count: usize,
    valid: bool,
}

impl Layout {
    const NONE: Self = Self { left: [0; LANES], right: 0, count: 0, valid: true };
    const INVALID: Self = Self { valid: false, ..Self::NONE };

    /// `count` differences of `bits` bits each, the last one in the lowest bits.
    const fn of(count: usize, bits: usize) -> Self {
        let mut layout = Self { right: 32 - bits as u32, count, ..Self::NONE };
        let mut i = 0;
        while i < count {
            layout.left[i] = (32 - bits * (count - i)) as u32;
            i += 1;
        }
        layout
    }
}

/// By the code of a word (two bits) and its own highest two bits.
type Layouts = [Layout; 16];

const fn layouts(two: [Layout; 4], three: [Layout; 4]) -> Layouts {
    const NONE: Layout = Layout::NONE;
    const BYTES: Layout = Layout::of(4, 8);
    let ([a, b, c, d], [e, f, g, h]) = (two, three);
    [NONE, NONE, NONE, NONE, BYTES, BYTES, BYTES, BYTES, a, b, c, d, e, f, g, h]
}

static STEIM1: Layouts = layouts([Layout::of(2, 16); 4], [Layout::of(1, 32); 4]);
static STEIM2: Layouts = layouts(
    [Layout::INVALID, Layout::of(1, 30), Layout::of(2, 15), Layout::of(3, 10)],
    [Layout::of(5, 6), Layout::of(6, 5), Layout::of(7, 4), Layout::INVALID],
);

/// Decodes records one after another.
#[derive(Default)]
pub struct Decoder {
    differences: Vec<i32>,
}

impl Decoder {
    /// Appends the `npts` samples, at least one, of the frames in `data`.
    ///
    /// # Errors
    /// [`Error::Declined`] if the frames hold fewer samples, a word has no meaning, or the last
    /// sample is not the one that the first frame announces. `samples` is then of no use.
    pub fn decode(
        &mut self,
        kind: Kind,
        data: &[u8],
        order: Order,
        npts: usize,
        samples: &mut Vec<i32>,
    ) -> Result<()> {
        let frames = data.as_chunks::<FRAME>().0;
        // Every word has room, so that none needs a check.
        let room = frames.len() * WORDS * LANES;
        if self.differences.len() < room {
            self.differences.resize(room, 0);
        }
        let ends = unpack(kind, frames, order, npts, &mut self.differences)?;
        sum(ends, &self.differences[..npts], samples)
    }
}

wide! {
    /// Makes the words of `frames` at least `npts` differences; the first and the last sample.
    fn unpack(
        kind: Kind, frames: &[[u8; FRAME]], order: Order, npts: usize, differences: &mut [i32],
    ) -> Result<[i32; 2]> = unpack_body
}

#[inline(always)]
fn unpack_body(
    kind: Kind,
    frames: &[[u8; FRAME]],
    order: Order,
    npts: usize,
    differences: &mut [i32],
) -> Result<[i32; 2]> {
    let layouts = match kind {
        Kind::Steim1 => &STEIM1,
        Kind::Steim2 => &STEIM2,
    };
    let (mut filled, mut valid) = (0, true);
    let mut ends = [0; 2];
    for (n, frame) in frames.iter().enumerate() {
        let Frame { codes, words } = Frame::new(frame, kind, order);
        let skipped = if n == 0 { 3 } else { 1 };
        if codes >> (32 - 2 * skipped) != 0 {
            return Err(Error::Declined("a Steim frame with an odd beginning"));
        }
        if n == 0 {
            ends = [words[1], words[2]].map(u32::cast_signed);
        }
        for (i, word) in words.into_iter().enumerate().skip(skipped) {
            let code = codes >> (30 - 2 * i) & 3;
            let layout = &layouts[(code << 2 | word >> 30) as usize];
            // Without a branch: which layout comes next is not to be guessed.
            let Some(lanes) = differences[filled..].first_chunk_mut::<LANES>() else {
                return Err(Error::Length { what: "Steim", expected: filled, got: npts });
            };
            for (d, left) in lanes.iter_mut().zip(layout.left) {
                *d = (word << (left & 31)).cast_signed() >> (layout.right & 31);
            }
            filled += layout.count;
            valid &= layout.valid;
        }
        if !valid {
            return Err(Error::Declined("a Steim word without a meaning"));
        }
        if filled >= npts {
            return Ok(ends);
        }
    }
    Err(Error::Declined("a record with fewer samples than it says"))
}

struct Frame {
    codes: u32,
    words: [u32; WORDS],
}

impl Frame {
    #[inline(always)]
    fn new(bytes: &[u8; FRAME], kind: Kind, order: Order) -> Self {
        let raw = bytes.as_chunks::<4>().0;
        let mut words = [0; WORDS];
        words.iter_mut().zip(raw).for_each(|(word, raw)| *word = u32::from_be_bytes(*raw));
        let mut frame = Self { codes: words[0], words };
        if order == Order::Little {
            frame.codes = frame.codes.swap_bytes();
            for (i, word) in frame.words.iter_mut().enumerate().skip(1) {
                // Differences of 8 and 16 bits are numbers of their own, each in the byte order,
                // and follow one another; others are parts of one number of 32 bits.
                *word = match (kind, frame.codes >> (30 - 2 * i) & 3) {
                    (_, 1) => *word,
                    (Kind::Steim1, 2) => word.swap_bytes().rotate_left(16),
                    _ => word.swap_bytes(),
                };
            }
        }
        frame
    }
}

/// Appends samples made of differences.
fn sum([first, last]: [i32; 2], differences: &[i32], samples: &mut Vec<i32>) -> Result<()> {
    let mut sample = first;
    samples.push(sample);
    samples.extend(differences[1..].iter().map(|d| {
        sample = sample.wrapping_add(*d);
        sample
    }));
    if sample == last {
        Ok(())
    } else {
        Err(Error::Declined("the last sample of a Steim record is not the one announced"))
    }
}
