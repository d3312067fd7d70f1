//! Classic STA/LTA.

mod whole;

use std::array::from_fn;

use self::whole::Done;
use super::{BLOCK, NOT_FINITE, RUN, Version, check_windows, energies};
use crate::parallel::Cancel;
use crate::samples::{Sample, Transform, check_len};
use crate::simd::wide;
use crate::{Error, Result};

/// The ratio of the mean squares in a short and a long window that end at the sample (Withers et
/// al. 1998, Bull. Seism. Soc. Am. 88, 95-106), to the bit: the C version's running sums with their
/// drift, the Python version's differences of a cumulative sum. The running sums of whole numbers do
/// not drift, and are such differences, too.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Classic {
    npts: usize,
    nsta: usize,
    nlta: usize,
    version: Version,
}

impl Classic {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples, and by the C version for a long window that
    /// is shorter than the short one or longer than the trace.
    pub fn new(npts: usize, nsta: usize, nlta: usize, version: Version) -> Result<Self> {
        check_windows(&[nsta, nlta])?;
        if version == Version::C && !(nsta <= nlta && nlta <= npts) {
            return Err(Error::Declined("the windows do not fit into each other and the trace"));
        }
        Ok(Self { npts, nsta, nlta, version })
    }

    fn running<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        let factor = self.nlta as f64 / self.nsta as f64;
        let mut done = whole::begin([self.nsta, self.nlta], src, dst, cancel)?;
        if done.npts < self.nlta {
            let (mut sta, mut lta) = (0.0, 0.0);
            for (i, x) in src[..self.nlta].iter().enumerate() {
                let square = energy(*x);
                lta += square;
                sta += if i < self.nsta { square } else { square - energy(src[i - self.nsta]) };
            }
            dst[self.nlta - 1] = sta / lta * factor;
            done = Done { npts: self.nlta, sta, lta };
        }
        dst[..self.nlta - 1].fill(0.0);
        let mut sums = (done.sta, done.lta);
        for (b, block) in dst[done.npts..].chunks_mut(BLOCK).enumerate() {
            cancel.check()?;
            let at = done.npts + b * BLOCK;
            let window = |lag: usize| &src[at - lag..][..block.len()];
            let [new, short, long] = [0, self.nsta, self.nlta].map(window);
            sums = slide(new, short, long, block, sums, factor);
        }
        Ok(())
    }

    fn differences<S: Sample>(
        &self,
        src: &[S],
        dst: &mut [f64],
        cancel: &dyn Cancel,
    ) -> Result<()> {
        energies(src, dst)?;
        let sums = dst;
        let (silent, mut spoilt) = ((self.nlta - 1).min(self.npts), 0.0);
        // From the end, so that what has been written is no longer needed.
        let mut end = self.npts;
        while end > silent {
            let begin = end.saturating_sub(RUN).max(silent);
            if begin / BLOCK < end / BLOCK {
                cancel.check()?;
            }
            spoilt += quotients(sums, begin, end, self.nsta, self.nlta);
            end = begin;
        }
        sums[..silent].fill(0.0);
        if spoilt == 0.0 { Ok(()) } else { Err(NOT_FINITE) }
    }
}

impl Transform for Classic {
    /// The Python version declines data that hold NaN, Inf or values too large.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        match self.version {
            Version::C => self.running(src, dst, cancel),
            Version::Python => self.differences(src, dst, cancel),
        }
    }
}

/// Turns the sums from `begin` to `end` into ratios; something else than zero if one overflowed.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn quotients_body(sums: &mut [f64], begin: usize, end: usize, nsta: usize, nlta: usize) -> f64 {
    let (mut ratios, mut spoilt) = ([0.0; RUN], 0.0);
    let ratios = &mut ratios[..end - begin];
    // Windows that begin before the trace hold what there is.
    let lagged = |lag: usize| (begin >= lag).then(|| &sums[begin - lag..end - lag]);
    if let (Some(short), Some(long)) = (lagged(nsta), lagged(nlta)) {
        for (y, (now, (s, l))) in
            ratios.iter_mut().zip(sums[begin..end].iter().zip(short.iter().zip(long)))
        {
            *y = quotient((now - s) / nsta as f64, (now - l) / nlta as f64);
        }
    } else {
        let window =
            |i: usize, w: usize| (if i < w { sums[i] } else { sums[i] - sums[i - w] }) / w as f64;
        for (y, i) in ratios.iter_mut().zip(begin..end) {
            *y = quotient(window(i, nsta), window(i, nlta));
        }
    }
    for y in &*ratios {
        spoilt += y * 0.0;
    }
    sums[begin..end].copy_from_slice(ratios);
    spoilt
}
wide! {
    fn quotients(sums: &mut [f64], begin: usize, end: usize, nsta: usize, nlta: usize) -> f64
        = quotients_body
}

/// The long average is at least the least normal number.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn quotient(sta: f64, lta: f64) -> f64 {
    sta / if lta < f64::MIN_POSITIVE { f64::MIN_POSITIVE } else { lta }
}

#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn energy<S: Sample>(x: S) -> f64 {
    x.to_f64() * x.to_f64()
}

/// Both sums over a block: `new` comes in, `short` and `long` go out.
#[inline(always)]
#[allow(clippy::inline_always)] // has to take on the instruction set of its caller
fn slide_body<S: Sample>(
    new: &[S],
    short: &[S],
    long: &[S],
    dst: &mut [f64],
    (mut sta, mut lta): (f64, f64),
    factor: f64,
) -> (f64, f64) {
    // The chains of additions apart from what goes side by side, in steps short enough for the
    // processor to work on the next one meanwhile.
    const STEP: usize = 16;
    let (steps, rest) = dst.as_chunks_mut::<STEP>();
    let done = steps.len() * STEP;
    let old = short.as_chunks::<STEP>().0.iter().zip(long.as_chunks::<STEP>().0);
    for (y, (x, (old, older))) in steps.iter_mut().zip(new.as_chunks::<STEP>().0.iter().zip(old)) {
        let mut s: [f64; STEP] = from_fn(|k| energy(x[k]) - energy(old[k]));
        let mut l: [f64; STEP] = from_fn(|k| energy(x[k]) - energy(older[k]));
        for k in 0..STEP {
            sta += s[k];
            lta += l[k];
            (s[k], l[k]) = (sta, lta);
        }
        for k in 0..STEP {
            y[k] = s[k] / l[k] * factor;
        }
    }
    let old = short[done..].iter().zip(&long[done..]);
    for (y, (x, (old, older))) in rest.iter_mut().zip(new[done..].iter().zip(old)) {
        sta += energy(*x) - energy(*old);
        lta += energy(*x) - energy(*older);
        *y = sta / lta * factor;
    }
    (sta, lta)
}
wide! {
    fn slide[S: Sample](new: &[S], short: &[S], long: &[S], dst: &mut [f64], sums: (f64, f64),
        factor: f64) -> (f64, f64) = slide_body
}
