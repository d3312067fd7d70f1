//! e^{2πiτf} over blocks of frequencies, by one sine and cosine a block.

use std::f64::consts::TAU;

use super::simd::{Lanes, Pair, Plane};

/// The sine and cosine of 2πτf, whole turns removed first.
///
/// The product is taken with what its rounding loses: after many turns that is more than the last
/// digit of the angle that is left.
pub(super) fn turn(tau: f64, f: f64) -> (f64, f64) {
    let turns = tau * f;
    let lost = tau.mul_add(f, -turns);
    (TAU * (turns - turns.round() + lost)).sin_cos()
}

/// Offsets of a block that share a coarse angle.
const FINE: usize = 16;

/// Where the frequencies of a block lie from its first or middle one, in hertz; as many as a whole
/// number of quads.
#[derive(Debug)]
pub(super) enum Offsets {
    /// Anywhere.
    Nodes(Vec<f64>),
    /// At the multiples of `step` from 0 on.
    Bins {
        /// From one to the next.
        step: f64,
        /// How many.
        count: usize,
    },
}

impl Offsets {
    fn len(&self) -> usize {
        match self {
            Self::Nodes(nodes) => nodes.len(),
            Self::Bins { count, .. } => *count,
        }
    }
}

/// e^{2πiτg} for the offsets g of a block from its first or middle frequency.
#[derive(Debug)]
pub(super) struct Phasors {
    tau: f64,
    table: Plane,
}

impl Phasors {
    pub fn new(tau: f64, offsets: &Offsets) -> Self {
        let mut table = Plane::ones(offsets.len() / 4);
        let mut set = |i: usize, cos: f64, sin: f64| {
            table.re[i / 4][i % 4] = cos;
            table.im[i / 4][i % 4] = sin;
        };
        match offsets {
            Offsets::Nodes(nodes) => {
                for (i, &g) in nodes.iter().enumerate() {
                    let (sin, cos) = turn(tau, g);
                    set(i, cos, sin);
                }
            }
            Offsets::Bins { step, count } => {
                // A sine and a cosine cost as much as ten products.
                let angle = |i: usize| turn(tau, i as f64 * step);
                let fine: [(f64, f64); FINE] = std::array::from_fn(angle);
                for i in (0..*count).step_by(FINE) {
                    let (s, c) = angle(i);
                    for (r, (sin, cos)) in fine.iter().enumerate().take(count - i) {
                        set(i + r, c * cos - s * sin, s * cos + c * sin);
                    }
                }
            }
        }
        Self { tau, table }
    }

    /// e^{2πiτf} at the block's frequency itself.
    #[inline(always)]
    pub fn at<L: Lanes>(&self, f: f64) -> Pair<L> {
        let (sin, cos) = turn(self.tau, f);
        Pair::splat(cos, sin)
    }

    /// e^{2πiτ(f+g)} for quad `i`, given [`Phasors::at`] of f.
    #[inline(always)]
    pub fn quad<L: Lanes>(&self, i: usize, at: Pair<L>) -> Pair<L> {
        self.table.load::<L>(i).mul(at)
    }
}

/// Taps in a run of a [`Ladder`], and runs in one of its stretches.
pub(super) const RUN: usize = 8;

/// Phasors of one sample, of a run of samples, and of a stretch of runs.
///
/// The powers of a phasor have its error as many times; taken from the ladder, the thousandth power
/// has that of a few.
#[derive(Debug)]
pub(super) struct Ladder([Phasors; 3]);

/// The rungs at one frequency, or at two quads of them.
pub(super) type Rungs<T> = [T; 3];

impl Ladder {
    /// For samples `dt` seconds apart.
    pub fn new(dt: f64, offsets: &Offsets) -> Self {
        let run = RUN as f64;
        Self([dt, run * dt, run * run * dt].map(|tau| Phasors::new(tau, offsets)))
    }

    /// The rungs at the block's frequency itself.
    #[inline(always)]
    pub fn at<L: Lanes>(&self, f: f64) -> Rungs<Pair<L>> {
        [self.0[0].at(f), self.0[1].at(f), self.0[2].at(f)]
    }

    /// The rungs of quads `i` and `i + 1`, given [`Ladder::at`].
    #[inline(always)]
    pub fn quads<L: Lanes>(&self, i: usize, at: &Rungs<Pair<L>>) -> Rungs<[Pair<L>; 2]> {
        // No closure: lane operations would not be inlined into one.
        let [one, run, stretch] = &self.0;
        [
            [one.quad(i, at[0]), one.quad(i + 1, at[0])],
            [run.quad(i, at[1]), run.quad(i + 1, at[1])],
            [stretch.quad(i, at[2]), stretch.quad(i + 1, at[2])],
        ]
    }
}
