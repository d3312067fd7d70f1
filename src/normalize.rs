//! Division by the largest sample, or by a given value.

use crate::quotient::{divide, divide_in_place};
use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// What the samples are divided by; its sign is ignored.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Norm {
    /// The largest magnitude among them.
    Largest,
    /// A value in the precision of the data: a Python number, or a `NumPy` scalar of their type.
    Value(f64),
    /// A `numpy.float64`: single precision is divided in double, then rounded.
    Double(f64),
}

/// `obspy.Trace.normalize`, to the bit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Normalize {
    norm: Norm,
}

impl Normalize {
    /// Divides by `norm`.
    ///
    /// # Errors
    /// [`Error::Declined`] for a norm that is zero, where `ObsPy` warns and does nothing, or not
    /// finite.
    pub fn new(norm: Norm) -> Result<Self> {
        match norm {
            Norm::Value(value) | Norm::Double(value) if !value.is_finite() || value == 0.0 => {
                Err(Error::Declined("the norm is zero or not finite"))
            }
            _ => Ok(Self { norm }),
        }
    }

    /// The divisor for `x`, and whether it is to divide in double precision.
    fn divisor<S: Sample>(&self, x: &[S]) -> Result<(f64, bool)> {
        let largest = largest(x);
        if !largest.is_finite() {
            return Err(Error::Declined("the data hold NaN or Inf"));
        }
        let (norm, double) = match self.norm {
            Norm::Largest => {
                // NumPy's absolute value of the least integer is itself.
                if x.iter().fold(false, |any, x| any | (x.magnitude().to_f64() < 0.0)) {
                    return Err(Error::Declined("the data hold the least integer"));
                }
                (largest, false)
            }
            Norm::Value(value) => (S::Real::from_f64(value.abs()).to_f64(), false),
            Norm::Double(value) => (value.abs(), true),
        };
        if norm == 0.0 || !S::Real::from_f64(largest / norm).is_finite() {
            return Err(Error::Declined("the norm is zero or too small"));
        }
        Ok((norm, double))
    }
}

impl Pointwise for Normalize {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        let (norm, double) = self.divisor(src)?;
        divide(src, dst, norm, double);
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        let (norm, double) = self.divisor(data)?;
        divide_in_place(data, norm, double);
        Ok(())
    }
}

/// The largest magnitude; not finite if a sample is.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn largest_body<S: Sample>(x: &[S]) -> f64 {
    let (groups, rest) = x.as_chunks::<16>();
    let (mut largest, mut spoilt) = ([0.0_f64; 16], [0.0_f64; 16]);
    for group in groups {
        for l in 0..16 {
            let x = group[l].to_f64().abs();
            largest[l] = if x > largest[l] { x } else { largest[l] };
            spoilt[l] += x * 0.0;
        }
    }
    let rest = rest.iter().map(|x| x.to_f64().abs());
    let (tail, tail_spoilt) = rest.fold((0.0_f64, 0.0), |(m, s), x| (m.max(x), s + x * 0.0));
    largest.iter().fold(tail, |a, b| a.max(*b)) + (spoilt.iter().sum::<f64>() + tail_spoilt)
}
wide! { pub(crate) fn largest[S: Sample](x: &[S]) -> f64 = largest_body }
