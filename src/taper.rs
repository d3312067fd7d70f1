//! Windowed ends.

use std::sync::Arc;

use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::{Error, Result};

/// Both ends of a trace times the halves of a window, bit for bit as `obspy.Trace.taper` does it:
/// the product in double precision, rounded to the data's.
///
/// The window is `SciPy`'s, computed by the caller; what lies between its halves is untouched.
#[derive(Debug, Clone, PartialEq)]
pub struct Taper {
    left: Arc<[f64]>,
    right: Arc<[f64]>,
    npts: usize,
}

impl Taper {
    /// For traces of `npts` samples; either half may be empty.
    ///
    /// # Errors
    /// [`Error::Length`] if the halves overlap.
    pub fn new(left: Arc<[f64]>, right: Arc<[f64]>, npts: usize) -> Result<Self> {
        let tapered = left.len() + right.len();
        if tapered > npts {
            return Err(Error::Length { what: "taper", expected: npts, got: tapered });
        }
        Ok(Self { left, right, npts })
    }

    /// Where the right half begins.
    fn right_start(&self) -> usize {
        self.npts - self.right.len()
    }

    /// An infinite sample times zero is NaN, which `NumPy` warns of.
    fn check<S: Sample>(&self, x: &[S]) -> Result<()> {
        check_len("taper", self.npts, x.len())?;
        let ends = x[..self.left.len()].iter().chain(&x[self.right_start()..]);
        if ends.fold(false, |any, x| any | x.to_f64().is_infinite()) {
            return Err(Error::Declined("the tapered samples hold Inf"));
        }
        Ok(())
    }
}

impl Pointwise for Taper {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        self.check(src)?;
        for (y, x) in dst.iter_mut().zip(src) {
            *y = x.to_real();
        }
        multiply(&mut dst[..self.left.len()], &self.left);
        multiply(&mut dst[self.right_start()..], &self.right);
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        self.check(data)?;
        multiply(&mut data[..self.left.len()], &self.left);
        multiply(&mut data[self.right_start()..], &self.right);
        Ok(())
    }
}

fn multiply<T: Real>(data: &mut [T], window: &[f64]) {
    for (x, w) in data.iter_mut().zip(window) {
        *x = T::from_f64(x.to_f64() * w);
    }
}
