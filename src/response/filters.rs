//! The FIR filters of a response over a block of frequencies: tap by tap, or by interpolation.

use std::f64::consts::TAU;

use super::fir::{Fir, Symmetry};
use super::panel::{self, Interpolation, NODES};
use super::phasor::{Ladder, Offsets, Phasors};
use super::simd::{Lanes, Plane, Quad};

/// The most frequencies in a block of a panel.
const BLOCK: usize = 1024;
/// Frequencies in a block that evaluates FIR filters one frequency at a time.
const DIRECT_BLOCK: usize = 64;
/// A filter is steep where its smallest value at the nodes is below this part of its largest.
const STEEP: f64 = 0.2;

/// All FIR filters of a response, ready for the blocks of a grid.
pub(super) struct Filters<'a> {
    each: Vec<Filter<'a>>,
    panel: Option<Panel>,
    /// The delays, unless they are nothing.
    delay: Option<Phasors>,
    step: f64,
}

/// One filter, with what it is a function of.
struct Filter<'a> {
    fir: &'a Fir,
    ladder: Ladder,
    /// Phasors of half a sample, for [`Symmetry::Even`].
    half: Option<Phasors>,
    /// Takes the mean delay of a causal filter off at the nodes, so that it is slow.
    centre: Option<Phasors>,
}

/// Interpolation over a block.
struct Panel {
    interpolation: Interpolation,
    /// The frequencies of a block on (-1, 1).
    abscissae: Vec<Quad>,
}

/// Room for one block.
pub(super) struct Scratch {
    /// The values of each filter at the nodes.
    nodes: Vec<Plane>,
    common: Plane,
    steep: Vec<usize>,
    factor: Plane,
}

/// Frequencies in a block for interpolation, or none where it does not pay. Depends on the model and
/// the grid alone, as it has an influence on the last digits.
fn panel_size(firs: &[&Fir], step: f64) -> Option<usize> {
    let half: f64 = firs.iter().map(|fir| fir.half).sum();
    let size = (2.0 * panel::PHASE / (TAU * half * step)).min(BLOCK as f64);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and BLOCK
    let size = size as usize / 16 * 16;
    // Operations a frequency: about 2.5 a tap, and 30 for the polynomial.
    let direct: usize = firs.iter().map(|fir| fir.taps.as_slice().len() * 5 / 2 + 20).sum();
    let panels = 40 + direct * NODES / size.max(1);
    (size >= 32 && panels < direct).then_some(size)
}

impl<'a> Filters<'a> {
    /// For grids of `bins` frequencies, `step` hertz from one to the next; and the number of
    /// frequencies in a block, a multiple of 16.
    pub fn new(firs: &[&'a Fir], step: f64, bins: usize) -> (Self, usize) {
        let panel = panel_size(firs, step);
        let limit = if firs.is_empty() { BLOCK } else { DIRECT_BLOCK };
        let block = panel.unwrap_or_else(|| limit.min(bins.next_multiple_of(16)));
        let uniform = Offsets::Bins { step, count: block };
        let half = block as f64 / 2.0;
        let offsets = match panel {
            Some(_) => Offsets::Nodes(panel::nodes().iter().map(|x| x * half * step).collect()),
            None => Offsets::Bins { step, count: block },
        };
        let mut delay = 0.0;
        let turning =
            |tau: f64, offsets: &Offsets| (tau != 0.0).then(|| Phasors::new(tau, offsets));
        let filter = |&fir: &&'a Fir| {
            delay += fir.correction;
            let mut centre = None;
            if panel.is_some() && fir.symmetry == Symmetry::Causal {
                delay -= fir.half;
                centre = turning(fir.half, &offsets);
            }
            let even = fir.symmetry == Symmetry::Even;
            Filter {
                fir,
                ladder: Ladder::new(fir.dt, &offsets),
                half: even.then(|| Phasors::new(fir.dt / 2.0, &offsets)),
                centre,
            }
        };
        let each = firs.iter().map(filter).collect();
        let panel = panel.map(|block| {
            let mut abscissae = vec![[0.0; 4]; block / 4];
            for (j, x) in abscissae.as_flattened_mut().iter_mut().enumerate() {
                *x = (j as f64 - (block - 1) as f64 / 2.0) / half;
            }
            Panel { interpolation: Interpolation::new(), abscissae }
        });
        (Self { each, panel, delay: turning(delay, &uniform), step }, block)
    }

    /// Room for blocks of that many frequencies.
    pub fn scratch(&self, block: usize) -> Scratch {
        Scratch {
            nodes: vec![Plane::ones(NODES / 4); self.each.len()],
            common: Plane::ones(NODES / 4),
            steep: Vec::new(),
            factor: Plane::ones(block / 4),
        }
    }

    /// The product of all filters at the frequencies of the block that begins with number `first`.
    #[inline(always)]
    pub fn evaluate<L: Lanes>(&self, first: f64, work: &mut Plane, scratch: &mut Scratch) {
        if let Some(panel) = &self.panel {
            self.interpolate::<L>(panel, first, work, scratch);
        } else {
            work.fill_ones();
            for filter in &self.each {
                filter.multiply::<L>(first * self.step, work);
            }
        }
        if let Some(delay) = &self.delay {
            multiply::<L>(delay, first * self.step, work);
        }
    }

    /// One polynomial is enough for the product while at most one filter is steep. Where several
    /// have a zero near by, their product is smaller by orders of magnitude than the error of a
    /// polynomial through its values, so that all but one get one of their own.
    #[inline(always)]
    fn interpolate<L: Lanes>(
        &self,
        panel: &Panel,
        first: f64,
        work: &mut Plane,
        scratch: &mut Scratch,
    ) {
        let block = panel.abscissae.len() * 4;
        let middle = (first + (block - 1) as f64 / 2.0) * self.step;
        let mut common_is_causal = false;
        let mut one_is_steep = false;
        scratch.steep.clear();
        scratch.common.fill_ones();
        for (i, filter) in self.each.iter().enumerate() {
            let values = &mut scratch.nodes[i];
            values.fill_ones();
            filter.multiply::<L>(middle, values);
            let steep = is_steep(values);
            if steep && one_is_steep {
                scratch.steep.push(i);
                continue;
            }
            one_is_steep |= steep;
            common_is_causal |= filter.centre.is_some();
            product::<L>(values, &mut scratch.common);
        }
        panel.evaluate::<L>(&scratch.common, common_is_causal, work);
        for &i in &scratch.steep {
            let causal = self.each[i].centre.is_some();
            panel.evaluate::<L>(&scratch.nodes[i], causal, &mut scratch.factor);
            product::<L>(&scratch.factor, work);
        }
    }
}

impl Filter<'_> {
    /// Multiplies by this filter at the offsets of its phasors from `f`.
    #[inline(always)]
    fn multiply<L: Lanes>(&self, f: f64, values: &mut Plane) {
        let at = self.ladder.at::<L>(f);
        let half = self.half.as_ref().map(|half| (half, half.at::<L>(f)));
        for i in (0..values.re.len()).step_by(2) {
            let mut value = self.fir.lanes(self.ladder.quads(i, &at));
            if let Some((half, at)) = half {
                value = [
                    value[0].mul(half.quad(i, at)).real(),
                    value[1].mul(half.quad(i + 1, at)).real(),
                ];
            }
            values.store(i, values.load::<L>(i).mul(value[0]));
            values.store(i + 1, values.load::<L>(i + 1).mul(value[1]));
        }
        if let Some(centre) = &self.centre {
            multiply::<L>(centre, f, values);
        }
    }
}

impl Panel {
    /// The polynomial through values at the nodes, at all frequencies of the block.
    #[inline(always)]
    fn evaluate<L: Lanes>(&self, values: &Plane, causal: bool, out: &mut Plane) {
        let parts = [(&values.re, &mut out.re, true), (&values.im, &mut out.im, causal)];
        for (values, out, wanted) in parts {
            if wanted {
                let mut sixteen = [0.0; NODES];
                sixteen.copy_from_slice(values.as_flattened());
                let coefficients = self.interpolation.coefficients(&sixteen);
                panel::horner::<L>(&coefficients, &self.abscissae, out);
            } else {
                out.fill([0.0; 4]);
            }
        }
    }
}

fn is_steep(values: &Plane) -> bool {
    let (mut least, mut largest) = (f64::INFINITY, 0.0_f64);
    for (re, im) in values.re.as_flattened().iter().zip(values.im.as_flattened()) {
        let size = re.abs() + im.abs();
        least = least.min(size);
        largest = largest.max(size);
    }
    least < STEEP * largest
}

/// Multiplies by phasors.
#[inline(always)]
fn multiply<L: Lanes>(phasors: &Phasors, f: f64, values: &mut Plane) {
    let at = phasors.at::<L>(f);
    for i in 0..values.re.len() {
        values.store(i, values.load::<L>(i).mul(phasors.quad(i, at)));
    }
}

/// Multiplies by other values.
#[inline(always)]
fn product<L: Lanes>(by: &Plane, values: &mut Plane) {
    for i in 0..values.re.len() {
        values.store(i, values.load::<L>(i).mul(by.load::<L>(i)));
    }
}
