//! Traces side by side: down their columns without a buffer, as many at a time as registers have room for.

use std::num::NonZero;

use ndarray::{ArrayView2, ArrayViewMut2, s};

use super::lanes::{Delays, MOST};
#[cfg(target_arch = "x86_64")]
use super::lanes_x86::across;
use super::section::Section;
use super::{Filter, Way};
use crate::columns::{Columns, InColumns, Side};
use crate::lanes::{InLanes, LANES};
use crate::parallel::Cancel;
use crate::samples::Real;
use crate::{Error, Result};

/// Samples of each trace between two groups of columns: lines of the cache that two groups share are
/// then still there.
const LONG: usize = 256;

/// Takes columns, `[time, trace]`, through at most [`MOST`] sections; delays are those of the first eight
/// traces, one per section, and so on.
pub(super) type Across<T> = fn(&[Section], &mut [Delays], ArrayView2<'_, T>, ArrayViewMut2<'_, T>);

#[cfg(not(target_arch = "x86_64"))]
fn across<T>() -> Option<(usize, Across<T>)> {
    None
}

impl Filter {
    /// Once through the trace in the registers there are, with a result as long.
    pub(super) fn goes_down_columns(&self) -> bool {
        self.way == Way::There(NonZero::<usize>::MIN) && self.sos.0.len() <= MOST
    }

    fn down<T: Real>(&self, mut side: Side<'_, T>, cancel: &dyn Cancel) -> Result<()> {
        let (npts, traces) = side.dim();
        let sections = &self.sos.0;
        let (width, across) = across::<T>().ok_or(Error::Declined("no vectors"))?;
        let whole = traces / width * width;
        let each = width / LANES * sections.len();
        let mut delays = vec![Delays::REST; whole / width * each];
        for start in (0..npts).step_by(LONG) {
            cancel.check()?;
            let span = start..npts.min(start + LONG);
            for (group, delays) in delays.chunks_mut(each).enumerate() {
                let place = s![span.clone(), group * width..(group + 1) * width];
                across(sections, delays, side.x.slice(place), side.y.slice_mut(place));
            }
        }
        let rest = s![.., whole..];
        let (x, y) = (side.x.slice(rest), side.y.slice_mut(rest));
        self.apply_lanes(&x.reversed_axes(), &mut y.reversed_axes(), cancel)
    }
}

impl InColumns for Filter {
    fn apply_columns(&self, columns: Columns<'_>, cancel: &dyn Cancel) -> Result<()> {
        match columns {
            Columns::F32(side) => self.down(side, cancel),
            Columns::F64(side) => self.down(side, cancel),
        }
    }
}
