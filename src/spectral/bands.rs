//! The pre-filters of `remove_response` and `simulate`: cosine tapers on the spectrum.

use std::f64::consts::PI;
use std::ops::Range;

use crate::cosine::Cosines;
use crate::response::Grid;
use crate::{Error, Result};

/// Part of a spectrum on which the pre-filter has one form; what no band covers is zero.
#[derive(Debug, Clone)]
pub(crate) struct Band {
    pub(crate) bins: Range<usize>,
    pub(crate) shape: Shape,
}

/// The weight of the pre-filter: 1, or `(1 + cos(start + k step)) / 2` for the `k`th bin of the band.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Pass,
    Cosine { start: f64, step: f64 },
}

impl Shape {
    pub(crate) fn at(self, k: usize) -> f64 {
        match self {
            Self::Pass => 1.0,
            Self::Cosine { start, step } => 0.5 + 0.5 * (start + k as f64 * step).cos(),
        }
    }

    pub(crate) fn cosines(self) -> Option<Cosines> {
        match self {
            Self::Pass => None,
            Self::Cosine { start, step } => Some(Cosines::new(start, step)),
        }
    }
}

/// The bands of a cosine taper with these corners in hertz; all pass if there are none.
pub(crate) fn bands(corners: Option<[f64; 4]>, grid: Grid) -> Result<Vec<Band>> {
    let half = grid.nfft / 2;
    let Some(corners) = corners else {
        return Ok(vec![Band { bins: 0..half + 1, shape: Shape::Pass }]);
    };
    let [f1, f2, f3, f4] = ascending(corners)?;
    let first = |beyond: &dyn Fn(f64) -> bool| first(grid, beyond);
    let rise = first(&|f| f >= f1)..first(&|f| f > f2);
    let fall = first(&|f| f >= f3).max(rise.end)..first(&|f| f > f4);
    if (f1 >= f2 && !rise.is_empty()) || (f3 >= f4 && first(&|f| f >= f3) < fall.end) {
        return Err(Error::Declined("equal corners of pre_filt meet a frequency of the spectrum"));
    }
    let cosine = |k: usize, zero: f64, from: f64, to: f64| {
        let per_hertz = PI / (to - from);
        let start = (frequency(grid, k) - zero) * per_hertz;
        Shape::Cosine { start, step: grid.step() * per_hertz }
    };
    Ok(vec![
        Band { shape: cosine(rise.start, f2, f1, f2), bins: rise.clone() },
        Band { shape: Shape::Pass, bins: rise.end..fall.start },
        Band { shape: cosine(fall.start, f3, f3, f4), bins: fall },
    ])
}

/// The same with the corners moved to the nearest bins.
pub(crate) fn bands_on_bins(corners: [f64; 4], grid: Grid) -> Result<Vec<Band>> {
    let half = grid.nfft / 2;
    let nearest = |corner: f64| {
        let k = first(grid, |f| f >= corner).clamp(1, half);
        let below = corner - frequency(grid, k - 1);
        if below.abs() <= (frequency(grid, k) - corner).abs() { k - 1 } else { k }
    };
    let [k1, mut k2, mut k3, k4] = ascending(corners)?.map(nearest);
    if k1 == k2 {
        k2 += 1;
    }
    if k3 == k4 {
        k3 = k3.saturating_sub(1);
    }
    if k3 < k1 || k4 < k2 || k3 == k4 {
        return Err(Error::Declined("the corners of pre_filt are too close together"));
    }
    let cosine = |start: f64, bins: usize| {
        let step = PI / bins as f64;
        Shape::Cosine { start, step }
    };
    Ok(vec![
        Band { shape: cosine(-PI, k2 - k1), bins: k1..(k2 + 1).min(k3) },
        Band { shape: Shape::Pass, bins: (k2 + 1).min(k3)..k3 },
        Band { shape: cosine(0.0, k4 - k3), bins: k3..k4 + 1 },
    ])
}

fn ascending(corners: [f64; 4]) -> Result<[f64; 4]> {
    let [f1, f2, f3, f4] = corners;
    if f1 <= f2 && f2 <= f3 && f3 <= f4 {
        Ok(corners)
    } else {
        Err(Error::Declined("the corners of pre_filt do not ascend"))
    }
}

/// `ObsPy`'s frequencies are `NumPy`'s: a multiple of the step, but the last one exact.
fn frequency(grid: Grid, k: usize) -> f64 {
    if k == grid.nfft / 2 { 1.0 / (2.0 * grid.delta) } else { k as f64 * grid.step() }
}

/// The first bin whose frequency lies beyond something, or the number of bins.
fn first(grid: Grid, beyond: impl Fn(f64) -> bool) -> usize {
    let (mut low, mut high) = (0, grid.nfft / 2 + 1);
    while low < high {
        let k = usize::midpoint(low, high);
        if beyond(frequency(grid, k)) { high = k } else { low = k + 1 }
    }
    low
}
