//! Old and new sample times in absolute seconds, rounded as `ObsPy` rounds them.

use crate::{Error, Result};

/// Equally spaced times as `numpy.linspace` forms them: `step k + start`, but the last is given.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Linspace {
    start: f64,
    step: f64,
    last: usize,
    end: f64,
}

impl Linspace {
    fn new(start: f64, delta: f64, n: usize) -> Self {
        let last = n - 1;
        let end = start + delta * last as f64;
        let step = if last > 0 { (end - start) / last as f64 } else { 0.0 };
        Self { start, step, last, end: if last > 0 { end } else { start } }
    }

    #[inline(always)]
    #[allow(clippy::inline_always)] // has to take on the instruction set of its caller
    fn at(self, k: usize) -> f64 {
        if k == self.last { self.end } else { k as f64 * self.step + self.start }
    }
}

/// From which times to which a trace is interpolated.
///
/// Seconds since 1970 carry 2.4e-7 s in double precision, which is part of `ObsPy`'s answers.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    old: Linspace,
    new: Linspace,
    delta: f64,
}

impl Grid {
    /// `npts_in` samples every `delta` seconds from `old_start` become `npts` every `dt` from
    /// `new_start`.
    ///
    /// # Errors
    /// [`Error::Declined`] for an empty grid, times that are not finite, intervals that are not
    /// positive or drown in the rounding of the times, and new times outside the old.
    pub fn new(
        (old_start, delta, npts_in): (f64, f64, usize),
        (new_start, dt, npts): (f64, f64, usize),
    ) -> Result<Self> {
        const OUT_OF_RANGE: Error = Error::Declined("the times to interpolate at are out of range");
        if npts_in == 0 || npts == 0 || npts_in.max(npts) >= 1 << 40 {
            return Err(OUT_OF_RANGE);
        }
        let old = Linspace::new(old_start, delta, npts_in);
        let new = Linspace::new(new_start, dt, npts);
        let rounding = old.start.abs().max(old.end.abs()) * f64::EPSILON;
        let finite = old.end.is_finite() && new.end.is_finite();
        if !(finite && delta > 16.0 * rounding && dt > 16.0 * rounding) {
            return Err(OUT_OF_RANGE);
        }
        if old.start > new.start || old.end < new.end {
            return Err(OUT_OF_RANGE);
        }
        Ok(Self { old, new, delta })
    }

    /// Number of samples that go in.
    #[must_use]
    pub fn npts_in(&self) -> usize {
        self.old.last + 1
    }

    /// Number of samples that come out.
    #[must_use]
    pub fn npts(&self) -> usize {
        self.new.last + 1
    }

    /// The old sampling interval in seconds.
    #[must_use]
    pub fn delta(&self) -> f64 {
        self.delta
    }

    /// The time of old sample `k`.
    #[must_use]
    pub fn old_time(&self, k: usize) -> f64 {
        self.old.at(k)
    }

    /// The time of new sample `j`.
    #[must_use]
    pub fn new_time(&self, j: usize) -> f64 {
        self.new.at(j)
    }

    /// Where new sample `j` lies, in old sampling intervals after the first sample; may exceed the
    /// last sample's place by a rounding.
    #[inline(always)]
    #[must_use]
    #[allow(clippy::inline_always)] // has to take on the instruction set of its caller
    pub fn place(&self, j: usize) -> f64 {
        (self.new.at(j) - self.old.start) / self.delta
    }

    /// The last old sample that is not later than `time`, which lies within the old times.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    pub fn sample_before(&self, time: f64) -> usize {
        let mut k = (((time - self.old.start) / self.delta) as usize).min(self.old.last);
        while self.old.at(k) > time {
            k -= 1;
        }
        while k < self.old.last && self.old.at(k + 1) <= time {
            k += 1;
        }
        k
    }
}
