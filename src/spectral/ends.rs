//! The cosine taper at both ends of a trace: `obspy.signal.invsim.cosine_taper`.

use std::f64::consts::{FRAC_PI_2, PI};

use crate::cosine::{BLOCK, Cosines};
use crate::fft::resize;
use crate::{Error, Result};

/// What the ends rise and fall with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cosine {
    /// A quarter of a cosine, over SAC's samples.
    Quarter,
    /// Half of one.
    Half,
}

impl Cosine {
    /// The angle between 1 and 0.
    fn angle(self) -> f64 {
        if self == Self::Quarter { FRAC_PI_2 } else { PI }
    }

    fn weight(self, cosine: f64) -> f64 {
        if self == Self::Quarter { cosine } else { 0.5 + 0.5 * cosine }
    }
}

/// Both ends, alike; where they overlap, the right one holds.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ends {
    cosine: Cosine,
    /// Of each end, the first zero and the last one included.
    samples: usize,
}

impl Ends {
    /// For `fraction` of at least two samples, both ends together; half cosines need three.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // 0 <= fraction <= 1
    pub fn new(cosine: Cosine, fraction: f64, npts: usize) -> Result<Self> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Error::Declined("the taper fraction is not between 0 and 1"));
        }
        let ideal = npts as f64 * fraction / 2.0;
        let inner = 0.0 < fraction && fraction < 1.0;
        let tapered = (if inner { ideal + 0.5 } else { ideal }) as usize;
        let samples = match (cosine, tapered) {
            (Cosine::Quarter, tapered) => tapered.max(1) + 1,
            (Cosine::Half, 1) => 2,
            (Cosine::Half, tapered) => tapered,
        };
        Ok(Self { cosine, samples })
    }

    /// Tapers `data`.
    pub fn apply(self, data: &mut [f64]) {
        let (left, right) = data.split_at_mut(data.len() - self.samples);
        let rising = self.samples.min(left.len());
        self.multiply(&mut left[..rising], right);
    }

    /// The weights of the left end, without what the right one overlaps, and of the right end.
    pub fn windows(self, npts: usize) -> Result<[Vec<f64>; 2]> {
        let mut windows = [Vec::new(), Vec::new()];
        let [left, right] = &mut windows;
        resize(left, self.samples.min(npts - self.samples))?;
        resize(right, self.samples)?;
        left.fill(1.0);
        right.fill(1.0);
        self.multiply(left, right);
        Ok(windows)
    }

    fn multiply(self, left: &mut [f64], right: &mut [f64]) {
        let (angle, step) =
            (self.cosine.angle(), self.cosine.angle() / (self.samples as f64 - 1.0));
        for (data, start, step) in [(left, angle, -step), (right, 0.0, step)] {
            let cosines = Cosines::new(start, step);
            for (b, block) in data.chunks_mut(BLOCK).enumerate() {
                let cosines = cosines.block(b);
                block.iter_mut().zip(cosines).for_each(|(x, c)| *x *= self.cosine.weight(c));
            }
        }
    }
}
