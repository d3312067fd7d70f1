//! Deconvolution of an instrument response in the frequency domain: `obspy.Trace.remove_response`.

use std::ops::Range;
use std::sync::Arc;

use crate::cosine::BLOCK;
use crate::parallel::Cancel;
use crate::response::{Grid, Part, Spectrum};
use crate::samples::{Sample, Transform, check_len};
use crate::spectral::bands::bands;
use crate::spectral::ends::{Cosine, Ends};
use crate::spectral::level::{Extent, divide, divide_weights};
use crate::spectral::{Factors, Spectral};
use crate::{Complex64, Error, Result};

pub use crate::spectral::nfft;

/// Everything `remove_response` needs besides the samples.
///
/// Agrees with `ObsPy` to 1e-12 of the largest sample.
#[derive(Debug)]
pub struct Deconvolve {
    response: Arc<dyn Spectrum>,
    water_level: Option<f64>,
    pub(crate) spectral: Spectral,
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
        let taper =
            taper_fraction.map(|share| Ends::new(Cosine::Quarter, share, npts)).transpose()?;
        let spectral = Spectral::new(npts, grid, zero_mean, taper, bands(pre_filt, grid)?);
        Ok(Self { response, water_level, spectral })
    }
}

impl Transform for Deconvolve {
    /// Declines data that hold NaN or Inf, and a response that cannot be inverted.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        let mean = self.spectral.mean(src)?;
        let inverse = Inverse::new(&*self.response, &self.spectral, self.water_level, cancel)?;
        self.spectral.apply(src, mean, inverse, dst, cancel)
    }
}

/// One over a response, of which no more is in memory than the part that is worked on.
struct Inverse<'a> {
    response: &'a dyn Spectrum,
    grid: Grid,
    /// The smallest modulus the response is divided by.
    level: f64,
    /// Whether bin 0 is dropped whatever the response.
    drop_first: bool,
    part: Part,
    values: Arc<[Complex64]>,
}

impl<'a> Inverse<'a> {
    fn new(
        response: &'a dyn Spectrum,
        spectral: &Spectral,
        water_level: Option<f64>,
        cancel: &dyn Cancel,
    ) -> Result<Self> {
        let grid = spectral.grid;
        let (drop_first, level) = (water_level.is_none(), 0.0);
        let mut inverse =
            Self { response, grid, level, drop_first, part: Part::All, values: Arc::default() };
        let mut extent = Extent::default();
        // The first part comes last, and stays for the way through the spectrum.
        for part in spectral.parts.iter().rev() {
            inverse.turn_to(*part, cancel)?;
            extent = extent.with(Extent::of(&inverse.values));
        }
        inverse.level = extent.level(water_level, inverse.values[0])?;
        Ok(inverse)
    }
}

impl Factors for Inverse<'_> {
    fn turn_to(&mut self, part: Part, cancel: &dyn Cancel) -> Result<()> {
        if self.part != part || self.values.is_empty() {
            self.values = Arc::default(); // makes room
            self.values = match part {
                Part::All => self.response.all(self.grid, cancel)?,
                part => self.response.part(self.grid, part, cancel)?,
            };
            check_len("response", part.count(self.grid), self.values.len())?;
            self.part = part;
        }
        Ok(())
    }

    fn at(&self, k: usize, weight: f64) -> Complex64 {
        if k == 0 && self.drop_first {
            return Complex64::ZERO;
        }
        divide(weight, self.values[self.part.position(k)], self.level)
    }

    fn block<'b>(
        &'b self,
        bins: Range<usize>,
        weights: &mut [f64; BLOCK],
        _: &'b mut [Complex64; BLOCK],
    ) -> &'b [Complex64] {
        let response = &self.values[bins];
        divide_weights(weights, response, self.level);
        response
    }
}
