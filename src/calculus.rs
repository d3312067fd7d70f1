//! The derivative and the integral of a trace, to the bit as `ObsPy` forms them.

use crate::samples::{Pointwise, Real, Sample, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// How the derivative is formed at the two ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeOrder {
    /// From two samples.
    First,
    /// From three samples, exact for parabolas.
    Second,
}

/// Central differences: `numpy.gradient(data, delta, edge_order=...)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Differentiate {
    delta: f64,
    edges: EdgeOrder,
    double: bool,
}

/// The trapezoidal rule: `y[i] = sum of delta (x[k] + x[k - 1]) / 2` for `k` up to `i`, `y[0] = 0`.
///
/// The sum of two integers wraps around as it does in `NumPy`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Integrate {
    delta: f64,
}

/// Samples copied aside at once where a step overwrites its input.
const BLOCK: usize = 256;

impl Differentiate {
    /// For samples every `delta` seconds. With `double` the values at the ends are formed in double
    /// precision whatever the samples are, as by `NumPy` before 2.
    ///
    /// # Errors
    /// [`Error::Declined`] if `delta` is not positive and finite.
    pub fn new(delta: f64, edges: EdgeOrder, double: bool) -> Result<Self> {
        check_delta(delta)?;
        Ok(Self { delta, edges, double })
    }

    fn check<S: Sample>(&self, x: &[S]) -> Result<()> {
        let least = if self.edges == EdgeOrder::First { 2 } else { 3 };
        if x.len() < least {
            return Err(Error::Declined("too few samples for a derivative"));
        }
        check_range(x, self.delta.min(1.0) / 8.0)
    }

    /// The values at both ends.
    fn ends<S: Sample>(&self, x: &[S]) -> (S::Real, S::Real) {
        let (x, z) = (|k: usize| x[k].to_real(), |k: usize| x[x.len() - k].to_real());
        match self.edges {
            EdgeOrder::First => {
                let slope = |rise: S::Real| {
                    if self.double {
                        S::Real::from_f64(rise.to_f64() / self.delta)
                    } else {
                        rise / S::Real::from_f64(self.delta)
                    }
                };
                (slope(x(1) - x(0)), slope(z(1) - z(2)))
            }
            EdgeOrder::Second => {
                let (x, z) = ([x(0), x(1), x(2)], [z(3), z(2), z(1)]);
                if self.double {
                    let (x, z) = (x.map(Sample::to_f64), z.map(Sample::to_f64));
                    let (x, z) = self.parabolas(x, z);
                    (S::Real::from_f64(x), S::Real::from_f64(z))
                } else {
                    self.parabolas(x, z)
                }
            }
        }
    }

    fn parabolas<T: Real>(&self, x: [T; 3], z: [T; 3]) -> (T, T) {
        let [a, b, c] = [1.5, 2.0, 0.5].map(|w| w / self.delta);
        let dot = |w: [f64; 3], x: [T; 3]| {
            T::from_f64(w[0]) * x[0] + T::from_f64(w[1]) * x[1] + T::from_f64(w[2]) * x[2]
        };
        (dot([-a, b, -c], x), dot([c, -b, a], z))
    }
}

impl Pointwise for Differentiate {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        self.check(src)?;
        let last = src.len() - 1;
        (dst[0], dst[last]) = self.ends(src);
        central(src, &mut dst[1..last], S::Real::from_f64(2.0 * self.delta));
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        self.check(data)?;
        let last = data.len() - 1;
        let ends = self.ends(data);
        let mut aside = [T::default(); BLOCK + 2];
        aside[1] = data[0];
        for from in (1..last).step_by(BLOCK) {
            // The sample before this block has been overwritten: it is the last but one held aside.
            aside[0] = aside[if from == 1 { 1 } else { BLOCK }];
            let len = BLOCK.min(last - from);
            aside[1..len + 2].copy_from_slice(&data[from..=from + len]);
            central(&aside[..len + 2], &mut data[from..from + len], T::from_f64(2.0 * self.delta));
        }
        (data[0], data[last]) = ends;
        Ok(())
    }
}

/// `(x[i + 2] - x[i]) / span`.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn central_body<S: Sample>(x: &[S], dst: &mut [S::Real], span: S::Real) {
    for (y, (a, b)) in dst.iter_mut().zip(x.iter().zip(&x[2..])) {
        *y = (b.to_real() - a.to_real()) / span;
    }
}
wide! { fn central[S: Sample](x: &[S], dst: &mut [S::Real], span: S::Real) = central_body }

impl Integrate {
    /// For samples every `delta` seconds.
    ///
    /// # Errors
    /// [`Error::Declined`] if `delta` is not positive and finite.
    pub fn new(delta: f64) -> Result<Self> {
        check_delta(delta)?;
        Ok(Self { delta })
    }

    fn check<S: Sample>(self, x: &[S]) -> Result<()> {
        check_range(x, 1.0 / (4.0 * (x.len() + 1) as f64 * self.delta.max(1.0)))
    }

    /// The area between two samples.
    #[inline]
    fn area<S: Sample>(self, a: S, b: S) -> S::Real {
        let real = S::Real::from_f64;
        real(self.delta) * b.plus(a).to_real() / real(2.0)
    }
}

impl Pointwise for Integrate {
    fn into_new<S: Sample>(&self, src: &[S], dst: &mut [S::Real]) -> Result<()> {
        check_len("output", src.len(), dst.len())?;
        self.check(src)?;
        let mut sum = Tally::default();
        if let Some(first) = dst.first_mut() {
            *first = S::Real::default();
        }
        for (y, (a, b)) in dst.iter_mut().skip(1).zip(src.iter().zip(src.iter().skip(1))) {
            *y = sum.add(self.area(*a, *b));
        }
        Ok(())
    }

    fn in_place<T: Real>(&self, data: &mut [T]) -> Result<()> {
        self.check(data)?;
        let mut sum = Tally::default();
        let mut before = None;
        for x in data {
            let now = *x;
            *x = before.map_or(T::default(), |before| sum.add(self.area(before, now)));
            before = Some(now);
        }
        Ok(())
    }
}

/// A running sum that begins with its first term, whose zero may be negative.
#[derive(Debug, Clone, Copy, Default)]
struct Tally<T>(Option<T>);

impl<T: Real> Tally<T> {
    #[inline]
    fn add(&mut self, term: T) -> T {
        let sum = self.0.map_or(term, |sum| sum + term);
        self.0 = Some(sum);
        sum
    }
}

fn check_delta(delta: f64) -> Result<()> {
    if delta > 0.0 && delta.is_finite() {
        Ok(())
    } else {
        Err(Error::Declined("the sampling interval is out of range"))
    }
}

/// `NumPy` warns where a float overflows or infinities meet; NaN passes without a word.
fn check_range<S: Sample>(x: &[S], share: f64) -> Result<()> {
    let single = size_of::<S::Real>() == size_of::<f32>();
    let limit = share * if single { f64::from(f32::MAX) } else { f64::MAX };
    if x.iter().fold(false, |any, x| any | (x.to_f64().abs() > limit)) {
        return Err(Error::Declined("the data hold Inf or values too large"));
    }
    Ok(())
}
