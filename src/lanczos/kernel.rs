//! The two ways to the weights of a Lanczos kernel.
//!
//! A position is an integer `r`, the nearest, and a rest `f`, so that `u = f + m` for the sample
//! `r - m`. Then `sin(pi u) = (-1)^m sin(pi f)`, and `sin(pi u / a)` is the sine of a sum of which
//! one part is tabulated: three sines for a position instead of two for each of its `2 a` samples.
//! The sample at `m = 0` is apart, for its weight alone is `0 / 0` where `f` is 0.
//!
//! Of `2 a + 1` neighbours the first or the last is farther than `a`: it is the first where `f >= 0`.

use std::f64::consts::PI;

use super::{OUTPUTS, Positions};
use crate::simd::{Lanes, dispatch, fma};

/// Taps that are summed side by side.
const LANES: usize = 4;
/// Adding and subtracting this rounds to the nearest integer, up to 2^51.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this distance `ObsPy` takes the kernel for 1.
const AT_SAMPLE: f64 = 1e-10;

/// The number of taps, made a multiple of [`LANES`].
pub(super) fn padded(taps: usize) -> usize {
    taps.next_multiple_of(LANES)
}

/// What the `2 a` taps contribute for any `f`; padded with taps of no weight.
#[derive(Debug)]
struct Taps {
    /// `(-1)^m cos(pi m / a)`, and 0 for `m = 0`.
    cos: Vec<f64>,
    /// `(-1)^m sin(pi m / a)`, and 0 for `m = 0`.
    sin: Vec<f64>,
    /// `m`, but 1 for `m = 0`: `f + m` is divided by.
    m: Vec<f64>,
}

impl Taps {
    /// From `m = start` downwards.
    fn new(a: usize, start: usize) -> Self {
        let (mut cos, mut sin, mut m) = (Vec::new(), Vec::new(), Vec::new());
        for tap in 0..padded(2 * a) {
            let integer = start as f64 - tap as f64;
            let counts = tap < 2 * a && integer != 0.0;
            let parity = if (start + tap).is_multiple_of(2) { 1.0 } else { -1.0 };
            let weight = if counts { parity } else { 0.0 };
            let angle = PI * integer / a as f64;
            cos.push(weight * angle.cos());
            sin.push(weight * angle.sin());
            m.push(if counts { integer } else { 1.0 });
        }
        Self { cos, sin, m }
    }
}

/// Weights evaluated for every output.
#[derive(Debug)]
pub(super) struct Direct {
    a: usize,
    /// For `f < 0`, beginning with `m = a`, and for `f >= 0`, beginning with `m = a - 1`.
    taps: [Taps; 2],
}

impl Direct {
    pub(super) fn new(a: usize) -> Self {
        Self { a, taps: [Taps::new(a, a), Taps::new(a, a - 1)] }
    }

    /// The outputs from the `j`th on; `window` begins with the sample `first`.
    pub(super) fn block(&self, at: Positions, j: usize, window: &[f64], first: i64, y: &mut [f64]) {
        direct(self, at, j, window, first, y);
    }
}

dispatch! {
    fn direct(
        kernel: &Direct, at: Positions, j: usize, window: &[f64], first: i64, y: &mut [f64],
    ) = direct_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions in the window
fn direct_body<L: Lanes>(
    kernel: &Direct,
    at: Positions,
    j: usize,
    window: &[f64],
    first: i64,
    y: &mut [f64],
) {
    let a = kernel.a as f64;
    let n = y.len();
    let mut nearest = [0.0; OUTPUTS];
    let mut rest = [0.0; OUTPUTS];
    let (mut sin, mut cos) = ([0.0; OUTPUTS], [0.0; OUTPUTS]);
    let (mut centre, mut others) = ([0.0; OUTPUTS], [0.0; OUTPUTS]);
    let (first, start) = (first as f64, j as f64);
    for k in 0..n {
        let x = at.ratio * (start + k as f64) + at.offset;
        let r = (x + ROUND) - ROUND;
        let f = x - r;
        let angle = PI * f;
        let s1 = sine::<L>(angle);
        let s = sine::<L>(angle / a);
        let weight = a * s1 * s / (angle * angle);
        nearest[k] = r - first;
        rest[k] = f;
        sin[k] = s;
        cos[k] = cosine::<L>(angle / a);
        centre[k] = if f.abs() < AT_SAMPLE { 1.0 } else { weight };
        others[k] = s1 * (a / (PI * PI));
    }
    for k in 0..n {
        let (f, s, c) = (rest[k], sin[k], cos[k]);
        let ahead = usize::from(f >= 0.0);
        let taps = &kernel.taps[ahead];
        let r = nearest[k] as usize;
        let x = &window[r - kernel.a + ahead..];
        let (f, s, c) = (L::splat(f), L::splat(s), L::splat(c));
        let groups = x.as_chunks().0.iter().zip(taps.cos.as_chunks().0);
        let tables = taps.sin.as_chunks().0.iter().zip(taps.m.as_chunks().0);
        let mut sum = L::splat(0.0);
        for ((x, cos), (sin, m)) in groups.zip(tables) {
            let u = f.add(L::load(m));
            let weight = s.mul_add(L::load(cos), c.mul(L::load(sin))).div(u.mul(u));
            sum = L::load(x).mul_add(weight, sum);
        }
        y[k] = window[r] * centre[k] + others[k] * sum.total();
    }
}

/// `sin t` for `|t| <= pi / 2` by its series, to about 2e-16 of its value.
#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn sine<L: Lanes>(t: f64) -> f64 {
    const SERIES: [f64; 11] = inverse_factorials(3);
    let square = t * t;
    let tail = SERIES.iter().rev().fold(0.0, |sum, c| fma::<L>(sum, square, *c));
    fma::<L>(t * square, tail, t)
}

/// `cos t` for `|t| <= pi / 2` by its series, to about 2e-16.
#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn cosine<L: Lanes>(t: f64) -> f64 {
    const SERIES: [f64; 11] = inverse_factorials(2);
    let square = t * t;
    let tail = SERIES.iter().rev().fold(0.0, |sum, c| fma::<L>(sum, square, *c));
    fma::<L>(square, tail, 1.0)
}

/// `-1 / n!`, `1 / (n + 2)!`, `-1 / (n + 4)!` and so on.
const fn inverse_factorials(n: usize) -> [f64; 11] {
    let mut series = [0.0; 11];
    let (mut factorial, mut i, mut k) = (1.0, 1, 0);
    while k < 11 {
        while i < n + 2 * k {
            i += 1;
            factorial *= i as f64;
        }
        series[k] = if k % 2 == 0 { -1.0 } else { 1.0 } / factorial;
        k += 1;
    }
    series
}

/// Weights tabulated for the `q` fractions that positions at a ratio `p / q` have.
///
/// The table is for exact positions. `ObsPy`'s are rounded, and lie off by up to 1e-8, to which the
/// kernel's slope, tabulated as well, answers: what is left is of the order of 1e-8 squared.
#[derive(Debug)]
pub(super) struct Phases {
    a: usize,
    p: i64,
    q: i64,
    /// Of every phase, the integer to add to `j p / q`, and the rest.
    at: Vec<(i64, f64)>,
    /// Of every phase, the weights of its taps and then their slopes.
    weights: Vec<f64>,
}

impl Phases {
    /// Farthest that a position may lie from its phase.
    const TOLERANCE: f64 = 2e-8;
    /// Largest table, in bytes: it has to stay in cache.
    const BYTES: usize = 1 << 20;

    /// None where the ratio is not rational, or a table would not pay.
    pub(super) fn new(at: Positions, npts: usize, a: usize) -> Option<Self> {
        let taps = padded(2 * a);
        let largest = (Self::BYTES / (16 * taps)).min(npts / 8);
        let farthest = at.at(npts).abs().max(at.offset.abs());
        let tolerance = (Self::TOLERANCE - 2.0 * f64::EPSILON * farthest) / npts as f64;
        let (p, q) = fraction(at.ratio, tolerance, largest as f64)?;
        let mut phases = Self { a, p, q, at: Vec::new(), weights: Vec::new() };
        let whole = (at.offset + ROUND) - ROUND;
        for k in 0..q {
            let position = (at.offset - whole) + k as f64 / q as f64;
            let r = (position + ROUND) - ROUND;
            phases.tabulate(position - r, taps);
            #[allow(clippy::cast_possible_truncation)] // below 2^50
            phases.at.push(((r + whole) as i64, position - r));
        }
        Some(phases)
    }

    fn tabulate(&mut self, f: f64, taps: usize) {
        let start = if f >= 0.0 { self.a - 1 } else { self.a } as f64;
        let (w, slopes): (Vec<_>, Vec<_>) =
            (0..taps)
                .map(|tap| {
                    if tap < 2 * self.a {
                        weight(f, start - tap as f64, self.a)
                    } else {
                        (0.0, 0.0)
                    }
                })
                .unzip();
        self.weights.extend(w);
        self.weights.extend(slopes);
    }

    /// The outputs from the `j`th on; `window` begins with the sample `first`.
    pub(super) fn block(&self, at: Positions, j: usize, window: &[f64], first: i64, y: &mut [f64]) {
        phases(self, at, j, window, first, y);
    }
}

dispatch! {
    fn phases(
        kernel: &Phases, at: Positions, j: usize, window: &[f64], first: i64, y: &mut [f64],
    ) = phases_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // positions in the window
#[allow(clippy::cast_possible_wrap)]
fn phases_body<L: Lanes>(
    kernel: &Phases,
    at: Positions,
    j: usize,
    window: &[f64],
    first: i64,
    y: &mut [f64],
) {
    let taps = padded(2 * kernel.a);
    let (mut whole, mut k) = {
        let numerator = j as i64 * kernel.p;
        (numerator / kernel.q, numerator % kernel.q)
    };
    let (step, fraction) = (kernel.p / kernel.q, kernel.p % kernel.q);
    for (i, y) in y.iter_mut().enumerate() {
        let (r, f) = kernel.at[k as usize];
        let r = whole + r;
        let off = (at.at(j + i) - r as f64) - f;
        let x = &window[(r - first) as usize - kernel.a + usize::from(f >= 0.0)..][..taps];
        let (weights, slopes) = kernel.weights[2 * taps * k as usize..][..2 * taps].split_at(taps);
        let (mut sum, mut slope) = (L::splat(0.0), L::splat(0.0));
        let groups = weights.as_chunks().0.iter().zip(slopes.as_chunks().0);
        for (x, (w, d)) in x.as_chunks().0.iter().zip(groups) {
            sum = L::load(x).mul_add(L::load(w), sum);
            slope = L::load(x).mul_add(L::load(d), slope);
        }
        *y = sum.total() + off * slope.total();
        whole += step;
        k += fraction;
        if k >= kernel.q {
            whole += 1;
            k -= kernel.q;
        }
    }
}

/// The kernel at `u = f + m` and its slope.
fn weight(f: f64, m: f64, a: usize) -> (f64, f64) {
    let a = a as f64;
    let u = f + m;
    if u.abs() < 1e-4 {
        // The series: what is left out is of the order of u^4, and of u^3 in the slope.
        let bend = PI * PI / 6.0 * (1.0 + 1.0 / (a * a));
        if u.abs() < AT_SAMPLE {
            return (1.0, -2.0 * bend * u);
        }
        let (wide, narrow) = ((PI * u).sin() / (PI * u), (PI * u / a).sin() / (PI * u / a));
        return (wide * narrow, -2.0 * bend * u);
    }
    let parity = if m.rem_euclid(2.0) == 0.0 { 1.0 } else { -1.0 };
    let (sin, cos) = (PI * f).sin_cos();
    let (sin, cos) = (parity * sin, parity * cos);
    let (wide_sin, wide_cos) = (PI * u / a).sin_cos();
    let scale = a / (PI * PI * u * u);
    let weight = scale * sin * wide_sin;
    (weight, scale * PI * (cos * wide_sin + sin * wide_cos / a) - 2.0 * weight / u)
}

/// The first convergent of `x` within `tolerance`, with a denominator of `largest` at most.
#[allow(clippy::cast_possible_truncation)] // bounded by `largest` and checked
fn fraction(x: f64, tolerance: f64, largest: f64) -> Option<(i64, i64)> {
    let (mut p, mut q) = ((1.0, 0.0), (0.0, 1.0));
    let mut rest = x;
    for _ in 0..40 {
        let digit = rest.floor();
        p = (digit * p.0 + p.1, p.0);
        q = (digit * q.0 + q.1, q.0);
        if q.0 > largest || p.0 > 1e9 {
            return None;
        }
        if (p.0 / q.0 - x).abs() <= tolerance {
            return Some((p.0 as i64, q.0 as i64));
        }
        rest = 1.0 / (rest - digit);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::Plain;

    /// Machines differ in how they round, not in what they compute.
    #[test]
    fn plain_and_wide_agree() {
        let window: Vec<f64> = (0..2000).map(|k| f64::from(k * k % 1013) - 500.0).collect();
        for (ratio, a) in [(0.75, 7), (2.5, 25), (0.612_347, 20)] {
            let at = Positions { ratio, offset: 100.2 };
            let (mut wide, mut plain) = ([0.0; 500], [0.0; 500]);
            let agree = |wide: &[f64], plain: &[f64]| {
                for (w, p) in wide.iter().zip(plain) {
                    assert!((w - p).abs() < 1e-12, "{ratio}: {w} {p}");
                }
            };
            let kernel = Direct::new(a);
            kernel.block(at, 0, &window, 0, &mut wide);
            direct_body::<Plain>(&kernel, at, 0, &window, 0, &mut plain);
            agree(&wide, &plain);
            if let Some(kernel) = Phases::new(at, 500, a) {
                kernel.block(at, 0, &window, 0, &mut wide);
                agree(&wide, &plain); // and so do both ways to the weights
                phases_body::<Plain>(&kernel, at, 0, &window, 0, &mut plain);
                agree(&wide, &plain);
            }
        }
    }
}
