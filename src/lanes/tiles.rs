//! Samples of traces into lanes and back, by tiles of so many traces as of times.
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

use std::ops::Range;

use super::{LANES, Row};
use crate::samples::{Input, Output, Real, Sample};
use crate::simd::{Lanes, dispatch};
use crate::with_samples;

/// Samples that a tile of eight traces is made of as they are, before they become double precision.
trait Short: Sample {
    /// Whether they are half as long as what they become.
    const SHORT: bool = false;
    /// Sample j of trace i becomes lane i of row j.
    fn widen<L: Lanes>(_traces: [&[Self; EIGHT]; EIGHT], _rows: &mut [Row; EIGHT]) {}
}

impl Short for i16 {}
impl Short for i64 {}
impl Short for f64 {}

impl Short for i32 {
    const SHORT: bool = true;
    #[inline(always)]
    fn widen<L: Lanes>(traces: [&[Self; EIGHT]; EIGHT], rows: &mut [Row; EIGHT]) {
        L::widen_i32(traces, rows);
    }
}

impl Short for f32 {
    const SHORT: bool = true;
    #[inline(always)]
    fn widen<L: Lanes>(traces: [&[Self; EIGHT]; EIGHT], rows: &mut [Row; EIGHT]) {
        L::widen_f32(traces, rows);
    }
}

/// So many traces of four bytes a sample are a tile.
const EIGHT: usize = LANES;

dispatch! {
    /// Fills `rows` with the samples of `traces` from `start` on.
    pub(super) fn fill(traces: &[Input<'_>], start: usize, rows: &mut [Row]) = fill_body
}

#[inline(always)]
fn fill_body<L: Lanes>(traces: &[Input<'_>], start: usize, rows: &mut [Row]) {
    let span = start..start + rows.len();
    let done = traces.first().map_or(0, |first| {
        with_samples!(*first, first => fill_whole::<L, _>(first, traces, span.clone(), rows))
    });
    let (rows, span) = (&mut rows[done..], span.start + done..span.end);
    for (half, traces) in traces.chunks(4).take(LANES / 4).enumerate() {
        let span = span.clone();
        with_samples!(traces[0], first => fill_half::<L, _>(first, traces, span, rows, half));
    }
}

/// Tile by tile where eight traces are of the type of the first, and that is short: so many rows are
/// then done.
#[inline(always)]
fn fill_whole<L: Lanes, S: Short>(
    _first: &[S],
    traces: &[Input<'_>],
    span: Range<usize>,
    rows: &mut [Row],
) -> usize {
    let Some(&traces) = traces.first_chunk::<EIGHT>().filter(|_| S::SHORT) else { return 0 };
    let traces = traces.map(|x| S::samples(x).map(|x| x[span.clone()].as_chunks::<EIGHT>().0));
    let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] = traces else {
        return 0;
    };
    let (tiles, _) = rows.as_chunks_mut::<EIGHT>();
    for (i, rows) in tiles.iter_mut().enumerate() {
        S::widen::<L>([&a[i], &b[i], &c[i], &d[i], &e[i], &f[i], &g[i], &h[i]], rows);
    }
    EIGHT * tiles.len()
}

/// Tile by tile where four traces are of the type of the first, else one after the other.
#[inline(always)]
fn fill_half<L: Lanes, S: Sample>(
    _first: &[S],
    traces: &[Input<'_>],
    span: Range<usize>,
    rows: &mut [Row],
    half: usize,
) {
    let mut done = 0;
    if let &[a, b, c, d] = traces
        && let [Some(a), Some(b), Some(c), Some(d)] = [a, b, c, d].map(S::samples)
    {
        let (tiles, _) = rows.as_chunks_mut::<4>();
        let lanes = [a, b, c, d].map(|x| x[span.clone()].as_chunks::<4>().0);
        for (i, rows) in tiles.iter_mut().enumerate() {
            let tile = lanes.map(|x| L::load(&x[i].map(S::to_f64)));
            for (row, tile) in rows.iter_mut().zip(L::transpose(tile)) {
                tile.store(&mut row.as_chunks_mut().0[half]);
            }
        }
        done = 4 * tiles.len();
    }
    for (lane, trace) in (4 * half..).zip(traces) {
        with_samples!(*trace, x => {
            let x = &x[span.start + done..span.end];
            rows[done..].iter_mut().zip(x).for_each(|(row, x)| row[lane] = x.to_f64());
        });
    }
}

dispatch! {
    /// Writes `rows` to `traces` from sample `start` on.
    pub(super) fn empty(rows: &[Row], traces: &mut [Output<'_>], start: usize) = empty_body
}

#[inline(always)]
fn empty_body<L: Lanes>(rows: &[Row], traces: &mut [Output<'_>], start: usize) {
    let span = start..start + rows.len();
    let done = empty_whole::<L>(rows, traces, span.clone());
    let (rows, span) = (&rows[done..], span.start + done..span.end);
    for (half, traces) in traces.chunks_mut(4).take(LANES / 4).enumerate() {
        let span = span.clone();
        match &traces[0] {
            Output::F32(_) => empty_half::<L, f32>(rows, traces, span, half),
            Output::F64(_) => empty_half::<L, f64>(rows, traces, span, half),
        }
    }
}

/// As [`fill_whole`], to single precision.
#[inline(always)]
fn empty_whole<L: Lanes>(rows: &[Row], traces: &mut [Output<'_>], span: Range<usize>) -> usize {
    let Some(traces) = traces.first_chunk_mut::<EIGHT>() else { return 0 };
    let traces = traces.each_mut().map(|y| f32::slice(y.reborrow()).ok());
    let [Some(a), Some(b), Some(c), Some(d), Some(e), Some(f), Some(g), Some(h)] = traces else {
        return 0;
    };
    let (tiles, _) = rows.as_chunks::<EIGHT>();
    let [a, b, c, d, e, f, g, h] =
        [a, b, c, d, e, f, g, h].map(|y| y[span.clone()].as_chunks_mut::<EIGHT>().0);
    for (i, rows) in tiles.iter().enumerate() {
        let traces = [
            &mut a[i], &mut b[i], &mut c[i], &mut d[i], &mut e[i], &mut f[i], &mut g[i], &mut h[i],
        ];
        L::narrow(rows, traces);
    }
    EIGHT * tiles.len()
}

/// As [`fill_half`], for traces of type `T` if four are alike.
#[inline(always)]
fn empty_half<L: Lanes, T: Real>(
    rows: &[Row],
    traces: &mut [Output<'_>],
    span: Range<usize>,
    half: usize,
) {
    let mut done = 0;
    if let [a, b, c, d] = &mut *traces
        && let [Ok(a), Ok(b), Ok(c), Ok(d)] = [a, b, c, d].map(|y| T::slice(y.reborrow()))
    {
        let (tiles, _) = rows.as_chunks::<4>();
        let mut lanes = [a, b, c, d].map(|y| y[span.clone()].as_chunks_mut::<4>().0);
        for (i, rows) in tiles.iter().enumerate() {
            let tile = rows.each_ref().map(|row| L::load(&row.as_chunks().0[half]));
            for (y, tile) in lanes.iter_mut().zip(L::transpose(tile)) {
                let mut samples = [0.0; 4];
                tile.store(&mut samples);
                y[i] = samples.map(T::from_f64);
            }
        }
        done = 4 * tiles.len();
    }
    for (lane, trace) in (4 * half..).zip(traces) {
        let rest = rows[done..].iter().map(|row| row[lane]);
        match trace {
            Output::F32(y) => round(rest, &mut y[span.start + done..span.end]),
            Output::F64(y) => round(rest, &mut y[span.start + done..span.end]),
        }
    }
}

#[inline(always)]
fn round<T: Real>(from: impl Iterator<Item = f64>, to: &mut [T]) {
    to.iter_mut().zip(from).for_each(|(y, x)| *y = T::from_f64(x));
}
