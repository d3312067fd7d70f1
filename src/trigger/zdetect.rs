//! The Z-detector.

use super::{NOT_FINITE, check_windows, energies, zeros};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::sum::numpy_sum;
use crate::{Error, Result};

/// The energy in a window before the sample, less its mean over the trace and over its standard
/// deviation (Swindell and Snell 1977; Withers et al. 1998, Bull. Seism. Soc. Am. 88, 95-106), to
/// the bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ZDetect {
    npts: usize,
    nsta: usize,
}

impl ZDetect {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples or of the whole trace.
    pub fn new(npts: usize, nsta: usize) -> Result<Self> {
        check_windows(&[nsta])?;
        if nsta >= npts {
            return Err(Error::Declined("the window is not shorter than the trace"));
        }
        Ok(Self { npts, nsta })
    }
}

impl Transform for ZDetect {
    /// Declines data that hold NaN, Inf or values too large, and energy that does not vary.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        let mut sums = zeros(self.npts)?;
        energies(src, &mut sums)?;
        cancel.check()?;
        dst[..self.nsta].fill(0.0);
        dst[self.nsta] = sums[self.nsta - 1];
        let windows = sums.iter().zip(&sums[self.nsta..self.npts - 1]);
        for (y, (before, end)) in dst[self.nsta + 1..].iter_mut().zip(windows) {
            *y = end - before;
        }
        let n = self.npts as f64;
        let mean = numpy_sum(dst) / n;
        for (square, y) in sums.iter_mut().zip(dst.iter_mut()) {
            *y -= mean;
            *square = *y * *y;
        }
        cancel.check()?;
        let deviation = (numpy_sum(&sums) / n).sqrt();
        if !deviation.is_finite() {
            return Err(NOT_FINITE);
        }
        if deviation == 0.0 {
            return Err(Error::Declined("the energy does not vary"));
        }
        for y in dst {
            *y /= deviation;
        }
        Ok(())
    }
}
