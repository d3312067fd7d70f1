//! A call on a trace as data: everything about it that does not depend on the samples.
//!
//! Kernels are generic over the type of the samples, a trace is not: this is where the two meet.

use std::any::Any;
use std::fmt::Debug;
use std::ops::Range;
use std::sync::Arc;

use crate::columns::InColumns;
use crate::lanes::InLanes;
use crate::parallel::Cancel;
use crate::samples::{Input, Output, Pointwise, Real, Sample, Transform};
use crate::{Error, Result, with_samples};

/// One prepared step. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Step(Kind);

#[derive(Debug, Clone)]
pub(crate) enum Kind {
    Pointwise(Arc<dyn AnyPointwise>),
    Transform(Arc<dyn AnyTransform>),
    Cut(Range<usize>),
}

impl Step {
    /// From a step that leaves the number of samples and, for floats, their type.
    pub fn pointwise(step: impl Pointwise) -> Self {
        Self(Kind::Pointwise(Arc::new(step)))
    }

    /// From a step whose result has its own length or type.
    pub fn transform(step: impl Transform) -> Self {
        Self(Kind::Transform(Arc::new(step)))
    }

    /// The samples of a range, and no others.
    #[must_use]
    pub fn cut(range: Range<usize>) -> Self {
        Self(Kind::Cut(range))
    }

    /// True for a [`Transform`], after which samples are double precision.
    #[must_use]
    pub fn is_transform(&self) -> bool {
        self.as_transform().is_some()
    }

    /// Number of samples that come out where `npts` go in.
    #[must_use]
    pub fn npts(&self, npts: usize) -> usize {
        match &self.0 {
            Kind::Pointwise(_) => npts,
            Kind::Transform(step) => step.npts(npts),
            Kind::Cut(range) => range.len(),
        }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }

    /// The way to do several traces at once, if there is one.
    #[must_use]
    pub fn in_lanes(&self) -> Option<&dyn InLanes> {
        self.as_transform()?.in_lanes()
    }

    /// The way to do traces that lie side by side, if there is one.
    #[must_use]
    pub fn in_columns(&self) -> Option<&dyn InColumns> {
        match &self.0 {
            Kind::Pointwise(step) => step.in_columns(),
            Kind::Transform(step) => step.in_columns(),
            Kind::Cut(_) => None,
        }
    }

    pub(crate) fn as_pointwise(&self) -> Result<&dyn AnyPointwise> {
        match &self.0 {
            Kind::Pointwise(step) => Ok(&**step),
            _ => Err(Error::Declined("a step that cannot be done in place")),
        }
    }

    pub(crate) fn as_transform(&self) -> Option<&dyn AnyTransform> {
        if let Kind::Transform(step) = &self.0 { Some(&**step) } else { None }
    }
}

/// A [`Pointwise`] for samples of any type.
pub(crate) trait AnyPointwise: Debug + Send + Sync {
    #[allow(clippy::wrong_self_convention)] // as in `Pointwise`
    fn into_new(&self, src: Input<'_>, dst: Output<'_>) -> Result<()>;
    fn in_place(&self, data: Output<'_>) -> Result<()>;
    fn in_columns(&self) -> Option<&dyn InColumns>;
}

impl<P: Pointwise> AnyPointwise for P {
    fn into_new(&self, src: Input<'_>, dst: Output<'_>) -> Result<()> {
        with_samples!(src, x => Pointwise::into_new(self, x, real(x, dst)?))
    }

    fn in_place(&self, data: Output<'_>) -> Result<()> {
        match data {
            Output::F32(x) => Pointwise::in_place(self, x),
            Output::F64(x) => Pointwise::in_place(self, x),
        }
    }

    fn in_columns(&self) -> Option<&dyn InColumns> {
        Pointwise::in_columns(self)
    }
}

/// The slice for what becomes of samples as those of `x`.
fn real<'a, S: Sample>(_: &[S], output: Output<'a>) -> Result<&'a mut [S::Real]> {
    S::Real::slice(output)
}

/// A [`Transform`] of samples of any type.
pub(crate) trait AnyTransform: Any + Debug + Send + Sync {
    fn npts(&self, npts: usize) -> usize;
    fn apply(&self, src: Input<'_>, dst: &mut [f64], cancel: &dyn Cancel) -> Result<()>;
    fn in_lanes(&self) -> Option<&dyn InLanes>;
    fn in_columns(&self) -> Option<&dyn InColumns>;
    fn joins(&self, other: &dyn AnyTransform) -> bool;
}

impl<T: Transform> AnyTransform for T {
    fn npts(&self, npts: usize) -> usize {
        Transform::npts(self, npts)
    }

    fn apply(&self, src: Input<'_>, dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        with_samples!(src, x => Transform::apply(self, x, dst, cancel))
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Transform::in_lanes(self)
    }

    fn in_columns(&self) -> Option<&dyn InColumns> {
        Transform::in_columns(self)
    }

    fn joins(&self, other: &dyn AnyTransform) -> bool {
        (other as &dyn Any).downcast_ref().is_some_and(|other| Transform::joins(self, other))
    }
}
