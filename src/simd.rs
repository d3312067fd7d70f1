//! Wide instructions where the machine has them: one body, compiled for any machine and for AVX2
//! with FMA, chosen when it runs.
//!
//! Only for kernels that promise a bound, not bits: fused operations round once instead of twice.

#![allow(unsafe_code)] // intrinsics, reasons below
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

/// Four numbers that are worked on together.
pub(crate) trait Lanes: Copy {
    /// Whether scalar code beside this should be fused as well.
    const FUSED: bool;
    fn splat(x: f64) -> Self;
    fn load(x: &[f64; 4]) -> Self;
    fn add(self, x: Self) -> Self;
    fn mul(self, x: Self) -> Self;
    fn div(self, x: Self) -> Self;
    /// `self a + b`.
    fn fma(self, a: Self, b: Self) -> Self;
    fn total(self) -> f64;
}

/// `a b + c`, fused where the body was compiled for it.
#[inline(always)]
pub(crate) fn fma<L: Lanes>(a: f64, b: f64, c: f64) -> f64 {
    if L::FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Four numbers on any machine.
pub(crate) type Plain = [f64; 4];

impl Lanes for Plain {
    const FUSED: bool = false;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        [x; 4]
    }
    #[inline(always)]
    fn load(x: &[f64; 4]) -> Self {
        *x
    }
    #[inline(always)]
    fn add(self, x: Self) -> Self {
        std::array::from_fn(|l| self[l] + x[l])
    }
    #[inline(always)]
    fn mul(self, x: Self) -> Self {
        std::array::from_fn(|l| self[l] * x[l])
    }
    #[inline(always)]
    fn div(self, x: Self) -> Self {
        std::array::from_fn(|l| self[l] / x[l])
    }
    #[inline(always)]
    fn fma(self, a: Self, b: Self) -> Self {
        std::array::from_fn(|l| self[l] * a[l] + b[l])
    }
    #[inline(always)]
    fn total(self) -> f64 {
        (self[0] + self[2]) + (self[1] + self[3])
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx::Wide;

#[cfg(target_arch = "x86_64")]
mod avx {
    use std::arch::x86_64::{
        __m256d, _mm256_add_pd, _mm256_div_pd, _mm256_fmadd_pd, _mm256_loadu_pd, _mm256_mul_pd,
        _mm256_set1_pd, _mm256_storeu_pd,
    };

    use super::Lanes;

    /// Four numbers in one AVX register. Only `dispatch` names it, in functions compiled for AVX2
    /// and FMA, which it calls on machines that have both: that is the reason of every block here.
    #[derive(Clone, Copy)]
    pub(crate) struct Wide(__m256d);

    impl Lanes for Wide {
        const FUSED: bool = true;
        #[inline(always)]
        fn splat(x: f64) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_set1_pd(x) })
        }
        #[inline(always)]
        fn load(x: &[f64; 4]) -> Self {
            // SAFETY: see `Wide`; the four numbers are there.
            Self(unsafe { _mm256_loadu_pd(x.as_ptr()) })
        }
        #[inline(always)]
        fn add(self, x: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_add_pd(self.0, x.0) })
        }
        #[inline(always)]
        fn mul(self, x: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_mul_pd(self.0, x.0) })
        }
        #[inline(always)]
        fn div(self, x: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_div_pd(self.0, x.0) })
        }
        #[inline(always)]
        fn fma(self, a: Self, b: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_fmadd_pd(self.0, a.0, b.0) })
        }
        #[inline(always)]
        fn total(self) -> f64 {
            let mut x = [0.0; 4];
            // SAFETY: see `Wide`; there is room for four numbers.
            unsafe { _mm256_storeu_pd(x.as_mut_ptr(), self.0) };
            x.total()
        }
    }
}

/// `dispatch! { fn name(args) -> T = body }` makes of `body::<L: Lanes>`, which must be
/// `#[inline(always)]`, a function that runs it with the best instructions at hand.
macro_rules! dispatch {
    ($(#[$meta:meta])* fn $name:ident($($arg:ident: $t:ty),* $(,)?) $(-> $r:ty)? = $body:ident) => {
        $(#[$meta])*
        #[allow(unsafe_code)]
        fn $name($($arg: $t),*) $(-> $r)? {
            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                fn wide($($arg: $t),*) $(-> $r)? {
                    $body::<$crate::simd::Wide>($($arg),*)
                }
                if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
                    // SAFETY: the machine has just said that it has both.
                    return unsafe { wide($($arg),*) };
                }
            }
            $body::<$crate::simd::Plain>($($arg),*)
        }
    };
}
pub(crate) use dispatch;
