//! A response given as a list of amplitudes and phases (SEED blockette 55).

use std::f64::consts::PI;

use crate::Complex64;

/// A cubic spline through all points, smooth across the second and the last but one of them
/// ("not-a-knot"), which is what FITPACK makes without smoothing; its end pieces go on outside.
#[derive(Debug, Clone)]
pub(super) struct Spline {
    knots: Vec<f64>,
    coefficients: Vec<f64>,
}

const ORDER: usize = 4;

impl Spline {
    /// `x` strictly increasing, at least four points.
    pub fn new(x: &[f64], y: &[f64]) -> Self {
        let n = x.len();
        let mut knots = vec![x[0]; ORDER];
        knots.extend_from_slice(&x[2..n - 2]);
        knots.extend([x[n - 1]; ORDER]);
        let spline = Self { knots, coefficients: vec![0.0; n] };
        Self { coefficients: spline.interpolate(x, y), ..spline }
    }

    /// Solves `Σ c_j B_j(x_i) = y_i` for the rows of at most four, one after another, by Givens rotations.
    ///
    /// Beyond the list, the end pieces magnify the last bit of their coefficients a million times and
    /// more. So each operation stands as it does in Dierckx' algorithm, and none may be regrouped.
    fn interpolate(&self, x: &[f64], y: &[f64]) -> Vec<f64> {
        let n = x.len();
        let mut upper = vec![[0.0; ORDER]; n];
        let mut right = vec![0.0; n];
        for (&x, &y) in x.iter().zip(y) {
            let (first, mut row) = self.basis(x);
            let mut y = y;
            for j in first..(first + ORDER).min(n) {
                let pivot = row[0];
                if pivot != 0.0 {
                    let radius = radius(upper[j][0], pivot);
                    let (cos, sin) = (upper[j][0] / radius, pivot / radius);
                    upper[j][0] = radius;
                    for k in 1..ORDER {
                        (upper[j][k], row[k]) =
                            (cos * upper[j][k] + sin * row[k], cos * row[k] - sin * upper[j][k]);
                    }
                    (right[j], y) = (cos * right[j] + sin * y, cos * y - sin * right[j]);
                }
                row.rotate_left(1);
                row[ORDER - 1] = 0.0;
            }
        }
        for j in (0..n).rev() {
            for k in 1..ORDER.min(n - j) {
                right[j] -= right[j + k] * upper[j][k];
            }
            right[j] /= upper[j][0];
        }
        right
    }

    /// The four B-splines that do not vanish on the piece of `x`, and the index of the first.
    fn basis(&self, x: f64) -> (usize, [f64; ORDER]) {
        let t = &self.knots;
        let inner = &t[ORDER..t.len() - ORDER];
        let piece = ORDER - 1 + inner.partition_point(|&t| t <= x);
        let mut b = [1.0, 0.0, 0.0, 0.0];
        for degree in 1..ORDER {
            let mut saved = 0.0;
            for k in 0..degree {
                let (left, right) = (t[piece + k + 1 - degree], t[piece + k + 1]);
                let share = b[k] / (right - left);
                b[k] = saved + (right - x) * share;
                saved = (x - left) * share;
            }
            b[degree] = saved;
        }
        (piece + 1 - ORDER, b)
    }

    /// The value at `x`.
    pub fn at(&self, x: f64) -> f64 {
        let (first, basis) = self.basis(x);
        basis.iter().zip(&self.coefficients[first..]).map(|(b, c)| b * c).sum()
    }

    /// Knots and coefficients, for the content key.
    pub fn parts(&self) -> [&[f64]; 2] {
        [&self.knots, &self.coefficients]
    }
}

/// √(a² + b²) without overflow, for a not negative.
fn radius(a: f64, b: f64) -> f64 {
    if b.abs() >= a {
        b.abs() * (1.0 + (a / b) * (a / b)).sqrt()
    } else {
        a * (1.0 + (b / a) * (b / a)).sqrt()
    }
}

/// Amplitude and phase as splines of frequency; the phase is taken as it stands, not unwrapped.
#[derive(Debug, Clone)]
pub(super) struct List {
    pub amplitude: Spline,
    /// In degrees.
    pub phase: Spline,
}

impl List {
    /// The value at frequency `f`.
    pub fn at(&self, f: f64) -> Complex64 {
        // Extrapolated phases make many turns: rounded as ObsPy rounds them.
        let (sin, cos) = (self.phase.at(f) / 180.0 * PI).sin_cos();
        self.amplitude.at(f) * Complex64::new(cos, sin)
    }
}
