//! Integrating the interpolating cubic spline.
//!
//! On equally spaced samples the integral of a cubic from sample to sample is the trapezium plus
//! dx²/12 times the difference of the slopes, so over many intervals the slopes in between cancel
//! (de Boor, A Practical Guide to Splines, IV). The slopes of the spline that is smooth at every
//! sample but the second and the last but one ("not-a-knot", which is what FITPACK's choice of knots
//! comes to) solve a tridiagonal system that is the same in every row but the outer ones.

use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::{Error, Result};

/// Rows after which the pivot of the elimination, which tends to 2 + √3, no longer changes.
const SETTLED: usize = 32;

/// The integral of the interpolating cubic spline from the first sample to each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SplineIntegral {
    delta: f64,
    npts: usize,
}

impl SplineIntegral {
    /// For `npts` samples, one every `delta` seconds.
    ///
    /// # Errors
    /// [`Error::Declined`] if there are fewer than four, or `delta` is not positive and finite.
    pub fn new(delta: f64, npts: usize) -> Result<Self> {
        if npts < 4 {
            return Err(Error::Declined("a cubic spline needs four samples"));
        }
        if !(delta > 0.0 && delta.is_finite()) {
            return Err(Error::Declined("the sampling interval is out of range"));
        }
        Ok(Self { delta, npts })
    }
}

impl Transform for SplineIntegral {
    /// Declines data with NaN or infinite values.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        let first = slopes(src, dst);
        cancel.check()?;
        let (mut previous, mut sum) = (src[0].to_f64(), 0.0);
        for (sample, slope) in src.iter().zip(dst) {
            let sample = sample.to_f64();
            sum += 0.5 * (previous + sample);
            previous = sample;
            *slope = self.delta * ((sum - src[0].to_f64()) + (first - *slope) / 12.0);
        }
        if sum.is_finite() {
            Ok(())
        } else {
            Err(Error::Declined("data with NaN or infinite values"))
        }
    }
}

/// Writes the slopes per sample; returns the first.
fn slopes<S: Sample>(samples: &[S], d: &mut [f64]) -> f64 {
    let n = samples.len();
    let y = |i: usize| samples[i].to_f64();
    let head = 2.0 * y(1) + 0.5 * y(2) - 2.5 * y(0);
    let tail = 2.5 * y(n - 1) - 2.0 * y(n - 2) - 0.5 * y(n - 3);

    // d[i-1] + 4 d[i] + d[i+1] = 3 (y[i+1] - y[i-1]); head is d[0] + 2 d[1], tail its mirror image.
    let mut inverse = [0.0; SETTLED];
    let mut pivot = 2.0;
    for inverse in &mut inverse {
        *inverse = 1.0 / pivot;
        pivot = 4.0 - *inverse;
    }
    let inverse = |i: usize| inverse[(i - 1).min(SETTLED - 1)];
    d[1] = 0.5 * (3.0 * (y(2) - y(0)) - head);
    for i in 2..n - 2 {
        d[i] = (3.0 * (y(i + 1) - y(i - 1)) - d[i - 1]) * inverse(i);
    }
    d[n - 2] = (3.0 * (y(n - 1) - y(n - 3)) - tail - d[n - 3]) / (2.0 - inverse(n - 3));
    for i in (1..n - 2).rev() {
        d[i] -= d[i + 1] * inverse(i);
    }
    d[n - 1] = tail - 2.0 * d[n - 2];
    d[0] = head - 2.0 * d[1];
    d[0]
}
