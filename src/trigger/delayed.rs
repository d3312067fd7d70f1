//! Delayed STA/LTA.

use super::{BLOCK, RUN, check_windows, reserve};
use crate::parallel::Cancel;
use crate::samples::{Real, Sample, Transform, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// The ratio of two recursive sums of squares, the long one delayed behind the short one (Withers
/// et al. 1998, Bull. Seism. Soc. Am. 88, 95-106), to the bit.
///
/// As in `ObsPy`, samples before the first are those at the end of the trace, the sums only grow,
/// and the squares and the sum of two are formed in the type of the data, where squares wrap.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delayed {
    npts: usize,
    nsta: usize,
    nlta: usize,
}

impl Delayed {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples, and if the trace is not longer than both
    /// windows.
    pub fn new(npts: usize, nsta: usize, nlta: usize) -> Result<Self> {
        check_windows(&[nsta, nlta])?;
        if npts <= nsta.saturating_add(nlta) {
            return Err(Error::Declined("the trace is not longer than the windows"));
        }
        Ok(Self { npts, nsta, nlta })
    }
}

impl Transform for Delayed {
    /// Declines data that hold NaN, Inf or values too large, and where sums of integers overflow or are
    /// zero: `NumPy` warns.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        let lags = [0, self.nsta, self.nsta + 1, self.nsta + self.nlta + 1];
        let lead = lags[3];
        // The last squares; before the first sample, those that come around from the end.
        let block = BLOCK.max(lead);
        let mut squares = reserve::<S>(lead + block.min(src.len()))?;
        squares.extend(src[src.len() - lead..].iter().map(|x| x.scalar_square()));
        let windows = [self.nsta as f64, self.nlta as f64];
        let mut sums = [0.0; 2];
        for (x, y) in src.chunks(block).zip(dst.chunks_mut(block)) {
            cancel.check()?;
            append_squares(x, &mut squares);
            for (r, run) in y.chunks_mut(RUN).enumerate() {
                let lagged = lags.map(|lag| &squares[lead + r * RUN - lag..][..run.len()]);
                if ratios(lagged, run, windows, &mut sums) {
                    return Err(Error::Declined("sums of squares overflow the data's integers"));
                }
            }
            squares.drain(..x.len());
        }
        let silent = self.nsta.saturating_add(self.nlta).saturating_add(50).min(self.npts);
        dst[..silent].fill(0.0);
        // The sums never shrink: a quotient that is not a number shows at the first or the last.
        let spoilt = |y: &f64| !y.is_finite();
        if !(sums[0] + sums[1]).is_finite() || dst[silent..].first().is_some_and(spoilt) {
            return Err(Error::Declined("the data hold NaN, Inf or begin with zeros"));
        }
        Ok(())
    }
}

#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn append_squares_body<S: Sample>(x: &[S], squares: &mut Vec<S>) {
    let (groups, rest) = x.as_chunks::<4>();
    for group in groups {
        let at = squares.len();
        squares.extend(group.iter().map(|x| x.square()));
        if !group.iter().fold(true, |all, x| all & x.squares_alike()) {
            for (square, x) in squares[at..].iter_mut().zip(group) {
                *square = x.scalar_square();
            }
        }
    }
    squares.extend(rest.iter().map(|x| x.scalar_square()));
}
wide! { fn append_squares[S: Sample](x: &[S], squares: &mut Vec<S>) = append_squares_body }

/// Adds the squares `lagged` to the sums and writes the ratios; whether a sum of two squares wrapped.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn ratios_body<S: Sample>(
    lagged: [&[S]; 4],
    dst: &mut [f64],
    windows: [f64; 2],
    sums: &mut [f64; 2],
) -> bool {
    let (n, mut wrapped) = (dst.len(), false);
    let mut terms = [[0.0; RUN]; 2];
    for ((terms, pair), window) in terms.iter_mut().zip(lagged.chunks_exact(2)).zip(windows) {
        for (t, (a, b)) in terms.iter_mut().zip(pair[0].iter().zip(pair[1])) {
            let sum = a.plus(*b);
            let (a, b, negative) = (a.to_f64() < 0.0, b.to_f64() < 0.0, sum.to_f64() < 0.0);
            wrapped |= a == b && a != negative;
            *t = (sum.to_real() / S::Real::from_f64(window)).to_f64();
        }
    }
    let [sta, lta] = &mut terms;
    for (s, l) in sta[..n].iter_mut().zip(&mut lta[..n]) {
        sums[0] += *s;
        sums[1] += *l;
        (*s, *l) = (sums[0], sums[1]);
    }
    for (y, (s, l)) in dst.iter_mut().zip(sta.iter().zip(lta)) {
        *y = *s / *l;
    }
    wrapped
}
wide! {
    fn ratios[S: Sample](lagged: [&[S]; 4], dst: &mut [f64], windows: [f64; 2],
        sums: &mut [f64; 2]) -> bool = ratios_body
}
