//! Sums: `NumPy`'s, to the bit, and one that loses nothing.

pub(crate) mod columns;

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::samples::{Real, Sample};
use crate::simd::wide;

/// Additions that run side by side.
const LANES: usize = 8;
/// The longest run that `NumPy` adds up without halving it.
const LEAF: usize = 128;

/// Floating-point numbers that the process's `NumPy` adds up at once.
static FLOATS_AT_ONCE: AtomicUsize = AtomicUsize::new(usize::MAX);

/// Sets how many floating-point numbers `NumPy` adds up at once: all of them, as is assumed before
/// this is called, or in older versions as many as its cast buffer holds.
pub fn set_floats_at_once(n: usize) {
    FLOATS_AT_ONCE.store(n.max(1), Ordering::Relaxed);
}

fn floats_at_once() -> usize {
    FLOATS_AT_ONCE.load(Ordering::Relaxed)
}

/// The sum of `x` as `np.add.reduce` forms it, with the sum's type that `np.mean` chooses.
///
/// Halves at a multiple of 8 until 128 or fewer samples are left, which eight accumulators take in
/// turn. Where `NumPy` casts, that is done a cast buffer at a time and the buffers' sums are added
/// in sequence. Found by calling `NumPy` from outside; the tests hold it to the bit.
#[must_use]
pub fn numpy_sum<S: Sample>(x: &[S]) -> S::Real {
    let blocks = x.chunks(S::SUM_BLOCK.min(floats_at_once()));
    blocks.fold(S::Real::default(), |sum, block| sum + pairwise(block, &S::to_real))
}

/// The sum of `x` in double precision; NaN or infinite if a sample is.
#[must_use]
pub fn sum<S: Sample>(x: &[S]) -> f64 {
    pairwise(x, &S::to_f64)
}

fn pairwise<S: Sample, T: Real>(x: &[S], to: &impl Fn(S) -> T) -> T {
    if x.len() <= LEAF {
        return leaf(x, to);
    }
    let half = x.len() / 2;
    let (a, b) = x.split_at(half - half % LANES);
    pairwise(a, to) + pairwise(b, to)
}

fn leaf<S: Sample, T: Real>(x: &[S], to: &impl Fn(S) -> T) -> T {
    let (groups, rest) = x.as_chunks::<LANES>();
    let head = groups.split_first().map_or_else(T::default, |(first, groups)| {
        let mut r = first.map(to);
        for group in groups {
            for (r, x) in r.iter_mut().zip(group) {
                *r = *r + to(*x);
            }
        }
        ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]))
    });
    rest.iter().fold(head, |sum, x| sum + to(*x))
}

/// A running sum that carries what each addition rounds away (Neumaier 1974).
#[derive(Debug, Clone, Copy, Default)]
pub struct Compensated {
    sum: f64,
    lost: f64,
}

impl Compensated {
    /// Adds `x`.
    pub fn add(&mut self, x: f64) {
        let sum = self.sum + x;
        self.lost +=
            if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    /// The sum; NaN or infinite exactly if a term was, or the sum overflowed.
    #[must_use]
    pub fn value(self) -> f64 {
        self.sum + self.lost
    }
}

/// The zeroth and first moment of `x`: the sum of `x[k]` and of `(k - c) x[k]`, where `c` is the
/// centre `(n - 1) / 2`, in one pass; runs of 128 samples are added up without losses.
#[must_use]
pub fn moments<S: Sample>(x: &[S]) -> (f64, f64) {
    moments_wide(x)
}

wide! { fn moments_wide[S: Sample](x: &[S]) -> (f64, f64) = moments_body }

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn moments_body<S: Sample>(x: &[S]) -> (f64, f64) {
    let (mut zeroth, mut first) = (Compensated::default(), Compensated::default());
    let mut abscissa = (1.0 - x.len() as f64) / 2.0; // halves: exact
    for run in x.chunks(LEAF) {
        let (mut s, mut w) = ([0.0; LANES], [0.0; LANES]);
        let (groups, rest) = run.as_chunks::<LANES>();
        for group in groups {
            for l in 0..LANES {
                let x = group[l].to_f64();
                s[l] += x;
                w[l] += x * (abscissa + l as f64);
            }
            abscissa += LANES as f64;
        }
        for (l, x) in rest.iter().enumerate() {
            s[l] += x.to_f64();
            w[l] += x.to_f64() * (abscissa + l as f64);
        }
        zeroth.add(s.iter().sum());
        first.add(w.iter().sum());
    }
    (zeroth.value(), first.value())
}
