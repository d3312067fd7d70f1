//! Classic STA/LTA of whole numbers.
//!
//! Sums of whole numbers below 2^53 are exact in whatever order: the differences of a cumulative sum,
//! which need not wait for one another, have the bits of the chain of additions.
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

use crate::Result;
use crate::parallel::Cancel;
use crate::samples::Sample;
use crate::simd::{Lanes, Quad, dispatch};
use crate::trigger::zeros;

/// Below it all whole numbers are there.
const EXACT: f64 = (1_u64 << 53) as f64;

/// Samples in a lane: of a run, each lane has a quarter.
const QUARTER: usize = 16;

/// Samples whose sums are formed at once.
const RUN: usize = 4 * QUARTER;

/// Samples between two new beginnings of the cumulative sum, but no fewer than the long window has;
/// and the longest of those, so that the sums stay in the cache.
const BLOCK: usize = 1 << 12;
const LONGEST: usize = 1 << 14;

/// How far the trace has been done, and both sums there.
pub(super) struct Done {
    pub npts: usize,
    pub sta: f64,
    pub lta: f64,
}

/// Writes the ratios of a trace from its first sample on, whole runs as long as the sums are exact;
/// those before the long window is full mean nothing.
pub(super) fn begin<S: Sample>(
    [nsta, nlta]: [usize; 2],
    src: &[S],
    dst: &mut [f64],
    cancel: &dyn Cancel,
) -> Result<Done> {
    let mut done = Done { npts: 0, sta: 0.0, lta: 0.0 };
    if !S::IS_WHOLE || nlta > LONGEST {
        return Ok(done);
    }
    let block = BLOCK.max(nlta).min(src.len()).next_multiple_of(RUN);
    // As many sums as the long window holds, and those up to the samples of a block.
    let mut sums = zeros(nlta + block)?;
    for (src, dst) in src.chunks(block).zip(dst.chunks_mut(block)) {
        cancel.check()?;
        let n = slide(&mut sums, [nsta, nlta], src, dst);
        if n > 0 {
            let [now, short, long] = [0, nsta, nlta].map(|lag| sums[nlta + n - 1 - lag]);
            done = Done { npts: done.npts + n, sta: now - short, lta: now - long };
        }
        if n < block {
            break;
        }
        let base = sums[block];
        sums.copy_within(block.., 0);
        sums[..nlta].iter_mut().for_each(|sum| *sum -= base);
    }
    Ok(done)
}

/// Writes the ratios of whole runs as long as the sums are exact, and returns how many samples that is.
#[inline(always)]
fn slide_body<L: Lanes>(
    sums: &mut [f64],
    [nsta, nlta]: [usize; 2],
    src: &[impl Sample],
    dst: &mut [f64],
) -> usize {
    let factor = L::splat(nlta as f64 / nsta as f64);
    let mut sum = sums[nlta - 1];
    let mut done = 0;
    for (x, y) in src.as_chunks::<RUN>().0.iter().zip(dst.as_chunks_mut::<RUN>().0) {
        let Some(new) = sums[done + nlta..].first_chunk_mut() else { break };
        sum = add_up::<L>(x, sum, new);
        if sum >= EXACT {
            break;
        }
        let lagging = |lag: usize| sums[done + nlta - lag..].as_chunks::<4>().0.iter();
        let sums = lagging(0).zip(lagging(nsta).zip(lagging(nlta)));
        for (y, (now, (short, long))) in y.as_chunks_mut().0.iter_mut().zip(sums) {
            let now = L::load(now);
            let (sta, lta) = (now.sub(L::load(short)), now.sub(L::load(long)));
            sta.div(lta).mul(factor).store(y);
        }
        done += RUN;
    }
    done
}
dispatch! {
    fn slide[S: Sample](sums: &mut [f64], windows: [usize; 2], src: &[S], dst: &mut [f64]) -> usize
        = slide_body
}

/// Writes the sums of the squares up to each sample, given that before them, and returns the last.
#[inline(always)]
fn add_up<L: Lanes>(x: &[impl Sample; RUN], before: f64, to: &mut [f64; RUN]) -> f64 {
    const QUADS: usize = QUARTER / 4;
    let (x, to) = (x.as_chunks::<4>().0, to.as_chunks_mut::<4>().0);
    // In each lane the sum since its quarter began.
    let mut total = L::splat(0.0);
    for at in 0..QUADS {
        let mut rows = [total; 4];
        for (quarter, row) in rows.iter_mut().enumerate() {
            let x = &x[quarter * QUADS + at];
            let x = L::load(&[x[0].to_f64(), x[1].to_f64(), x[2].to_f64(), x[3].to_f64()]);
            *row = x.mul(x);
        }
        let mut rows = L::transpose(rows);
        for row in &mut rows {
            total = total.add(*row);
            *row = total;
        }
        for (quarter, row) in L::transpose(rows).into_iter().enumerate() {
            row.store(&mut to[quarter * QUADS + at]);
        }
    }
    let mut added: Quad = [0.0; 4];
    total.store(&mut added);
    let mut sum = before;
    for (to, added) in to.chunks_exact_mut(QUADS).zip(added) {
        for to in to {
            L::load(to).add(L::splat(sum)).store(to);
        }
        sum += added;
    }
    sum
}
