//! Poles and zeros, of analogue and of digital stages.

use std::f64::consts::TAU;

use crate::Complex64;

use super::phasor::turn;
use super::simd::{Lanes, Pair};

/// The variable that a pole or zero is a value of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Domain {
    /// s = iω: Laplace transform in radians per second (SEED type A).
    Radians,
    /// s = if: Laplace transform in hertz (SEED type B).
    Hertz,
    /// z = e^{iωT}: z-transform (SEED type D).
    Digital,
}

/// a0 ∏(s - zero) / ∏(s - pole)
#[derive(Debug, Clone)]
pub(super) struct Paz {
    pub domain: Domain,
    pub zeros: Vec<Complex64>,
    pub poles: Vec<Complex64>,
    pub factor: f64,
    /// Sample interval of a digital stage.
    pub dt: f64,
}

impl Paz {
    /// True if this stage is the factor 1 whatever its factor says: a digital one without roots.
    pub fn is_unity(&self) -> bool {
        self.domain == Domain::Digital && self.zeros.is_empty() && self.poles.is_empty()
    }

    /// The quotient of products for s in each lane. The products are formed and divided as evalresp
    /// does, so that they overflow where its do.
    #[inline(always)]
    pub fn lanes<L: Lanes>(&self, s: Pair<L>) -> Pair<L> {
        let product = |roots: &[Complex64]| {
            let mut product = Pair::splat(1.0, 0.0);
            for root in roots {
                let factor = Pair::new(s.re.sub(L::splat(root.re)), s.im.sub(L::splat(root.im)));
                product = product.mul(factor);
            }
            product
        };
        product(&self.zeros).over(product(&self.poles)).scale(L::splat(self.factor))
    }

    /// The modulus at frequency `f` for a factor of 1.
    pub fn modulus(&self, f: f64) -> f64 {
        let s = match self.domain {
            Domain::Radians => Complex64::new(0.0, TAU * f),
            Domain::Hertz => Complex64::new(0.0, f),
            Domain::Digital => {
                let (sin, cos) = turn(self.dt, f);
                Complex64::new(cos, sin)
            }
        };
        let product = |roots: &[Complex64]| roots.iter().map(|r| s - r).product::<Complex64>();
        let (num, den) = (product(&self.zeros), product(&self.poles));
        let norm = den.norm_sqr();
        (num * den.conj()).norm() / if norm == 0.0 { 1.0 } else { norm }
    }
}
