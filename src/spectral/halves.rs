//! The same for long traces in half the memory: the even bins and then the odd ones.
//!
//! Half of what is transformed is zeros, and half of what comes back is not asked for. So with
//! `M = nfft / 2` the even bins are a transform of `M` samples, the odd ones one of the samples turned
//! by `exp(-i pi j / M)`, and both come back added up. Each is a transform of `M / 2` complex
//! numbers in place: two neighbours, or two samples `M / 2` apart, make one.

use super::{Factors, Spectral};
use crate::fft::{Complexes, Turns, walk};
use crate::parallel::{Cancel, for_each};
use crate::response::Part;
use crate::samples::Sample;
use crate::{Complex64, Error, Result};

impl Spectral {
    /// As `apply`; `nfft` has to be a multiple of 4.
    pub(super) fn apply_halves<S: Sample>(
        &self,
        src: &[S],
        mean: f64,
        mut factors: impl Factors,
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        let nfft = self.grid.nfft;
        let (m, h) = (nfft / 2, nfft / 4);
        let turns = Turns::new(nfft);
        let window = self.taper.map(|taper| taper.windows(src.len())).transpose()?;
        let x = |j: usize| {
            let Some(x) = src.get(j) else { return 0.0 };
            let x = x.to_f64() - mean;
            let Some([rise, fall]) = &window else { return x };
            let fallen = (j + fall.len()).checked_sub(src.len());
            x * fallen.map_or_else(|| rise.get(j).unwrap_or(&1.0), |j| &fall[j])
        };
        let mut fft = Complexes::new(h, cancel)?;

        // Even bins: the transform of real data, untangled, divided and tangled again.
        for_each(fft.data(), cancel, |j, z| *z = Complex64::new(x(2 * j), x(2 * j + 1)))?;
        fft.forward(cancel)?;
        let (height, width) = fft.shape();
        let factor = |k: usize| self.factor(k, &factors) / nfft as f64;
        let z = fft.data();
        let dc = ((z[0].re + z[0].im) * factor(0)).re;
        let nyquist = ((z[0].re - z[0].im) * factor(m)).norm();
        z[0] = Complex64::new(dc + nyquist, nyquist - dc); // conjugate: see below
        walk((height, width), 0..height / 2 + 1, cancel, |k, row, column| {
            // Bin h - k, unless that has been here before.
            if k == 0 || (row * 2 % height == 0 && k > h - k) {
                return;
            }
            let mirror =
                if row == 0 { width - column } else { (height - row + 1) * width - column - 1 };
            let place = row * width + column;
            let (a, b) = (z[place], z[mirror].conj());
            let turn = turns.at(2 * k) * Complex64::I;
            let (sum, difference) = ((a + b) * 0.5, (a - b) * 0.5 * turn);
            let a = (sum - difference) * factor(2 * k);
            let b = (sum + difference) * factor(2 * (h - k)).conj();
            let (sum, difference) = (a + b, (a - b) * turn.conj());
            // The way back is a forward transform between two conjugations.
            z[place] = (sum - difference).conj();
            z[mirror] = sum + difference;
        })?;
        fft.back(cancel)?;
        let z = fft.data();
        for_each(dst, cancel, |j, y| *y = if j % 2 == 0 { z[j / 2].re } else { -z[j / 2].im })?;

        // Odd bins: of 4 k + 1, those beyond Nyquist stand for their conjugates 4 k + 3.
        factors.turn_to(Part::Odd, cancel)?;
        let factor = |k: usize| self.factor(k, &factors) / nfft as f64;
        for_each(fft.data(), cancel, |j, z| {
            *z = Complex64::new(x(j), -x(j + h)) * turns.at(j);
        })?;
        fft.forward(cancel)?;
        let z = fft.data();
        walk((height, width), 0..height, cancel, |k, row, column| {
            let bin = 4 * k + 1;
            let factor = if bin <= m { factor(bin) } else { factor(nfft - bin).conj() };
            let z = &mut z[row * width + column];
            *z = (*z * factor).conj() * 2.0;
        })?;
        fft.back(cancel)?;
        let mut check = 0.0;
        let (first, second) = dst.split_at_mut(h.min(src.len()));
        for_each(fft.data(), cancel, |j, z| {
            let y = *z * turns.at(j);
            if let Some(first) = first.get_mut(j) {
                *first += y.re;
                check += *first * 0.0;
            }
            if let Some(second) = second.get_mut(j) {
                *second += y.im;
                check += *second * 0.0;
            }
        })?;
        if check == 0.0 { Ok(()) } else { Err(Error::Declined("the result would not be finite")) }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::deconvolve::{Deconvolve, nfft};
    use crate::parallel::Never;
    use crate::samples::Transform;
    use crate::simulate::{Instrument, Options, Rational, Simulate};
    use crate::spectral::HALVES;

    fn noise(k: usize) -> f64 {
        ((k * k * 31 + k * 7) % 1009) as f64 - 300.0
    }

    /// `step` does the same in halves, once `spectral` is told to.
    fn agree<T: Transform>(n: usize, mut step: T, spectral: impl Fn(&mut T) -> &mut Spectral) {
        let x: Vec<f64> = (0..n).map(noise).collect();
        let (mut whole, mut halves) = (vec![0.0; n], vec![f64::NAN; n]);
        step.apply(&x, &mut whole, &Never).unwrap();
        spectral(&mut step).parts = HALVES;
        step.apply(&x, &mut halves, &Never).unwrap();
        let largest = whole.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
        for (a, b) in whole.iter().zip(&halves) {
            assert!((a - b).abs() <= 1e-13 * largest, "{n}: {a} {b}");
        }
    }

    #[test]
    fn both_ways_agree() {
        for n in [2_usize, 7, 64, 999, 3000] {
            let bin = |k: usize| Complex64::new(noise(k) + 301.0, noise(k + 5)) * 1e6;
            let mut h: Vec<Complex64> = (0..=nfft(n) / 2).map(bin).collect();
            h[0] = Complex64::ZERO;
            for pre_filt in [None, Some([0.5, 3.0, 31.0, 44.0])] {
                let response = Arc::new(Arc::<[Complex64]>::from(h.clone()));
                let taper = (n > 10).then_some(0.05);
                let step =
                    Deconvolve::new(response, n, 0.01, true, taper, Some(40.0), pre_filt).unwrap();
                agree(n, step, |step| &mut step.spectral);
            }
        }
    }

    #[test]
    fn both_ways_agree_with_instruments() {
        let pole = Complex64::new(-3.0, 4.0);
        let instrument = |zeros: &[Complex64], poles: &[Complex64]| {
            let response = Rational::from_roots(zeros, poles, 3.0).unwrap();
            Some(Instrument { response, sensitivity: None })
        };
        for n in [3_usize, 64, 999, 3000] {
            for (taper_fraction, pre_filt) in
                [(None, None), (Some(0.05), Some([0.5, 3.0, 31.0, 44.0]))]
            {
                let options = Options {
                    water_level: 40.0,
                    zero_mean: true,
                    taper_fraction,
                    pre_filt,
                    nfft_pow2: false,
                    pitsasim: false,
                    sacsim: false,
                    shsim: false,
                };
                let from = instrument(&[Complex64::ZERO; 2], &[pole, pole.conj()]);
                let to = instrument(&[], &[pole * 9.0, pole.conj() * 9.0]);
                for (from, to) in [(from.clone(), to.clone()), (from, None), (None, to)] {
                    let step = Simulate::new(n, 0.01, from, to, options).unwrap();
                    agree(n, step, |step| &mut step.spectral);
                }
            }
        }
    }
}
