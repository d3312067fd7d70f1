//! The steady state of [`super::skewed`]: lane = section, four to a vector.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256d, __m256i, _mm256_add_pd, _mm256_blend_pd, _mm256_castpd_ps, _mm256_castps_pd,
    _mm256_cvtsd_f64, _mm256_mul_pd, _mm256_permutevar8x32_ps, _mm256_set1_pd, _mm256_setr_epi32,
    _mm256_setr_pd, _mm256_setzero_pd, _mm256_storeu_pd, _mm256_sub_pd,
};
use std::cell::Cell;

use super::section::{Delay, Section};
use super::skewed::MOST;

pub(super) fn available() -> bool {
    crate::simd::wanted() && is_x86_feature_detected!("avx2")
}

/// Runs every section once per pair of (sample that enters the first, place for what leaves the last).
///
/// `entering[s]` is what section s takes first, and at the end what it would take next.
///
/// # Panics
/// If there are more than 16 sections, or none, or the processor has no AVX2.
pub(super) fn steady<'a>(
    sections: &[Section],
    delays: &mut [Delay],
    entering: &mut [f64; MOST],
    pairs: impl Iterator<Item = (&'a Cell<f64>, &'a Cell<f64>)>,
) {
    assert!(available(), "AVX2");
    // SAFETY: the processor has AVX2, which is all these functions ask for.
    unsafe {
        match sections.len() {
            1..=4 => vectors::<1>(sections, delays, entering, pairs),
            5..=8 => vectors::<2>(sections, delays, entering, pairs),
            9..=12 => vectors::<3>(sections, delays, entering, pairs),
            13..=16 => vectors::<4>(sections, delays, entering, pairs),
            n => panic!("{n} sections side by side"),
        }
    }
}

#[target_feature(enable = "avx2")]
fn vectors<'a, const V: usize>(
    sections: &[Section],
    delays: &mut [Delay],
    entering: &mut [f64; MOST],
    pairs: impl Iterator<Item = (&'a Cell<f64>, &'a Cell<f64>)>,
) {
    let zero = [_mm256_setzero_pd(); V];
    let (mut b0, mut b1, mut b2, mut a1, mut a2) = (zero, zero, zero, zero, zero);
    let (mut z1, mut z2, mut x, mut y) = (zero, zero, zero, zero);
    for v in 0..V {
        b0[v] = gather(v, sections, |c| c.b0);
        b1[v] = gather(v, sections, |c| c.b1);
        b2[v] = gather(v, sections, |c| c.b2);
        a1[v] = gather(v, sections, |c| c.a1);
        a2[v] = gather(v, sections, |c| c.a2);
        z1[v] = gather(v, delays, |z| z.z1);
        z2[v] = gather(v, delays, |z| z.z2);
        x[v] = gather(v, entering, |&x| x);
    }
    let turn = rotation(3);
    let last = rotation((sections.len() - 1) % 4);

    for (input, output) in pairs {
        x[0] = _mm256_blend_pd::<1>(x[0], _mm256_set1_pd(input.get()));
        for v in 0..V {
            y[v] = _mm256_add_pd(_mm256_mul_pd(b0[v], x[v]), z1[v]);
            let z = _mm256_sub_pd(_mm256_mul_pd(b1[v], x[v]), _mm256_mul_pd(a1[v], y[v]));
            z1[v] = _mm256_add_pd(z, z2[v]);
            z2[v] = _mm256_sub_pd(_mm256_mul_pd(b2[v], x[v]), _mm256_mul_pd(a2[v], y[v]));
        }
        // Each lane hands on to the next; lane 0 receives what leaves the vector.
        let mut left = y[0];
        for v in 0..V {
            let turned = rotate(y[v], if v + 1 < V { turn } else { last });
            x[v] = _mm256_blend_pd::<1>(turned, left);
            left = turned;
        }
        output.set(_mm256_cvtsd_f64(left));
    }

    for v in 0..V {
        let (z1, z2, x) = (lanes(z1[v]), lanes(z2[v]), lanes(x[v]));
        entering[4 * v..4 * v + 4].copy_from_slice(&x);
        for (i, z) in delays.iter_mut().skip(4 * v).take(4).enumerate() {
            *z = Delay { z1: z1[i], z2: z2[i] };
        }
    }
}

/// Lane i of vector v is `part` of item 4 v + i; lanes without an item hold zero and meet nobody.
#[target_feature(enable = "avx2")]
fn gather<T>(v: usize, items: &[T], part: impl Fn(&T) -> f64) -> __m256d {
    let lane = |i: usize| items.get(4 * v + i).map_or(0.0, &part);
    _mm256_setr_pd(lane(0), lane(1), lane(2), lane(3))
}

/// Lane i takes lane i - 1, and lane 0 takes lane `last`.
#[target_feature(enable = "avx2")]
fn rotation(last: usize) -> __m256i {
    #[allow(clippy::cast_possible_truncation, clippy::cast_possible_wrap)] // 0 to 3
    let low = 2 * last as i32;
    _mm256_setr_epi32(low, low + 1, 0, 1, 2, 3, 4, 5)
}

#[target_feature(enable = "avx2")]
fn rotate(y: __m256d, by: __m256i) -> __m256d {
    _mm256_castps_pd(_mm256_permutevar8x32_ps(_mm256_castpd_ps(y), by))
}

#[target_feature(enable = "avx2")]
fn lanes(v: __m256d) -> [f64; 4] {
    let mut lanes = [0.0; 4];
    // SAFETY: the array holds the four lanes; the store asks for no alignment.
    unsafe { _mm256_storeu_pd(lanes.as_mut_ptr(), v) };
    lanes
}
