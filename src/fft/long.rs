//! Transforms of millions of complex numbers in place, in four steps (Bailey, 1990): the numbers are a
//! matrix whose columns are transformed, then turned, then its rows.
//!
//! What a planner would do at once needs a second array as large and cannot be stopped. Bins stay
//! where they come to lie; the way back takes them from there, so that nothing is ever transposed.

use std::ops::Range;
use std::sync::Arc;

use rustfft::{Fft, FftPlanner};

use super::{COMPLEX, plan, resize};
use crate::parallel::Cancel;
use crate::{Complex64, Error, Result};

/// Columns that are worked on together: what is read and written of a row is whole cache lines.
const STRIP: usize = 16;

/// Rows that are walked together, so that what is kept in the order of bins is read by cache lines.
const ROWS: usize = 8;

/// `n` complex numbers and their transform.
pub(crate) struct Complexes {
    data: Vec<Complex64>,
    strip: Vec<Complex64>,
    scratch: Vec<Complex64>,
    columns: Arc<dyn Fft<f64>>,
    rows: Arc<dyn Fft<f64>>,
    turns: Turns,
}

impl Complexes {
    /// Ready for `n` numbers, all zero.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory) and [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn new(n: usize, cancel: &dyn Cancel) -> Result<Self> {
        Self::of(zeros(n, cancel)?)
    }

    /// Ready to transform `data`.
    ///
    /// # Errors
    /// [`Error::Memory`](crate::Error::Memory).
    pub fn of(data: Vec<Complex64>) -> Result<Self> {
        let n = data.len();
        let height = height(n);
        let transform = |n| plan(&COMPLEX, n, || FftPlanner::new().plan_fft_forward(n));
        let (columns, rows) = (transform(height)?, transform(n / height)?);
        let (mut strip, mut scratch) = (Vec::new(), Vec::new());
        resize(&mut strip, STRIP * height)?;
        let most = columns.get_inplace_scratch_len().max(rows.get_inplace_scratch_len());
        resize(&mut scratch, most)?;
        Ok(Self { data, strip, scratch, columns, rows, turns: Turns::new(n) })
    }

    /// The numbers, by rows.
    pub fn data(&mut self) -> &mut [Complex64] {
        &mut self.data
    }

    /// Height and width of the matrix. Bin `k` is in row `k % height`, column `k / height`.
    pub fn shape(&self) -> (usize, usize) {
        (self.columns.len(), self.rows.len())
    }

    /// From numbers `z[j]` in their order to the bins `sum z[j] exp(-2 pi i j k / n)`.
    ///
    /// # Errors
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn forward(&mut self, cancel: &dyn Cancel) -> Result<()> {
        self.transform_columns(true, cancel)?;
        self.transform_rows(cancel)
    }

    /// The same sum over bins, in the places where `forward` leaves them, to numbers in their order.
    ///
    /// # Errors
    /// [`Error::Cancelled`](crate::Error::Cancelled).
    pub fn back(&mut self, cancel: &dyn Cancel) -> Result<()> {
        self.transform_rows(cancel)?;
        self.transform_columns(false, cancel)
    }

    fn transform_rows(&mut self, cancel: &dyn Cancel) -> Result<()> {
        self.data.chunks_exact_mut(self.rows.len()).try_for_each(|row| {
            self.rows.process_with_scratch(row, &mut self.scratch);
            cancel.check()
        })
    }

    /// The columns, each turned after its transform or before.
    fn transform_columns(&mut self, turned_after: bool, cancel: &dyn Cancel) -> Result<()> {
        let (height, width) = self.shape();
        for first in (0..width).step_by(STRIP) {
            let count = STRIP.min(width - first);
            let strip = &mut self.strip[..count * height];
            for (k, row) in self.data.chunks_exact(width).enumerate() {
                for (l, z) in row[first..first + count].iter().enumerate() {
                    strip[l * height + k] = *z;
                }
            }
            let turn = |strip: &mut [Complex64]| {
                for (l, column) in strip.chunks_exact_mut(height).enumerate() {
                    self.turns.turn(column, first + l);
                }
            };
            if !turned_after {
                turn(strip);
            }
            self.columns.process_with_scratch(strip, &mut self.scratch);
            if turned_after {
                turn(strip);
            }
            for (k, row) in self.data.chunks_exact_mut(width).enumerate() {
                for (l, z) in row[first..first + count].iter_mut().enumerate() {
                    *z = strip[l * height + k];
                }
            }
            cancel.check()?;
        }
        Ok(())
    }
}

/// Rows of the matrix of `n` numbers, not more than columns.
pub(crate) fn height(n: usize) -> usize {
    (1..=n.isqrt()).rev().find(|height| n.is_multiple_of(*height)).unwrap_or(1)
}

/// `n` zeros.
///
/// # Errors
/// [`Error::Memory`](crate::Error::Memory) and [`Error::Cancelled`](crate::Error::Cancelled).
pub(crate) fn zeros<T: Copy + Default>(n: usize, cancel: &dyn Cancel) -> Result<Vec<T>> {
    let mut zeros = Vec::new();
    let memory = |_| Error::Memory(n.saturating_mul(size_of::<T>()));
    zeros.try_reserve_exact(n).map_err(memory)?;
    while zeros.len() < n {
        // Most of the time goes into making the memory.
        zeros.resize(n.min(zeros.len() + (1 << 17)), T::default());
        cancel.check()?;
    }
    Ok(zeros)
}

/// Calls `each` with `k` and with its row and column, for every bin below `n`, as the bins of
/// [`Complexes`] lie: some neighbours at a time, of a few rows.
///
/// # Errors
/// [`Error::Cancelled`](crate::Error::Cancelled).
pub(crate) fn walk(
    (height, width): (usize, usize),
    rows: Range<usize>,
    cancel: &dyn Cancel,
    mut each: impl FnMut(usize, usize, usize),
) -> Result<()> {
    for first in rows.clone().step_by(ROWS) {
        for column in 0..width {
            for row in first..(first + ROWS).min(rows.end) {
                each(row + height * column, row, column);
            }
        }
        cancel.check()?;
    }
    Ok(())
}

/// `exp(-2 pi i k / n)`, as a product of two that are tabulated.
pub(crate) struct Turns {
    n: usize,
    fine: Vec<Complex64>,
    coarse: Vec<Complex64>,
}

impl Turns {
    const FINE: usize = 4096;
    /// Numbers turned by products with one number of the table.
    const BLOCK: usize = 16;

    pub fn new(n: usize) -> Self {
        let turn = |k: usize| Complex64::cis(-std::f64::consts::TAU * k as f64 / n as f64);
        Self {
            n,
            fine: (0..Self::FINE).map(turn).collect(),
            coarse: (0..n.div_ceil(Self::FINE)).map(|k| turn(k * Self::FINE)).collect(),
        }
    }

    pub fn at(&self, k: usize) -> Complex64 {
        self.fine[k % Self::FINE] * self.coarse[k / Self::FINE]
    }

    /// Multiplies the `k`th number by `exp(-2 pi i k by / n)`.
    fn turn(&self, numbers: &mut [Complex64], by: usize) {
        let near: [Complex64; Self::BLOCK] = std::array::from_fn(|k| self.at(k * by % self.n));
        for (b, block) in numbers.chunks_mut(Self::BLOCK).enumerate() {
            let far = self.at(b * Self::BLOCK * by);
            block.iter_mut().zip(near).for_each(|(z, near)| *z *= far * near);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::fft;
    use crate::parallel::{Flag, Never};

    fn noise(n: usize) -> Vec<Complex64> {
        let x = |k: usize| ((k * k * 31 + k * 7) % 1009) as f64 - 500.0;
        (0..n).map(|k| Complex64::new(x(k), x(k + 3))).collect()
    }

    #[test]
    fn bins_lie_where_they_are_said_to() {
        for n in [1, 2, 7, 16, 60, 127, 1000, 2 * 499, 4096, 36_000] {
            let x = noise(n);
            let mut expected = x.clone();
            FftPlanner::new().plan_fft_forward(n).process(&mut expected);
            let mut long = Complexes::new(n, &Never).unwrap();
            long.data().copy_from_slice(&x);
            long.forward(&Never).unwrap();
            let (height, width) = long.shape();
            let largest = expected.iter().fold(0.0, |max: f64, z| max.max(z.norm()));
            for (k, expected) in expected.iter().enumerate() {
                let got = long.data()[k % height * width + k / height];
                assert!((got - expected).norm() <= 1e-14 * largest, "{n}: bin {k}");
            }
            // The same sum once more is the series backwards, n times.
            long.back(&Never).unwrap();
            for (j, x) in x.iter().enumerate() {
                let got = long.data()[(n - j) % n] / n as f64;
                assert!((got - x).norm() <= 1e-10, "{n}: {j}");
            }
        }
    }

    #[test]
    fn it_can_be_stopped() {
        let stopped = Flag::default();
        stopped.raise();
        let mut long = Complexes::new(1000, &Never).unwrap();
        assert_eq!(long.forward(&stopped), Err(Error::Cancelled));
        assert_eq!(long.back(&stopped), Err(Error::Cancelled));
    }

    #[test]
    fn what_is_too_large_is_said_to_be() {
        assert!(matches!(fft::Complexes::new(1 << 60, &Never), Err(Error::Memory(_))));
    }
}
