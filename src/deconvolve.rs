//! Deconvolution of an instrument response in the frequency domain: `obspy.Trace.remove_response`.

mod halves;
mod pre_filt;

use std::f64::consts::FRAC_PI_2;
use std::sync::Arc;

use self::pre_filt::{Band, Shape, bands};
use crate::cosine::{BLOCK, Cosines};
use crate::fft::Workspace;
use crate::parallel::Cancel;
use crate::response::{Grid, Spectrum};
use crate::samples::{Sample, Transform, check_len};
use crate::simd::{Lanes, dispatch};
use crate::sum::sum;
use crate::{Complex64, Error, Result};

/// From this length of transform on memory counts for more than time.
const HALVES: usize = 1 << 22;

/// Everything `remove_response` needs besides the samples.
///
/// Agrees with `ObsPy` to 1e-12 of the largest sample. Demean, taper, transform, pre-filter, water
/// level, division and back, in five passes over the memory besides the two transforms.
#[derive(Debug)]
pub struct Deconvolve {
    response: Arc<dyn Spectrum>,
    npts: usize,
    grid: Grid,
    zero_mean: bool,
    taper: Option<Ends>,
    water_level: Option<f64>,
    bands: Vec<Band>,
}

impl Deconvolve {
    /// For traces of `npts` samples, `delta` seconds apart.
    ///
    /// `taper_fraction` is the share of the trace that a cosine tapers, both ends together;
    /// `water_level` is in decibels below the largest gain; `pre_filt` the corners of a cosine
    /// taper on the spectrum, in hertz.
    ///
    /// # Errors
    /// [`Error::Declined`] where `ObsPy` would raise, warn or answer NaN.
    pub fn new(
        response: Arc<dyn Spectrum>,
        npts: usize,
        delta: f64,
        zero_mean: bool,
        taper_fraction: Option<f64>,
        water_level: Option<f64>,
        pre_filt: Option<[f64; 4]>,
    ) -> Result<Self> {
        if npts < 2 {
            return Err(Error::Declined("too few samples to remove a response from"));
        }
        if water_level.is_some_and(f64::is_nan) {
            return Err(Error::Declined("the water level is NaN"));
        }
        let grid = Grid { nfft: nfft(npts), delta };
        let taper = taper_fraction.map(|fraction| Ends::new(fraction, npts)).transpose()?;
        let bands = match pre_filt {
            Some(corners) => bands(corners, grid)?,
            None => vec![Band { bins: 0..grid.nfft / 2 + 1, shape: Shape::Pass }],
        };
        Ok(Self { response, npts, grid, zero_mean, taper, water_level, bands })
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

    /// The smallest modulus the response is divided by; its value at frequency 0 may be 0.
    fn level(&self, extent: Extent, dc: Complex64) -> Result<f64> {
        let Extent { largest, tiny, zeros } = extent;
        if !largest.is_finite() || tiny > 0 {
            return Err(Error::Declined("the response is too large or too small to be inverted"));
        }
        match self.water_level {
            Some(decibels) => Ok(largest.sqrt() * 10.0_f64.powf(-decibels / 20.0)),
            None if zeros > usize::from(dc == Complex64::ZERO) => {
                Err(Error::Declined("the response is zero at some frequency"))
            }
            None => Ok(0.0),
        }
    }

    /// Divides the spectrum by the response and turns it into what the same forward transform takes
    /// back to time.
    ///
    /// The Hartley transform of a real series, `Re F - Im F`, is its own inverse but for a factor.
    /// So `Re Y[k] - Im Y[k]` for all `nfft` bins, of which those above Nyquist are the conjugates
    /// of those below, is transformed forward, and `Re - Im` of that is the series: one plan serves
    /// both ways, and of the last spectrum the half that exists is the half that is asked for.
    fn divide(&self, bins: &[Complex64], response: &[Complex64], level: f64, time: &mut [f64]) {
        let half = self.grid.nfft / 2;
        let scale = 1.0 / self.grid.nfft as f64;
        // Bins 0 and nfft / 2 stand alone: of the first only the real part counts, and of the last
        // ObsPy takes the modulus.
        let dc = (bins[0] * self.factor(0, response[0], level)).re * scale;
        let nyquist = (bins[half] * self.factor(half, response[half], level)).norm() * scale;
        self.clear_rest(time);
        for band in &self.bands {
            let cosines = band.shape.cosines();
            let mut weights = [scale; BLOCK];
            for (b, start) in band.bins.clone().step_by(BLOCK).enumerate() {
                let range = start..band.bins.end.min(start + BLOCK);
                if let Some(cosines) = &cosines {
                    weights = cosines.block(b).map(|c| (0.5 + 0.5 * c) * scale);
                }
                let n = range.len();
                let (low, high) = time.split_at_mut(half + 1);
                let mut sums = [0.0; BLOCK];
                divide_block(
                    &bins[range.clone()],
                    &response[range.clone()],
                    &weights,
                    level,
                    &mut low[range.clone()],
                    &mut sums,
                );
                // Bin nfft - k lies at nfft - k - (half + 1) of the upper part, so half - 1 - k.
                for (k, sum) in range.zip(&sums[..n]) {
                    if (1..half).contains(&k) {
                        high[half - 1 - k] = *sum;
                    }
                }
            }
        }
        time[0] = dc;
        time[half] = nyquist;
    }

    /// What the `k`th bin is multiplied by, where the response is `h`.
    fn factor(&self, k: usize, h: Complex64, level: f64) -> Complex64 {
        let band = self.bands.iter().find(|band| band.bins.contains(&k));
        let weight = band.map_or(0.0, |band| band.shape.at(k - band.bins.start));
        let modulus = h.norm();
        if modulus == 0.0 || (k == 0 && self.water_level.is_none()) {
            return Complex64::ZERO;
        }
        h.conj() * (weight / (modulus * modulus.max(level)))
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

impl Transform for Deconvolve {
    /// Declines data that hold NaN or Inf, and a response that cannot be inverted.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("data", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        let mean = sum(src) / src.len() as f64;
        if !mean.is_finite() {
            return Err(Error::Declined("the data hold NaN or Inf"));
        }
        let mean = if self.zero_mean { mean } else { 0.0 };
        if self.grid.nfft >= HALVES && self.grid.nfft.is_multiple_of(4) {
            return self.apply_halves(src, mean, dst, cancel);
        }
        let response = self.response.all(self.grid, cancel)?;
        check_len("response", self.grid.bins(), response.len())?;
        let level = self.level(extent(&response), response[0])?;
        let mut workspace = Workspace::new(self.grid.nfft)?;
        let (time, _) = workspace.buffers();
        self.load(src, mean, time);
        cancel.check()?;
        workspace.forward()?;
        cancel.check()?;
        let (time, bins) = workspace.buffers();
        self.divide(bins, &response, level, time);
        drop(response);
        cancel.check()?;
        // The inverse is the same transform once more: see `divide`.
        workspace.forward()?;
        cancel.check()?;
        let mut check = 0.0;
        for (y, bin) in dst.iter_mut().zip(&*workspace.buffers().1) {
            *y = bin.re - bin.im;
            check += *y * 0.0;
        }
        if check == 0.0 { Ok(()) } else { Err(Error::Declined("the result would not be finite")) }
    }
}

/// How large and how small a response is.
#[derive(Default, Clone, Copy)]
struct Extent {
    /// The largest squared modulus; not finite if one is not.
    largest: f64,
    /// How many bins are not zero, but too small to be squared.
    tiny: usize,
    /// How many bins are zero.
    zeros: usize,
}

impl Extent {
    fn with(self, other: Self) -> Self {
        // A sum of maxima would be too large, a maximum would hide a NaN.
        let finite = (self.largest + other.largest).is_finite();
        Self {
            largest: if finite { self.largest.max(other.largest) } else { f64::NAN },
            tiny: self.tiny + other.tiny,
            zeros: self.zeros + other.zeros,
        }
    }
}

dispatch! { fn extent(response: &[Complex64]) -> Extent = extent_body }

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn extent_body<L: Lanes>(response: &[Complex64]) -> Extent {
    const LANES: usize = 8;
    let (mut largest, mut least, mut check) = ([0.0_f64; LANES], [f64::MAX; LANES], [0.0; LANES]);
    let (groups, rest) = response.as_chunks::<LANES>();
    for group in groups {
        for l in 0..LANES {
            let square = group[l].norm_sqr();
            largest[l] = if square > largest[l] { square } else { largest[l] };
            least[l] = if square < least[l] { square } else { least[l] };
            check[l] += square * 0.0;
        }
    }
    for bin in rest {
        largest[0] = largest[0].max(bin.norm_sqr());
        least[0] = least[0].min(bin.norm_sqr());
        check[0] += bin.norm_sqr() * 0.0;
    }
    let largest = largest.into_iter().fold(0.0, f64::max) + check.into_iter().sum::<f64>();
    let mut extent = Extent { largest, ..Extent::default() };
    if least.into_iter().fold(f64::MAX, f64::min) < 1e-280 {
        for bin in response.iter().filter(|bin| bin.norm_sqr() < 1e-280) {
            *(if *bin == Complex64::ZERO { &mut extent.zeros } else { &mut extent.tiny }) += 1;
        }
    }
    extent
}

dispatch! {
    /// For a block of bins, `Y = weight X / H` with `|H|` at least `level`, or 0 where `H` is:
    /// `Re Y - Im Y` to `low` and `Re Y + Im Y` to `sums`.
    fn divide_block(
        bins: &[Complex64], response: &[Complex64], weights: &[f64; BLOCK], level: f64,
        low: &mut [f64], sums: &mut [f64; BLOCK],
    ) = divide_block_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn divide_block_body<L: Lanes>(
    bins: &[Complex64],
    response: &[Complex64],
    weights: &[f64; BLOCK],
    level: f64,
    low: &mut [f64],
    sums: &mut [f64; BLOCK],
) {
    let n = bins.len().min(BLOCK);
    let mut squares = [1.0; BLOCK];
    let mut least = f64::MAX;
    for (square, h) in squares.iter_mut().zip(response) {
        *square = h.norm_sqr();
        least = if *square < least { *square } else { least };
    }
    if least < level * level || least == 0.0 {
        // 1 / (|H| max(|H|, level)) keeps the phase and lifts the modulus.
        for square in &mut squares {
            let modulus = square.sqrt();
            let lifted = modulus * if modulus > level { modulus } else { level };
            *square = if modulus > 0.0 { lifted } else { f64::INFINITY };
        }
    }
    for k in 0..n {
        let (x, h, gain) = (bins[k], response[k], weights[k] / squares[k]);
        let re = gain * (x.re * h.re + x.im * h.im);
        let im = gain * (x.im * h.re - x.re * h.im);
        low[k] = re - im;
        sums[k] = re + im;
    }
}

/// Both ends of `obspy.signal.invsim.cosine_taper` with SAC's indices: a quarter cosine each.
#[derive(Debug, Clone, Copy)]
struct Ends {
    /// The first sample that is not tapered on the left has the index before this.
    rise: usize,
    /// The last sample that is not tapered on the right.
    fall: usize,
}

impl Ends {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 <= fraction <= 1
    fn new(fraction: f64, npts: usize) -> Result<Self> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Error::Declined("the taper fraction is not between 0 and 1"));
        }
        let share = npts as f64 * fraction / 2.0;
        let inner = 0.0 < fraction && fraction < 1.0;
        let tapered = (if inner { share + 0.5 } else { share }) as usize;
        let last = npts - 1;
        let (mut rise, mut fall) = (tapered, last.saturating_sub(tapered));
        if rise == 0 {
            rise += 1;
        }
        if fall == last {
            fall -= 1;
        }
        Ok(Self { rise, fall })
    }

    /// Where the ends overlap, the right one holds.
    fn apply(self, data: &mut [f64]) {
        let (left, right) = data.split_at_mut(self.fall);
        let rising = self.rise + 1;
        let rise = Cosines::new(FRAC_PI_2, -FRAC_PI_2 / self.rise as f64);
        for (b, block) in left[..rising.min(self.fall)].chunks_mut(BLOCK).enumerate() {
            block.iter_mut().zip(rise.block(b)).for_each(|(x, c)| *x *= c);
        }
        let fall = Cosines::new(0.0, FRAC_PI_2 / (right.len() - 1) as f64);
        for (b, block) in right.chunks_mut(BLOCK).enumerate() {
            block.iter_mut().zip(fall.block(b)).for_each(|(x, c)| *x *= c);
        }
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
