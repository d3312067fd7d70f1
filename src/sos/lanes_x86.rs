//! The blocks of [`super::lanes`] in vectors.
#![allow(unsafe_code)]
#![allow(clippy::inline_always)] // what is inlined takes on the instruction set of its caller

use std::arch::x86_64::{
    _mm256_add_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_sub_pd,
    _mm512_add_pd, _mm512_loadu_pd, _mm512_mul_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_sub_pd,
};

use ndarray::{ArrayView2, ArrayViewMut2};

use super::columns::Across;
use super::lanes::Delays;
use super::section::Section;
use crate::lanes::{LANES, Row};
use crate::samples::Real;

/// Takes rows through at most [`super::lanes::MOST`] sections, from the last to the first with `true`.
pub(super) type Run = fn(&[Section], &mut [Delays], &mut [Row], bool);

/// The best for the first `traces` lanes that this processor has, if any; empty lanes cost as much
/// as full ones.
pub(super) fn fitting(traces: usize) -> Option<Run> {
    if traces > 4 && avx512x8::available() {
        Some(avx512x8::run::<1>)
    } else if avx512x4::available() {
        Some(if traces > 4 { avx512x4::run::<2> } else { avx512x4::run::<1> })
    } else if avx2::available() {
        Some(if traces > 4 { avx2::run::<2> } else { avx2::run::<1> })
    } else {
        None
    }
}

/// The best way to take so many columns at once, a multiple of eight, if this processor has any.
pub(super) fn across<T: Real>() -> Option<(usize, Across<T>)> {
    if avx512x8::available() {
        Some((avx512x8::ACROSS, avx512x8::across))
    } else if avx2::available() {
        Some((avx2::ACROSS, avx2::across))
    } else {
        None
    }
}

/// Samples a vector at a time, each of which is replaced by what becomes of it.
trait Places<const WIDTH: usize> {
    /// How many samples of each trace there are.
    fn len(&self) -> usize;
    /// Vector `v` of those that are `i`-th on the way.
    fn get(&self, i: usize, v: usize) -> [f64; WIDTH];
    fn put(&mut self, i: usize, v: usize, y: [f64; WIDTH]);
}

/// Lanes from `first` on.
struct Buffer<'a> {
    rows: &'a mut [Row],
    first: usize,
    back: bool,
}

impl Buffer<'_> {
    #[inline(always)]
    fn row(&self, i: usize) -> usize {
        if self.back { self.rows.len() - 1 - i } else { i }
    }
}

impl<const WIDTH: usize> Places<WIDTH> for Buffer<'_> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.rows.len()
    }
    #[inline(always)]
    fn get(&self, i: usize, v: usize) -> [f64; WIDTH] {
        let row = &self.rows[self.row(i)][self.first..];
        row.as_chunks().0[v]
    }
    #[inline(always)]
    fn put(&mut self, i: usize, v: usize, y: [f64; WIDTH]) {
        let i = self.row(i);
        self.rows[i][self.first..].as_chunks_mut().0[v] = y;
    }
}

/// Columns and those of the results, which are no fewer and as long.
struct Lines<'a, 'b, T> {
    x: ArrayView2<'a, T>,
    y: ArrayViewMut2<'b, T>,
}

impl<T: Real, const WIDTH: usize> Places<WIDTH> for Lines<'_, '_, T> {
    #[inline(always)]
    fn len(&self) -> usize {
        self.x.nrows()
    }
    #[inline(always)]
    fn get(&self, i: usize, v: usize) -> [f64; WIDTH] {
        let line = self.x.row(i).to_slice().unwrap_or_default();
        line.as_chunks().0[v].map(T::to_f64)
    }
    #[inline(always)]
    fn put(&mut self, i: usize, v: usize, y: [f64; WIDTH]) {
        let line = self.y.row_mut(i).into_slice().unwrap_or_default();
        line.as_chunks_mut().0[v] = y.map(T::from_f64);
    }
}

macro_rules! vectors {
    (
        $(#[$doc:meta])* $name:ident, $features:tt, $width:literal,
        $load:ident, $store:ident, $splat:ident, $mul:ident, $add:ident, $sub:ident
    ) => {
        $(#[$doc])*
        mod $name {
            use super::*;

            /// Columns side by side: two vectors, whose recursions then overlap.
            #[allow(dead_code)] // of those of one processor one is best
            pub(super) const ACROSS: usize = 2 * $width;

            pub(super) fn available() -> bool {
                crate::simd::wanted() && is_x86_feature_detected!($features)
            }

            /// The first so many vectors of each row.
            pub(super) fn run<const VECTORS: usize>(
                sections: &[Section],
                delays: &mut [Delays],
                rows: &mut [Row],
                back: bool,
            ) {
                for v in 0..VECTORS {
                    let first = v * $width;
                    through::<1>(sections, delays, first, Buffer { rows, first, back });
                }
            }

            /// The first [`ACROSS`] columns.
            #[allow(dead_code)] // as above
            pub(super) fn across<T: Real>(
                sections: &[Section],
                delays: &mut [Delays],
                x: ArrayView2<'_, T>,
                y: ArrayViewMut2<'_, T>,
            ) {
                through::<2>(sections, delays, 0, Lines { x, y });
            }

            fn through<const V: usize>(
                sections: &[Section],
                delays: &mut [Delays],
                first: usize,
                places: impl Places<$width>,
            ) {
                assert!(available(), $features);
                // All but the first of a Butterworth filter's sections, which has the gain.
                let [_, others @ ..] = sections else { return };
                #[allow(clippy::float_cmp)] // a product with exactly one is no product
                let monic = others.iter().all(|c| c.b0 == 1.0 && c.b2 == 1.0);
                macro_rules! kernel {
                    ($n:literal) => {
                        if monic {
                            vectors::<$n, true, V>(sections, delays, first, places)
                        } else {
                            vectors::<$n, false, V>(sections, delays, first, places)
                        }
                    };
                }
                // SAFETY: the processor has the features.
                unsafe {
                    match sections.len() {
                        1 => kernel!(1),
                        2 => kernel!(2),
                        3 => kernel!(3),
                        4 => kernel!(4),
                        5 => kernel!(5),
                        6 => kernel!(6),
                        7 => kernel!(7),
                        8 => kernel!(8),
                        n => panic!("{n} sections at once"),
                    }
                }
            }

            /// The number of sections is known, so that their delays stay in registers; they are
            /// those of lanes from `first` on. With `MONIC`, b0 and b2 of all sections but the first
            /// are one.
            #[target_feature(enable = $features)]
            fn vectors<const N: usize, const MONIC: bool, const V: usize>(
                sections: &[Section],
                delays: &mut [Delays],
                first: usize,
                mut places: impl Places<$width>,
            ) {
                const { assert!(LANES.is_multiple_of($width)) };
                // Where the delays of vector v and section s are: which, and which lanes of it.
                let place = |v: usize, s: usize| {
                    let lane = first + v * $width;
                    (lane / LANES * N + s, lane % LANES..lane % LANES + $width)
                };
                let zero = [$splat(0.0); N];
                let (mut b0, mut b1, mut b2, mut a1, mut a2) = (zero, zero, zero, zero, zero);
                let (mut z1, mut z2) = ([zero; V], [zero; V]);
                for s in 0..N {
                    let c = &sections[s];
                    b0[s] = $splat(c.b0);
                    b1[s] = $splat(c.b1);
                    b2[s] = $splat(c.b2);
                    a1[s] = $splat(c.a1);
                    a2[s] = $splat(c.a2);
                    for v in 0..V {
                        let (at, lanes) = place(v, s);
                        let (from1, from2) = (&delays[at].z1[lanes.clone()], &delays[at].z2[lanes]);
                        // SAFETY: the slices hold as many numbers as a vector; no alignment is asked.
                        let from = unsafe { ($load(from1.as_ptr()), $load(from2.as_ptr())) };
                        (z1[v][s], z2[v][s]) = from;
                    }
                }
                for i in 0..places.len() {
                    for v in 0..V {
                        let x = places.get(i, v);
                        // SAFETY: the array is as long as a vector.
                        let mut x = unsafe { $load(x.as_ptr()) };
                        let (z1, z2) = (&mut z1[v], &mut z2[v]);
                        for s in 0..N {
                            let monic = MONIC && s > 0;
                            let y = $add(if monic { x } else { $mul(b0[s], x) }, z1[s]);
                            z1[s] = $add($sub($mul(b1[s], x), $mul(a1[s], y)), z2[s]);
                            z2[s] = $sub(if monic { x } else { $mul(b2[s], x) }, $mul(a2[s], y));
                            x = y;
                        }
                        let mut y = [0.0; $width];
                        // SAFETY: as above.
                        unsafe { $store(y.as_mut_ptr(), x) };
                        places.put(i, v, y);
                    }
                }
                for s in 0..N {
                    for v in 0..V {
                        let (at, lanes) = place(v, s);
                        let Delays { z1: to1, z2: to2 } = &mut delays[at];
                        let (to1, to2) = (&mut to1[lanes.clone()], &mut to2[lanes]);
                        // SAFETY: as above.
                        unsafe {
                            $store(to1.as_mut_ptr(), z1[v][s]);
                            $store(to2.as_mut_ptr(), z2[v][s]);
                        }
                    }
                }
            }
        }
    };
}

vectors!(
    /// Four lanes.
    avx2, "avx2", 4,
    _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_mul_pd, _mm256_add_pd, _mm256_sub_pd
);
vectors!(
    /// Four lanes, thirty-two registers.
    avx512x4, "avx512vl", 4,
    _mm256_loadu_pd, _mm256_storeu_pd, _mm256_set1_pd, _mm256_mul_pd, _mm256_add_pd, _mm256_sub_pd
);
vectors!(
    /// Eight lanes.
    avx512x8, "avx512f", 8,
    _mm512_loadu_pd, _mm512_storeu_pd, _mm512_set1_pd, _mm512_mul_pd, _mm512_add_pd, _mm512_sub_pd
);

#[cfg(test)]
mod tests {
    use ndarray::{Array2, s};

    use super::super::columns::Across;
    use super::super::lanes::{Delays, MOST, portable};
    use super::super::section::tests::sections;
    use super::{Run, avx2, avx512x4, avx512x8};
    use crate::lanes::{LANES, Row};

    /// What comes out of the first `lanes` lanes, and what the sections then remember.
    fn bits(run: Run, lanes: usize, n: usize, monic: bool, len: usize, back: bool) -> Vec<u64> {
        let mut x = 0.0;
        let mut rows: Vec<Row> = vec![[0.0; LANES]; len];
        rows.as_flattened_mut().iter_mut().for_each(|row| {
            x += 0.7;
            *row = f64::sin(x * x);
        });
        let mut sections = sections(n);
        for c in sections.iter_mut().skip(1).filter(|_| monic) {
            (c.b0, c.b2) = (1.0, 1.0);
        }
        let mut delays = vec![Delays { z1: [0.25; LANES], z2: [-0.5; LANES] }; n];
        run(&sections, &mut delays, &mut rows, back);
        rows.extend(delays.iter().flat_map(|z| [z.z1, z.z2]));
        rows.iter().flat_map(|row| row[..lanes].iter().map(|x| x.to_bits())).collect()
    }

    /// Columns are rows of lanes that lie apart, eight and eight.
    #[test]
    fn columns_are_equal_to_portable() {
        let ways: [(bool, usize, Across<f64>); 3] = [
            (avx2::available(), avx2::ACROSS, avx2::across),
            (avx512x4::available(), avx512x4::ACROSS, avx512x4::across),
            (avx512x8::available(), avx512x8::ACROSS, avx512x8::across),
        ];
        let x = Array2::from_shape_fn((37, 20), |(k, c)| f64::sin((k * k + 3 * c) as f64));
        for (_, width, across) in ways.into_iter().filter(|way| way.0) {
            for n in 1..=MOST {
                let sections = sections(n);
                let rest = Delays { z1: [0.25; LANES], z2: [-0.5; LANES] };
                let (mut y, mut delays) = (x.clone(), vec![rest; width / LANES * n]);
                let place = s![.., 1..=width];
                across(&sections, &mut delays, x.slice(place), y.slice_mut(place));
                let mut expected = x.clone();
                for first in (1..=width).step_by(LANES) {
                    let mut delays = vec![rest; n];
                    let row = |k: usize| std::array::from_fn(|lane| x[[k, first + lane]]);
                    let mut rows: Vec<Row> = (0..x.nrows()).map(row).collect();
                    portable(&sections, &mut delays, &mut rows, false);
                    for ((k, lane), y) in Array2::from(rows).indexed_iter() {
                        expected[[k, first + lane]] = *y;
                    }
                }
                assert_eq!(y.map(|y| y.to_bits()), expected.map(|y| y.to_bits()), "{n} sections");
            }
        }
    }

    #[test]
    fn vectors_are_equal_to_portable() {
        let runs: [(bool, usize, Run); 5] = [
            (avx2::available(), 4, avx2::run::<1>),
            (avx2::available(), 8, avx2::run::<2>),
            (avx512x4::available(), 4, avx512x4::run::<1>),
            (avx512x4::available(), 8, avx512x4::run::<2>),
            (avx512x8::available(), 8, avx512x8::run::<1>),
        ];
        for (_, lanes, run) in runs.into_iter().filter(|run| run.0) {
            for n in 1..=MOST {
                for len in (0..14).chain([255, 256]) {
                    for (monic, back) in
                        [(false, false), (false, true), (true, false), (true, true)]
                    {
                        let [this, other] =
                            [run, portable].map(|run| bits(run, lanes, n, monic, len, back));
                        assert_eq!(this, other, "{n} sections, {lanes} traces of {len}, {back}");
                    }
                }
            }
        }
    }
}
