//! Division by a response, whose modulus is lifted to a water level.

use crate::cosine::BLOCK;
use crate::simd::{Lanes, dispatch};
use crate::{Complex64, Error, Result};

/// How large and how small a response is.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Extent {
    /// The largest squared modulus; not finite if one is not.
    largest: f64,
    /// How many bins are not zero, but too small to be squared.
    tiny: usize,
    /// How many bins are zero.
    zeros: usize,
}

impl Extent {
    pub fn of(response: &[Complex64]) -> Self {
        extent(response)
    }

    /// Of both together.
    pub fn with(self, other: Self) -> Self {
        // A sum of maxima would be too large, a maximum would hide a NaN.
        let finite = (self.largest + other.largest).is_finite();
        Self {
            largest: if finite { self.largest.max(other.largest) } else { f64::NAN },
            tiny: self.tiny + other.tiny,
            zeros: self.zeros + other.zeros,
        }
    }

    /// The smallest modulus to divide by, for a water level in decibels below the largest gain.
    ///
    /// Without one the response may be zero at frequency 0, where it is `dc`, but nowhere else.
    pub fn level(self, water_level: Option<f64>, dc: Complex64) -> Result<f64> {
        if !self.largest.is_finite() || self.tiny > 0 {
            return Err(Error::Declined("the response is too large or too small to be inverted"));
        }
        match water_level {
            Some(decibels) => Ok(self.largest.sqrt() * 10.0_f64.powf(-decibels / 20.0)),
            None if self.zeros > usize::from(dc == Complex64::ZERO) => {
                Err(Error::Declined("the response is zero at some frequency"))
            }
            None => Ok(0.0),
        }
    }
}

/// `weight / h` with `|h|` at least `level`, or 0 where `h` is.
pub(crate) fn divide(weight: f64, h: Complex64, level: f64) -> Complex64 {
    let modulus = h.norm();
    if modulus == 0.0 {
        return Complex64::ZERO;
    }
    h.conj() * (weight / (modulus * modulus.max(level)))
}

dispatch! {
    /// Divides weights so that their products with the conjugates of `response` are [`divide`]'s.
    pub(crate) fn divide_weights(weights: &mut [f64; BLOCK], response: &[Complex64], level: f64)
        = divide_weights_body
}

#[inline(always)]
#[allow(clippy::inline_always)] // see `dispatch`
fn divide_weights_body<L: Lanes>(weights: &mut [f64; BLOCK], response: &[Complex64], level: f64) {
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
    for (weight, square) in weights.iter_mut().zip(squares) {
        *weight /= square;
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
