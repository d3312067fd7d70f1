//! A response over a grid, block by block, each block within the nearest cache.

#![allow(unsafe_code)] // one buffer that is written before it is read, reason below

use std::f64::consts::TAU;
use std::mem::MaybeUninit;
use std::sync::Arc;

use crate::parallel::Cancel;
use crate::{Complex64, Error, Result};

use super::coefficients::Ratio;
use super::filters::Filters;
use super::fir::Fir;
use super::list::List;
use super::model::{Factor, Grid, Part, Response};
use super::paz::{Domain, Paz};
use super::phasor::{Ladder, Offsets, Phasors};
use super::simd::{Kernel, Lanes, Pair, Plane, dispatch};

/// Frequencies between two looks at `cancel`: well below a millisecond.
const BETWEEN_CHECKS: usize = 8192;

pub(super) fn evaluate(
    response: &Response,
    grid: Grid,
    part: Part,
    cancel: &dyn Cancel,
) -> Result<Arc<[Complex64]>> {
    let count = part.count(grid);
    if Vec::<Complex64>::new().try_reserve_exact(count).is_err() {
        return Err(Error::Memory(count.saturating_mul(size_of::<Complex64>())));
    }
    let mut spectrum = Arc::<[Complex64]>::new_uninit_slice(count);
    if let Some(out) = Arc::get_mut(&mut spectrum) {
        dispatch(Evaluation { plan: &Plan::new(response, grid, part), out, cancel })?;
    }
    // SAFETY: the kernel writes every element of `out` unless it fails, and nobody else has the Arc.
    Ok(unsafe { spectrum.assume_init() })
}

/// What is the same for all blocks.
struct Plan<'a> {
    response: &'a Response,
    step: f64,
    /// Number of the first frequency.
    shift: f64,
    /// Frequencies in a block, a multiple of 16.
    block: usize,
    filters: Filters<'a>,
    others: Vec<Other<'a>>,
}

/// A factor that is no FIR filter, with the phasors it is a function of.
enum Other<'a> {
    Analogue(&'a Paz),
    Digital(&'a Paz, Phasors),
    Ratio(&'a Ratio, Ladder),
    List(&'a List),
}

impl<'a> Plan<'a> {
    fn new(response: &'a Response, grid: Grid, part: Part) -> Self {
        let (step, shift) = match part {
            Part::All => (grid.step(), 0.0),
            Part::Even => (2.0 * grid.step(), 0.0),
            Part::Odd => (2.0 * grid.step(), 0.5),
        };
        let firs = response.factors.iter().filter_map(|f| match f {
            Factor::Fir(fir) => Some(fir),
            _ => None,
        });
        let firs: Vec<&Fir> = firs.collect();
        let (filters, block) = Filters::new(&firs, step, part.count(grid));
        let bins = Offsets::Bins { step, count: block };
        let others = response.factors.iter().filter_map(|factor| match factor {
            Factor::Fir(_) => None,
            Factor::Paz(paz) if paz.domain == Domain::Digital => {
                Some(Other::Digital(paz, Phasors::new(paz.dt, &bins)))
            }
            Factor::Paz(paz) => Some(Other::Analogue(paz)),
            Factor::Ratio(ratio) => Some(Other::Ratio(ratio, Ladder::new(ratio.dt, &bins))),
            Factor::List(list) => Some(Other::List(list)),
        });
        Self { response, step, shift, block, filters, others: others.collect() }
    }

    /// The frequencies of quad `i` of the block that begins with frequency number `first`, as `NumPy`'s
    /// `linspace` has them.
    #[inline(always)]
    fn frequencies<L: Lanes>(&self, first: f64, i: usize) -> L {
        L::load(&std::array::from_fn(|l| first + (4 * i + l) as f64)).mul(L::splat(self.step))
    }

    /// Multiplies by a factor that is no FIR filter.
    #[inline(always)]
    fn other<L: Lanes>(&self, other: &Other<'_>, first: f64, work: &mut Plane) {
        let quads = work.re.len();
        let f = first * self.step;
        match other {
            Other::Ratio(ratio, ladder) => {
                let at = ladder.at::<L>(f);
                for i in (0..quads).step_by(2) {
                    let value = ratio.lanes(ladder.quads(i, &at));
                    work.store(i, work.load::<L>(i).mul(value[0]));
                    work.store(i + 1, work.load::<L>(i + 1).mul(value[1]));
                }
            }
            Other::Digital(paz, phasors) => {
                let at = phasors.at::<L>(f);
                for i in 0..quads {
                    work.store(i, work.load::<L>(i).mul(paz.lanes(phasors.quad(i, at))));
                }
            }
            Other::Analogue(paz) => {
                let unit = if paz.domain == Domain::Radians { TAU } else { 1.0 };
                for i in 0..quads {
                    let s = self.frequencies::<L>(first, i).mul(L::splat(unit));
                    let value = paz.lanes(Pair::new(L::splat(0.0), s));
                    work.store(i, work.load::<L>(i).mul(value));
                }
            }
            Other::List(list) => {
                for j in 0..4 * quads {
                    let (re, im) = (&mut work.re[j / 4][j % 4], &mut work.im[j / 4][j % 4]);
                    let h = Complex64::new(*re, *im) * list.at((first + j as f64) * self.step);
                    (*re, *im) = (h.re, h.im);
                }
            }
        }
    }

    /// Constant and power of iω, and the result in its place.
    #[inline(always)]
    fn finish<L: Lanes>(&self, first: f64, work: &Plane, out: &mut [MaybeUninit<Complex64>]) {
        let scale = L::splat(self.response.scale);
        let derivatives = self.response.derivatives;
        for (i, out) in out.chunks_mut(4).enumerate() {
            let omega = self.frequencies::<L>(first, i).mul(L::splat(TAU));
            let h = work.load::<L>(i);
            let minus = |x: L| L::splat(0.0).sub(x);
            let h = match derivatives {
                2 => h.scale(minus(omega.mul(omega))),
                1 => Pair::new(minus(h.im), h.re).scale(omega),
                -1 => Pair::new(h.im, minus(h.re)).scale(omega.inverse_or_one()),
                -2 => h.scale(minus(omega.mul(omega).inverse_or_one())),
                _ => h,
            };
            let h = h.scale(scale);
            let (mut re, mut im) = ([0.0; 4], [0.0; 4]);
            h.re.store(&mut re);
            h.im.store(&mut im);
            for ((out, re), im) in out.iter_mut().zip(re).zip(im) {
                out.write(Complex64::new(re, im));
            }
        }
        if first < 0.25 && derivatives < 0 {
            out[0].write(Complex64::new(0.0, 0.0)); // evalresp's rule for 1/0
        }
    }
}

struct Evaluation<'a> {
    plan: &'a Plan<'a>,
    out: &'a mut [MaybeUninit<Complex64>],
    cancel: &'a dyn Cancel,
}

impl Kernel for Evaluation<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<L: Lanes>(self) -> Result<()> {
        let Self { plan, out, cancel } = self;
        let mut work = Plane::ones(plan.block / 4);
        let mut scratch = plan.filters.scratch(plan.block);
        let mut since_check = 0;
        for (i, out) in out.chunks_mut(plan.block).enumerate() {
            let first = (i * plan.block) as f64 + plan.shift;
            plan.filters.evaluate::<L>(first, &mut work, &mut scratch);
            for other in &plan.others {
                plan.other::<L>(other, first, &mut work);
            }
            plan.finish::<L>(first, &work, out);
            since_check += plan.block;
            if since_check >= BETWEEN_CHECKS {
                since_check = 0;
                cancel.check()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parallel::Never;
    use crate::response::simd::Plain;
    use crate::response::{Decimation, Kind, Stage, Stored};

    /// The lanes of this machine against the plain twin, direct and by panels: equal but for rounding.
    #[test]
    fn lanes_and_their_plain_twin_agree() {
        let stage = |sequence, kind| Stage {
            sequence,
            input_units: "M/S".into(),
            output_units: "M/S".into(),
            gain: Some(1.0),
            gain_frequency: Some(1.0),
            decimation: Decimation::Full { rate: 100.0, correction: 0.4 },
            kind,
        };
        let coefficients: Vec<f64> = (0..90).map(|k| f64::from(k + 1) / 4095.0).collect();
        let poles = vec![Complex64::new(-4.4, 4.4), Complex64::new(-4.4, -4.4)];
        let zeros = vec![Complex64::new(0.0, 0.0); 2];
        let paz =
            Kind::PolesZeros { domain: Domain::Radians, zeros, poles, factor: 1.0, frequency: 1.0 };
        let fir = Kind::Fir { stored: Stored::Full, coefficients };
        let response =
            Response::new(vec![stage(1, paz), stage(2, fir)], None, "DISP").expect("valid");
        for nfft in [500, 100_000] {
            let grid = Grid { nfft, delta: 0.01 };
            let prepared = Plan::new(&response, grid, Part::All);
            assert_eq!(prepared.block > 64, nfft > 500);
            let fast = evaluate(&response, grid, Part::All, &Never).expect("valid");
            let mut twin = vec![MaybeUninit::new(Complex64::new(f64::NAN, 0.0)); grid.bins()];
            let evaluation = Evaluation { plan: &prepared, out: &mut twin, cancel: &Never };
            evaluation.run::<Plain>().expect("valid");
            let max = fast.iter().map(|h| h.norm()).fold(0.0, f64::max);
            for (fast, plain) in fast.iter().zip(twin) {
                // SAFETY: every element was made from a value.
                let plain = unsafe { plain.assume_init() };
                assert!((fast - plain).norm() <= 2e-14 * max, "{fast} and {plain}");
            }
        }
    }
}
