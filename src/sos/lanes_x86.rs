//! The blocks of [`super::lanes`] in vectors.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    _mm256_add_pd, _mm256_loadu_pd, _mm256_mul_pd, _mm256_set1_pd, _mm256_storeu_pd, _mm256_sub_pd,
    _mm512_add_pd, _mm512_loadu_pd, _mm512_mul_pd, _mm512_set1_pd, _mm512_storeu_pd, _mm512_sub_pd,
};

use super::lanes::Delays;
use super::section::Section;
use crate::lanes::{LANES, Row};

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

macro_rules! vectors {
    (
        $(#[$doc:meta])* $name:ident, $features:tt, $width:literal,
        $load:ident, $store:ident, $splat:ident, $mul:ident, $add:ident, $sub:ident
    ) => {
        $(#[$doc])*
        mod $name {
            use super::*;

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
                assert!(available(), $features);
                // All but the first of a Butterworth filter's sections, which has the gain.
                let [_, others @ ..] = sections else { return };
                #[allow(clippy::float_cmp)] // a product with exactly one is no product
                let monic = others.iter().all(|c| c.b0 == 1.0 && c.b2 == 1.0);
                macro_rules! kernel {
                    ($n:literal) => {
                        if monic { vector::<$n, true> } else { vector::<$n, false> }
                    };
                }
                for v in 0..VECTORS {
                    // SAFETY: the processor has the features.
                    unsafe {
                        let kernel = match sections.len() {
                            1 => kernel!(1),
                            2 => kernel!(2),
                            3 => kernel!(3),
                            4 => kernel!(4),
                            5 => kernel!(5),
                            6 => kernel!(6),
                            7 => kernel!(7),
                            8 => kernel!(8),
                            n => panic!("{n} sections at once"),
                        };
                        kernel(sections, delays, rows, v, back);
                    }
                }
            }

            /// Vector `v` of each row. The number of sections is known, so that their delays stay in
            /// registers. With `MONIC`, b0 and b2 of all sections but the first are one.
            #[target_feature(enable = $features)]
            fn vector<const N: usize, const MONIC: bool>(
                sections: &[Section],
                delays: &mut [Delays],
                rows: &mut [Row],
                v: usize,
                back: bool,
            ) {
                const { assert!(LANES.is_multiple_of($width)) };
                let lanes = v * $width..(v + 1) * $width;
                let zero = [$splat(0.0); N];
                let (mut b0, mut b1, mut b2, mut a1, mut a2) = (zero, zero, zero, zero, zero);
                let (mut z1, mut z2) = (zero, zero);
                for s in 0..N {
                    let (c, z) = (&sections[s], &delays[s]);
                    b0[s] = $splat(c.b0);
                    b1[s] = $splat(c.b1);
                    b2[s] = $splat(c.b2);
                    a1[s] = $splat(c.a1);
                    a2[s] = $splat(c.a2);
                    let (from1, from2) = (&z.z1[lanes.clone()], &z.z2[lanes.clone()]);
                    // SAFETY: the slices hold as many numbers as a vector; no alignment is asked.
                    (z1[s], z2[s]) = unsafe { ($load(from1.as_ptr()), $load(from2.as_ptr())) };
                }
                let len = rows.len();
                for i in 0..len {
                    let row = &mut rows[if back { len - 1 - i } else { i }][lanes.clone()];
                    // SAFETY: as above.
                    let mut x = unsafe { $load(row.as_ptr()) };
                    for s in 0..N {
                        let monic = MONIC && s > 0;
                        let y = $add(if monic { x } else { $mul(b0[s], x) }, z1[s]);
                        z1[s] = $add($sub($mul(b1[s], x), $mul(a1[s], y)), z2[s]);
                        z2[s] = $sub(if monic { x } else { $mul(b2[s], x) }, $mul(a2[s], y));
                        x = y;
                    }
                    // SAFETY: as above.
                    unsafe { $store(row.as_mut_ptr(), x) };
                }
                for s in 0..N {
                    let z = &mut delays[s];
                    let (to1, to2) = (&mut z.z1[lanes.clone()], &mut z.z2[lanes.clone()]);
                    // SAFETY: as above.
                    unsafe {
                        $store(to1.as_mut_ptr(), z1[s]);
                        $store(to2.as_mut_ptr(), z2[s]);
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
