//! Four frequencies at a time: AVX2 with FMA where the machine has it, plain Rust elsewhere.
//!
//! A kernel is written once over [`Lanes`] and inlined whole into the function that [`dispatch`]
//! picked, so that the wrapped instructions meet a function that may use them. The plain twin rounds
//! products before it adds them; the two differ by some units in the last place.

#![allow(unsafe_code)] // AVX2 instructions behind a run-time check, reasons below

/// What memory holds of four lanes.
pub(super) type Quad = [f64; 4];

/// Four numbers in a register.
pub(super) trait Lanes: Copy {
    fn splat(x: f64) -> Self;
    fn load(x: &Quad) -> Self;
    fn store(self, y: &mut Quad);
    fn sub(self, b: Self) -> Self;
    fn mul(self, b: Self) -> Self;
    /// `self * a + b`
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// `b - self * a`
    fn mul_sub_from(self, a: Self, b: Self) -> Self;
    /// `1 / self`, and 1 where that is 1 / 0.
    fn inverse_or_one(self) -> Self;
}

/// A kernel to be run with the widest lanes of this machine.
pub(super) trait Kernel {
    type Output;
    /// Implementations are `#[inline(always)]`, down to the last lane operation.
    fn run<L: Lanes>(self) -> Self::Output;
}

/// Runs the kernel with the widest lanes of this machine.
pub(super) fn dispatch<K: Kernel>(kernel: K) -> K::Output {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
        // SAFETY: the machine has what the function requires.
        return unsafe { avx2::run(kernel) };
    }
    kernel.run::<Plain>()
}

/// The twin in plain Rust.
#[derive(Clone, Copy)]
pub(super) struct Plain(Quad);

impl Plain {
    #[inline(always)]
    fn each(f: impl Fn(usize) -> f64) -> Self {
        Self(std::array::from_fn(f))
    }
}

impl Lanes for Plain {
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
    fn sub(self, b: Self) -> Self {
        Self::each(|i| self.0[i] - b.0[i])
    }
    #[inline(always)]
    fn mul(self, b: Self) -> Self {
        Self::each(|i| self.0[i] * b.0[i])
    }
    #[inline(always)]
    fn mul_add(self, a: Self, b: Self) -> Self {
        Self::each(|i| self.0[i] * a.0[i] + b.0[i])
    }
    #[inline(always)]
    fn mul_sub_from(self, a: Self, b: Self) -> Self {
        Self::each(|i| b.0[i] - self.0[i] * a.0[i])
    }
    #[inline(always)]
    fn inverse_or_one(self) -> Self {
        Self::each(|i| if self.0[i] == 0.0 { 1.0 } else { 1.0 / self.0[i] })
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Kernel, Lanes, Quad};
    use std::arch::x86_64::{
        __m256d, _CMP_EQ_OQ, _mm256_blendv_pd, _mm256_cmp_pd, _mm256_div_pd, _mm256_fmadd_pd,
        _mm256_fnmadd_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd, _mm256_setzero_pd,
        _mm256_storeu_pd, _mm256_sub_pd,
    };

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn run<K: Kernel>(kernel: K) -> K::Output {
        kernel.run::<Avx2>()
    }

    /// Named by [`run`] alone, so that every method below runs on a machine with AVX2 and FMA.
    #[derive(Clone, Copy)]
    struct Avx2(__m256d);

    impl Lanes for Avx2 {
        #[inline(always)]
        fn splat(x: f64) -> Self {
            // SAFETY: see the type.
            Self(unsafe { _mm256_set1_pd(x) })
        }
        #[inline(always)]
        fn load(x: &Quad) -> Self {
            // SAFETY: see the type; a quad is 32 readable bytes, and no alignment is asked for.
            Self(unsafe { _mm256_loadu_pd(x.as_ptr()) })
        }
        #[inline(always)]
        fn store(self, y: &mut Quad) {
            // SAFETY: see the type; a quad is 32 writable bytes, and no alignment is asked for.
            unsafe { _mm256_storeu_pd(y.as_mut_ptr(), self.0) }
        }
        #[inline(always)]
        fn sub(self, b: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { _mm256_sub_pd(self.0, b.0) })
        }
        #[inline(always)]
        fn mul(self, b: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { _mm256_mul_pd(self.0, b.0) })
        }
        #[inline(always)]
        fn mul_add(self, a: Self, b: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { _mm256_fmadd_pd(self.0, a.0, b.0) })
        }
        #[inline(always)]
        fn mul_sub_from(self, a: Self, b: Self) -> Self {
            // SAFETY: see the type.
            Self(unsafe { _mm256_fnmadd_pd(self.0, a.0, b.0) })
        }
        #[inline(always)]
        fn inverse_or_one(self) -> Self {
            // SAFETY: see the type.
            Self(unsafe {
                let one = _mm256_set1_pd(1.0);
                let zero = _mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, _mm256_setzero_pd());
                _mm256_blendv_pd(_mm256_div_pd(one, self.0), one, zero)
            })
        }
    }
}

/// A complex number in each lane.
#[derive(Clone, Copy)]
pub(super) struct Pair<L> {
    pub re: L,
    pub im: L,
}

impl<L: Lanes> Pair<L> {
    #[inline(always)]
    pub fn new(re: L, im: L) -> Self {
        Self { re, im }
    }
    #[inline(always)]
    pub fn splat(re: f64, im: f64) -> Self {
        Self { re: L::splat(re), im: L::splat(im) }
    }
    #[inline(always)]
    pub fn mul(self, b: Self) -> Self {
        Self {
            re: self.im.mul_sub_from(b.im, self.re.mul(b.re)),
            im: self.im.mul_add(b.re, self.re.mul(b.im)),
        }
    }
    /// `self * a + b`
    #[inline(always)]
    pub fn mul_add(self, a: Self, b: Self) -> Self {
        Self {
            re: self.im.mul_sub_from(a.im, self.re.mul_add(a.re, b.re)),
            im: self.im.mul_add(a.re, self.re.mul_add(a.im, b.im)),
        }
    }
    #[inline(always)]
    pub fn scale(self, by: L) -> Self {
        Self { re: self.re.mul(by), im: self.im.mul(by) }
    }
    #[inline(always)]
    pub fn conj(self) -> Self {
        Self { re: self.re, im: L::splat(0.0).sub(self.im) }
    }
    /// The real part, as a complex number.
    #[inline(always)]
    pub fn real(self) -> Self {
        Self { re: self.re, im: L::splat(0.0) }
    }
    /// `self / b` as `self * conj(b) / |b|²`, undivided where |b|² is 0: evalresp's rule.
    #[inline(always)]
    pub fn over(self, b: Self) -> Self {
        let norm = b.im.mul_add(b.im, b.re.mul(b.re)).inverse_or_one();
        self.mul(b.conj()).scale(norm)
    }
}

/// Complex numbers in memory, four by four: real parts here, imaginary parts there.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub re: Vec<Quad>,
    pub im: Vec<Quad>,
}

impl Plane {
    /// Ones.
    pub fn ones(quads: usize) -> Self {
        Self { re: vec![[1.0; 4]; quads], im: vec![[0.0; 4]; quads] }
    }
    pub fn fill_ones(&mut self) {
        self.re.fill([1.0; 4]);
        self.im.fill([0.0; 4]);
    }
    #[inline(always)]
    pub fn load<L: Lanes>(&self, i: usize) -> Pair<L> {
        Pair { re: L::load(&self.re[i]), im: L::load(&self.im[i]) }
    }
    #[inline(always)]
    pub fn store<L: Lanes>(&mut self, i: usize, value: Pair<L>) {
        value.re.store(&mut self.re[i]);
        value.im.store(&mut self.im[i]);
    }
}
