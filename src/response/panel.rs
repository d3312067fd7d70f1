//! Sixteen values of a smooth function on an interval, and the polynomial through them.
//!
//! The response of a FIR filter is a trigonometric polynomial, and a long trace asks for far more of
//! its values than it has taps. Between Chebyshev nodes that are this close, a polynomial of degree 15
//! is the response to rounding level, and costs the same for any number of taps.

use std::f64::consts::PI;

use super::simd::{Lanes, Quad};

/// Nodes of an interval.
pub(super) const NODES: usize = 16;

/// The phase in radians that e^{iωt} may run from the middle of an interval to its end. Its Chebyshev
/// coefficients are Bessel functions of this: the first that is left out is 2 J₁₆(1.2) = 3e-17.
pub(super) const PHASE: f64 = 1.2;

/// Values at the nodes, or coefficients.
pub(super) type Sixteen = [f64; NODES];

/// The Chebyshev nodes on (-1, 1).
pub(super) fn nodes() -> Sixteen {
    std::array::from_fn(|j| ((2 * j + 1) as f64 * PI / (2 * NODES) as f64).cos())
}

/// From values at the nodes to coefficients.
#[derive(Debug)]
pub(super) struct Interpolation {
    /// From values to coefficients of Chebyshev polynomials, transposed.
    cosines: [Sixteen; NODES],
    /// The powers of x in each Chebyshev polynomial.
    powers: [Sixteen; NODES],
}

impl Interpolation {
    pub fn new() -> Self {
        let n = NODES as f64;
        let cosines = std::array::from_fn(|j| {
            std::array::from_fn(|k| {
                let weight = if k == 0 { 1.0 } else { 2.0 };
                weight / n * (PI * (k * (2 * j + 1)) as f64 / (2.0 * n)).cos()
            })
        });
        let mut powers = [[0.0; NODES]; NODES];
        powers[0][0] = 1.0;
        powers[1][1] = 1.0;
        for k in 2..NODES {
            for i in 0..NODES {
                let shifted = if i == 0 { 0.0 } else { powers[k - 1][i - 1] };
                powers[k][i] = 2.0 * shifted - powers[k - 2][i];
            }
        }
        Self { cosines, powers }
    }

    /// Coefficients of 1, x, x², ... Powers are safe here: the high Chebyshev coefficients of so
    /// smooth a function are smaller than the powers in their polynomials are large.
    #[inline(always)]
    pub fn coefficients(&self, values: &Sixteen) -> Sixteen {
        combine(&self.powers, &combine(&self.cosines, values))
    }
}

/// `Σ_j weights[j] rows[j]`
#[inline(always)]
fn combine(rows: &[Sixteen; NODES], weights: &Sixteen) -> Sixteen {
    let mut sum = [0.0; NODES];
    for (row, &weight) in rows.iter().zip(weights) {
        for (sum, &x) in sum.iter_mut().zip(row) {
            *sum += weight * x;
        }
    }
    sum
}

/// The polynomial at all abscissae, four quads at a time.
#[inline(always)]
pub(super) fn horner<L: Lanes>(coefficients: &Sixteen, x: &[Quad], y: &mut [Quad]) {
    for (x, y) in x.chunks_exact(4).zip(y.chunks_exact_mut(4)) {
        let mut sum = [L::splat(coefficients[NODES - 1]); 4];
        for &c in coefficients[..NODES - 1].iter().rev() {
            for l in 0..4 {
                sum[l] = sum[l].mul_add(L::load(&x[l]), L::splat(c));
            }
        }
        for l in 0..4 {
            sum[l].store(&mut y[l]);
        }
    }
}
