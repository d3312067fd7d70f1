//! Values of the interpolating cubic spline at other times.

use crate::fft::zeros;
use crate::grid::Grid;
use crate::parallel::{Cancel, for_each};
use crate::samples::{Sample, Transform, check_len};
use crate::{Error, Result};

/// Samples between two looks at `cancel`.
const BETWEEN: usize = 1 << 17;

/// The values at new times of the cubic spline through the samples, smooth at every one of them but
/// the second and the last but one ("not-a-knot").
///
/// Seconds since 1970 resolve 2.4e-7 s: at 100 Hz a spline on the times as they are differs by 1e-5
/// from one on equal distances, so the times as they are is what it takes to agree with `ObsPy`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CubicSpline {
    grid: Grid,
}

impl CubicSpline {
    /// For the times of `grid`.
    ///
    /// # Errors
    /// [`Error::Declined`] for fewer than four samples.
    pub fn new(grid: Grid) -> Result<Self> {
        if grid.npts_in() < 4 {
            return Err(Error::Declined("a cubic spline needs four samples"));
        }
        Ok(Self { grid })
    }
}

impl Transform for CubicSpline {
    fn npts(&self, _: usize) -> usize {
        self.grid.npts()
    }

    /// Declines data with NaN or infinite values.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.grid.npts_in(), src.len())?;
        check_len("output", self.grid.npts(), dst.len())?;
        let (n, x) = (src.len(), |i| self.grid.old_time(i));
        let slopes = slopes(x, src, cancel)?;
        // Every slope depends on all samples.
        if !slopes.iter().all(|s| s.is_finite()) {
            return Err(Error::Declined("data with NaN or infinite values"));
        }
        cancel.check()?;
        let (mut i, mut start, mut end) = (0, x(0), x(1));
        for_each(dst, cancel, |j, value| {
            let at = self.grid.new_time(j);
            while i + 2 < n && at >= end {
                i += 1;
                (start, end) = (end, x(i + 1));
            }
            let (y, next) = (src[i].to_f64(), src[i + 1].to_f64());
            let (t, width) = (at - start, end - start);
            let (u, chord) = (t / width, (next - y) / width);
            // Hermite's cubic about the chord.
            let (left, right) = (slopes[i] - chord, slopes[i + 1] - chord);
            *value = y + t * (chord + (1.0 - u) * (left * (1.0 - u) - right * u));
        })
    }
}

/// Slopes of the spline at the samples (de Boor, A Practical Guide to Splines, IV, 10 and 15),
/// by elimination, which is stable without pivoting: all pivots are positive but for the last.
fn slopes<S: Sample>(
    x: impl Fn(usize) -> f64,
    samples: &[S],
    cancel: &dyn Cancel,
) -> Result<Vec<f64>> {
    let n = samples.len();
    let width = |i: usize| x(i + 1) - x(i);
    let mean = |i: usize| (samples[i + 1].to_f64() - samples[i].to_f64()) / width(i);
    // From the outermost interval, whose cubic goes on into its neighbour.
    let end = |h: f64, next: f64, mean: f64, next_mean: f64| {
        ((h + 2.0 * (h + next)) * next * mean + h * h * next_mean) / (h + next)
    };
    let (mut s, mut upper) = (zeros(n, cancel)?, zeros(n, cancel)?);
    let (mut h, mut m) = (width(0), mean(0));
    s[0] = end(h, width(1), m, mean(1)) / width(1);
    upper[0] = (h + width(1)) / width(1);
    for i in 1..n - 1 {
        let (next, next_mean) = (width(i), mean(i));
        let pivot = 1.0 / (2.0 * (h + next) - next * upper[i - 1]);
        s[i] = (3.0 * (next * m + h * next_mean) - next * s[i - 1]) * pivot;
        upper[i] = h * pivot;
        (h, m) = (next, next_mean);
        if i.is_multiple_of(BETWEEN) {
            cancel.check()?;
        }
    }
    let before = width(n - 3);
    let right = end(h, before, m, mean(n - 3));
    s[n - 1] = (right - (h + before) * s[n - 2]) / (before - (h + before) * upper[n - 2]);
    for i in (0..n - 1).rev() {
        s[i] -= upper[i] * s[i + 1];
        if i.is_multiple_of(BETWEEN) {
            cancel.check()?;
        }
    }
    Ok(s)
}
