//! One instrument in place of another: `obspy.Trace.simulate`.

mod rational;

use std::ops::Range;

pub use self::rational::Rational;
use crate::cosine::BLOCK;
use crate::detrend::Detrend;
use crate::normalize::largest;
use crate::parallel::Cancel;
use crate::response::{Grid, Part};
use crate::samples::{Pointwise, Sample, Transform};
use crate::simd::{Lanes, dispatch};
use crate::spectral::bands::{bands, bands_on_bins};
use crate::spectral::ends::{Cosine, Ends};
use crate::spectral::level::{Extent, divide, divide_weights};
use crate::spectral::{Factors, Spectral, nfft};
use crate::{Complex64, Error, Result};

/// An instrument by its poles and zeros.
#[derive(Debug, Clone, PartialEq)]
pub struct Instrument {
    /// The frequency response.
    pub response: Rational,
    /// The factor between counts and ground motion, where it is to be applied.
    pub sensitivity: Option<f64>,
}

/// The arguments of `simulate` that say how.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(clippy::struct_excessive_bools)] // ObsPy's
pub struct Options {
    /// Decibels below the largest gain.
    pub water_level: f64,
    /// Subtract the mean.
    pub zero_mean: bool,
    /// The share of the trace that a cosine tapers, both ends together.
    pub taper_fraction: Option<f64>,
    /// The corners of a cosine taper on the spectrum, in hertz, for an instrument that is removed.
    pub pre_filt: Option<[f64; 4]>,
    /// A transform of a power of two.
    pub nfft_pow2: bool,
    /// Subtract the line through the first and the last sample of the result.
    pub pitsasim: bool,
    /// Both tapers as SAC has them.
    pub sacsim: bool,
    /// Subtract the least-squares line from the result.
    pub shsim: bool,
}

/// What has to be left of the largest sample where a line is subtracted; of real recordings a third
/// is. What was rounded before is an error of less.
const LEAST_LEFT: f64 = 0.01;

/// Everything `simulate` needs besides the samples.
///
/// Agrees with `ObsPy` to 1e-12 of the largest sample.
#[derive(Debug)]
pub struct Simulate {
    from: Option<Instrument>,
    to: Option<Instrument>,
    water_level: f64,
    pub(crate) spectral: Spectral,
    trends: Vec<Detrend>,
}

impl Simulate {
    /// For traces of `npts` samples, `delta` seconds apart, recorded by the instrument `from`, as
    /// `to` would have: none is one that records ground motion.
    ///
    /// # Errors
    /// [`Error::Declined`] where `ObsPy` would raise, warn or answer NaN, and where rounding is all
    /// that it answers.
    pub fn new(
        npts: usize,
        delta: f64,
        from: Option<Instrument>,
        to: Option<Instrument>,
        options: Options,
    ) -> Result<Self> {
        if npts < 3 {
            return Err(Error::Declined("too few samples to simulate an instrument"));
        }
        if options.water_level.is_nan() {
            return Err(Error::Declined("the water level is NaN"));
        }
        if from.is_none() && to.is_none() {
            return Err(Error::Declined("no instrument"));
        }
        let nfft = if options.nfft_pow2 { (2 * npts).next_power_of_two() } else { nfft(npts) };
        let grid = Grid { nfft, delta };
        for instrument in from.iter().chain(&to) {
            instrument.response.check(grid)?;
            if instrument.sensitivity.is_some_and(|value| value == 0.0 || !value.is_finite()) {
                return Err(Error::Declined("the sensitivity is zero or not finite"));
            }
        }
        let cosine = if options.sacsim { Cosine::Quarter } else { Cosine::Half };
        let taper =
            options.taper_fraction.map(|share| Ends::new(cosine, share, npts)).transpose()?;
        let bands = match options.pre_filt {
            Some(corners) if from.is_some() && !options.sacsim => bands_on_bins(corners, grid)?,
            corners => bands(corners.filter(|_| from.is_some()), grid)?,
        };
        let mut trends = Vec::new();
        if options.pitsasim {
            trends.push(Detrend::Simple);
        }
        if options.shsim {
            trends.push(Detrend::Linear { breakpoints: Vec::new() });
        }
        let Options { water_level, zero_mean, .. } = options;
        let spectral = Spectral::new(npts, grid, zero_mean, taper, bands);
        Ok(Self { from, to, water_level, spectral, trends })
    }

    /// The smallest modulus that the response of an instrument is divided by.
    fn level(&self, response: &Rational, cancel: &dyn Cancel) -> Result<f64> {
        let grid = self.spectral.grid;
        let mut values = [Complex64::ZERO; BLOCK];
        let mut extent = Extent::default();
        for start in (0..grid.bins()).step_by(BLOCK) {
            response.block(start, grid, &mut values);
            let count = BLOCK.min(grid.bins() - start);
            extent = extent.with(Extent::of(&values[..count]));
        }
        cancel.check()?;
        extent.level(Some(self.water_level), response.at(0, grid))
    }
}

impl Transform for Simulate {
    /// Declines data that hold NaN or Inf, and an instrument that cannot be removed.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        let mean = self.spectral.mean(src)?;
        let instruments = [&self.from, &self.to];
        let [from, to] = instruments.map(|instrument| Some(&instrument.as_ref()?.response));
        let level = from.map_or(Ok(0.0), |from| self.level(from, cancel))?;
        let exchange = Exchange { from, to, grid: self.spectral.grid, level };
        self.spectral.apply(src, mean, exchange, dst, cancel)?;
        let before = largest(dst);
        for trend in &self.trends {
            trend.in_place(dst)?;
        }
        if largest(dst) < LEAST_LEFT * before {
            return Err(Error::Declined("next to nothing but a line, of which rounding is left"));
        }
        let [divisor, factor] = instruments
            .map(|instrument| instrument.as_ref().and_then(|i| i.sensitivity).unwrap_or(1.0));
        for y in &mut *dst {
            *y = *y / divisor * factor;
        }
        if largest(dst).is_finite() {
            Ok(())
        } else {
            Err(Error::Declined("the result would not be finite"))
        }
    }
}

/// One instrument out, the other in.
struct Exchange<'a> {
    from: Option<&'a Rational>,
    to: Option<&'a Rational>,
    grid: Grid,
    /// The smallest modulus that is divided by.
    level: f64,
}

impl Factors for Exchange<'_> {
    fn turn_to(&mut self, _: Part, _: &dyn Cancel) -> Result<()> {
        Ok(()) // a few coefficients: every factor is computed where it is asked for
    }

    fn at(&self, k: usize, weight: f64) -> Complex64 {
        let inverse = match self.from {
            Some(from) => divide(weight, from.at(k, self.grid), self.level),
            None => weight.into(),
        };
        self.to.map_or(inverse, |to| to.at(k, self.grid) * inverse)
    }

    fn block<'a>(
        &'a self,
        bins: Range<usize>,
        weights: &mut [f64; BLOCK],
        buffer: &'a mut [Complex64; BLOCK],
    ) -> &'a [Complex64] {
        *buffer = [Complex64::ONE; BLOCK];
        if let Some(from) = self.from {
            from.block(bins.start, self.grid, buffer);
            divide_weights(weights, buffer, self.level);
        }
        if let Some(to) = self.to {
            let mut forward = [Complex64::ZERO; BLOCK];
            to.block(bins.start, self.grid, &mut forward);
            multiply_conjugates(buffer, &forward);
        }
        buffer
    }
}

dispatch! {
    fn multiply_conjugates(values: &mut [Complex64; BLOCK], by: &[Complex64; BLOCK])
        = multiply_conjugates_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn multiply_conjugates_body<L: Lanes>(values: &mut [Complex64; BLOCK], by: &[Complex64; BLOCK]) {
    for (value, by) in values.iter_mut().zip(by) {
        *value *= by.conj();
    }
}
