//! Carl Johnson's trigger.

use super::{BLOCK, NOT_FINITE, RUN, check_windows, reserve};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// `eta = star - ratio ltar - |sta - lta| - quiet` (Johnson 1979; Earle and Shearer 1994, Bull.
/// Seism. Soc. Am. 84, 366-376 compare such functions), where `sta` averages the `nsta` samples
/// before one, `lta` the `nlta` short averages before that, `star` and `ltar` do the same with the
/// distances `|x - lta|`.
///
/// `ObsPy` adds up each window anew, in sequence. Here a window is the end of one block of samples
/// and the beginning of the next, whose sums are kept (van Herk 1992; Gil and Werman 1993): three
/// additions for each average whatever its length, and no subtraction, so that quiet after an event
/// stays exact. Agrees to 1e-12 of the largest value, usually to 1e-15.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carl {
    npts: usize,
    nsta: usize,
    nlta: usize,
    ratio: f64,
    quiet: f64,
}

/// Pieces of a long trace that run side by side.
const LANES: usize = 8;

impl Carl {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples or longer than the trace, and parameters that
    /// are not finite.
    pub fn new(npts: usize, nsta: usize, nlta: usize, ratio: f64, quiet: f64) -> Result<Self> {
        check_windows(&[nsta, nlta])?;
        if nsta > npts || nlta > npts {
            return Err(Error::Declined("a window is longer than the trace"));
        }
        if !(ratio.is_finite() && quiet.is_finite()) {
            return Err(Error::Declined("the ratio or the quiet level is not finite"));
        }
        Ok(Self { npts, nsta, nlta, ratio, quiet })
    }

    /// Runs `steps` samples in each lane, of which all but the first write from `reach` on.
    fn side_by_side<S: Sample, const L: usize>(
        &self,
        src: &[S],
        dst: &mut [f64],
        (starts, steps, reach): ([usize; L], usize, usize),
        cancel: &dyn Cancel,
    ) -> Result<()> {
        let mut averages = Averages::<L>::new(self)?;
        let mut rows = [[0.0; L]; RUN];
        for from in (0..steps).step_by(RUN) {
            if from % BLOCK == 0 {
                cancel.check()?;
            }
            let n = RUN.min(steps - from);
            let lanes = starts.map(|s| &src[s + from..][..n]);
            run(&mut averages, self, from, lanes, &mut rows[..n]);
            for (l, start) in starts.into_iter().enumerate() {
                let skip = if l == 0 { 0 } else { reach.saturating_sub(from).min(n) };
                let out = &mut dst[start + from + skip..start + from + n];
                for (y, row) in out.iter_mut().zip(&rows[skip..n]) {
                    *y = row[l];
                }
            }
        }
        Ok(())
    }
}

impl Transform for Carl {
    /// Declines data that hold NaN, Inf or values too large.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        // So many samples back reaches what a value depends on.
        let reach = 2 * (self.nsta + self.nlta) + 1;
        let steps = (self.npts + (LANES - 1) * reach).div_ceil(LANES);
        if steps >= 2 * reach {
            // The last piece ends with the trace.
            let starts = std::array::from_fn(|l| (l * (steps - reach)).min(self.npts - steps));
            self.side_by_side::<S, LANES>(src, dst, (starts, steps, reach), cancel)?;
        } else {
            self.side_by_side(src, dst, ([0], self.npts, reach), cancel)?;
        }
        if dst.iter().fold(0.0, |spoilt, y| spoilt + y * 0.0) != 0.0 {
            return Err(NOT_FINITE);
        }
        dst[..self.nlta].fill(-1.0);
        Ok(())
    }
}

/// The sums over the last samples of some lanes.
struct Window<const L: usize> {
    /// Before `at` the samples of this block; from `at` on, the sums from there to the end of the
    /// last block.
    block: Vec<[f64; L]>,
    at: usize,
    /// The sum of the samples of this block.
    sum: [f64; L],
}

impl<const L: usize> Window<L> {
    fn new(n: usize) -> Result<Self> {
        let mut block = reserve(n)?;
        block.resize(n, [0.0; L]);
        Ok(Self { block, at: 0, sum: [0.0; L] })
    }

    /// The mean over the window; zero before it is full for the first time.
    #[inline(always)]
    #[allow(clippy::inline_always)] // has to take on the instruction set of its caller
    fn mean(&self, step: usize) -> [f64; L] {
        let n = self.block.len();
        if step < n {
            return [0.0; L];
        }
        let mut mean = self.block[self.at];
        for (mean, sum) in mean.iter_mut().zip(self.sum) {
            *mean = (*mean + sum) / n as f64;
        }
        mean
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // has to take on the instruction set of its caller
    fn push(&mut self, x: [f64; L]) {
        for (sum, x) in self.sum.iter_mut().zip(x) {
            *sum += x;
        }
        self.block[self.at] = x;
        self.at += 1;
        if self.at == self.block.len() {
            let mut sum = [0.0; L];
            for row in self.block.iter_mut().rev() {
                for l in 0..L {
                    sum[l] += row[l];
                }
                *row = sum;
            }
            (self.at, self.sum) = (0, [0.0; L]);
        }
    }
}

/// The four averages, and the long one that is a sample late.
struct Averages<const L: usize> {
    sta: Window<L>,
    lta: Window<L>,
    star: Window<L>,
    ltar: Window<L>,
    late: [f64; L],
}

impl<const L: usize> Averages<L> {
    fn new(carl: &Carl) -> Result<Self> {
        Ok(Self {
            sta: Window::new(carl.nsta)?,
            lta: Window::new(carl.nlta)?,
            star: Window::new(carl.nsta)?,
            ltar: Window::new(carl.nlta)?,
            late: [0.0; L],
        })
    }
}

/// Writes `eta` at the samples of `src`, of which `step` came before in each lane.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn run_body<S: Sample, const L: usize>(
    averages: &mut Averages<L>,
    carl: &Carl,
    step: usize,
    src: [&[S]; L],
    rows: &mut [[f64; L]],
) {
    let src = src.map(|x| &x[..rows.len()]);
    for (i, eta) in rows.iter_mut().enumerate() {
        let step = step + i;
        let x = src.map(|x| x[i].to_f64());
        let (sta, lta) = (averages.sta.mean(step), averages.late);
        let (star, ltar) = (averages.star.mean(step), averages.ltar.mean(step));
        averages.late = averages.lta.mean(step);
        let mut distance = x;
        for l in 0..L {
            distance[l] = (x[l] - lta[l]).abs();
            eta[l] = star[l] - carl.ratio * ltar[l] - (sta[l] - lta[l]).abs() - carl.quiet;
        }
        averages.sta.push(x);
        averages.lta.push(sta);
        averages.star.push(distance);
        averages.ltar.push(star);
    }
}
wide! {
    fn run[S: Sample, const L: usize](averages: &mut Averages<L>, carl: &Carl, step: usize,
        src: [&[S]; L], rows: &mut [[f64; L]]) = run_body
}
