//! Carl Johnson's trigger.
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

use std::ops::Range;

use super::{BLOCK, NOT_FINITE, check_windows, reserve};
use crate::lanes::{self, Row, Sink, Slices, Source};
use crate::parallel::Cancel;
use crate::samples::{Real, Sample, Transform, check_len};
use crate::simd::{Lanes, Quad, dispatch};
use crate::{Error, Result};

/// `eta = star - ratio ltar - |sta - lta| - quiet` (Johnson 1979; Earle and Shearer 1994, Bull.
/// Seism. Soc. Am. 84, 366-376 compare such functions), where `sta` averages the `nsta` samples
/// before one, `lta` the `nlta` short averages before that, `star` and `ltar` do the same with the
/// distances `|x - lta|`.
///
/// `ObsPy` adds up each window anew, in sequence. Here a window is the end of one block of samples
/// and the beginning of the next, whose sums are kept (van Herk 1992; Gil and Werman 1993): three
/// additions for each average whatever its length, and no subtraction, so that quiet after an event
/// stays exact. Agrees to 1e-12 of the largest value, usually to 1e-15.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Carl {
    npts: usize,
    nsta: usize,
    nlta: usize,
    ratio: f64,
    quiet: f64,
}

/// Pieces of a long trace that run side by side: of no more would the sums stay in the nearest cache.
const LANES: usize = 4;

impl Carl {
    /// For traces of `npts` samples.
    ///
    /// # Errors
    /// [`Error::Declined`] for a window of no samples or longer than the trace, and parameters that
    /// are not finite.
    pub fn new(npts: usize, nsta: usize, nlta: usize, ratio: f64, quiet: f64) -> Result<Self> {
        check_windows(&[nsta, nlta])?;
        if nsta > npts || nlta > npts {
            return Err(Error::Declined("a window is longer than the trace"));
        }
        if !(ratio.is_finite() && quiet.is_finite()) {
            return Err(Error::Declined("the ratio or the quiet level is not finite"));
        }
        Ok(Self { npts, nsta, nlta, ratio, quiet })
    }

    /// Runs `steps` samples of each lane; of all but the first those from `reach` on are written.
    /// Returns whether all values are finite.
    fn side_by_side<S: Sample>(
        &self,
        src: &[S],
        dst: &mut [f64],
        [steps, reach]: [usize; 2],
        cancel: &dyn Cancel,
    ) -> Result<bool> {
        let mut averages = Averages::new(self)?;
        let mut rows = [[0.0; lanes::LANES]; lanes::BLOCK];
        let each = steps - reach;
        let source =
            Slices::new((0..LANES).map(|l| S::input(&src[l * each..][..steps])).collect())?;
        let (begin, dst) = dst.split_at_mut(reach);
        let (dst, end) = dst.split_at_mut(LANES * each);
        let pieces = dst.chunks_exact_mut(each.max(1)).map(f64::output).collect();
        let mut pieces = Slices::for_results(pieces)?;
        for from in runs(0, reach).chain(runs(reach, steps)) {
            if from.start / BLOCK != from.end / BLOCK {
                cancel.check()?;
            }
            let rows = &mut rows[..from.len()];
            source.load(0, from.clone(), rows);
            run(&mut averages, self, rows);
            if from.end <= reach {
                begin[from].iter_mut().zip(rows).for_each(|(y, row)| *y = row[0]);
            } else {
                pieces.store(0, from.start - reach, rows);
            }
        }
        // What the pieces leave, the last lane goes on with.
        let rows = &mut rows[..end.len()];
        let rest = &src[src.len() - end.len()..];
        rows.iter_mut().zip(rest).for_each(|(row, x)| *row = [x.to_f64(); lanes::LANES]);
        run(&mut averages, self, rows);
        end.iter_mut().zip(rows).for_each(|(y, row)| *y = row[LANES - 1]);
        Ok(averages.spoilt.iter().all(|spoilt| *spoilt == 0.0))
    }
}

/// From `begin` to `end` in steps that are worked on at once.
fn runs(begin: usize, end: usize) -> impl Iterator<Item = Range<usize>> {
    (begin..end).step_by(lanes::BLOCK).map(move |from| from..end.min(from + lanes::BLOCK))
}

impl Transform for Carl {
    /// Declines data that hold NaN, Inf or values too large.
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        check_len("input", self.npts, src.len())?;
        check_len("output", self.npts, dst.len())?;
        // So many samples back reaches what a value depends on.
        let reach = 2 * (self.nsta + self.nlta) + 1;
        let steps = (self.npts + (LANES - 1) * reach) / LANES;
        // Else the first lane has it all.
        let pays = steps >= reach + lanes::BLOCK;
        let extent = if pays { [steps, reach] } else { [self.npts; 2] };
        if !self.side_by_side(src, dst, extent, cancel)? {
            return Err(NOT_FINITE);
        }
        dst[..self.nlta].fill(-1.0);
        Ok(())
    }
}

/// The sums over the last samples of two series, of each in some lanes.
struct Windows {
    /// Before `at` the samples of this block; from `at` on, the sums from there to the end of the
    /// last block.
    block: Vec<[Quad; 2]>,
    at: usize,
    /// The sums of the samples of this block.
    sums: [Quad; 2],
    /// Whether there was a block before this one.
    full: bool,
}

impl Windows {
    fn new(n: usize) -> Result<Self> {
        let mut block = reserve(n)?;
        block.resize(n, [[0.0; LANES]; 2]);
        Ok(Self { block, at: 0, sums: [[0.0; LANES]; 2], full: false })
    }

    /// Samples up to the end of the block.
    fn left(&self) -> usize {
        self.block.len() - self.at
    }

    /// `n` samples have come; at the end of the block its sums take their place.
    #[inline(always)]
    fn advance<L: Lanes>(&mut self, n: usize, sums: [L; 2]) {
        self.at += n;
        for (to, sum) in self.sums.iter_mut().zip(sums) {
            sum.store(to);
        }
        if self.left() > 0 {
            return;
        }
        let zero = L::splat(0.0);
        let (mut a, mut b) = (zero, zero);
        for row in self.block.iter_mut().rev() {
            (a, b) = (a.add(L::load(&row[0])), b.add(L::load(&row[1])));
            a.store(&mut row[0]);
            b.store(&mut row[1]);
        }
        (self.at, self.sums, self.full) = (0, [[0.0; LANES]; 2], true);
    }
}

/// Divides by a whole number.
#[derive(Clone, Copy)]
struct Divisor<L> {
    n: L,
    inverse: L,
}

impl<L: Lanes> Divisor<L> {
    #[inline(always)]
    fn new(n: usize) -> Self {
        Self { n: L::splat(n as f64), inverse: L::splat(1.0 / n as f64) }
    }

    /// The quotient, rounded once: what the product with the inverse lacks is exact in a fused product,
    /// and too small to err again (Markstein 1990, IBM J. Res. Dev. 34, 111-119).
    #[inline(always)]
    fn divide(self, x: L) -> L {
        if !L::FUSED {
            return x.div(self.n);
        }
        let quotient = x.mul(self.inverse);
        quotient.mul_sub_from(self.n, x).mul_add(self.inverse, quotient)
    }
}

/// The four averages, and the long one that is a sample late.
struct Averages {
    /// Of the samples, and of the distances.
    short: Windows,
    /// Of the short averages of both.
    long: Windows,
    late: Quad,
    /// Zero as long as all values are finite.
    spoilt: Quad,
}

impl Averages {
    fn new(carl: &Carl) -> Result<Self> {
        let (short, long) = (Windows::new(carl.nsta)?, Windows::new(carl.nlta)?);
        Ok(Self { short, long, late: [0.0; LANES], spoilt: [0.0; LANES] })
    }
}

/// Replaces the next samples by `eta`.
#[inline(always)]
fn run_body<L: Lanes>(averages: &mut Averages, carl: &Carl, mut rows: &mut [Row]) {
    while !rows.is_empty() {
        let n = rows.len().min(averages.short.left()).min(averages.long.left());
        let (now, later) = rows.split_at_mut(n);
        within_blocks::<L>(averages, carl, now);
        rows = later;
    }
}
dispatch! {
    fn run(averages: &mut Averages, carl: &Carl, rows: &mut [Row]) = run_body
}

/// As [`run_body`], samples that end no block but with the last one.
#[inline(always)]
fn within_blocks<L: Lanes>(averages: &mut Averages, carl: &Carl, rows: &mut [Row]) {
    let Averages { short, long, late, spoilt } = averages;
    let (nsta, nlta) = (Divisor::<L>::new(carl.nsta), Divisor::<L>::new(carl.nlta));
    let (ratio, quiet) = (L::splat(carl.ratio), L::splat(carl.quiet));
    let (short_full, long_full) = (short.full, long.full);
    let (mut lta, mut nothing) = (L::load(late), L::load(spoilt));
    let [mut s, mut sr] = [L::load(&short.sums[0]), L::load(&short.sums[1])];
    let [mut l, mut lr] = [L::load(&long.sums[0]), L::load(&long.sums[1])];
    let places = short.block[short.at..].iter_mut().zip(&mut long.block[long.at..]);
    for (row, (short, long)) in rows.iter_mut().zip(places) {
        let row = &mut row.as_chunks_mut().0[0];
        let x = L::load(row);
        let [mut sta, mut star, mut next, mut ltar] = [L::splat(0.0); 4];
        if short_full {
            sta = nsta.divide(L::load(&short[0]).add(s));
            star = nsta.divide(L::load(&short[1]).add(sr));
        }
        if long_full {
            next = nlta.divide(L::load(&long[0]).add(l));
            ltar = nlta.divide(L::load(&long[1]).add(lr));
        }
        let distance = x.sub(lta).abs();
        let eta = star.sub(ratio.mul(ltar)).sub(sta.sub(lta).abs()).sub(quiet);
        eta.store(row);
        nothing = nothing.add(eta.mul(L::splat(0.0)));
        lta = next;
        x.store(&mut short[0]);
        distance.store(&mut short[1]);
        sta.store(&mut long[0]);
        star.store(&mut long[1]);
        (s, sr) = (s.add(x), sr.add(distance));
        (l, lr) = (l.add(sta), lr.add(star));
    }
    lta.store(late);
    nothing.store(spoilt);
    short.advance(rows.len(), [s, sr]);
    long.advance(rows.len(), [l, lr]);
}

#[cfg(test)]
mod tests {
    use super::{Divisor, Lanes, Quad, dispatch};

    #[inline(always)]
    fn divide_body<L: Lanes>(x: &[Quad], n: usize) -> Vec<Quad> {
        let mut quotients = x.to_vec();
        for y in &mut quotients {
            Divisor::<L>::new(n).divide(L::load(y)).store(y);
        }
        quotients
    }
    dispatch! { fn divide(x: &[Quad], n: usize) -> Vec<Quad> = divide_body }

    /// Sums of counts and of what is no whole number, multiples of the divisor, halves between numbers.
    #[test]
    fn quotients_are_rounded_once() {
        for n in (1..700).chain([1023, 1024, 1025, 99_991, 1 << 20, (1 << 20) - 1, 123_456_789]) {
            let x: Vec<Quad> = (1..400_u32)
                .map(|k| {
                    let k = f64::from(k);
                    let far = f64::sin(k * n as f64) * f64::exp2(17.0 * k % 600.0 - 300.0);
                    [k - 200.0, k * n as f64, (k + 0.5) * n as f64 * (1.0 - f64::EPSILON), far]
                })
                .collect();
            let expected: Vec<Quad> = x.iter().map(|x| x.map(|x| x / n as f64)).collect();
            assert_eq!(divide(&x, n), expected, "divided by {n}");
        }
    }
}
