//! Cosines of evenly spaced angles.

/// Angles that share one evaluation of sine and cosine.
pub(crate) const BLOCK: usize = 64;

/// `cos(start + k step)` for many `k`, by the sum of two angles: a multiple of 64 steps, evaluated,
/// and the rest, tabulated. Exact to about 3e-16.
pub(crate) struct Cosines {
    start: f64,
    step: f64,
    cos: [f64; BLOCK],
    sin: [f64; BLOCK],
}

impl Cosines {
    pub(crate) fn new(start: f64, step: f64) -> Self {
        let angle = |k: usize| k as f64 * step;
        Self {
            start,
            step,
            cos: std::array::from_fn(|k| angle(k).cos()),
            sin: std::array::from_fn(|k| angle(k).sin()),
        }
    }

    /// The cosines for `k = 64 block ..`, one block of them.
    pub(crate) fn block(&self, block: usize) -> [f64; BLOCK] {
        let (sin, cos) = (self.start + (block * BLOCK) as f64 * self.step).sin_cos();
        std::array::from_fn(|l| cos * self.cos[l] - sin * self.sin[l])
    }
}
