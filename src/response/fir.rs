//! Digital filters without feedback: polynomials in z = e^{iωT}.

use std::f64::consts::TAU;

use super::phasor::{RUN, Rungs};
use super::simd::{Lanes, Pair};

/// Below this part of the sum of moduli, a sum of coefficients is made of rounding errors for the more
/// part of its digits, and normalising by it is not certain to 1e-12.
const LOST: f64 = 1e-3;

/// Real coefficients of a polynomial in z, lowest power first, padded with zeros to whole runs.
#[derive(Debug, Clone)]
pub(super) struct Taps(Vec<f64>);

impl Taps {
    pub fn new(mut coefficients: Vec<f64>) -> Self {
        coefficients.resize(coefficients.len().next_multiple_of(RUN), 0.0);
        Self(coefficients)
    }

    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }

    /// `Σ c_k z^k` for two quads of z on the unit circle, given with z⁸ and z⁶⁴.
    ///
    /// Runs of eight taps are summed on a table of powers, and Horner's rule steps from run to run by
    /// z⁸ and from stretch to stretch by z⁶⁴: as few operations a tap as Clenshaw's recurrence,
    /// without its loss of digits near z = ±1.
    #[inline(always)]
    pub fn lanes<L: Lanes>(
        &self,
        [z, run_step, stretch_step]: Rungs<[Pair<L>; 2]>,
    ) -> [Pair<L>; 2] {
        let mut powers = [[Pair::splat(1.0, 0.0); 2]; RUN];
        powers[1] = z;
        for k in 2..RUN {
            let (a, b) = (powers[k / 2], powers[k - k / 2]);
            powers[k] = [a[0].mul(b[0]), a[1].mul(b[1])];
        }
        let mut sum = [Pair::splat(0.0, 0.0); 2];
        for stretch in self.0.chunks(RUN * RUN).rev() {
            let mut outer = [Pair::splat(0.0, 0.0); 2];
            for run in stretch.chunks_exact(RUN).rev() {
                let mut inner = [Pair::new(L::splat(run[0]), L::splat(0.0)); 2];
                for (&tap, power) in run.iter().zip(&powers).skip(1) {
                    let tap = L::splat(tap);
                    for (inner, power) in inner.iter_mut().zip(power) {
                        inner.re = power.re.mul_add(tap, inner.re);
                        inner.im = power.im.mul_add(tap, inner.im);
                    }
                }
                step(&mut outer, run_step, inner);
            }
            step(&mut sum, stretch_step, outer);
        }
        sum
    }

    /// `|Σ c_k e^{-ik angle}|`, tap by tap.
    pub fn modulus(&self, angle: f64) -> f64 {
        let (re, im) = self.0.iter().enumerate().fold((0.0, 0.0), |(re, im), (k, &c)| {
            let (sin, cos) = (angle * k as f64).sin_cos();
            (re + c * cos, im - c * sin)
        });
        f64::sqrt(re * re + im * im)
    }
}

/// `sum * by + rest`
#[inline(always)]
fn step<L: Lanes>(sum: &mut [Pair<L>; 2], by: [Pair<L>; 2], rest: [Pair<L>; 2]) {
    for (sum, (by, rest)) in sum.iter_mut().zip(by.into_iter().zip(rest)) {
        *sum = sum.mul_add(by, rest);
    }
}

/// What a FIR filter makes of its polynomial P.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Symmetry {
    /// Odd length, centre first: Re P(z). No delay.
    Odd,
    /// Even length, centre first: Re(√z P(z)). No delay.
    Even,
    /// Tap k delayed by k samples: P(1/z), with the applied correction taken off.
    Causal,
}

/// A FIR filter with its gain of 1 at the normalisation frequency in `Response::scale`.
#[derive(Debug, Clone)]
pub(super) struct Fir {
    pub symmetry: Symmetry,
    pub taps: Taps,
    /// Sample interval in seconds.
    pub dt: f64,
    /// Seconds by which the response is advanced.
    pub correction: f64,
    /// Half the length of the filter in seconds: its response has no faster phase about its centre.
    pub half: f64,
}

/// How the coefficients of a FIR stage are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stored {
    /// All of them.
    Full,
    /// Up to the centre, which is one of them (SEED symmetry B).
    OddHalf,
    /// Up to the centre, which lies past the last (SEED symmetry C).
    EvenHalf,
}

impl Fir {
    /// `correction` in seconds. Coefficients stored in full are normalised to a sum of 1 if they miss
    /// it by more than 2 %, and a palindrome becomes a filter without delay, as in evalresp.
    ///
    /// # Errors
    /// The sum is so small, or so near to the 2 %, that rounding decides the result.
    pub fn new(
        stored: Stored,
        coefficients: &[f64],
        dt: f64,
        correction: f64,
    ) -> Result<Self, &'static str> {
        let mut c = coefficients.to_vec();
        let n = c.len();
        let mut half = c.as_slice();
        let symmetry = match stored {
            Stored::OddHalf => Symmetry::Odd,
            Stored::EvenHalf => Symmetry::Even,
            Stored::Full => {
                let sum: f64 = c.iter().sum();
                let miss = (sum - 1.0).abs();
                let weight: f64 = c.iter().map(|c| c.abs()).sum();
                if !(sum.abs() > LOST * weight && weight.is_finite()) {
                    return Err("the sum of its coefficients is zero or lost to rounding");
                }
                if (miss - 0.02).abs() < f64::EPSILON * weight.max(1.0) {
                    return Err("the sum of its coefficients misses 1 by 2 percent exactly");
                }
                if miss > 0.02 {
                    for c in &mut c {
                        *c /= sum;
                    }
                }
                half = &c[..n.div_ceil(2)];
                if (0..n / 2).any(|i| c[i].to_bits() != c[n - 1 - i].to_bits()) {
                    Symmetry::Causal
                } else if n % 2 == 1 {
                    Symmetry::Odd
                } else {
                    Symmetry::Even
                }
            }
        };
        let samples = match symmetry {
            Symmetry::Causal => (n - 1) as f64 / 2.0,
            Symmetry::Odd => (half.len() - 1) as f64,
            Symmetry::Even => half.len() as f64 - 0.5,
        };
        let taps = match symmetry {
            Symmetry::Causal => c,
            Symmetry::Even => half.iter().rev().map(|c| 2.0 * c).collect(),
            Symmetry::Odd => {
                let mut taps: Vec<f64> = half.iter().rev().map(|c| 2.0 * c).collect();
                taps[0] /= 2.0;
                taps
            }
        };
        let correction = if symmetry == Symmetry::Causal { correction } else { 0.0 };
        Ok(Self { symmetry, taps: Taps::new(taps), dt, correction, half: samples * dt })
    }

    /// The value without the correction, for the rungs of [`Fir::dt`] at two quads of frequencies;
    /// for [`Symmetry::Even`] what is left to do is to turn it by half a sample and take the real part.
    #[inline(always)]
    pub fn lanes<L: Lanes>(&self, rungs: Rungs<[Pair<L>; 2]>) -> [Pair<L>; 2] {
        let [a, b] = self.taps.lanes(rungs);
        match self.symmetry {
            Symmetry::Odd => [a.real(), b.real()],
            Symmetry::Even => [a, b],
            Symmetry::Causal => [a.conj(), b.conj()],
        }
    }

    /// The modulus at frequency `f`, on which the scale of the whole response hangs: the sum is
    /// formed as evalresp forms it, which matters where most of it cancels.
    pub fn modulus(&self, f: f64) -> f64 {
        let angle = TAU * f * self.dt;
        let taps = self.taps.as_slice().iter().enumerate().map(|(k, &c)| (k as f64, c));
        match self.symmetry {
            Symmetry::Odd => {
                let sides = taps.skip(1).rev().fold(0.0, |sum, (k, c)| sum + c * (angle * k).cos());
                f64::abs(sides + self.taps.as_slice()[0])
            }
            Symmetry::Even => {
                f64::abs(taps.rev().fold(0.0, |sum, (k, c)| sum + c * (angle * (k + 0.5)).cos()))
            }
            Symmetry::Causal => self.taps.modulus(angle),
        }
    }
}
