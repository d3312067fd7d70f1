//! Samples divided by one number, in their own precision or in double.

use crate::samples::{Real, Sample};
use crate::simd::wide;

#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn divided<T: Real>(x: T, norm: f64, double: bool) -> T {
    if double { T::from_f64(x.to_f64() / norm) } else { x / T::from_f64(norm) }
}

#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn divide_body<S: Sample>(src: &[S], dst: &mut [S::Real], norm: f64, double: bool) {
    for (y, x) in dst.iter_mut().zip(src) {
        *y = divided(x.to_real(), norm, double);
    }
}
wide! { pub(crate) fn divide[S: Sample](src: &[S], dst: &mut [S::Real], norm: f64, double: bool) = divide_body }

#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn divide_in_place_body<T: Real>(data: &mut [T], norm: f64, double: bool) {
    for x in data {
        *x = divided(*x, norm, double);
    }
}
wide! { pub(crate) fn divide_in_place[T: Real](data: &mut [T], norm: f64, double: bool) = divide_in_place_body }
