//! Digital filters with feedback.

use crate::Complex64;

use super::fir::Taps;
use super::phasor::turn;
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
    /// The value for two quads of phasors of the sample interval.
    #[inline(always)]
    pub fn lanes<L: Lanes>(&self, z: [Pair<L>; 2]) -> [Pair<L>; 2] {
        let z = z.map(|z| Pair::new(z.re, L::splat(0.0).sub(z.im)));
        let (num, den) = (self.numerator.lanes(z), self.denominator.lanes(z));
        [num[0].over(den[0]), num[1].over(den[1])]
    }

    /// The modulus at frequency `f`.
    pub fn modulus(&self, f: f64) -> f64 {
        let (sin, cos) = turn(f * self.dt);
        let z = Complex64::new(cos, -sin);
        self.numerator.at(z).norm() / self.denominator.at(z).norm()
    }
}
