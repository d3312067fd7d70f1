//! The time-domain kernels on one hour at 100 Hz, one thread.
//!
//! Their floor is one read and one write of the trace; where a chain of additions or products cannot
//! be broken, that chain: about 0.3 ms for the classic STA/LTA.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use obspeed_core::calculus::{Differentiate, EdgeOrder, Integrate};
use obspeed_core::grid::Grid;
use obspeed_core::lookup::{Lookup, Method};
use obspeed_core::normalize::{Norm, Normalize};
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Pointwise, Transform};
use obspeed_core::slopes::WeightedAverageSlopes;
use obspeed_core::trigger::{Carl, Classic, Delayed, EnergyRatio, Recursive, Version, ZDetect};

const NPTS: usize = 360_000;
const START: f64 = 1.5e9;

fn noise() -> Vec<f64> {
    let mut state = 1_u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    (0..NPTS).map(|_| 1e3 * draw()).collect()
}

fn interpolation(c: &mut Criterion) {
    let x = noise();
    let mut group = c.benchmark_group("interpolate");
    for (rate, npts) in [(40.0, 143_999), (200.0, 719_998)] {
        let grid = Grid::new((START, 0.01, NPTS), (START, 1.0 / rate, npts)).expect("contained");
        let mut y = vec![0.0; npts];
        let slopes = WeightedAverageSlopes::new(grid).expect("samples");
        group.bench_function(format!("weighted_average_slopes {rate} Hz"), |b| {
            b.iter(|| slopes.apply(black_box(&x), &mut y, &Never));
        });
        for method in [Method::Linear, Method::Nearest, Method::Zero] {
            let lookup = Lookup::new(grid, method);
            group.bench_function(format!("{method:?} {rate} Hz"), |b| {
                b.iter(|| lookup.apply(black_box(&x), &mut y, &Never));
            });
        }
    }
}

fn pointwise(c: &mut Criterion) {
    let (x, mut y) = (noise(), vec![0.0; NPTS]);
    let mut group = c.benchmark_group("pointwise");
    let step = Differentiate::new(0.01, EdgeOrder::First, false).expect("interval");
    group.bench_function("differentiate", |b| b.iter(|| step.into_new(black_box(&x), &mut y)));
    let step = Integrate::new(0.01).expect("interval");
    group.bench_function("integrate", |b| b.iter(|| step.into_new(black_box(&x), &mut y)));
    let step = Normalize::new(Norm::Largest).expect("norm");
    group.bench_function("normalize", |b| b.iter(|| step.into_new(black_box(&x), &mut y)));
}

fn triggers(c: &mut Criterion) {
    let (x, mut y) = (noise(), vec![0.0; NPTS]);
    let mut group = c.benchmark_group("trigger");
    macro_rules! bench {
        ($name:literal, $kernel:expr) => {
            let kernel = $kernel.expect("windows");
            group.bench_function($name, |b| {
                b.iter(|| kernel.apply(black_box(&x[..]), &mut y, &Never));
            });
        };
    }
    bench!("recstalta 10 s", Recursive::new(NPTS, 50, 1000, Version::C));
    bench!("recstalta 30 s", Recursive::new(NPTS, 100, 3000, Version::C));
    bench!("recstaltapy 10 s", Recursive::new(NPTS, 50, 1000, Version::Python));
    bench!("classicstalta", Classic::new(NPTS, 50, 1000, Version::C));
    bench!("classicstaltapy", Classic::new(NPTS, 50, 1000, Version::Python));
    bench!("delayedstalta", Delayed::new(NPTS, 50, 1000));
    bench!("carlstatrig", Carl::new(NPTS, 50, 1000, 0.8, 0.8));
    bench!("zdetect", ZDetect::new(NPTS, 100));
    bench!("energyratio", EnergyRatio::new(NPTS, 100));
    bench!("modifiedenergyratio", EnergyRatio::modified(NPTS, 100, 3.0));
}

criterion_group!(benches, interpolation, pointwise, triggers);
criterion_main!(benches);
