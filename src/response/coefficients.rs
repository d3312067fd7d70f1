//! Digital filters with feedback.

use std::f64::consts::TAU;

use super::fir::Taps;
use super::phasor::Rungs;
use super::simd::{Lanes, Pair};

/// `Σ b_k z^-k / Σ a_k z^-k` with z = e^{iωT}
#[derive(Debug, Clone)]
pub(super) struct Ratio {
    pub numerator: Taps,
    pub denominator: Taps,
    /// Sample interval in seconds.
    pub dt: f64,
}

impl Ratio {
    /// The value for the rungs of the sample interval at two quads of frequencies.
    #[inline(always)]
    pub fn lanes<L: Lanes>(&self, rungs: Rungs<[Pair<L>; 2]>) -> [Pair<L>; 2] {
        // The coefficients are real: both sums at 1/z are the conjugates of those at z.
        let (num, den) = (self.numerator.lanes(rungs), self.denominator.lanes(rungs));
        [num[0].over(den[0]).conj(), num[1].over(den[1]).conj()]
    }

    /// The modulus at frequency `f`, its sums formed as evalresp forms them.
    pub fn modulus(&self, f: f64) -> f64 {
        let angle = TAU * f * self.dt;
        self.numerator.modulus(angle) / self.denominator.modulus(angle)
    }
}
