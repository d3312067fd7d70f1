//! Polynomial and spline trends and the spline integral of an hour at 100 Hz, and of 1000 samples.
//!
//! The floor is a copy of the samples: what a step does that reads once and writes once.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use obspeed_core::parallel::Never;
use obspeed_core::polynomial::PolynomialTrend;
use obspeed_core::samples::{Pointwise, Transform};
use obspeed_core::spline::{SplineIntegral, SplineTrend};

fn fits(c: &mut Criterion) {
    for n in [1000, 360_000] {
        let x: Vec<f64> = (0..n).map(|i| f64::from((i * i * 7 + i * 3) % 1013) - 400.0).collect();
        let mut y = x.clone();
        let mut group = c.benchmark_group(format!("{n} samples"));
        group.throughput(Throughput::Elements(x.len() as u64));
        group.bench_function("copy", |b| b.iter(|| y.copy_from_slice(black_box(&x))));
        for order in [1, 3, 5, 8] {
            let step = PolynomialTrend { order };
            group.bench_function(format!("polynomial {order}"), |b| {
                b.iter(|| step.into_new(black_box(&x), &mut y));
            });
        }
        for (degree, dspline) in [(3, 1000.0), (3, 100.3), (3, 20.0), (5, 1000.0)] {
            let step = SplineTrend { degree, dspline };
            group.bench_function(format!("spline {degree} every {dspline}"), |b| {
                b.iter(|| step.into_new(black_box(&x), &mut y));
            });
        }
        let step = SplineIntegral::new(0.01, x.len()).expect("samples");
        group.bench_function("integral", |b| b.iter(|| step.apply(black_box(&x), &mut y, &Never)));
    }
}

criterion_group!(benches, fits);
criterion_main!(benches);
