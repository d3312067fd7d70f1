//! Through the spectrum and back, as `ObsPy` does it where it removes responses or simulates
//! instruments: demean, taper, pad, transform, multiply, transform back.

pub(crate) mod bands;
pub(crate) mod ends;
mod halves;
pub(crate) mod level;

use std::ops::Range;

use self::bands::Band;
use self::ends::Ends;
use crate::cosine::BLOCK;
use crate::fft::Workspace;
use crate::parallel::Cancel;
use crate::response::{Grid, Part};
use crate::samples::{Sample, check_len};
use crate::simd::{Lanes, dispatch};
use crate::sum::sum;
use crate::{Complex64, Error, Result};

/// From this length of transform on memory counts for more than time.
const LONG: usize = 1 << 22;

const WHOLE: &[Part] = &[Part::All];
const HALVES: &[Part] = &[Part::Even, Part::Odd];

/// What bins are multiplied by: a factor that depends on the bin, times a weight.
pub(crate) trait Factors {
    /// Makes ready for the bins of a part; those of another are no longer asked for.
    fn turn_to(&mut self, part: Part, cancel: &dyn Cancel) -> Result<()>;

    /// The factor of bin `k`, times `weight`.
    fn at(&self, k: usize, weight: f64) -> Complex64;

    /// Those of up to 64 bins, with all bins at hand: the weights are changed such that they have to
    /// be multiplied by the conjugates of what is returned, which `buffer` has room for.
    ///
    /// Bins 0 and `nfft / 2` are left to [`Factors::at`].
    fn block<'a>(
        &'a self,
        bins: Range<usize>,
        weights: &mut [f64; BLOCK],
        buffer: &'a mut [Complex64; BLOCK],
    ) -> &'a [Complex64];
}

/// Everything about the way there and back that does not depend on samples or factors.
#[derive(Debug)]
pub(crate) struct Spectral {
    npts: usize,
    pub grid: Grid,
    zero_mean: bool,
    taper: Option<Ends>,
    bands: Vec<Band>,
    /// The parts of the spectrum that are worked on, one after another.
    pub parts: &'static [Part],
}

impl Spectral {
    pub fn new(
        npts: usize,
        grid: Grid,
        zero_mean: bool,
        taper: Option<Ends>,
        bands: Vec<Band>,
    ) -> Self {
        let long = grid.nfft >= LONG && grid.nfft.is_multiple_of(4);
        let parts = if long { HALVES } else { WHOLE };
        Self { npts, grid, zero_mean, taper, bands, parts }
    }

    /// What is subtracted from the samples.
    pub fn mean<S: Sample>(&self, src: &[S]) -> Result<f64> {
        check_len("data", self.npts, src.len())?;
        let mean = sum(src) / src.len() as f64;
        if !mean.is_finite() {
            return Err(Error::Declined("the data hold NaN or Inf"));
        }
        Ok(if self.zero_mean { mean } else { 0.0 })
    }

    /// Writes `src`, less `mean`, tapered and its spectrum multiplied by `factors`, which are ready
    /// for the first part, to `dst`, in five passes over the memory besides the two transforms.
    pub fn apply<S: Sample>(
        &self,
        src: &[S],
        mean: f64,
        factors: impl Factors,
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        check_len("output", self.npts, dst.len())?;
        if self.parts == HALVES {
            return self.apply_halves(src, mean, factors, dst, cancel);
        }
        let mut workspace = Workspace::new(self.grid.nfft)?;
        let (time, _) = workspace.buffers();
        self.load(src, mean, time);
        cancel.check()?;
        workspace.forward()?;
        cancel.check()?;
        let (time, bins) = workspace.buffers();
        self.multiply(bins, &factors, time);
        drop(factors);
        cancel.check()?;
        // The inverse is the same transform once more: see `multiply`.
        workspace.forward()?;
        cancel.check()?;
        let mut check = 0.0;
        for (y, bin) in dst.iter_mut().zip(&*workspace.buffers().1) {
            *y = bin.re - bin.im;
            check += *y * 0.0;
        }
        if check == 0.0 { Ok(()) } else { Err(Error::Declined("the result would not be finite")) }
    }

    /// The samples less `mean`, tapered, and zeros up to the length of the transform.
    fn load<S: Sample>(&self, src: &[S], mean: f64, time: &mut [f64]) {
        let (data, zeros) = time.split_at_mut(src.len());
        for (y, x) in data.iter_mut().zip(src) {
            *y = x.to_f64() - mean;
        }
        zeros.fill(0.0);
        if let Some(taper) = &self.taper {
            taper.apply(data);
        }
    }

    /// Multiplies the spectrum and turns it into what the same forward transform takes back to time.
    ///
    /// The Hartley transform of a real series, `Re F - Im F`, is its own inverse but for a factor.
    /// So `Re Y[k] - Im Y[k]` for all `nfft` bins, of which those above Nyquist are the conjugates
    /// of those below, is transformed forward, and `Re - Im` of that is the series: one plan serves
    /// both ways, and of the last spectrum the half that exists is the half that is asked for.
    fn multiply(&self, bins: &[Complex64], factors: &impl Factors, time: &mut [f64]) {
        let half = self.grid.nfft / 2;
        let scale = 1.0 / self.grid.nfft as f64;
        // Bins 0 and nfft / 2 stand alone: of the first only the real part counts, and of the last
        // ObsPy takes the modulus.
        let dc = (bins[0] * self.factor(0, factors)).re * scale;
        let nyquist = (bins[half] * self.factor(half, factors)).norm() * scale;
        self.clear_rest(time);
        let mut buffer = [Complex64::ZERO; BLOCK];
        for band in &self.bands {
            let cosines = band.shape.cosines();
            for (b, start) in band.bins.clone().step_by(BLOCK).enumerate() {
                let range = start..band.bins.end.min(start + BLOCK);
                let mut weights = match &cosines {
                    Some(cosines) => cosines.block(b).map(|c| (0.5 + 0.5 * c) * scale),
                    None => [scale; BLOCK],
                };
                let conjugates = factors.block(range.clone(), &mut weights, &mut buffer);
                let (low, high) = time.split_at_mut(half + 1);
                let low = &mut low[range.clone()];
                let mut sums = [0.0; BLOCK];
                multiply_block(&bins[range.clone()], conjugates, &weights, low, &mut sums);
                // Bin nfft - k lies at nfft - k - (half + 1) of the upper part, so half - 1 - k.
                for (k, sum) in range.zip(&sums) {
                    if (1..half).contains(&k) {
                        high[half - 1 - k] = *sum;
                    }
                }
            }
        }
        time[0] = dc;
        time[half] = nyquist;
    }

    /// What the `k`th bin is multiplied by, the weight of its band included.
    fn factor(&self, k: usize, factors: &impl Factors) -> Complex64 {
        let band = self.bands.iter().find(|band| band.bins.contains(&k));
        factors.at(k, band.map_or(0.0, |band| band.shape.at(k - band.bins.start)))
    }

    /// Zeros for the bins below the first band and above the last, and for their conjugates.
    fn clear_rest(&self, time: &mut [f64]) {
        let n = time.len();
        let start = self.bands.first().map_or(0, |band| band.bins.start);
        let end = self.bands.last().map_or(0, |band| band.bins.end);
        time[..start].fill(0.0);
        time[end..(n + 1 - end).max(end)].fill(0.0);
        time[(n + 1 - start).min(n)..].fill(0.0);
    }
}

dispatch! {
    /// For a block of bins, `Y = weight X conj(C)`: `Re Y - Im Y` to `low` and `Re Y + Im Y` to `sums`.
    fn multiply_block(
        bins: &[Complex64], conjugates: &[Complex64], weights: &[f64; BLOCK],
        low: &mut [f64], sums: &mut [f64; BLOCK],
    ) = multiply_block_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn multiply_block_body<L: Lanes>(
    bins: &[Complex64],
    conjugates: &[Complex64],
    weights: &[f64; BLOCK],
    low: &mut [f64],
    sums: &mut [f64; BLOCK],
) {
    for k in 0..bins.len().min(BLOCK) {
        let (x, c, weight) = (bins[k], conjugates[k], weights[k]);
        let re = weight * (x.re * c.re + x.im * c.im);
        let im = weight * (x.im * c.re - x.re * c.im);
        low[k] = re - im;
        sums[k] = re + im;
    }
}

/// The length of the transform that `ObsPy` takes for `npts` samples: at least twice as long, even,
/// and without a prime factor of 500 or more where one of the next ten even numbers has none.
#[must_use]
pub fn nfft(npts: usize) -> usize {
    let n = 2 * (npts + npts % 2);
    if n <= 5000 {
        return n;
    }
    let smooth = (n..=n + 20).step_by(2).find(|&n| largest_prime_factor(n) < 500);
    smooth.unwrap_or_else(|| n.next_power_of_two())
}

fn largest_prime_factor(mut n: usize) -> usize {
    let (mut largest, mut factor) = (1, 2);
    while factor * factor <= n {
        while n.is_multiple_of(factor) {
            (largest, n) = (factor, n / factor);
        }
        factor += 1;
    }
    if n > 1 { largest.max(n) } else { largest }
}
