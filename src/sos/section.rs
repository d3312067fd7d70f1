//! One second-order section, one sample at a time: what every other path must equal bit for bit.

/// The coefficients of a section whose a0 is one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Section {
    pub b0: f64,
    pub b1: f64,
    pub b2: f64,
    pub a1: f64,
    pub a2: f64,
}

/// To the bit: a negative zero filters differently.
impl PartialEq for Section {
    fn eq(&self, other: &Self) -> bool {
        let bits = |c: &Self| [c.b0, c.b1, c.b2, c.a1, c.a2].map(f64::to_bits);
        bits(self) == bits(other)
    }
}

/// What a section remembers from one sample to the next.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Delay {
    pub z1: f64,
    pub z2: f64,
}

impl Section {
    /// Transposed direct form II, in the order in which `SciPy` rounds: no product is fused into a sum.
    #[inline]
    pub fn step(&self, z: &mut Delay, x: f64) -> f64 {
        let y = self.b0 * x + z.z1;
        z.z1 = self.b1 * x - self.a1 * y + z.z2;
        z.z2 = self.b2 * x - self.a2 * y;
        y
    }
}

/// One sample through sections one after another.
#[inline]
pub(super) fn through(sections: &[Section], delays: &mut [Delay], x: f64) -> f64 {
    sections.iter().zip(delays).fold(x, |x, (section, z)| section.step(z, x))
}

#[cfg(test)]
pub(super) mod tests {
    use super::Section;

    /// Resonances of different pitch.
    pub fn sections(n: usize) -> Vec<Section> {
        let section = |i: usize| {
            let (radius, angle) = (0.97 - 0.01 * i as f64, 0.1 + 0.05 * i as f64);
            let (a1, a2) = (-2.0 * radius * f64::cos(angle), radius * radius);
            Section { b0: 0.3, b1: -0.5 + 0.1 * i as f64, b2: 0.2, a1, a2 }
        };
        (0..n).map(section).collect()
    }
}
