//! Recursive filters as second-order sections, to the bit as `scipy.signal.sosfilt` computes them.
//!
//! Every path does the same operations on each sample in the same order, which `section` writes down;
//! they differ only in what runs at the same time. So one trace alone, a trace among others in the
//! lanes of a vector, and any processor give the same bits. Nothing is flushed to zero: the slow
//! denormals of a decaying tail are part of the answer.

mod blocks;
mod columns;
mod lanes;
#[cfg(target_arch = "x86_64")]
mod lanes_x86;
mod section;
mod skewed;
#[cfg(target_arch = "x86_64")]
mod skewed_avx2;

use std::num::NonZero;
use std::ops::Range;
use std::sync::Arc;

use self::blocks::{Traffic, filter};
use self::lanes::Lanes;
use self::section::Section;
use self::skewed::Skewed;
use crate::columns::InColumns;
use crate::lanes::{InLanes, LANES, Row, Sink, Source};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::{Error, Result};

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
        let mut alone = [Skewed::new(&self.sos.0)];
        filter(&mut alone, self.way, src.len(), &mut One { src, dst }, cancel)
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Some(self)
    }

    fn in_columns(&self) -> Option<&dyn InColumns> {
        if self.goes_down_columns() { Some(self) } else { None }
    }

    fn joins(&self, other: &Self) -> bool {
        self == other
    }
}

impl InLanes for Filter {
    fn lanes(&self) -> usize {
        LANES
    }

    fn stores_once(&self) -> bool {
        self.way != Way::ThereAndBack
    }

    fn apply_lanes(&self, src: &dyn Source, dst: &mut dyn Sink, cancel: &dyn Cancel) -> Result<()> {
        check_len("filtered traces", src.traces(), dst.traces())?;
        self.check(src.npts(), dst.npts())?;
        let firsts = (0..src.traces()).step_by(LANES);
        let group = |first| Lanes::new(&self.sos.0, src.traces() - first);
        let mut groups: Vec<_> = firsts.map(group).collect();
        filter(&mut groups, self.way, src.npts(), &mut Many { src, dst }, cancel)
    }
}

/// One trace, in groups of its own.
struct One<'a, S> {
    src: &'a [S],
    dst: &'a mut [f64],
}

impl<S: Sample> Traffic<f64> for One<'_, S> {
    fn load(&self, _: usize, span: Range<usize>, rows: &mut [f64]) {
        rows.iter_mut().zip(&self.src[span]).for_each(|(y, x)| *y = x.to_f64());
    }

    fn store(&mut self, _: usize, start: usize, rows: &[f64]) {
        self.dst[start..start + rows.len()].copy_from_slice(rows);
    }

    fn reload(&self, _: usize, span: Range<usize>, rows: &mut [f64]) {
        rows.copy_from_slice(&self.dst[span]);
    }
}

/// Many traces, eight to a group.
struct Many<'a> {
    src: &'a dyn Source,
    dst: &'a mut dyn Sink,
}

impl Traffic<Row> for Many<'_> {
    fn load(&self, group: usize, span: Range<usize>, rows: &mut [Row]) {
        self.src.load(group * LANES, span, rows);
    }

    fn store(&mut self, group: usize, start: usize, rows: &[Row]) {
        self.dst.store(group * LANES, start, rows);
    }

    fn reload(&self, group: usize, span: Range<usize>, rows: &mut [Row]) {
        self.dst.reload(group * LANES, span, rows);
    }
}
