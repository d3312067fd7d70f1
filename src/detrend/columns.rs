//! Trends of traces side by side, each as of the trace alone.

use ndarray::s;

use super::{Detrend, Line, NON_FINITE, TOO_SHORT, segments};
use crate::Result;
use crate::columns::{Columns, InColumns, Side};
use crate::parallel::Cancel;
use crate::samples::Real;
use crate::simd::wide;
use crate::sum::columns::{moments, numpy_sums};

impl InColumns for Detrend {
    fn apply_columns(&self, columns: Columns<'_>, cancel: &dyn Cancel) -> Result<()> {
        match columns {
            Columns::F32(side) => self.down(side, cancel),
            Columns::F64(side) => self.down(side, cancel),
        }
    }
}

impl Detrend {
    fn down<T: Real>(&self, mut side: Side<'_, T>, cancel: &dyn Cancel) -> Result<()> {
        let (npts, traces) = side.dim();
        match self {
            Self::Mean => {
                let mean = |sum: T| (sum / T::from_f64(npts as f64)).to_f64();
                let means: Vec<_> = numpy_sums(&side.x).into_iter().map(mean).collect();
                if npts == 0 || !means.iter().all(|mean| mean.is_finite()) {
                    return Err(NON_FINITE);
                }
                cancel.check()?;
                subtract(side, [&means; 2], |_, x, [mean, _]| x - T::from_f64(mean));
            }
            Self::Simple => {
                if npts < 2 {
                    return Err(TOO_SHORT);
                }
                let last = npts as f64 - 1.0;
                let ends = side.x.row(0).into_iter().zip(side.x.row(npts - 1));
                let (first, rise): (Vec<_>, Vec<_>) =
                    ends.map(|(&a, &b)| (a.to_f64(), (b - a).to_f64())).unzip();
                if !rise.iter().all(|rise| (rise * last).is_finite()) {
                    return Err(NON_FINITE);
                }
                subtract(side, [&first, &rise], |k, x, [first, rise]| {
                    T::from_f64(x.to_f64() - (first + k * rise / last))
                });
            }
            Self::Linear { breakpoints } => {
                for ends in segments(breakpoints, npts)?.windows(2) {
                    cancel.check()?;
                    let segment = s![ends[0]..ends[1], ..];
                    let x = side.x.slice(segment);
                    let (mut value, mut slope) = (vec![0.0; traces], vec![0.0; traces]);
                    for (c, moments) in moments(&x).into_iter().enumerate() {
                        let line = Line::new(x.nrows(), moments)?;
                        (value[c], slope[c]) = (line.value, line.slope);
                    }
                    cancel.check()?;
                    let line = Line::new(x.nrows(), (0.0, 0.0))?;
                    let y = side.y.slice_mut(segment);
                    subtract(Side { x, y }, [&value, &slope], |k, x, [value, slope]| {
                        T::from_f64(x.to_f64() - Line { value, slope, ..line }.at(k))
                    });
                }
            }
        }
        Ok(())
    }
}

/// Replaces sample k of each trace by `f(k, sample, numbers of the trace)`.
#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn subtract_body<T: Real, F: Fn(f64, T, [f64; 2]) -> T>(
    side: Side<'_, T>,
    [a, b]: [&[f64]; 2],
    f: F,
) {
    let Side { x, mut y } = side;
    for (k, (x, mut y)) in x.rows().into_iter().zip(y.rows_mut()).enumerate() {
        let (Some(x), Some(y)) = (x.to_slice(), y.as_slice_mut()) else { return };
        // One after the other: of chunks of eight the compiler makes vectors of the wrong direction.
        for (((y, x), a), b) in y.iter_mut().zip(x).zip(a).zip(b) {
            *y = f(k as f64, *x, [*a, *b]);
        }
    }
}
wide! {
    fn subtract[T: Real, F: Fn(f64, T, [f64; 2]) -> T](side: Side<'_, T>, numbers: [&[f64]; 2], f: F)
        = subtract_body
}
