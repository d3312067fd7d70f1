//! Polynomials on a run of equally spaced samples, least squares included.
//!
//! The abscissa of sample i of n is `u = (i - (n - 1)/2) · 2/n`, between -1 and 1. On it the Gram
//! polynomials (discrete Legendre; Abramowitz & Stegun 22.17, Dahlquist & Björck, Numerical Methods
//! in Scientific Computing, 4.5.6) are orthogonal, and their recurrence is known in closed form:
//! G₀ = 1, `G_{r+1} = u G_r - b_r G_{r-1}`, `b_r = r²(1 - r²/n²)/(4r² - 1)`. So a fit needs no
//! equations: the samples are read once, for their products with them, and written once.
//!
//! A polynomial is an array of K coefficients: of powers of u where samples are met, of Gram
//! polynomials where it is worked with.

use crate::samples::{Real, Sample};

/// Samples worked on at a time: independent chains of additions.
const LANES: usize = 4;

/// Samples added up before they join the total, so that rounding errors do not grow with the run.
const BLOCK: usize = 1024;

/// A run of samples and its Gram polynomials up to degree K - 1.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run<const K: usize> {
    npts: usize,
    /// `b_r`; zero from r = n on, where the polynomials vanish on every sample.
    b: [f64; K],
}

impl<const K: usize> Run<K> {
    pub(crate) fn new(npts: usize) -> Self {
        let n = npts as f64;
        let b = std::array::from_fn(|r| {
            let r = r as f64;
            if r < n { r * r * (n - r) * (n + r) / (n * n * (4.0 * r * r - 1.0)) } else { 0.0 }
        });
        Self { npts, b }
    }

    /// Squared lengths of the Gram polynomials: zero where there are fewer samples.
    pub(crate) fn squares(&self) -> [f64; K] {
        let mut square = self.npts as f64;
        std::array::from_fn(|r| {
            if r > 0 {
                square *= self.b[r];
            }
            square
        })
    }

    /// Inner products of the samples with the Gram polynomials.
    ///
    /// Not by way of the moments, which would be fewer operations: a large offset would then leave
    /// an error that grows like (1 + √2)^K.
    pub(crate) fn products<S: Sample>(&self, samples: &[S]) -> [f64; K] {
        let mut total = [0.0; K];
        let mut u = self.abscissae();
        for block in samples.chunks(BLOCK) {
            let mut sums = [[0.0; LANES]; K];
            let (groups, rest) = block.as_chunks::<LANES>();
            for group in groups {
                self.add_products(&mut sums, group.map(S::to_f64), u.next_group());
            }
            if !rest.is_empty() {
                let mut group = [0.0; LANES];
                for (y, sample) in group.iter_mut().zip(rest) {
                    *y = sample.to_f64();
                }
                self.add_products(&mut sums, group, u.next_group());
            }
            for (total, sum) in total.iter_mut().zip(sums) {
                *total += (sum[0] + sum[1]) + (sum[2] + sum[3]);
            }
        }
        total
    }

    #[inline]
    fn add_products(&self, sums: &mut [[f64; LANES]; K], y: [f64; LANES], u: [f64; LANES]) {
        let (mut before, mut g) = ([0.0; LANES], [1.0; LANES]);
        for (r, sum) in sums.iter_mut().enumerate() {
            for l in 0..LANES {
                sum[l] += y[l] * g[l];
            }
            let next = match r {
                0 => u,
                _ => std::array::from_fn(|l| u[l] * g[l] - self.b[r] * before[l]),
            };
            (before, g) = (g, next);
        }
    }

    /// u times a polynomial in Gram coefficients, whose last is zero or vanishes on the samples.
    pub(crate) fn times_u(&self, p: &[f64; K]) -> [f64; K] {
        std::array::from_fn(|r| {
            let below = if r > 0 { p[r - 1] } else { 0.0 };
            let above = if r + 1 < K { self.b[r + 1] * p[r + 1] } else { 0.0 };
            below + above
        })
    }

    /// From Gram coefficients to those of powers, by Clenshaw's recurrence.
    pub(crate) fn powers(&self, gram: &[f64; K]) -> [f64; K] {
        let (mut sum, mut later) = ([0.0; K], [0.0; K]);
        for r in (0..K).rev() {
            let b = if r + 1 < K { self.b[r + 1] } else { 0.0 };
            let next = std::array::from_fn(|j| {
                let shifted = if j > 0 { sum[j - 1] } else { gram[r] };
                shifted - b * later[j]
            });
            later = sum;
            sum = next;
        }
        sum
    }

    /// `dst = src` minus the polynomial with these coefficients of powers.
    pub(crate) fn subtract_into<S: Sample>(&self, p: &[f64; K], src: &[S], dst: &mut [S::Real]) {
        let mut u = self.abscissae();
        let (from, from_rest) = src.as_chunks::<LANES>();
        let (to, to_rest) = dst.as_chunks_mut::<LANES>();
        for (from, to) in from.iter().zip(to) {
            let trend = horner(p, u.next_group());
            *to = std::array::from_fn(|l| S::Real::from_f64(from[l].to_f64() - trend[l]));
        }
        let trend = horner(p, u.next_group());
        for ((from, to), trend) in from_rest.iter().zip(to_rest).zip(trend) {
            *to = S::Real::from_f64(from.to_f64() - trend);
        }
    }

    /// `data` minus the polynomial with these coefficients of powers.
    pub(crate) fn subtract<T: Real>(&self, p: &[f64; K], data: &mut [T]) {
        let mut u = self.abscissae();
        let (groups, rest) = data.as_chunks_mut::<LANES>();
        for group in groups {
            let trend = horner(p, u.next_group());
            *group = std::array::from_fn(|l| T::from_f64(group[l].to_f64() - trend[l]));
        }
        for (sample, trend) in rest.iter_mut().zip(horner(p, u.next_group())) {
            *sample = T::from_f64(sample.to_f64() - trend);
        }
    }

    fn abscissae(&self) -> Abscissae {
        let n = self.npts as f64;
        let first = (1.0 - n) / 2.0;
        Abscissae { t: std::array::from_fn(|l| first + l as f64), step: 2.0 / n }
    }
}

/// The abscissae of a run, a group at a time.
struct Abscissae {
    /// In samples: multiples of a half, so adding to them is exact.
    t: [f64; LANES],
    step: f64,
}

impl Abscissae {
    #[inline]
    fn next_group(&mut self) -> [f64; LANES] {
        let u = self.t.map(|t| t * self.step);
        self.t = self.t.map(|t| t + LANES as f64);
        u
    }
}

#[inline]
fn horner<const K: usize>(p: &[f64; K], u: [f64; LANES]) -> [f64; LANES] {
    p.iter().rev().fold([0.0; LANES], |sum, p| std::array::from_fn(|l| sum[l] * u[l] + p))
}
