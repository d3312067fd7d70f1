//! e^{2πiτf} over blocks of frequencies, by one sine and cosine a block.

use std::f64::consts::TAU;

use super::simd::{Lanes, Pair, Plane};

/// The sine and cosine of 2π `turns`, whole turns removed first.
pub(super) fn turn(turns: f64) -> (f64, f64) {
    (TAU * (turns - turns.round())).sin_cos()
}

/// e^{2πiτg} for the offsets g of a block from its first or middle frequency.
#[derive(Debug)]
pub(super) struct Phasors {
    tau: f64,
    table: Plane,
}

impl Phasors {
    /// `offsets` in hertz, as many as a whole number of quads.
    pub fn new(tau: f64, offsets: &[f64]) -> Self {
        let mut table = Plane::ones(offsets.len() / 4);
        for (i, g) in offsets.iter().enumerate() {
            let (sin, cos) = turn(tau * g);
            table.re[i / 4][i % 4] = cos;
            table.im[i / 4][i % 4] = sin;
        }
        Self { tau, table }
    }

    /// e^{2πiτf} at the block's frequency itself.
    #[inline(always)]
    pub fn at<L: Lanes>(&self, f: f64) -> Pair<L> {
        let (sin, cos) = turn(self.tau * f);
        Pair::splat(cos, sin)
    }

    /// e^{2πiτ(f+g)} for quad `i`, given [`Phasors::at`] of f.
    #[inline(always)]
    pub fn quad<L: Lanes>(&self, i: usize, at: Pair<L>) -> Pair<L> {
        self.table.load::<L>(i).mul(at)
    }
}
