//! Counts to ground motion where it takes no spectrum.

use std::sync::Arc;

use crate::parallel::Cancel;
use crate::quotient::{divide, divide_in_place};
use crate::samples::{Pointwise, Real, Sample, Transform, check_len};
use crate::{Error, Result};

/// Samples between two looks at the outside world.
const BLOCK: usize = 1 << 18;

/// Division by the overall sensitivity, in the precision of the data: `obspy.Trace.remove_sensitivity`,
/// and `remove_response` for a polynomial stage without a constant term, bit for bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sensitivity(
    /// Counts per unit of ground motion.
    pub f64,
);

impl Sensitivity {
    /// The divisor, once it is sure that no quotient overflows, of which `NumPy` would warn.
    ///
    /// Only a divisor below 1 can do that, so that the data are mostly not looked at.
    fn divisor<S: Sample>(self, x: &[S]) -> Result<S::Real> {
        let value = S::Real::from_f64(self.0);
        if value == S::Real::default() || !value.is_finite() {
            return Err(Error::Declined("the sensitivity is zero, infinite or NaN"));
        }
        if value.to_f64().abs() < 1.0 {
            let largest = x.iter().fold(0.0_f64, |max, x| max.max(x.to_f64().abs()));
            if !(S::Real::from_f64(largest) / value).is_finite() {
                return Err(Error::Declined("the data are infinite, or too large to be divided"));
            }
        }
        Ok(value)
    }
}

impl Pointwise for Sensitivity {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        let value = self.divisor(src)?;
        divide(src, dst, value.to_f64(), false);
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        let value = self.divisor(data)?;
        divide_in_place(data, value.to_f64(), false);
        Ok(())
    }
}

/// The polynomial responses of `obspy.Trace.remove_response`, bit for bit; always double precision.
#[derive(Debug, Clone, PartialEq)]
pub enum Polynomial {
    /// A response that is an instrument polynomial: its coefficients in ascending order, by Horner's
    /// rule.
    Series(Arc<[f64]>),
    /// A first stage that is a polynomial with a constant term. The quotient has the precision of
    /// the data, the sum has not.
    DividePlus {
        /// Counts per unit of ground motion.
        gain: f64,
        /// The constant term, in units of ground motion.
        offset: f64,
    },
}

impl Transform for Polynomial {
    /// Declines a value that is NaN or infinite, before or after.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        for (x, y) in src.chunks(BLOCK).zip(dst.chunks_mut(BLOCK)) {
            cancel.check()?;
            match self {
                Self::Series(coefficients) => {
                    let (&last, rest) = coefficients
                        .split_last()
                        .ok_or(Error::Declined("a polynomial without coefficients"))?;
                    for (y, x) in y.iter_mut().zip(x) {
                        let x = x.to_f64();
                        *y = rest.iter().rev().fold(last + x * 0.0, |sum, c| c + sum * x);
                    }
                }
                Self::DividePlus { gain, offset } => {
                    let gain = S::Real::from_f64(*gain);
                    for (y, x) in y.iter_mut().zip(x) {
                        *y = (x.to_real() / gain).to_f64() + offset;
                    }
                }
            }
            if !y.iter().fold(true, |all, y| all & y.is_finite()) {
                return Err(Error::Declined("the data hold NaN or Inf, or would"));
            }
        }
        Ok(())
    }
}
