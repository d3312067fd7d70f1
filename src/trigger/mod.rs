//! Characteristic functions of triggers: `obspy.Trace.trigger`.
//!
//! Each is prepared for a trace length and its windows in samples, and writes `f64`. Lengths with
//! which `ObsPy` raises, warns or reads beyond its arrays are declined.

#![allow(clippy::similar_names)] // sta and lta are what they are called

mod carl;
mod classic;
mod delayed;
mod energy;
mod recursive;
mod zdetect;

pub use carl::Carl;
pub use classic::Classic;
pub use delayed::Delayed;
pub use energy::EnergyRatio;
pub use recursive::Recursive;
pub use zdetect::ZDetect;

use crate::samples::Sample;
use crate::{Error, Result};

/// Which of `ObsPy`'s two versions of a method; they differ in the beginning and the rounding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// `recstalta`, `classicstalta`.
    C,
    /// `recstaltapy`, `classicstaltapy`: squares wrap or round in the type of the data.
    Python,
}

/// Samples a kernel handles between two looks at the caller.
const BLOCK: usize = 1 << 14;
/// Samples whose intermediate values are held at once.
const RUN: usize = 64;

const NOT_FINITE: Error = Error::Declined("the data hold NaN, Inf or values too large");

/// A window holds a sample at least.
fn check_windows(windows: &[usize]) -> Result<()> {
    if windows.contains(&0) { Err(Error::Declined("a window of no samples")) } else { Ok(()) }
}

/// The sums of the squares up to each sample, squared in the data's own type: `NumPy`'s
/// `cumsum(data**2, dtype=float)`.
fn energies<S: Sample>(x: &[S], sums: &mut [f64]) -> Result<()> {
    let mut sum = 0.0;
    for (c, x) in sums.iter_mut().zip(x) {
        sum += x.square().to_f64();
        *c = sum;
    }
    if sum.is_finite() { Ok(()) } else { Err(NOT_FINITE) }
}

/// A buffer for `n` values, or an error.
fn reserve<T>(n: usize) -> Result<Vec<T>> {
    let mut buffer = Vec::new();
    let memory = |_| Error::Memory(n.saturating_mul(size_of::<T>()));
    buffer.try_reserve_exact(n).map_err(memory)?;
    Ok(buffer)
}

/// A buffer of `n` zeros, or an error.
fn zeros(n: usize) -> Result<Vec<f64>> {
    let mut buffer = reserve(n)?;
    buffer.resize(n, 0.0);
    Ok(buffer)
}
