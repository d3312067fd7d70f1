//! Interpolation with weighted average slopes: `ObsPy`'s and SAC's default.

use crate::grid::Grid;
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// Piecewise cubics whose slope at a sample is the mean of the slopes of the lines on either side,
/// each weighted by the inverse of its size, and zero where their signs differ, so that nothing
/// overshoots (Wiggins 1976, Bull. Seism. Soc. Am. 66, 2077-2081).
///
/// Bit for bit `obspy.Trace.interpolate(method="weighted_average_slopes")`, except where rounding
/// puts the last new time behind the last sample: `ObsPy` then reads beyond its arrays; here the
/// value is that of the last sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WeightedAverageSlopes {
    grid: Grid,
}

/// Samples whose slopes are held at once.
const BLOCK: usize = 1024;

impl WeightedAverageSlopes {
    /// For the times of `grid`.
    ///
    /// # Errors
    /// [`Error::Declined`] for fewer than two samples.
    pub fn new(grid: Grid) -> Result<Self> {
        if grid.npts_in() < 2 {
            return Err(Error::Declined("a single sample has no slope"));
        }
        Ok(Self { grid })
    }
}

impl Transform for WeightedAverageSlopes {
    fn npts(&self, _: usize) -> usize {
        self.grid.npts()
    }

    /// Declines data that hold NaN or Inf or are constant, or nearly: `ObsPy` divides by the largest
    /// slope, and makes NaN of them.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.grid.npts_in(), src.len())?;
        check_len("output", self.grid.npts(), dst.len())?;
        // The quotient is monotonic: the largest slope is that of the largest step.
        let steepest = largest_step(src) / self.grid.delta();
        if !steepest.is_finite() {
            return Err(Error::Declined("the data hold NaN, Inf or steps too large"));
        }
        // Weights are inverses, and are added two at a time.
        if !(2.0 / steepest).is_finite() {
            return Err(Error::Declined("the data are constant"));
        }
        let (mut done, mut slopes) = (0, [0.0; BLOCK]);
        for from in (0..src.len()).step_by(BLOCK - 1) {
            if from % (16 * (BLOCK - 1)) == 0 {
                cancel.check()?;
            }
            let samples = from..(from + BLOCK).min(src.len());
            slopes_at(src, from, self.grid.delta(), steepest, &mut slopes[..samples.len()]);
            done += evaluate(&self.grid, &src[samples], &slopes, from, done, &mut dst[done..]);
        }
        Ok(())
    }
}

/// The largest difference between neighbours; NaN if there is a NaN, and not finite if a sample is.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn largest_step_body<S: Sample>(x: &[S]) -> f64 {
    const LANES: usize = 16;
    let (mut largest, mut spoilt) = ([0.0_f64; LANES], [0.0_f64; LANES]);
    let mut take = |l: usize, a: S, b: S| {
        let step = (b.to_f64() - a.to_f64()).abs();
        largest[l] = if step > largest[l] { step } else { largest[l] };
        spoilt[l] += step * 0.0;
    };
    let steps = x.len() - 1;
    let whole = steps - steps % LANES;
    for (a, b) in x[..whole].chunks_exact(LANES).zip(x[1..=whole].chunks_exact(LANES)) {
        for l in 0..LANES {
            take(l, a[l], b[l]);
        }
    }
    for k in whole..steps {
        take(0, x[k], x[k + 1]);
    }
    largest.iter().fold(0.0, |a: f64, b| a.max(*b)) + spoilt.iter().sum::<f64>()
}
wide! { fn largest_step[S: Sample](x: &[S]) -> f64 = largest_step_body }

/// The slopes at the samples from `from` on.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn slopes_body<S: Sample>(x: &[S], from: usize, delta: f64, steepest: f64, slopes: &mut [f64]) {
    let last = x.len() - 1;
    // Lines on either side of each sample, with their weights; the ends have one line only.
    let (mut line, mut weight) = ([0.0; BLOCK + 1], [0.0; BLOCK + 1]);
    let begin = from.saturating_sub(1);
    let end = (from + slopes.len()).min(last);
    let pairs = x[begin..end].iter().zip(&x[begin + 1..=end]);
    for ((m, w), (a, b)) in line.iter_mut().zip(&mut weight).zip(pairs) {
        *m = (b.to_f64() - a.to_f64()) / delta;
        let floored = if m.abs() > f64::EPSILON { m.abs() } else { f64::EPSILON };
        *w = 1.0 / if floored < steepest { floored } else { steepest };
    }
    let skip = usize::from(from == 0);
    let before = line.iter().zip(&weight);
    let after = line[1..].iter().zip(&weight[1..]);
    for (s, ((m0, w0), (m1, w1))) in slopes[skip..].iter_mut().zip(before.zip(after)) {
        let average = (w0 * m0 + w1 * m1) / (w0 + w1);
        let same = (*m0 > 0.0) == (*m1 > 0.0) && (*m0 < 0.0) == (*m1 < 0.0);
        *s = if same { average } else { 0.0 };
    }
    if from == 0 {
        slopes[0] = line[0];
    }
    if from + slopes.len() > last {
        slopes[last - from] = line[last - 1 - begin];
    }
}
wide! {
    fn slopes_at[S: Sample](x: &[S], from: usize, delta: f64, steepest: f64, slopes: &mut [f64])
        = slopes_body
}

/// Writes the values at the places before the last of `samples`, and at it if there are no more,
/// where `samples` begin with sample `from` and `dst` with output `first`; returns how many.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // places are not negative
fn evaluate_body<S: Sample>(
    grid: &Grid,
    samples: &[S],
    slopes: &[f64; BLOCK],
    from: usize,
    first: usize,
    dst: &mut [f64],
) -> usize {
    const RUN: usize = 64;
    let (last, delta) = (samples.len() - 1, grid.delta());
    let at_end = from + samples.len() == grid.npts_in();
    let slopes = &slopes[..samples.len()];
    let mut places = [0.0; RUN];
    let mut done = 0;
    for run in dst.chunks_mut(RUN) {
        for (l, place) in places.iter_mut().enumerate() {
            *place = grid.place(first + done + l);
        }
        for (y, place) in run.iter_mut().zip(places) {
            let whole = place as i64;
            let k = whole as usize - from;
            if k >= last {
                if !at_end {
                    return done;
                }
                *y = samples[last].to_f64();
            } else {
                let (a, t) = (samples[k].to_f64(), place - whole as f64);
                let b = samples[k + 1].to_f64() - a;
                let c0 = b - delta * slopes[k];
                let c1 = delta * slopes[k + 1] - b;
                let value = a + (b + (c0 + (c1 - c0) * t) * (t - 1.0)) * t;
                *y = if t == 0.0 { a } else { value };
            }
            done += 1;
        }
    }
    done
}
wide! {
    fn evaluate[S: Sample](grid: &Grid, samples: &[S], slopes: &[f64; BLOCK], from: usize,
        first: usize, dst: &mut [f64]) -> usize = evaluate_body
}
