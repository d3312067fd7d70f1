//! The filter kernel on traces of an hour and of a day at 100 Hz, alone and in lanes.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;
use std::sync::Arc;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use obspeed_core::lanes::{InLanes, Slices};
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Input, Output};
use obspeed_core::sos::{Filter, Sos};

/// Stable sections with zeros on the unit circle.
fn sections(n: usize) -> Arc<Sos> {
    let section = |i: usize| {
        let (radius, angle) = (0.97 - 0.01 * i as f64, 0.1 + 0.05 * i as f64);
        [0.3, -0.6, 0.3, 1.0, -2.0 * radius * angle.cos(), radius * radius]
    };
    let rows: Vec<_> = (0..n).map(section).collect();
    Arc::new(Sos::new(&rows).expect("normalised"))
}

fn noise(n: usize) -> Vec<f64> {
    let mut state = 1_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    };
    (0..n).map(|_| next()).collect()
}

fn sos(c: &mut Criterion) {
    let mut group = c.benchmark_group("sos");
    group.sample_size(20);
    for n in [360_000, 8_640_000] {
        let x = noise(n);
        for order in [1, 2, 4, 6] {
            if n > 360_000 && order != 4 {
                continue;
            }
            for zerophase in [false, true] {
                let filter = Filter::new(sections(order), zerophase);
                for traces in [1, 4, 8] {
                    let src = Slices::new(vec![Input::F64(&x); traces]).expect("one length");
                    let mut dst = vec![vec![0.0; n]; traces];
                    let dst = dst.iter_mut().map(|y| Output::F64(y)).collect();
                    let mut dst = Slices::for_results(dst).expect("one length");
                    let name = format!(
                        "{order} sections{}, {traces} traces",
                        if zerophase { ", zero phase" } else { "" }
                    );
                    group.throughput(Throughput::Elements((n * traces) as u64));
                    group.bench_function(BenchmarkId::new(name, n), |b| {
                        b.iter(|| filter.apply_lanes(black_box(&src), &mut dst, &Never));
                    });
                }
            }
        }
    }
}

criterion_group!(benches, sos);
criterion_main!(benches);
