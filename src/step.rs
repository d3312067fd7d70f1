//! A call on a trace as data: everything about it that does not depend on the samples.

use std::sync::Arc;

use crate::Result;
use crate::deconvolve::Deconvolve;
use crate::detrend::Detrend;
use crate::lanczos::Lanczos;
use crate::parallel::Cancel;
use crate::samples::{Pointwise, Real, Sample};
use crate::sensitivity::{Polynomial, Sensitivity};
use crate::taper::Taper;

/// One prepared step.
#[derive(Debug, Clone)]
pub enum Step {
    /// Subtract a trend.
    Detrend(Detrend),
    /// Multiply both ends by a window.
    Taper(Taper),
    /// Divide by the overall sensitivity.
    Sensitivity(Sensitivity),
    /// Undo a polynomial response.
    Polynomial(Polynomial),
    /// Remove the instrument response.
    Deconvolve(Arc<Deconvolve>),
    /// Sample anew with a Lanczos kernel.
    Lanczos(Arc<Lanczos>),
}

/// Runs `$body` with `$p` bound to the [`Pointwise`] inside a [`Step`], or `$else` for a transform.
macro_rules! with_pointwise {
    ($step:expr, $p:ident => $body:expr, $t:ident => $else:expr) => {
        match $step {
            Step::Detrend($p) => $body,
            Step::Taper($p) => $body,
            Step::Sensitivity($p) => $body,
            $t => $else,
        }
    };
}

impl Step {
    /// True for a step whose result has its own length or type; the others are [`Pointwise`].
    #[must_use]
    pub fn is_transform(&self) -> bool {
        matches!(self, Self::Polynomial(_) | Self::Deconvolve(_) | Self::Lanczos(_))
    }

    /// Number of samples that come out where `npts` go in.
    #[must_use]
    pub fn npts(&self, npts: usize) -> usize {
        match self {
            Self::Lanczos(step) => step.npts(),
            _ => npts,
        }
    }

    /// Applies a pointwise step to `src`, writing to `dst`.
    #[allow(clippy::wrong_self_convention)] // as in `Pointwise`
    pub(crate) fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        with_pointwise!(self, step => step.into_new(src, dst), other => unreachable!("{other:?}"))
    }

    /// Applies a pointwise step to `data`.
    pub(crate) fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        with_pointwise!(self, step => step.in_place(data), other => unreachable!("{other:?}"))
    }

    /// Applies a transform to `src`, writing to `dst`.
    pub(crate) fn transform<S: Sample>(
        &self,
        src: &[S],
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        match self {
            Self::Polynomial(step) => step.apply(src, dst, cancel),
            Self::Deconvolve(step) => step.apply(src, dst, cancel),
            Self::Lanczos(step) => step.apply(src, dst, cancel),
            other => unreachable!("{other:?}"),
        }
    }
}
