//! Resampling in the frequency domain: `obspy.Trace.resample`.

use std::sync::Arc;

use crate::fft::{self, Workspace};
use crate::parallel::{Cancel, for_each};
use crate::samples::{Sample, Transform, check_len};
use crate::simd::{Lanes, dispatch, fma};
use crate::sum::sum;
use crate::{Complex64, Error, Result};

/// Bins that are worked on together.
const BLOCK: usize = 64;
/// From this number of samples on transforms are made to be stopped: at once they take some 100 ms.
const LONG: usize = 1 << 21;
/// How often the last bin may be held at its full weight: some 1e-14 of the largest sample.
const HELD: f64 = 256.0;

/// The transform of a trace, weighted, interpolated linearly at the frequencies of the new one, and
/// back.
///
/// Agrees with `ObsPy` to 5e-14 of the largest sample, or to 1e-12 where the number of samples is
/// the product of a few and a large prime. Single precision, which `ObsPy` transforms
/// in single precision, is transformed in double: within 1e-6 of what `ObsPy` answers.
#[derive(Debug)]
pub struct Resample {
    npts_in: usize,
    npts_out: usize,
    /// Between two bins, before and after.
    steps: [f64; 2],
    weights: Option<Arc<Vec<f64>>>,
}

impl Resample {
    /// From `npts` samples, `delta` seconds apart, to `npts_out` at `sampling_rate`: the whole part
    /// of what fits into the same span, and at least one. The first `npts / 2 + 1` bins are
    /// multiplied by `weights`.
    ///
    /// # Errors
    /// [`Error::Declined`] for another `npts_out`; [`Error::Length`] for other weights.
    pub fn new(
        npts: usize,
        npts_out: usize,
        delta: f64,
        sampling_rate: f64,
        weights: Option<Arc<Vec<f64>>>,
    ) -> Result<Self> {
        if let Some(weights) = &weights {
            check_len("window", npts / 2 + 1, weights.len())?;
        }
        // In ObsPy's order of operations, for where rounding sets two grids apart that are the same,
        // the last place of a frequency decides.
        let before = 1.0 / (npts as f64 * delta);
        let after = 1.0 / npts_out as f64 * sampling_rate;
        // Bin k of the new grid lies between k and k + 1 of the old one, so no bin has to be looked
        // up. Rounding may put it just below k.
        let drift = (npts_out / 2) as f64 * (after / before - 1.0);
        if npts == 0 || npts_out == 0 || !(-1e-3..0.999).contains(&drift) {
            return Err(Error::Declined(
                "the number of samples does not go with the sampling rate",
            ));
        }
        // An error of the last bin comes back as often as it is held. Where that is too often, and
        // the signal is red, what ObsPy answers there is its own rounding.
        let held = (npts_out / 2).saturating_sub(npts / 2) as f64;
        if held * weights.as_ref().map_or(1.0, |weights| weights[npts / 2]).abs() > HELD {
            return Err(Error::Declined("without a window upsampling repeats rounding errors"));
        }
        Ok(Self { npts_in: npts, npts_out, steps: [before, after], weights })
    }

    /// Replaces the bins of the old grid by those of the new one. Beyond the last the last is held.
    fn interpolate(&self, bins: &mut [Complex64], cancel: &dyn Cancel) -> Result<()> {
        let last = self.npts_in / 2;
        let weight = |k: usize| self.weights.as_ref().map_or(1.0, |weights| weights[k]);
        let held = bins[last] * weight(last);
        let mut x = [held; BLOCK + 2];
        for start in (0..=self.npts_out / 2).step_by(BLOCK) {
            x[0] = x[BLOCK]; // bin start - 1
            let known = (last.max(start) - start).min(BLOCK + 1);
            let (inside, beyond) = x[1..].split_at_mut(known);
            inside.copy_from_slice(&bins[start..start + known]);
            if let Some(weights) = &self.weights {
                inside.iter_mut().zip(&weights[start.min(last)..]).for_each(|(x, w)| *x *= *w);
            }
            beyond.fill(held);
            let end = (start + BLOCK).min(self.npts_out / 2 + 1);
            interpolate_block(&x, start as f64, self.steps, &mut bins[start..end]);
            if start.is_multiple_of(1024 * BLOCK) {
                cancel.check()?;
            }
        }
        Ok(())
    }

    /// Through the spectrum at once.
    fn whole<S: Sample>(
        &self,
        src: &[S],
        mean: f64,
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        let mut workspace = Workspace::with_bins(self.npts_in, self.npts_out / 2 + 1)?;
        for (y, x) in workspace.buffers().0.iter_mut().zip(src) {
            *y = x.to_f64() - mean;
        }
        cancel.check()?;
        workspace.forward()?;
        cancel.check()?;
        let (_, bins) = workspace.buffers();
        bins[0].re += mean * src.len() as f64;
        self.interpolate(bins, cancel)?;
        cancel.check()?;
        workspace.inverse(dst)
    }

    /// The same in pieces.
    fn in_pieces<S: Sample>(
        &self,
        src: &[S],
        mean: f64,
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        let mut bins = fft::forward(src.len(), |j| src[j].to_f64() - mean, cancel)?;
        let needed = self.npts_out / 2 + 1;
        if bins.len() < needed {
            bins.try_reserve_exact(needed - bins.len())
                .map_err(|_| Error::Memory(needed * size_of::<Complex64>()))?;
            bins.resize(needed, Complex64::ZERO);
        }
        bins[0].re += mean * src.len() as f64;
        self.interpolate(&mut bins, cancel)?;
        fft::inverse(bins, dst, cancel)
    }
}

impl Transform for Resample {
    fn npts(&self, _: usize) -> usize {
        self.npts_out
    }

    /// Declines data that hold NaN or Inf.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("data", self.npts_in, src.len())?;
        check_len("output", self.npts_out, dst.len())?;
        // Without the mean, which is put back into bin 0: for lengths with large prime factors the
        // transform loses as much of every bin as rounding takes from the first.
        let mean = sum(src) / src.len() as f64;
        if !mean.is_finite() {
            return Err(Error::Declined("the data hold NaN or Inf"));
        }
        if src.len().max(dst.len()) < LONG {
            self.whole(src, mean, dst, cancel)?;
        } else {
            self.in_pieces(src, mean, dst, cancel)?;
        }
        cancel.check()?;
        let scale = 1.0 / self.npts_in as f64;
        let mut check = 0.0;
        for_each(dst, cancel, |_, y| {
            *y *= scale;
            check += *y * 0.0;
        })?;
        if check == 0.0 { Ok(()) } else { Err(Error::Declined("the result would not be finite")) }
    }
}

dispatch! {
    /// Up to 64 bins from `start` on between those before and after, the first of which, `x[0]`, is
    /// `start - 1`.
    fn interpolate_block(
        x: &[Complex64; BLOCK + 2], start: f64, steps: [f64; 2], y: &mut [Complex64],
    ) = interpolate_block_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn interpolate_block_body<L: Lanes>(
    x: &[Complex64; BLOCK + 2],
    start: f64,
    [before, after]: [f64; 2],
    y: &mut [Complex64],
) {
    let (mut left, mut share) = ([0; BLOCK], [0.0; BLOCK]);
    for l in 0..BLOCK {
        let k = start + l as f64;
        let (f, at) = (k * after, [(k - 1.0) * before, k * before, (k + 1.0) * before]);
        let below = f < at[1];
        let (from, to) = if below { (at[0], at[1]) } else { (at[1], at[2]) };
        left[l] = usize::from(!below);
        share[l] = (f - from) / (to - from);
    }
    for (l, y) in y.iter_mut().enumerate().take(BLOCK) {
        let (a, b) = (x[left[l] + l], x[left[l] + l + 1]);
        *y = Complex64::new(
            fma::<L>(share[l], b.re - a.re, a.re),
            fma::<L>(share[l], b.im - a.im, a.im),
        );
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::parallel::Never;

    #[test]
    fn whole_or_in_pieces_is_the_same() {
        for (npts, rate) in [(3, 100.0), (1000, 37.0), (1001, 50.0), (1009, 120.0), (4096, 99.0)] {
            let x: Vec<f64> = (0..npts).map(|j| ((j * j * 31) % 1009) as f64).collect();
            let count = (npts as f64 * 0.01 * rate).floor();
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let count = count as usize;
            let weights = Arc::new(vec![0.5; npts / 2 + 1]);
            let step = Resample::new(npts, count, 0.01, rate, Some(weights)).unwrap();
            let (mut whole, mut pieces) = (vec![0.0; count], vec![f64::NAN; count]);
            step.whole(&x, 5.0, &mut whole, &Never).unwrap();
            step.in_pieces(&x, 5.0, &mut pieces, &Never).unwrap();
            let largest = whole.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            for (a, b) in whole.iter().zip(&pieces) {
                assert!((a - b).abs() <= 1e-13 * largest, "{npts} to {count}: {a} {b}");
            }
        }
    }
}
