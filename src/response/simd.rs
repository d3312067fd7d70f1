//! Complex numbers four at a time, and the one place where the instructions are chosen for an
//! evaluation, which is inlined whole into what [`dispatch`] picked.

#[cfg(test)]
pub(super) use crate::simd::Plain;
pub(super) use crate::simd::{Lanes, Quad};

/// A kernel to be run with the widest lanes of this machine.
pub(super) trait Kernel {
    type Output;
    /// Implementations are `#[inline(always)]`, down to the last lane operation.
    fn run<L: Lanes>(self) -> Self::Output;
}

crate::simd::dispatch! {
    /// Runs the kernel with the widest lanes of this machine.
    pub(super) fn dispatch[K: Kernel](kernel: K) -> K::Output = K::run
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
