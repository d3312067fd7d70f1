//! Four samples of four or eight traces, from traces to rows of lanes and back.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256d, __m512d, _mm256_loadu_pd, _mm256_permute2f128_pd, _mm256_storeu_pd,
    _mm256_unpackhi_pd, _mm256_unpacklo_pd, _mm512_castpd256_pd512, _mm512_castpd512_pd256,
    _mm512_extractf64x4_pd, _mm512_insertf64x4,
};

/// Row k holds number k of every trace.
///
/// # Safety
/// There are four numbers at each place.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn load4(from: [*const f64; 4]) -> [__m256d; 4] {
    let [a, b, c, d] = from;
    // SAFETY: the caller's promise; the loads ask for no alignment.
    transpose(unsafe {
        [_mm256_loadu_pd(a), _mm256_loadu_pd(b), _mm256_loadu_pd(c), _mm256_loadu_pd(d)]
    })
}

/// The way back.
///
/// # Safety
/// There is room for four numbers at each place.
#[target_feature(enable = "avx2")]
pub(super) unsafe fn store4(rows: [__m256d; 4], to: [*mut f64; 4]) {
    for (x, to) in transpose(rows).into_iter().zip(to) {
        // SAFETY: the caller's promise; the store asks for no alignment.
        unsafe { _mm256_storeu_pd(to, x) };
    }
}

/// As [`load4`].
///
/// # Safety
/// As [`load4`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn load8(from: [*const f64; 8]) -> [__m512d; 4] {
    let [a, b, c, d, e, f, g, h] = from;
    // SAFETY: the caller's promise.
    let (low, high) = unsafe { (load4([a, b, c, d]), load4([e, f, g, h])) };
    [
        _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low[0]), high[0]),
        _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low[1]), high[1]),
        _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low[2]), high[2]),
        _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(low[3]), high[3]),
    ]
}

/// As [`store4`].
///
/// # Safety
/// As [`store4`].
#[target_feature(enable = "avx512f")]
pub(super) unsafe fn store8(rows: [__m512d; 4], to: [*mut f64; 8]) {
    let [p, q, r, s] = rows;
    let [a, b, c, d, e, f, g, h] = to;
    let low = [
        _mm512_castpd512_pd256(p),
        _mm512_castpd512_pd256(q),
        _mm512_castpd512_pd256(r),
        _mm512_castpd512_pd256(s),
    ];
    let high = [
        _mm512_extractf64x4_pd::<1>(p),
        _mm512_extractf64x4_pd::<1>(q),
        _mm512_extractf64x4_pd::<1>(r),
        _mm512_extractf64x4_pd::<1>(s),
    ];
    // SAFETY: the caller's promise.
    unsafe {
        store4(low, [a, b, c, d]);
        store4(high, [e, f, g, h]);
    }
}

/// Element j of vector i becomes element i of vector j.
#[target_feature(enable = "avx2")]
fn transpose([a, b, c, d]: [__m256d; 4]) -> [__m256d; 4] {
    let (ab0, ab1) = (_mm256_unpacklo_pd(a, b), _mm256_unpackhi_pd(a, b));
    let (cd0, cd1) = (_mm256_unpacklo_pd(c, d), _mm256_unpackhi_pd(c, d));
    [
        _mm256_permute2f128_pd::<0x20>(ab0, cd0),
        _mm256_permute2f128_pd::<0x20>(ab1, cd1),
        _mm256_permute2f128_pd::<0x31>(ab0, cd0),
        _mm256_permute2f128_pd::<0x31>(ab1, cd1),
    ]
}
