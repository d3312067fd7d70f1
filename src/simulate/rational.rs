//! A frequency response as a quotient of polynomials: what `SciPy`'s `zpk2tf` and `freqs` make of
//! poles and zeros.

use std::f64::consts::TAU;

use crate::cosine::BLOCK;
use crate::response::Grid;
use crate::simd::{Lanes, dispatch};
use crate::{Complex64, Error, Result};

/// The quotient of two polynomials in `i omega`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rational {
    numerator: Polynomial,
    denominator: Polynomial,
}

impl Rational {
    /// The squares of larger values might overflow.
    const LARGEST: f64 = 1e150;

    /// From roots in radians per second.
    ///
    /// # Errors
    /// [`Error::Declined`] for roots that do not come in conjugate pairs.
    pub fn from_roots(zeros: &[Complex64], poles: &[Complex64], gain: f64) -> Result<Self> {
        let polynomial = |roots, gain| coefficients(roots).map(|c| Polynomial::new(&c, gain));
        Ok(Self { numerator: polynomial(zeros, gain)?, denominator: polynomial(poles, 1.0)? })
    }

    /// Whether this can be evaluated on a grid.
    pub(super) fn check(&self, grid: Grid) -> Result<()> {
        if !(grid.delta > 0.0 && grid.delta.is_finite()) {
            return Err(Error::Declined("an instrument needs a positive sampling interval"));
        }
        let nyquist = TAU / (2.0 * grid.delta);
        for polynomial in [&self.numerator, &self.denominator] {
            let bound = polynomial.bound(nyquist);
            if !(bound > 0.0 && bound < Self::LARGEST) {
                return Err(Error::Declined("poles, zeros or gain out of bounds"));
            }
        }
        if self.denominator.at(0.0) == Complex64::ZERO {
            return Err(Error::Declined("a pole at frequency 0"));
        }
        Ok(())
    }

    /// The value at bin `k`.
    pub(super) fn at(&self, k: usize, grid: Grid) -> Complex64 {
        let omega = k as f64 * (TAU * grid.step());
        self.numerator.at(omega) / self.denominator.at(omega)
    }

    /// The values at 64 bins from `start` on.
    pub(super) fn block(&self, start: usize, grid: Grid, values: &mut [Complex64; BLOCK]) {
        evaluate(self, start as f64, TAU * grid.step(), values);
    }
}

/// A polynomial in `i omega` with real coefficients, as two in `-omega^2`: its real part, and its
/// imaginary part over `omega`. Highest power first.
#[derive(Debug, Clone, PartialEq)]
struct Polynomial {
    even: Vec<f64>,
    odd: Vec<f64>,
}

impl Polynomial {
    /// From coefficients, highest power first, and what they are multiplied by.
    fn new(coefficients: &[f64], gain: f64) -> Self {
        let degree = coefficients.len() - 1;
        let every_second =
            |first: usize| coefficients.iter().skip(first).step_by(2).map(|c| c * gain).collect();
        Self { even: every_second(degree % 2), odd: every_second((degree + 1) % 2) }
    }

    /// No value up to `omega` is larger.
    fn bound(&self, omega: f64) -> f64 {
        let bound = |part: &[f64]| part.iter().fold(0.0, |sum, c| sum * omega * omega + c.abs());
        bound(&self.even) + omega * bound(&self.odd)
    }

    fn at(&self, omega: f64) -> Complex64 {
        let value = |part: &[f64]| part.iter().fold(0.0, |sum, c| c - sum * (omega * omega));
        Complex64::new(value(&self.even), omega * value(&self.odd))
    }

    /// Real and imaginary parts.
    #[inline(always)]
    #[allow(clippy::inline_always)] // see `dispatch`
    fn lanes<L: Lanes>(&self, omega: [L; 4]) -> [[L; 4]; 2] {
        let squares = omega.map(|omega| omega.mul(omega));
        let value = |part: &[f64]| {
            let mut sums = [L::splat(0.0); 4];
            for c in part {
                for (sum, square) in sums.iter_mut().zip(squares) {
                    *sum = sum.mul_sub_from(square, L::splat(*c));
                }
            }
            sums
        };
        let (even, odd) = (value(&self.even), value(&self.odd));
        [even, std::array::from_fn(|q| odd[q].mul(omega[q]))]
    }
}

/// The coefficients of the product of `s - root`, highest power first.
fn coefficients(roots: &[Complex64]) -> Result<Vec<f64>> {
    let count = |root: Complex64| roots.iter().filter(|r| **r == root).count();
    if roots.iter().any(|root| count(*root) != count(root.conj())) {
        return Err(Error::Declined("poles or zeros that do not come in conjugate pairs"));
    }
    let mut coefficients = vec![Complex64::ONE];
    for root in roots {
        coefficients.push(Complex64::ZERO);
        for k in (1..coefficients.len()).rev() {
            let above = coefficients[k - 1];
            coefficients[k] -= root * above;
        }
    }
    Ok(coefficients.into_iter().map(|c| c.re).collect())
}

dispatch! {
    /// The quotient at `(start + l) step`.
    fn evaluate(response: &Rational, start: f64, step: f64, values: &mut [Complex64; BLOCK])
        = evaluate_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn evaluate_body<L: Lanes>(
    response: &Rational,
    start: f64,
    step: f64,
    values: &mut [Complex64; BLOCK],
) {
    let (groups, _) = values.as_chunks_mut::<16>();
    for (g, group) in groups.iter_mut().enumerate() {
        let first = start + 16.0 * g as f64;
        let quad = |q: usize| std::array::from_fn(|l| (first + (4 * q + l) as f64) * step);
        let omega = std::array::from_fn(|q| L::load(&quad(q)));
        let [n_re, n_im] = response.numerator.lanes(omega);
        let [d_re, d_im] = response.denominator.lanes(omega);
        let (quads, _) = group.as_chunks_mut::<4>();
        for (q, quad) in quads.iter_mut().enumerate() {
            let square = d_im[q].mul_add(d_im[q], d_re[q].mul(d_re[q]));
            let scale = L::splat(1.0).div(square);
            let re = n_re[q].mul_add(d_re[q], n_im[q].mul(d_im[q])).mul(scale);
            let im = n_re[q].mul_sub_from(d_im[q], n_im[q].mul(d_re[q])).mul(scale);
            let mut parts = [[0.0; 4]; 2];
            re.store(&mut parts[0]);
            im.store(&mut parts[1]);
            for (l, value) in quad.iter_mut().enumerate() {
                *value = Complex64::new(parts[0][l], parts[1][l]);
            }
        }
    }
}
