//! Wide instructions where the machine has them: one body, compiled for any machine and for AVX2,
//! chosen when it runs.
//!
//! [`wide`] leaves every rounding where it is written, so that all machines give the same bits.
//! [`dispatch`] hands its body four [`Lanes`] and fuses products into sums, which rounds once instead
//! of twice: for kernels that promise a bound.

#![allow(unsafe_code)] // intrinsics, reasons below
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

use std::sync::LazyLock;

/// Whether wide instructions are wanted: not with `OBSPEED_SCALAR=1`, with which tests see to it that
/// they change no bit of what promises bits.
pub(crate) fn wanted() -> bool {
    static WANTED: LazyLock<bool> =
        LazyLock::new(|| std::env::var_os("OBSPEED_SCALAR").is_none_or(|value| value != "1"));
    *WANTED
}

/// What memory holds of four lanes.
pub(crate) type Quad = [f64; 4];

/// Four numbers that are worked on together.
pub(crate) trait Lanes: Copy {
    /// Whether scalar code beside this should be fused as well.
    const FUSED: bool;
    fn splat(x: f64) -> Self;
    fn load(x: &Quad) -> Self;
    fn store(self, y: &mut Quad);
    fn add(self, x: Self) -> Self;
    fn sub(self, x: Self) -> Self;
    fn mul(self, x: Self) -> Self;
    fn div(self, x: Self) -> Self;
    /// `self a + b`.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self a`.
    fn mul_sub_from(self, a: Self, b: Self) -> Self;
    /// `1 / self`, and 1 where that is 1 / 0.
    fn inverse_or_one(self) -> Self;
    /// Lane j of vector i becomes lane i of vector j.
    fn transpose(x: [Self; 4]) -> [Self; 4];
    /// The sum over the lanes.
    #[inline(always)]
    fn total(self) -> f64 {
        let mut x = [0.0; 4];
        self.store(&mut x);
        (x[0] + x[2]) + (x[1] + x[3])
    }
}

/// `a b + c`, fused where the body was compiled for it.
#[inline(always)]
pub(crate) fn fma<L: Lanes>(a: f64, b: f64, c: f64) -> f64 {
    if L::FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// Four numbers on any machine.
#[derive(Clone, Copy)]
pub(crate) struct Plain(Quad);

impl Plain {
    #[inline(always)]
    fn each(f: impl Fn(usize) -> f64) -> Self {
        Self(std::array::from_fn(f))
    }
}

impl Lanes for Plain {
    const FUSED: bool = false;
    #[inline(always)]
    fn splat(x: f64) -> Self {
        Self([x; 4])
    }
    #[inline(always)]
    fn load(x: &Quad) -> Self {
        Self(*x)
    }
    #[inline(always)]
    fn store(self, y: &mut Quad) {
        *y = self.0;
    }
    #[inline(always)]
    fn add(self, x: Self) -> Self {
        Self::each(|l| self.0[l] + x.0[l])
    }
    #[inline(always)]
    fn sub(self, x: Self) -> Self {
        Self::each(|l| self.0[l] - x.0[l])
    }
    #[inline(always)]
    fn mul(self, x: Self) -> Self {
        Self::each(|l| self.0[l] * x.0[l])
    }
    #[inline(always)]
    fn div(self, x: Self) -> Self {
        Self::each(|l| self.0[l] / x.0[l])
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self::each(|l| self.0[l] * a.0[l] + b.0[l])
    }
    #[inline(always)]
    fn mul_sub_from(self, a: Self, b: Self) -> Self {
        Self::each(|l| b.0[l] - self.0[l] * a.0[l])
    }
    #[inline(always)]
    fn inverse_or_one(self) -> Self {
        Self::each(|l| if self.0[l] == 0.0 { 1.0 } else { 1.0 / self.0[l] })
    }
    #[inline(always)]
    fn transpose(x: [Self; 4]) -> [Self; 4] {
        std::array::from_fn(|j| Self::each(|i| x[i].0[j]))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx::Wide;

#[cfg(target_arch = "x86_64")]
mod avx {
    use std::arch::x86_64::{
        __m256d, _CMP_EQ_OQ, _mm256_add_pd, _mm256_blendv_pd, _mm256_cmp_pd, _mm256_div_pd,
        _mm256_fmadd_pd, _mm256_fnmadd_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_permute2f128_pd,
        _mm256_set1_pd, _mm256_setzero_pd, _mm256_storeu_pd, _mm256_sub_pd, _mm256_unpackhi_pd,
        _mm256_unpacklo_pd,
    };

    use super::{Lanes, Quad};

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
        fn load(x: &Quad) -> Self {
            // SAFETY: see `Wide`; the four numbers are there, and no alignment is asked for.
            Self(unsafe { _mm256_loadu_pd(x.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, y: &mut Quad) {
            // SAFETY: see `Wide`; there is room for four numbers, and no alignment is asked for.
            unsafe { _mm256_storeu_pd(y.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn add(self, x: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_add_pd(self.0, x.0) })
        }
        #[inline(always)]
        fn sub(self, x: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_sub_pd(self.0, x.0) })
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
        fn mul_add(self, a: Self, b: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_fmadd_pd(self.0, a.0, b.0) })
        }
        #[inline(always)]
        fn mul_sub_from(self, a: Self, b: Self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_fnmadd_pd(self.0, a.0, b.0) })
        }
        #[inline(always)]
        fn inverse_or_one(self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe {
                let one = _mm256_set1_pd(1.0);
                let zero = _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_setzero_pd());
                _mm256_blendv_pd(_mm256_div_pd(one, self.0), one, zero)
            })
        }
        #[inline(always)]
        fn transpose([a, b, c, d]: [Self; 4]) -> [Self; 4] {
            // SAFETY: see `Wide`.
            unsafe {
                let (ab0, ab1) = (_mm256_unpacklo_pd(a.0, b.0), _mm256_unpackhi_pd(a.0, b.0));
                let (cd0, cd1) = (_mm256_unpacklo_pd(c.0, d.0), _mm256_unpackhi_pd(c.0, d.0));
                [
                    Self(_mm256_permute2f128_pd::<0x20>(ab0, cd0)),
                    Self(_mm256_permute2f128_pd::<0x20>(ab1, cd1)),
                    Self(_mm256_permute2f128_pd::<0x31>(ab0, cd0)),
                    Self(_mm256_permute2f128_pd::<0x31>(ab1, cd1)),
                ]
            }
        }
    }
}

/// `dispatch! { fn name[generics](args) -> T = body }` makes of `body::<L: Lanes>`, which must be
/// `#[inline(always)]`, a function that runs it with the best instructions at hand.
macro_rules! dispatch {
    (
        $(#[$meta:meta])* $vis:vis fn $name:ident $([$($generics:tt)*])? (
            $($arg:ident: $t:ty),* $(,)?
        ) $(-> $r:ty)? = $($body:tt)+
    ) => {
        $crate::simd::compile! {
            ["avx2" "fma"] [$($body)+::<$crate::simd::Wide>] [$($body)+::<$crate::simd::Plain>]
            $(#[$meta])* $vis fn $name [$($($generics)*)?] ($($arg: $t),*) [$(-> $r)?]
        }
    };
}
pub(crate) use dispatch;

/// `wide! { fn name[generics](args) -> T = body }` makes of `body`, which must be
/// `#[inline(always)]`, a function that runs it with the widest instructions at hand.
macro_rules! wide {
    (
        $(#[$meta:meta])* $vis:vis fn $name:ident $([$($generics:tt)*])? (
            $($arg:ident: $t:ty),* $(,)?
        ) $(-> $r:ty)? = $body:ident
    ) => {
        $crate::simd::compile! {
            ["avx2"] [$body] [$body]
            $(#[$meta])* $vis fn $name [$($($generics)*)?] ($($arg: $t),*) [$(-> $r)?]
        }
    };
}
pub(crate) use wide;

/// A function that calls one body, compiled for `$feature`, on machines with them all, and another on
/// any machine.
macro_rules! compile {
    (
        [$($feature:tt)+] [$($wide:tt)+] [$($plain:tt)+]
        $(#[$meta:meta])* $vis:vis fn $name:ident [$($generics:tt)*] (
            $($arg:ident: $t:ty),*
        ) [$($r:tt)*]
    ) => {
        $(#[$meta])*
        #[allow(unsafe_code, clippy::too_many_arguments)]
        $vis fn $name<$($generics)*>($($arg: $t),*) $($r)* {
            #[cfg(target_arch = "x86_64")]
            {
                $(#[target_feature(enable = $feature)])+
                fn compiled<$($generics)*>($($arg: $t),*) $($r)* {
                    $($wide)+($($arg),*)
                }
                if $crate::simd::wanted() && $(std::arch::is_x86_feature_detected!($feature))&&+ {
                    // SAFETY: the machine has just said that it has them.
                    return unsafe { compiled($($arg),*) };
                }
            }
            $($plain)+($($arg),*)
        }
    };
}
pub(crate) use compile;
