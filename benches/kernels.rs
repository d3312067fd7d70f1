//! The kernels on one hour at 100 Hz, beside the floor they stand on: the memory, or the transforms.

#![allow(missing_docs)] // criterion's macros

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use obspeed_core::Complex64;
use obspeed_core::deconvolve::{Deconvolve, nfft};
use obspeed_core::detrend::Detrend;
use obspeed_core::fft::Workspace;
use obspeed_core::lanczos::Lanczos;
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Pointwise, Transform};
use obspeed_core::sensitivity::Sensitivity;
use obspeed_core::simulate::{Instrument, Options, Rational, Simulate};
use obspeed_core::taper::Taper;

const HOUR: usize = 360_000;

fn data() -> Vec<f64> {
    (0..HOUR).map(|k| (k as f64 * 0.37).sin() * 1e3 + k as f64 * 1e-3).collect()
}

fn pointwise(c: &mut Criterion) {
    let (x, mut y) = (data(), vec![0.0; HOUR]);
    let mut group = c.benchmark_group("pointwise");
    group.bench_function("floor: copy", |b| b.iter(|| black_box(&mut y).copy_from_slice(&x)));
    let half: Arc<[f64]> = (0..HOUR / 20).map(|k| k as f64 / (HOUR as f64 / 20.0)).collect();
    let taper = Taper::new(Arc::clone(&half), half, HOUR).expect("halves that fit");
    let mut bench = |name: &str, step: &dyn Fn(&[f64], &mut [f64])| {
        group.bench_function(name, |b| b.iter(|| step(black_box(&x), &mut y)));
    };
    for (name, step) in [
        ("mean", Detrend::Mean),
        ("simple", Detrend::Simple),
        ("linear", Detrend::Linear { breakpoints: vec![] }),
    ] {
        bench(name, &|x, y| step.into_new(x, y).expect("finite data"));
    }
    bench("taper", &|x, y| taper.into_new(x, y).expect("finite data"));
    bench("sensitivity", &|x, y| Sensitivity(6e8).into_new(x, y).expect("finite data"));
    group.finish();
}

fn transforms(c: &mut Criterion) {
    let x = data();
    let mut group = c.benchmark_group("transforms");
    for (name, ratio, npts) in
        [("lanczos 100 -> 40 Hz", 2.5, 144_000), ("lanczos 100 -> 31.4159 Hz", 3.183_101, 113_000)]
    {
        let step = Lanczos::new(HOUR, npts, ratio, 0.0, 25).expect("positions within the data");
        let mut y = vec![0.0; npts];
        group.bench_function(name, |b| {
            b.iter(|| step.apply(black_box(&x), &mut y, &Never).expect("finite data"));
        });
    }

    let n = nfft(HOUR);
    group.bench_function("floor: two transforms", |b| {
        let mut workspace = Workspace::new(n).expect("memory");
        workspace.buffers().0.fill(1.0);
        b.iter(|| {
            workspace.forward().expect("a plan that fits");
            workspace.forward().expect("a plan that fits");
        });
    });
    let bin = |k: usize| {
        let s = Complex64::new(0.0, k as f64 * 1e-4);
        s * s / (s * s + s * 8.0 + 40.0) * 1e9
    };
    let response = Arc::new((0..=n / 2).map(bin).collect::<Arc<[Complex64]>>());
    let mut y = vec![0.0; HOUR];
    for (name, pre_filt) in
        [("deconvolve", None), ("deconvolve, pre_filt", Some([0.001, 0.005, 45.0, 49.0]))]
    {
        let response = Arc::clone(&response);
        let step = Deconvolve::new(response, HOUR, 0.01, true, Some(0.05), Some(60.0), pre_filt)
            .expect("valid options");
        group.bench_function(name, |b| {
            b.iter(|| step.apply(black_box(&x), &mut y, &Never).expect("finite data"));
        });
    }
    let pole = Complex64::new(-5.5, 4.7);
    let instrument = |zeros: &[Complex64], scale: f64| {
        let poles = [pole * scale, pole.conj() * scale];
        let response = Rational::from_roots(zeros, &poles, 1.0).expect("a pair of poles");
        Some(Instrument { response, sensitivity: Some(2080.0) })
    };
    let options = Options {
        water_level: 600.0,
        zero_mean: true,
        taper_fraction: Some(0.05),
        pre_filt: None,
        nfft_pow2: false,
        pitsasim: true,
        sacsim: false,
        shsim: false,
    };
    let from = instrument(&[Complex64::ZERO; 2], 0.1);
    let step = Simulate::new(HOUR, 0.01, from, instrument(&[Complex64::ZERO], 1.0), options)
        .expect("valid options");
    group.bench_function("simulate", |b| {
        b.iter(|| step.apply(black_box(&x), &mut y, &Never).expect("finite data"));
    });
    group.finish();
}

criterion_group!(benches, pointwise, transforms);
criterion_main!(benches);
