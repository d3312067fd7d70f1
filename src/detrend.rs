//! Trends: the mean, the line through both ends, least-squares lines.

mod columns;

use crate::columns::InColumns;
use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::simd::wide;
use crate::sum::{moments, numpy_sum};
use crate::{Error, Result};

/// The trend to subtract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detrend {
    /// The mean: `scipy.signal.detrend(type="constant")`, bit for bit, in the precision of the data.
    Mean,
    /// The line through the first and the last sample: `obspy.signal.detrend.simple`, bit for bit.
    Simple,
    /// The least-squares line of every segment: `scipy.signal.detrend(type="linear")` to within
    /// 5e-14 of the largest sample; single precision is worked in double and then rounded.
    Linear {
        /// Where segments begin; 0 and the number of samples are breakpoints in any case.
        breakpoints: Vec<usize>,
    },
}

const NON_FINITE: Error = Error::Declined("the data hold NaN or Inf");
const TOO_SHORT: Error = Error::Declined("too few samples for this trend");

/// A trend of `n` samples, found and checked.
enum Trend<T> {
    Constant(T),
    Ramp { first: T, rise: T, last: f64 },
    Lines(Vec<Line>),
}

/// `value + slope (k - centre)` for the `n` samples of a segment.
struct Line {
    n: usize,
    value: f64,
    slope: f64,
    centre: f64,
}

impl Detrend {
    /// One pass over the data.
    fn fit<S: Sample>(&self, x: &[S]) -> Result<Trend<S::Real>> {
        let n = x.len();
        match self {
            Self::Mean => {
                let mean = numpy_sum(x) / S::Real::from_f64(n as f64);
                if n > 0 && mean.is_finite() { Ok(Trend::Constant(mean)) } else { Err(NON_FINITE) }
            }
            Self::Simple => {
                let ([first, .., last], end) = (x, (n as f64) - 1.0) else { return Err(TOO_SHORT) };
                let (first, rise) = (first.to_real(), last.to_real() - first.to_real());
                if (rise.to_f64() * end).is_finite() {
                    Ok(Trend::Ramp { first, rise, last: end })
                } else {
                    Err(NON_FINITE)
                }
            }
            Self::Linear { breakpoints } => segments(breakpoints, n)?
                .windows(2)
                .map(|ends| Line::fit(&x[ends[0]..ends[1]]))
                .collect::<Result<_>>()
                .map(Trend::Lines),
        }
    }
}

/// The sorted, distinct ends of the segments of `n` samples.
fn segments(breakpoints: &[usize], n: usize) -> Result<Vec<usize>> {
    if breakpoints.iter().any(|&b| b > n) {
        return Err(Error::Declined("a breakpoint lies beyond the data"));
    }
    let mut ends = [&[0], breakpoints, &[n]].concat();
    ends.sort_unstable();
    ends.dedup();
    Ok(ends)
}

impl Line {
    /// About its centre the abscissa is orthogonal to a constant, so mean and slope are separate.
    fn fit<S: Sample>(x: &[S]) -> Result<Self> {
        Self::new(x.len(), moments(x))
    }

    /// From the zeroth and first moment of `len` samples.
    fn new(len: usize, (sum, moment): (f64, f64)) -> Result<Self> {
        let n = len as f64;
        if !(sum.is_finite() && moment.is_finite()) {
            return Err(NON_FINITE);
        }
        let spread = n * (n * n - 1.0) / 12.0; // the sum of (k - centre)^2
        let slope = if len > 1 { moment / spread } else { 0.0 };
        Ok(Self { n: len, value: sum / n, slope, centre: (n - 1.0) / 2.0 })
    }

    fn at(&self, k: f64) -> f64 {
        self.value + self.slope * (k - self.centre)
    }
}

wide! {
    /// Subtracts `trend` with `each(start, length, f)`, which replaces the samples `x[start + k]` by
    /// `f(k, x[start + k])`.
    fn subtract[S: Sample, E: Each<S>](trend: &Trend<S::Real>, n: usize, each: &mut E) = subtract_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `wide`
fn subtract_body<S: Sample, E: Each<S>>(trend: &Trend<S::Real>, n: usize, each: &mut E) {
    match *trend {
        Trend::Constant(mean) => each.each(0, n, |_, x| x.to_real() - mean),
        Trend::Ramp { first, rise, last } => {
            let (first, rise) = (first.to_f64(), rise.to_f64());
            each.each(0, n, |k, x| {
                S::Real::from_f64(x.to_real().to_f64() - (first + k * rise / last))
            });
        }
        Trend::Lines(ref lines) => {
            let mut start = 0;
            for line in lines {
                each.each(start, line.n, |k, x| S::Real::from_f64(x.to_f64() - line.at(k)));
                start += line.n;
            }
        }
    }
}

/// The two places results go to: a new slice, or where the samples were.
trait Each<S: Sample> {
    fn each(&mut self, start: usize, n: usize, f: impl Fn(f64, S) -> S::Real);
}

/// Samples a pass handles together; their abscissae then cost one addition.
const GROUP: usize = 8;

struct IntoNew<'a, S: Sample>(&'a [S], &'a mut [S::Real]);

impl<S: Sample> Each<S> for IntoNew<'_, S> {
    #[inline(always)]
    #[allow(clippy::inline_always)] // see `wide`
    fn each(&mut self, start: usize, n: usize, f: impl Fn(f64, S) -> S::Real) {
        let (x, x_rest) = self.0[start..start + n].as_chunks::<GROUP>();
        let (y, y_rest) = self.1[start..start + n].as_chunks_mut::<GROUP>();
        let mut base = 0.0;
        for (x, y) in x.iter().zip(y) {
            // All loads before the first store: the compiler cannot know that x and y are apart.
            let mut group = [S::Real::default(); GROUP];
            for (l, (result, &x)) in group.iter_mut().zip(x).enumerate() {
                *result = f(base + l as f64, x);
            }
            *y = group;
            base += GROUP as f64;
        }
        for (l, (x, y)) in x_rest.iter().zip(y_rest).enumerate() {
            *y = f(base + l as f64, *x);
        }
    }
}

struct InPlace<'a, T>(&'a mut [T]);

impl<T: Real> Each<T> for InPlace<'_, T> {
    #[inline(always)]
    #[allow(clippy::inline_always)] // see `wide`
    fn each(&mut self, start: usize, n: usize, f: impl Fn(f64, T) -> T) {
        let (x, x_rest) = self.0[start..start + n].as_chunks_mut::<GROUP>();
        let mut base = 0.0;
        for x in x {
            for (l, x) in x.iter_mut().enumerate() {
                *x = f(base + l as f64, *x);
            }
            base += GROUP as f64;
        }
        for (l, x) in x_rest.iter_mut().enumerate() {
            *x = f(base + l as f64, *x);
        }
    }
}

impl Pointwise for Detrend {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        let trend = self.fit(src)?;
        subtract(&trend, src.len(), &mut IntoNew(src, dst));
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        let trend = self.fit(data)?;
        subtract(&trend, data.len(), &mut InPlace(data));
        Ok(())
    }

    fn in_columns(&self) -> Option<&dyn InColumns> {
        Some(self)
    }
}
