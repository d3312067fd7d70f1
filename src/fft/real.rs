//! Transforms of millions of real samples that can be stopped, of any length.
//!
//! An even number of samples is taken as half as many complex ones (Press et al., Numerical Recipes,
//! 12.3). Where a length has a prime factor too large for [`Complexes`] to stop soon, the transform is
//! a convolution with a chirp (Bluestein, 1970), by way of a length that has none.

use super::long::{height, zeros};
use super::{Complexes, Turns, walk};
use crate::parallel::{Cancel, for_each};
use crate::{Complex64, Result};

/// The longest row of a matrix, which is transformed at once: some 10 ms.
const WIDEST: usize = 1 << 19;

/// The bins 0 to `n / 2` of `n` samples: `sum x(j) exp(-2 pi i j k / n)`.
///
/// # Errors
/// [`Error::Memory`](crate::Error::Memory) and [`Error::Cancelled`](crate::Error::Cancelled).
pub(crate) fn forward(
    n: usize,
    x: impl Fn(usize) -> f64,
    cancel: &dyn Cancel,
) -> Result<Vec<Complex64>> {
    if n % 2 == 1 {
        let mut z = zeros(n, cancel)?;
        for_each(&mut z, cancel, |j, z: &mut Complex64| z.re = x(j))?;
        let mut bins = dft(z, WIDEST, cancel)?;
        bins.truncate(n / 2 + 1);
        return Ok(bins);
    }
    let mut z = zeros(n / 2, cancel)?;
    for_each(&mut z, cancel, |j, z| *z = Complex64::new(x(2 * j), x(2 * j + 1)))?;
    let mut bins = dft(z, WIDEST, cancel)?;
    let turns = Turns::new(n);
    pairs(&mut bins, cancel, |k, a, b| {
        let (sum, difference) = ((a + b.conj()) * 0.5, (a - b.conj()) * 0.5);
        let turned = difference * turns.at(k) * Complex64::I;
        (sum - turned, (sum + turned).conj())
    })?;
    let first = bins[0];
    bins[0] = Complex64::new(first.re + first.im, 0.0);
    bins.push(Complex64::new(first.re - first.im, 0.0));
    Ok(bins)
}

/// The way back, times the length of `dst`. Of the first bin, and of the last if it stands for half the
/// sampling rate, only the real part counts; bins beyond are of no account.
///
/// # Errors
/// [`Error::Memory`](crate::Error::Memory) and [`Error::Cancelled`](crate::Error::Cancelled).
///
/// # Panics
/// Where there are fewer than `dst.len() / 2 + 1` bins.
pub(crate) fn inverse(
    mut bins: Vec<Complex64>,
    dst: &mut [f64],
    cancel: &dyn Cancel,
) -> Result<()> {
    let n = dst.len();
    bins.truncate(n / 2 + 1);
    bins[0].im = 0.0;
    if n % 2 == 1 {
        // The transform of the conjugates is the conjugate of the way back, which is real.
        let mut z = zeros(n, cancel)?;
        for_each(&mut z, cancel, |k, z| {
            *z = if k <= n / 2 { bins[k].conj() } else { bins[n - k] };
        })?;
        drop(bins);
        let z = dft(z, WIDEST, cancel)?;
        return for_each(dst, cancel, |j, y| *y = z[j].re);
    }
    let (first, last) = (bins[0].re, bins[n / 2].re);
    bins.truncate(n / 2);
    bins[0] = Complex64::new(first + last, last - first);
    let turns = Turns::new(n);
    pairs(&mut bins, cancel, |k, a, b| {
        let (sum, difference) = (a + b.conj(), a - b.conj());
        let turned = difference * turns.at(k).conj() * Complex64::I;
        ((sum + turned).conj(), sum - turned)
    })?;
    let z = dft(bins, WIDEST, cancel)?;
    for_each(dst, cancel, |j, y| *y = if j % 2 == 0 { z[j / 2].re } else { -z[j / 2].im })
}

/// Replaces `z[k]` and `z[n - k]` by what `each` makes of them; `z[0]` is left alone.
fn pairs(
    z: &mut [Complex64],
    cancel: &dyn Cancel,
    each: impl Fn(usize, Complex64, Complex64) -> (Complex64, Complex64),
) -> Result<()> {
    let Some((_, z)) = z.split_first_mut() else { return Ok(()) };
    let half = z.len() / 2;
    let (low, high) = z.split_at_mut(half);
    let middle = high.len() - half; // one, that is its own mirror, or none
    let last = high.len();
    for_each(low, cancel, |i, a| (*a, high[last - 1 - i]) = each(i + 1, *a, high[last - 1 - i]))?;
    if middle == 1 {
        high[0] = each(half + 1, high[0], high[0]).0;
    }
    Ok(())
}

/// `sum z[j] exp(-2 pi i j k / n)` for all `k`, in their order.
fn dft(z: Vec<Complex64>, widest: usize, cancel: &dyn Cancel) -> Result<Vec<Complex64>> {
    let n = z.len();
    if n / height(n) > widest {
        return by_chirp(z, cancel);
    }
    let mut fft = Complexes::of(z)?;
    fft.forward(cancel)?;
    let mut bins = zeros(n, cancel)?;
    let (height, width) = fft.shape();
    let z = fft.data();
    walk((height, width), 0..height, cancel, |k, row, column| bins[k] = z[row * width + column])?;
    Ok(bins)
}

/// The same as a convolution: `2 j k = j^2 + k^2 - (k - j)^2`.
fn by_chirp(mut z: Vec<Complex64>, cancel: &dyn Cancel) -> Result<Vec<Complex64>> {
    let n = z.len();
    let power = (2 * n).next_power_of_two();
    let long = if power / 4 * 3 >= 2 * n { power / 4 * 3 } else { power };
    let square = |j: usize| j * j % (2 * n);
    let chirp = |j: usize| Complex64::cis(-std::f64::consts::PI * square(j) as f64 / n as f64);
    let mut kernel = Complexes::new(long, cancel)?;
    let (low, high) = kernel.data().split_at_mut(n);
    let mirror = high.len() + n;
    for_each(low, cancel, |j, c| {
        *c = chirp(j).conj();
        if j > 0 {
            high[mirror - j - n] = *c;
        }
    })?;
    kernel.forward(cancel)?;
    let mut fft = Complexes::new(long, cancel)?;
    for_each(&mut fft.data()[..n], cancel, |j, a| *a = z[j] * chirp(j))?;
    fft.forward(cancel)?;
    let kernel = kernel.data();
    for_each(fft.data(), cancel, |k, a| *a = (*a * kernel[k]).conj())?;
    fft.back(cancel)?;
    let data = fft.data();
    for_each(&mut z, cancel, |k, z| *z = data[k].conj() * chirp(k) / long as f64)?;
    Ok(z)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::Error;
    use crate::fft::Workspace;
    use crate::parallel::{Flag, Never};

    fn noise(k: usize) -> f64 {
        ((k * k * 31 + k * 7) % 1009) as f64 - 500.0
    }

    #[test]
    fn there_and_back_as_a_planner_does() {
        for n in [1, 2, 3, 4, 5, 6, 16, 31, 60, 62, 127, 1000, 1001, 2 * 499, 4096] {
            let mut workspace = Workspace::new(n).unwrap();
            for (j, x) in workspace.buffers().0.iter_mut().enumerate() {
                *x = noise(j);
            }
            workspace.forward().unwrap();
            let bins = forward(n, noise, &Never).unwrap();
            let expected = &workspace.buffers().1[..=n / 2];
            assert_eq!(bins.len(), expected.len());
            let largest = expected.iter().fold(0.0, |max: f64, z| max.max(z.norm()));
            for (got, expected) in bins.iter().zip(expected) {
                assert!((got - expected).norm() <= 1e-14 * largest, "{n}");
            }
            let mut y = vec![0.0; n];
            inverse(bins, &mut y, &Never).unwrap();
            for (j, y) in y.iter().enumerate() {
                assert!((y / n as f64 - noise(j)).abs() <= 1e-10, "{n}: {j}");
            }
        }
    }

    #[test]
    fn a_chirp_does_the_same() {
        for n in [1, 2, 31, 127, 1009, 3 * 499] {
            let z: Vec<_> = (0..n).map(|j| Complex64::new(noise(j), noise(j + 3))).collect();
            let expected = dft(z.clone(), n, &Never).unwrap();
            let got = dft(z, 0, &Never).unwrap();
            let largest = expected.iter().fold(0.0, |max: f64, z| max.max(z.norm()));
            for (got, expected) in got.iter().zip(&expected) {
                assert!((got - expected).norm() <= 1e-13 * largest, "{n}");
            }
        }
    }

    #[test]
    fn they_can_be_stopped() {
        let stopped = Flag::default();
        stopped.raise();
        assert_eq!(forward(1000, noise, &stopped).err(), Some(Error::Cancelled));
        let bins = vec![Complex64::ZERO; 501];
        assert_eq!(inverse(bins, &mut [0.0; 1000], &stopped).err(), Some(Error::Cancelled));
    }
}
