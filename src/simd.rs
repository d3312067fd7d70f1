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

/// Eight numbers.
pub(crate) type Oct = [f64; 8];

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
    fn abs(self) -> Self;
    /// `self a + b`.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self a`.
    fn mul_sub_from(self, a: Self, b: Self) -> Self;
    /// `1 / self`, and 1 where that is 1 / 0.
    fn inverse_or_one(self) -> Self;
    /// Lane j of vector i becomes lane i of vector j.
    fn transpose(x: [Self; 4]) -> [Self; 4];
    /// Sample j of row i becomes number i of row j.
    fn widen_f32(x: [&[f32; 8]; 8], y: &mut [Oct; 8]);
    /// The same.
    fn widen_i32(x: [&[i32; 8]; 8], y: &mut [Oct; 8]);
    /// And back.
    fn narrow(x: &[Oct; 8], y: [&mut [f32; 8]; 8]);
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
    fn abs(self) -> Self {
        Self::each(|l| self.0[l].abs())
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
    #[inline(always)]
    fn widen_f32(x: [&[f32; 8]; 8], y: &mut [Oct; 8]) {
        y.iter_mut().enumerate().for_each(|(j, y)| *y = x.map(|x| f64::from(x[j])));
    }
    #[inline(always)]
    fn widen_i32(x: [&[i32; 8]; 8], y: &mut [Oct; 8]) {
        y.iter_mut().enumerate().for_each(|(j, y)| *y = x.map(|x| f64::from(x[j])));
    }
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation)] // rounding to single precision is the point
    fn narrow(x: &[Oct; 8], y: [&mut [f32; 8]; 8]) {
        y.into_iter().enumerate().for_each(|(j, y)| *y = x.each_ref().map(|x| x[j] as f32));
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use avx::Wide;

#[cfg(target_arch = "x86_64")]
mod avx {
    use std::arch::x86_64::{
        __m256, __m256d, _CMP_EQ_OQ, _mm256_add_pd, _mm256_andnot_pd, _mm256_blendv_pd,
        _mm256_castps_si256, _mm256_castps256_ps128, _mm256_castsi256_si128, _mm256_cmp_pd,
        _mm256_cvtepi32_pd, _mm256_cvtpd_ps, _mm256_cvtps_pd, _mm256_div_pd, _mm256_extractf128_ps,
        _mm256_extracti128_si256, _mm256_fmadd_pd, _mm256_fnmadd_pd, _mm256_loadu_pd,
        _mm256_loadu_ps, _mm256_mul_pd, _mm256_permute2f128_pd, _mm256_permute2f128_ps,
        _mm256_set_m128, _mm256_set1_pd, _mm256_setzero_pd, _mm256_setzero_ps, _mm256_shuffle_ps,
        _mm256_storeu_pd, _mm256_storeu_ps, _mm256_sub_pd, _mm256_unpackhi_pd, _mm256_unpackhi_ps,
        _mm256_unpacklo_pd, _mm256_unpacklo_ps,
    };

    use super::{Lanes, Oct, Quad};

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
        fn abs(self) -> Self {
            // SAFETY: see `Wide`.
            Self(unsafe { _mm256_andnot_pd(_mm256_set1_pd(-0.0), self.0) })
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
        #[inline(always)]
        fn widen_f32(x: [&[f32; 8]; 8], y: &mut [Oct; 8]) {
            // SAFETY: see `Wide`.
            unsafe { widen_f32(x, y) }
        }
        #[inline(always)]
        fn widen_i32(x: [&[i32; 8]; 8], y: &mut [Oct; 8]) {
            // SAFETY: see `Wide`.
            unsafe { widen_i32(x, y) }
        }
        #[inline(always)]
        fn narrow(x: &[Oct; 8], y: [&mut [f32; 8]; 8]) {
            // SAFETY: see `Wide`.
            unsafe { narrow(x, y) }
        }
    }

    // Loops, since what `map` is given would not be compiled for AVX2 with it.

    #[target_feature(enable = "avx2")]
    fn widen_f32(x: [&[f32; 8]; 8], y: &mut [Oct; 8]) {
        let mut tile = [_mm256_setzero_ps(); 8];
        for (tile, x) in tile.iter_mut().zip(x) {
            // SAFETY: the eight samples are there, and no alignment is asked for.
            *tile = unsafe { _mm256_loadu_ps(x.as_ptr()) };
        }
        for (x, y) in turn(tile).into_iter().zip(y) {
            let (low, high) = (_mm256_castps256_ps128(x), _mm256_extractf128_ps::<1>(x));
            store(y, _mm256_cvtps_pd(low), _mm256_cvtps_pd(high));
        }
    }

    #[target_feature(enable = "avx2")]
    fn widen_i32(x: [&[i32; 8]; 8], y: &mut [Oct; 8]) {
        let mut tile = [_mm256_setzero_ps(); 8];
        for (tile, x) in tile.iter_mut().zip(x) {
            // SAFETY: as above; words are moved as they are, whatever they mean.
            *tile = unsafe { _mm256_loadu_ps(x.as_ptr().cast::<f32>()) };
        }
        for (x, y) in turn(tile).into_iter().zip(y) {
            let x = _mm256_castps_si256(x);
            let (low, high) = (_mm256_castsi256_si128(x), _mm256_extracti128_si256::<1>(x));
            store(y, _mm256_cvtepi32_pd(low), _mm256_cvtepi32_pd(high));
        }
    }

    #[target_feature(enable = "avx2")]
    fn store(y: &mut Oct, low: __m256d, high: __m256d) {
        // SAFETY: there is room for eight numbers, and no alignment is asked for.
        unsafe {
            _mm256_storeu_pd(y.as_mut_ptr(), low);
            _mm256_storeu_pd(y.as_mut_ptr().add(4), high);
        }
    }

    #[target_feature(enable = "avx2")]
    fn narrow(x: &[Oct; 8], y: [&mut [f32; 8]; 8]) {
        let mut tile = [_mm256_setzero_ps(); 8];
        for (tile, x) in tile.iter_mut().zip(x) {
            // SAFETY: the eight numbers are there, and no alignment is asked for.
            let (low, high) =
                unsafe { (_mm256_loadu_pd(x.as_ptr()), _mm256_loadu_pd(x.as_ptr().add(4))) };
            *tile = _mm256_set_m128(_mm256_cvtpd_ps(high), _mm256_cvtpd_ps(low));
        }
        for (x, y) in turn(tile).into_iter().zip(y) {
            // SAFETY: there is room for eight samples, and no alignment is asked for.
            unsafe { _mm256_storeu_ps(y.as_mut_ptr(), x) };
        }
    }

    /// Word j of row i becomes word i of row j: words, pairs of them, halves of registers trade places.
    #[target_feature(enable = "avx2")]
    fn turn([a, b, c, d, e, f, g, h]: [__m256; 8]) -> [__m256; 8] {
        let words = |a, b| (_mm256_unpacklo_ps(a, b), _mm256_unpackhi_ps(a, b));
        let pairs = |a, b| (_mm256_shuffle_ps::<0x44>(a, b), _mm256_shuffle_ps::<0xEE>(a, b));
        let quads = |a, b, c, d| {
            let ((a, b), (c, d)) = (words(a, b), words(c, d));
            let ((a, c), (b, d)) = (pairs(a, c), pairs(b, d));
            [a, c, b, d]
        };
        let ([a, b, c, d], [e, f, g, h]) = (quads(a, b, c, d), quads(e, f, g, h));
        let low = |a, b| _mm256_permute2f128_ps::<0x20>(a, b);
        let high = |a, b| _mm256_permute2f128_ps::<0x31>(a, b);
        [low(a, e), low(b, f), low(c, g), low(d, h), high(a, e), high(b, f), high(c, g), high(d, h)]
    }
}

#[cfg(all(test, target_arch = "x86_64"))]
mod tests {
    use super::{Lanes, Plain, Wide};

    #[test]
    fn tiles_are_turned_alike_on_all_machines() {
        if !(is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma")) {
            return;
        }
        let floats: [[f32; 8]; 8] =
            std::array::from_fn(|i| std::array::from_fn(|j| (8 * i + j) as f32 / 7.0 - 3.0));
        let counts = floats.map(|row| row.map(|x| x.to_bits().cast_signed()));
        let (mut wide, mut plain) = ([[0.0; 8]; 8], [[0.0; 8]; 8]);
        Wide::widen_f32(floats.each_ref(), &mut wide);
        Plain::widen_f32(floats.each_ref(), &mut plain);
        assert_eq!((wide, wide[2][5]), (plain, f64::from(floats[5][2])));
        let thirds = plain.map(|row| row.map(|x| x / 3.0));
        let (mut wide, mut plain) = ([[0.0; 8]; 8], [[0.0; 8]; 8]);
        Wide::narrow(&thirds, wide.each_mut());
        Plain::narrow(&thirds, plain.each_mut());
        #[allow(clippy::cast_possible_truncation)] // rounding is meant
        let expected = thirds[5][2] as f32;
        assert_eq!((wide, wide[2][5]), (plain, expected));
        let (mut wide, mut plain) = ([[0.0; 8]; 8], [[0.0; 8]; 8]);
        Wide::widen_i32(counts.each_ref(), &mut wide);
        Plain::widen_i32(counts.each_ref(), &mut plain);
        assert_eq!((wide, wide[2][5]), (plain, f64::from(counts[5][2])));
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
