//! The pre-filter of `remove_response`: a cosine taper on the spectrum.

use std::f64::consts::PI;
use std::ops::Range;

use crate::cosine::Cosines;
use crate::response::Grid;
use crate::{Error, Result};

/// Part of a spectrum on which the pre-filter has one form; what no band covers is zero.
#[derive(Debug, Clone)]
pub(super) struct Band {
    pub(super) bins: Range<usize>,
    pub(super) shape: Shape,
}

/// The weight of the pre-filter: 1, or `(1 + cos(start + k step)) / 2` for the `k`th bin of the band.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Pass,
    Cosine { start: f64, step: f64 },
}

impl Shape {
    pub(super) fn at(self, k: usize) -> f64 {
        match self {
            Self::Pass => 1.0,
            Self::Cosine { start, step } => 0.5 + 0.5 * (start + k as f64 * step).cos(),
        }
    }

    pub(super) fn cosines(self) -> Option<Cosines> {
        match self {
            Self::Pass => None,
            Self::Cosine { start, step } => Some(Cosines::new(start, step)),
        }
    }
}

/// The bands of a cosine taper with these corners in hertz.
pub(super) fn bands([f1, f2, f3, f4]: [f64; 4], grid: Grid) -> Result<Vec<Band>> {
    if !(f1 <= f2 && f2 <= f3 && f3 <= f4) {
        return Err(Error::Declined("the corners of pre_filt do not ascend"));
    }
    let half = grid.nfft / 2;
    let nyquist = 1.0 / (2.0 * grid.delta);
    let step = nyquist / half as f64;
    // ObsPy's frequencies are NumPy's: a multiple of the step, but the last one exact.
    let frequency = |k: usize| if k == half { nyquist } else { k as f64 * step };
    let first = |beyond: &dyn Fn(f64) -> bool| {
        let (mut low, mut high) = (0, half + 1);
        while low < high {
            let k = usize::midpoint(low, high);
            if beyond(frequency(k)) { high = k } else { low = k + 1 }
        }
        low
    };
    let rise = first(&|f| f >= f1)..first(&|f| f > f2);
    let fall = first(&|f| f >= f3).max(rise.end)..first(&|f| f > f4);
    if (f1 >= f2 && !rise.is_empty()) || (f3 >= f4 && first(&|f| f >= f3) < fall.end) {
        return Err(Error::Declined("equal corners of pre_filt meet a frequency of the spectrum"));
    }
    let cosine = |k: usize, zero: f64, from: f64, to: f64| {
        let per_hertz = PI / (to - from);
        Shape::Cosine { start: (frequency(k) - zero) * per_hertz, step: step * per_hertz }
    };
    Ok(vec![
        Band { shape: cosine(rise.start, f2, f1, f2), bins: rise.clone() },
        Band { shape: Shape::Pass, bins: rise.end..fall.start },
        Band { shape: cosine(fall.start, f3, f3, f4), bins: fall },
    ])
}
