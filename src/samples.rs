//! The sample types traces come in, and how a step meets them.
//!
//! Integers become `f64`; `f32` stays `f32` where `ObsPy` keeps it, and is widened where it widens.

use std::fmt::Debug;
use std::ops::{Add, Div, Mul, Sub};

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::columns::{Columns, InColumns, Side};
use crate::held::Kept;
use crate::lanes::InLanes;
use crate::native::Native;
use crate::parallel::Cancel;
use crate::{Error, Result};

/// A type of sample a trace can hold.
pub trait Sample: Native + Default + Send + Sync + 'static {
    /// What a pointwise step makes of it.
    type Real: Real;
    /// How many samples `NumPy` adds up at once: its cast buffer where it casts, else all of them.
    const SUM_BLOCK: usize;
    /// Whether all values are whole numbers.
    const IS_WHOLE: bool = false;
    /// The value in double precision (rounded for large `i64`).
    fn to_f64(self) -> f64;
    /// The value in the type a pointwise step works in.
    fn to_real(self) -> Self::Real;
    /// Samples of this type, to be read.
    fn input(data: &[Self]) -> Input<'_>;
    /// The slice inside an [`Input`], if it is of this type.
    fn samples(input: Input<'_>) -> Option<&[Self]>;
    /// The traces of `x`, `[time, trace]`, beside the places of their results, if those are of the
    /// same type.
    #[must_use]
    fn columns<'a>(
        _x: ArrayView2<'a, Self>,
        _y: ArrayViewMut2<'a, Self::Real>,
    ) -> Option<Columns<'a>> {
        None
    }
    /// Buffers of such samples that are not in use.
    fn kept() -> &'static Kept<Self>;
}

/// A floating sample: what pointwise steps return.
pub trait Real:
    Sample<Real = Self>
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
{
    /// The nearest value of this type.
    fn from_f64(value: f64) -> Self;
    /// Neither NaN nor infinite.
    fn is_finite(self) -> bool;
    /// The slice inside an [`Output`] of this type.
    ///
    /// # Errors
    /// [`Error::Declined`] if the output is of the other type.
    fn slice(output: Output<'_>) -> Result<&mut [Self]>;
    /// The other way.
    fn output(data: &mut [Self]) -> Output<'_>;
}

const OTHER_PRECISION: Error = Error::Declined("output of another precision than the result");

/// Buffers of a type of sample, kept for the process.
macro_rules! kept {
    ($t:ty) => {
        fn kept() -> &'static Kept<$t> {
            static KEPT: Kept<$t> = Kept::new();
            &KEPT
        }
    };
}

macro_rules! integer_samples {
    ($($t:ty => $variant:ident),*) => {$(
        impl Sample for $t {
            type Real = f64;
            const SUM_BLOCK: usize = 8192;
            const IS_WHOLE: bool = true;
            #[allow(clippy::cast_lossless)] // i64 is not lossless, the others are
            fn to_f64(self) -> f64 {
                self as f64
            }
            fn to_real(self) -> f64 {
                self.to_f64()
            }
            fn input(data: &[Self]) -> Input<'_> {
                Input::$variant(data)
            }
            fn samples(input: Input<'_>) -> Option<&[Self]> {
                if let Input::$variant(data) = input { Some(data) } else { None }
            }
            kept!($t);
        }
    )*};
}
integer_samples!(i16 => I16, i32 => I32, i64 => I64);

impl Sample for f32 {
    type Real = Self;
    const SUM_BLOCK: usize = usize::MAX;
    fn to_f64(self) -> f64 {
        f64::from(self)
    }
    fn to_real(self) -> Self {
        self
    }
    fn input(data: &[Self]) -> Input<'_> {
        Input::F32(data)
    }
    fn samples(input: Input<'_>) -> Option<&[Self]> {
        if let Input::F32(data) = input { Some(data) } else { None }
    }
    fn columns<'a>(x: ArrayView2<'a, f32>, y: ArrayViewMut2<'a, f32>) -> Option<Columns<'a>> {
        Some(Columns::F32(Side { x, y }))
    }
    kept!(f32);
}

impl Sample for f64 {
    type Real = Self;
    const SUM_BLOCK: usize = usize::MAX;
    fn to_f64(self) -> f64 {
        self
    }
    fn to_real(self) -> Self {
        self
    }
    fn input(data: &[Self]) -> Input<'_> {
        Input::F64(data)
    }
    fn samples(input: Input<'_>) -> Option<&[Self]> {
        if let Input::F64(data) = input { Some(data) } else { None }
    }
    fn columns<'a>(x: ArrayView2<'a, f64>, y: ArrayViewMut2<'a, f64>) -> Option<Columns<'a>> {
        Some(Columns::F64(Side { x, y }))
    }
    kept!(f64);
}

impl Real for f32 {
    #[allow(clippy::cast_possible_truncation)] // rounding to single precision is the point
    fn from_f64(value: f64) -> Self {
        value as Self
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn slice(output: Output<'_>) -> Result<&mut [Self]> {
        if let Output::F32(data) = output { Ok(data) } else { Err(OTHER_PRECISION) }
    }
    fn output(data: &mut [Self]) -> Output<'_> {
        Output::F32(data)
    }
}

impl Real for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
    fn is_finite(self) -> bool {
        self.is_finite()
    }
    fn slice(output: Output<'_>) -> Result<&mut [Self]> {
        if let Output::F64(data) = output { Ok(data) } else { Err(OTHER_PRECISION) }
    }
    fn output(data: &mut [Self]) -> Output<'_> {
        Output::F64(data)
    }
}

/// The samples of a trace, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// 16-bit counts.
    I16(&'a [i16]),
    /// 32-bit counts.
    I32(&'a [i32]),
    /// 64-bit counts.
    I64(&'a [i64]),
    /// Single precision.
    F32(&'a [f32]),
    /// Double precision.
    F64(&'a [f64]),
}

/// Runs `$body` with `$x` bound to the slice inside an [`Input`], whatever its type.
#[macro_export]
macro_rules! with_samples {
    ($input:expr, $x:ident => $body:expr) => {
        match $input {
            $crate::samples::Input::I16($x) => $body,
            $crate::samples::Input::I32($x) => $body,
            $crate::samples::Input::I64($x) => $body,
            $crate::samples::Input::F32($x) => $body,
            $crate::samples::Input::F64($x) => $body,
        }
    };
}

impl Input<'_> {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        with_samples!(self, x => x.len())
    }

    /// True if there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Where a result goes.
#[derive(Debug)]
pub enum Output<'a> {
    /// Single precision.
    F32(&'a mut [f32]),
    /// Double precision.
    F64(&'a mut [f64]),
}

impl Output<'_> {
    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::F32(y) => y.len(),
            Self::F64(y) => y.len(),
        }
    }

    /// True if there are no samples.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What is there.
    #[must_use]
    pub fn as_input(&self) -> Input<'_> {
        match self {
            Self::F32(y) => Input::F32(y),
            Self::F64(y) => Input::F64(y),
        }
    }

    /// The same place for a while.
    pub fn reborrow(&mut self) -> Output<'_> {
        match self {
            Self::F32(y) => Output::F32(y),
            Self::F64(y) => Output::F64(y),
        }
    }
}

/// A step that leaves the number of samples and, for floats, their type.
///
/// Both ways give the same values. Both look before they write: where they return an error, `dst`
/// of [`Pointwise::into_new`] holds nothing of use and the data of [`Pointwise::in_place`] are untouched.
pub trait Pointwise: Debug + Send + Sync + 'static {
    /// Writes the result for `src` to `dst`, which has the same length.
    ///
    /// # Errors
    /// [`Error::Length`], or [`Error::Declined`] where the data are not answered for.
    #[allow(clippy::wrong_self_convention)] // what goes into the new slice is `src`
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()>;

    /// Replaces `data` by the result.
    ///
    /// # Errors
    /// As [`Pointwise::into_new`].
    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()>;

    /// The way to do traces that lie side by side, if there is one.
    fn in_columns(&self) -> Option<&dyn InColumns> {
        None
    }
}

/// A step whose result has its own length, or is double precision whatever goes in.
pub trait Transform: Debug + Send + Sync + 'static {
    /// Number of samples that come out where `npts` go in; `npts` goes for nothing with a step that
    /// was prepared for one length.
    fn npts(&self, npts: usize) -> usize {
        npts
    }

    /// Writes the result for `src` to `dst`, which has as many samples as [`Transform::npts`] says.
    ///
    /// # Errors
    /// [`Error::Length`], [`Error::Cancelled`], [`Error::Memory`], or [`Error::Declined`] where the
    /// data are not answered for; `dst` then holds nothing of use.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()>;

    /// The way to do traces of one length together, if there is one.
    fn in_lanes(&self) -> Option<&dyn InLanes> {
        None
    }

    /// The way to do traces that lie side by side, if there is one.
    fn in_columns(&self) -> Option<&dyn InColumns> {
        None
    }

    /// True if traces of one length may be done together, some with this step and some with `other`.
    fn joins(&self, _other: &Self) -> bool {
        false
    }
}

/// Both slices of a step have the length it needs.
///
/// # Errors
/// [`Error::Length`] naming the slice.
pub fn check_len(what: &'static str, expected: usize, got: usize) -> Result<()> {
    if expected == got { Ok(()) } else { Err(Error::Length { what, expected, got }) }
}
