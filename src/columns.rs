//! Traces that lie side by side: what is sampled at one time is a line of memory.
//!
//! Down such columns vectors need no rearrangement: a lane is a trace where it lies. What knows how to
//! go down them is spared the way through rows of lanes or through a copy.

use ndarray::{ArrayView2, ArrayViewMut2};

use crate::Result;
use crate::parallel::Cancel;
use crate::samples::{Real, Sample};

/// Traces and the places of their results, both `[time, trace]` with lines that are contiguous.
pub struct Side<'a, T> {
    /// The samples.
    pub x: ArrayView2<'a, T>,
    /// As many results.
    pub y: ArrayViewMut2<'a, T>,
}

/// Traces side by side, of either precision, which their results keep.
pub enum Columns<'a> {
    /// Single precision.
    F32(Side<'a, f32>),
    /// Double precision.
    F64(Side<'a, f64>),
}

impl<'a> Columns<'a> {
    /// From rows of samples and of results, `[trace, time]`; none if they do not lie like this or
    /// are of two types.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // views are handed over
    pub fn new<S: Sample>(x: ArrayView2<'a, S>, y: ArrayViewMut2<'a, S::Real>) -> Option<Self> {
        let side_by_side = |strides: &[isize]| matches!(*strides, [1, pitch] if pitch > 1);
        let lie = x.dim() == y.dim() && side_by_side(x.strides()) && side_by_side(y.strides());
        if lie { S::columns(x.reversed_axes(), y.reversed_axes()) } else { None }
    }
}

impl<T: Real> Side<'_, T> {
    /// Number of samples of each trace, and number of traces.
    #[must_use]
    pub fn dim(&self) -> (usize, usize) {
        self.x.dim()
    }
}

/// A step that can go down columns.
pub trait InColumns {
    /// Does all traces, each to the same bits as alone.
    ///
    /// # Errors
    /// As the step has for one trace, without saying which; the results are then of no use.
    fn apply_columns(&self, columns: Columns<'_>, cancel: &dyn Cancel) -> Result<()>;
}
