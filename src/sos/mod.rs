//! Recursive filters as second-order sections, to the bit as `scipy.signal.sosfilt` computes them.
//!
//! Every path does the same operations on each sample in the same order, which `section` writes down;
//! they differ only in what runs at the same time. So one trace alone, a trace among others in the
//! lanes of a vector, and any processor give the same bits. Nothing is flushed to zero: the slow
//! denormals of a decaying tail are part of the answer.

mod blocks;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod section;
mod skewed;
#[cfg(target_arch = "x86_64")]
mod skewed_avx2;
#[cfg(target_arch = "x86_64")]
mod tiles_x86;

use std::num::NonZero;
use std::sync::Arc;

use self::blocks::filter;
use self::lanes::{Lanes, Portable, Vectors};
#[cfg(target_arch = "x86_64")]
use self::lanes_x86::{Avx2, Avx512x4, Avx512x8};
use self::section::Section;
use self::skewed::Skewed;
use crate::parallel::Cancel;
use crate::samples::{Input, Sample, Transform, check_len};
use crate::{Error, Result, with_samples};

/// The sections of a filter, as `SciPy` designs them.
#[derive(Debug, Clone, PartialEq)]
pub struct Sos(Vec<Section>);

impl Sos {
    /// From rows of b0, b1, b2, a0, a1, a2.
    ///
    /// # Errors
    /// [`Error::Declined`] without sections, where an a0 is not one, or a coefficient not finite.
    pub fn new(sections: &[[f64; 6]]) -> Result<Self> {
        if sections.is_empty() {
            return Err(Error::Declined("a filter without sections"));
        }
        if !sections.as_flattened().iter().all(|c| c.is_finite()) {
            return Err(Error::Declined("filter coefficients that are not finite"));
        }
        let section = |&[b0, b1, b2, a0, a1, a2]: &[f64; 6]| {
            #[allow(clippy::float_cmp)] // SciPy asks for exactly one
            if a0 == 1.0 {
                Ok(Section { b0, b1, b2, a1, a2 })
            } else {
                Err(Error::Declined("filter sections whose a0 is not 1"))
            }
        };
        sections.iter().map(section).collect::<Result<_>>().map(Self)
    }
}

/// A filter that starts at rest.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    sos: Arc<Sos>,
    way: Way,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Once through the trace; every so many samples are kept, from the first on.
    There(NonZero<usize>),
    /// There and back without padding.
    ThereAndBack,
}

impl Filter {
    /// Once through the trace, or with `zerophase` there and back without padding, as `ObsPy` does.
    #[must_use]
    pub fn new(sos: Arc<Sos>, zerophase: bool) -> Self {
        let way = if zerophase { Way::ThereAndBack } else { Way::There(NonZero::<usize>::MIN) };
        Self { sos, way }
    }

    /// Once through the trace, of which every `factor`-th sample is kept from the first on.
    ///
    /// # Errors
    /// [`Error::Declined`] for a factor of zero.
    pub fn decimating(sos: Arc<Sos>, factor: usize) -> Result<Self> {
        let factor = NonZero::new(factor).ok_or(Error::Declined("decimation by zero"))?;
        Ok(Self { sos, way: Way::There(factor) })
    }

    /// Filters at most [`Transform::lanes`] traces in vectors of fitting width. Empty lanes cost as
    /// much as full ones, yet two traces in four lanes are sooner done than one after the other.
    fn group(&self, src: &[Input<'_>], dst: &mut [&mut [f64]], cancel: &dyn Cancel) -> Result<()> {
        if let ([x], [y]) = (src, &mut *dst) {
            return with_samples!(x, x => self.apply(x, y, cancel));
        }
        #[cfg(target_arch = "x86_64")]
        if src.len() > 4 {
            return self.together::<8, Avx512x8>(src, dst, cancel);
        } else if Avx512x4::available() {
            return self.together::<4, Avx512x4>(src, dst, cancel);
        } else if Avx2::available() {
            return self.together::<4, Avx2>(src, dst, cancel);
        }
        self.together::<4, Portable>(src, dst, cancel)
    }

    fn together<const W: usize, V: Vectors<W>>(
        &self,
        src: &[Input<'_>],
        dst: &mut [&mut [f64]],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        let blocks = Lanes::<W, V>::new(&self.sos.0);
        let load = |trace: usize, span, block: &mut [f64]| {
            with_samples!(src[trace], x => widen(&x[span], block));
        };
        filter(blocks, self.way, src[0].len(), load, dst, cancel)
    }

    fn check(&self, from: usize, to: usize) -> Result<()> {
        check_len("filtered trace", self.npts(from), to)
    }
}

impl Transform for Filter {
    fn npts(&self, npts: usize) -> usize {
        match self.way {
            Way::There(factor) => npts.div_ceil(factor.get()),
            Way::ThereAndBack => npts,
        }
    }

    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        self.check(src.len(), dst.len())?;
        let blocks = Skewed::new(&self.sos.0, src.len());
        let load = |_: usize, span, block: &mut [f64]| widen(&src[span], block);
        filter(blocks, self.way, src.len(), load, &mut [dst], cancel)
    }

    fn lanes(&self) -> usize {
        #[cfg(target_arch = "x86_64")]
        if Avx512x8::available() {
            return 8;
        }
        4
    }

    fn joins(&self, other: &Self) -> bool {
        self == other
    }

    fn apply_lanes(
        &self,
        src: &[Input<'_>],
        dst: &mut [&mut [f64]],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        check_len("filtered traces", src.len(), dst.len())?;
        for (x, y) in src.iter().zip(&*dst) {
            check_len("trace beside others", src[0].len(), x.len())?;
            self.check(x.len(), y.len())?;
        }
        let mut groups = src.chunks(self.lanes()).zip(dst.chunks_mut(self.lanes()));
        groups.try_for_each(|(src, dst)| self.group(src, dst, cancel))
    }
}

/// The next samples of a trace in double precision.
fn widen<S: Sample>(src: &[S], block: &mut [f64]) {
    block.iter_mut().zip(src).for_each(|(y, x)| *y = x.to_f64());
}
