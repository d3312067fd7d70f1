//! Interpolation that looks at the nearest samples only: linear, nearest and previous sample.

use crate::Result;
use crate::grid::Grid;
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};

/// What becomes of the samples around a new time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// On the line between its neighbours, as `numpy.interp`.
    Linear,
    /// The nearer neighbour; the earlier one of two as near.
    Nearest,
    /// The one before.
    Zero,
}

/// `obspy.Trace.interpolate` with `method="linear"`, `"nearest"` or `"zero"`, to the bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lookup {
    grid: Grid,
    method: Method,
}

/// Samples between two looks at the caller.
const BLOCK: usize = 1 << 14;

impl Lookup {
    /// For the times of `grid`.
    #[must_use]
    pub fn new(grid: Grid, method: Method) -> Self {
        Self { grid, method }
    }

    /// Samples that are not finite are met as `numpy.interp` meets them.
    #[allow(clippy::float_cmp)] // a time or a value that is the very same
    fn linear<S: Sample>(&self, src: &[S], time: f64) -> f64 {
        let k = self.grid.sample_before(time);
        let (y, from) = (src[k].to_f64(), self.grid.old_time(k));
        if k + 1 == src.len() || from == time {
            return y;
        }
        let (next, to) = (src[k + 1].to_f64(), self.grid.old_time(k + 1));
        let slope = (next - y) / (to - from);
        let mut value = slope * (time - from) + y;
        if value.is_nan() {
            value = slope * (time - to) + next;
            if value.is_nan() && y == next {
                value = y;
            }
        }
        value
    }

    /// The middle between two samples belongs to the earlier one.
    fn nearest<S: Sample>(&self, src: &[S], time: f64) -> f64 {
        let k = self.grid.sample_before(time);
        let later = k + 1 < src.len()
            && self.grid.old_time(k + 1) / 2.0 + self.grid.old_time(k) / 2.0 < time;
        src[k + usize::from(later)].to_f64()
    }
}

impl Transform for Lookup {
    fn npts(&self, _: usize) -> usize {
        self.grid.npts()
    }

    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.grid.npts_in(), src.len())?;
        check_len("output", self.grid.npts(), dst.len())?;
        for (b, block) in dst.chunks_mut(BLOCK).enumerate() {
            cancel.check()?;
            let times = (b * BLOCK..).map(|j| self.grid.new_time(j));
            let filled = block.iter_mut().zip(times);
            match self.method {
                Method::Linear => filled.for_each(|(y, t)| *y = self.linear(src, t)),
                Method::Nearest => filled.for_each(|(y, t)| *y = self.nearest(src, t)),
                // SciPy evaluates a spline of order zero: a sum that begins with positive zero.
                Method::Zero => {
                    filled.for_each(|(y, t)| {
                        *y = 0.0 + src[self.grid.sample_before(t)].to_f64();
                    });
                }
            }
        }
        Ok(())
    }
}
