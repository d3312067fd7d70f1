//! Energy ratio and modified energy ratio.

use super::{energies, zeros};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::{Error, Result};

/// The energy in a window after the sample over that in the window before it (Han et al. 2009), to
/// the bit; or that ratio times the size of the sample, raised to a power.
///
/// Powers other than 0, 0.5, 1 and 2 agree with `NumPy`'s, whose last bit depends on the machine,
/// to 1e-15 of each value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EnergyRatio {
    npts: usize,
    nsta: usize,
    power: Option<f64>,
}

impl EnergyRatio {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples or more than half the trace.
    pub fn new(npts: usize, nsta: usize) -> Result<Self> {
        if nsta == 0 || nsta > npts / 2 {
            return Err(Error::Declined("the window is empty or longer than half the trace"));
        }
        Ok(Self { npts, nsta, power: None })
    }

    /// The modified ratio: `(ratio |x|)^power`.
    ///
    /// # Errors
    /// As [`EnergyRatio::new`], and for a power that is negative, of which zeros become infinite, or
    /// not finite.
    pub fn modified(npts: usize, nsta: usize, power: f64) -> Result<Self> {
        if !(power >= 0.0 && power.is_finite()) {
            return Err(Error::Declined("the power is negative or not finite"));
        }
        Ok(Self { power: Some(power), ..Self::new(npts, nsta)? })
    }
}

impl Transform for EnergyRatio {
    /// Declines data that hold NaN, Inf or values too large.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        // One zero before the first sum: that up to the sample itself is the next.
        let mut sums = zeros(self.npts + 1)?;
        energies(src, &mut sums[1..])?;
        cancel.check()?;
        let (w, n) = (self.nsta, self.npts);
        dst[..w].fill(0.0);
        dst[n - w + 1..].fill(0.0);
        let ends = sums.iter().zip(&sums[w..]).zip(&sums[2 * w..]);
        for (y, ((begin, now), end)) in dst[w..=n - w].iter_mut().zip(ends) {
            let before = now - begin;
            let ratio = (end - now) / before;
            *y = if before == 0.0 { 0.0 } else { ratio };
        }
        let Some(power) = self.power else { return Ok(()) };
        cancel.check()?;
        #[allow(clippy::float_cmp)] // the very powers
        if power == 3.0 {
            raised(src, dst, |b| b * b * b)
        } else if power == 2.0 {
            raised(src, dst, |b| b * b)
        } else if power == 1.0 {
            raised(src, dst, |b| b)
        } else if power == 0.5 {
            raised(src, dst, f64::sqrt)
        } else {
            raised(src, dst, |b| b.powf(power))
        }
    }
}

/// `dst` times the sizes of `src`, raised; the size of the least integer is negative, as `NumPy`'s.
fn raised<S: Sample>(src: &[S], dst: &mut [f64], power: impl Fn(f64) -> f64) -> Result<()> {
    let mut spoilt = 0.0;
    for (y, x) in dst.iter_mut().zip(src) {
        *y = power(*y * x.magnitude().to_f64());
        spoilt += *y * 0.0;
    }
    if spoilt == 0.0 { Ok(()) } else { Err(super::NOT_FINITE) }
}
