//! The instrument response of a channel as a spectrum: what evalresp computes, as `ObsPy` calls it.
//!
//! [`stage`] is the content of a station file, [`Response`] what is left of it to be evaluated, and
//! [`cache`] keeps the spectra that were.

#![allow(clippy::inline_always)] // see `simd`: a lane operation must meet its caller

pub mod cache;
mod coefficients;
mod filters;
mod fir;
mod list;
mod model;
mod normalise;
mod panel;
mod paz;
mod phasor;
mod simd;
mod spectrum;
pub mod stage;
pub mod units;

use std::fmt;
use std::sync::Arc;

use crate::parallel::Cancel;
use crate::{Complex64, Result};

pub use fir::Stored;
pub use model::{Grid, Part, Response, ResponseError};
pub use paz::Domain;
pub use stage::{Decimation, Kind, Sensitivity, Stage};

/// What a deconvolution divides by.
pub trait Spectrum: fmt::Debug + Send + Sync {
    /// The values at all frequencies of `grid`, kept for the next call.
    ///
    /// # Errors
    /// [`crate::Error::Cancelled`], [`crate::Error::Memory`], or what the response answers.
    fn all(&self, grid: Grid, cancel: &dyn Cancel) -> Result<Arc<[Complex64]>>;

    /// The values at a part of them, not kept.
    ///
    /// # Errors
    /// As [`Spectrum::all`].
    fn part(&self, grid: Grid, part: Part, cancel: &dyn Cancel) -> Result<Arc<[Complex64]>>;
}

impl Spectrum for Response {
    fn all(&self, grid: Grid, cancel: &dyn Cancel) -> Result<Arc<[Complex64]>> {
        self.spectrum(grid, cancel)
    }

    fn part(&self, grid: Grid, part: Part, cancel: &dyn Cancel) -> Result<Arc<[Complex64]>> {
        self.evaluate(grid, part, cancel)
    }
}

/// A spectrum that is there already.
impl Spectrum for Arc<[Complex64]> {
    fn all(&self, _: Grid, _: &dyn Cancel) -> Result<Arc<[Complex64]>> {
        Ok(Self::clone(self))
    }

    fn part(&self, _: Grid, part: Part, _: &dyn Cancel) -> Result<Arc<[Complex64]>> {
        let every_second = |first| self.iter().skip(first).step_by(2).copied().collect();
        Ok(match part {
            Part::All => Self::clone(self),
            Part::Even => every_second(0),
            Part::Odd => every_second(1),
        })
    }
}
