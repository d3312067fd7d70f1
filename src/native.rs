//! Arithmetic in a sample's own type, as `NumPy` does it: integers wrap, single precision rounds.

use std::hint::black_box;

/// What the methods need that `ObsPy` runs on the data before they become `f64`.
pub trait Native: Copy {
    /// The sum: that of the arrays `a + b`.
    #[must_use]
    fn plus(self, other: Self) -> Self;
    /// The square: that of the array `a**2`.
    #[must_use]
    fn square(self) -> Self;
    /// The square of a `NumPy` scalar `a**2`: for floats the mathematics library's `pow(a, 2)`,
    /// which in a few of ten thousand cases rounds to the other side.
    #[must_use]
    fn scalar_square(self) -> Self {
        self.square()
    }
    /// True if any good `pow` rounds the square as the multiplication does.
    #[must_use]
    fn squares_alike(self) -> bool {
        true
    }
    /// The absolute value; that of the least integer is itself.
    #[must_use]
    fn magnitude(self) -> Self;
}

macro_rules! integers {
    ($($t:ty),*) => {$(
        impl Native for $t {
            fn plus(self, other: Self) -> Self {
                self.wrapping_add(other)
            }
            fn square(self) -> Self {
                self.wrapping_mul(self)
            }
            fn magnitude(self) -> Self {
                self.wrapping_abs()
            }
        }
    )*};
}
integers!(i16, i32, i64);

/// How far from a float, in parts of the distance to the next, the exact square may lie for any `pow`
/// to find the same float: good libraries err by 0.52 at most.
const CLEAR: f64 = 0.48;

macro_rules! floats {
    ($t:ty, $exponent:literal, $safe:expr, $error:expr) => {
        impl Native for $t {
            #[inline]
            fn plus(self, other: Self) -> Self {
                self + other
            }
            #[inline]
            fn square(self) -> Self {
                self * self
            }
            #[inline]
            fn scalar_square(self) -> Self {
                // What the compiler does not know to be 2 it leaves to the library.
                if self.squares_alike() { self * self } else { self.powf(black_box(2.0)) }
            }
            #[inline]
            fn squares_alike(self) -> bool {
                let square = self * self;
                let spacing = <$t>::from_bits(square.to_bits() & $exponent) * <$t>::EPSILON;
                let error: f64 = $error(self, square);
                (error.abs() < CLEAR * f64::from(spacing)) & (square > $safe.0) & (square < $safe.1)
            }
            #[inline]
            fn magnitude(self) -> Self {
                self.abs()
            }
        }
    };
}
floats!(f32, 0x7f80_0000, (1e-25, 1e38), |x: f32, square: f32| {
    f64::from(x) * f64::from(x) - f64::from(square)
});
floats!(f64, 0x7ff0_0000_0000_0000, (1e-250, 1e300), |x: f64, square: f64| {
    // Halves of 26 and 27 bits have products without error.
    let high = f64::from_bits(x.to_bits() & !0x07ff_ffff);
    let low = x - high;
    ((high * high - square) + 2.0 * high * low) + low * low
});
