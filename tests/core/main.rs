//! The kernels against naive references, and one way of calling them against the other.

// Bits are compared where bits are promised, and test data are made by rounding.
#![allow(clippy::float_cmp, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![allow(clippy::unwrap_used, clippy::cast_possible_wrap, clippy::similar_names)]

mod calculus;
mod deconvolve;
mod interpolate;
mod io;
mod jobs;
mod lanczos;
mod normalize;
mod pointwise;
mod polynomial;
mod resample;
mod response;
mod response_any;
mod rows;
mod simulate;
mod sos;
mod spline;
mod stationxml;
mod sums;
mod trigger;

use obspeed_core::parallel::Cancel;

/// Asks to stop from the start.
struct Stopped;

impl Cancel for Stopped {
    fn is_cancelled(&self) -> bool {
        true
    }
}

/// Values without structure, the same in every run.
fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

/// The largest difference as a share of the largest expected value.
fn error(got: &[f64], expected: &[f64]) -> f64 {
    assert_eq!(got.len(), expected.len());
    let difference = got.iter().zip(expected).fold(0.0, |max: f64, (a, b)| max.max((a - b).abs()));
    let largest = expected.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
    if largest > 0.0 { difference / largest } else { difference }
}

/// |a - b| <= bound everywhere.
fn assert_close(a: &[f64], b: &[f64], bound: f64) {
    assert_eq!(a.len(), b.len());
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= bound, "sample {i}: {a} and {b}, more than {bound} apart");
    }
}

/// Samples without a trend worth the name, the same everywhere: from -5 to 5.
fn folded(n: usize) -> Vec<f64> {
    (0..n).map(|i| ((i * i * 7 + i * 3) % 11) as f64 - 5.0).collect()
}
