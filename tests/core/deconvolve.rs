use std::f64::consts::PI;
use std::sync::Arc;

use obspeed_core::deconvolve::{Deconvolve, nfft};
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Sample, Transform};
use obspeed_core::{Complex64, Error, Result};

use crate::{Stopped, error, noise};

const DELTA: f64 = 0.01;

/// A smooth response that is zero at frequency 0.
fn spectrum(n: usize) -> Vec<Complex64> {
    let half = nfft(n) / 2;
    let bin = |k: usize| {
        let s = Complex64::new(0.0, 2.0 * PI * k as f64 / (2.0 * half as f64 * DELTA));
        s * s / (s * s + s * 8.0 + 40.0) * 1e9
    };
    (0..=half).map(bin).collect()
}

#[derive(Clone, Copy)]
struct Options {
    zero_mean: bool,
    taper: Option<f64>,
    water_level: Option<f64>,
    pre_filt: Option<[f64; 4]>,
}

const DEFAULT: Options =
    Options { zero_mean: true, taper: Some(0.05), water_level: Some(60.0), pre_filt: None };

fn run<S: Sample>(x: &[S], h: &[Complex64], o: Options) -> Result<Vec<f64>> {
    let response = Arc::new(Arc::<[Complex64]>::from(h));
    let step =
        Deconvolve::new(response, x.len(), DELTA, o.zero_mean, o.taper, o.water_level, o.pre_filt)?;
    let mut y = vec![f64::NAN; x.len()];
    step.apply(x, &mut y, &Never).map(|()| y)
}

/// Every step as the specification has it, with Fourier sums.
fn naive(x: &[f64], h: &[Complex64], o: Options) -> Vec<f64> {
    let (n, size) = (x.len(), nfft(x.len()));
    let mean = if o.zero_mean { x.iter().sum::<f64>() / n as f64 } else { 0.0 };
    let mut x: Vec<f64> = x.iter().map(|x| x - mean).collect();
    if let Some(fraction) = o.taper {
        let share = n as f64 * fraction / 2.0;
        let ends = if fraction == 0.0 || fraction == 1.0 { share } else { share + 0.5 } as usize;
        let (rise, fall) = (ends.max(1), n - 1 - ends.max(1));
        for (k, x) in x.iter_mut().enumerate() {
            let (k, rise, fall, last) = (k as f64, rise as f64, fall as f64, n as f64 - 1.0);
            if k >= fall {
                *x *= (PI / 2.0 * (fall - k) / (last - fall)).cos();
            } else if k <= rise {
                *x *= (PI / 2.0 * (rise - k) / rise).cos();
            }
        }
    }
    let turn = |k: usize| Complex64::from_polar(1.0, -2.0 * PI * (k % size) as f64 / size as f64);
    let level = o.water_level.map_or(0.0, |db| {
        h.iter().map(|h| h.norm()).fold(0.0, f64::max) * 10.0_f64.powf(-db / 20.0)
    });
    let mut spectrum: Vec<Complex64> = (0..h.len())
        .map(|k| {
            let bin: Complex64 = x.iter().enumerate().map(|(j, x)| turn(j * k) * x).sum();
            let f = k as f64 / (size as f64 * DELTA);
            let weight = o.pre_filt.map_or(1.0, |[f1, f2, f3, f4]| match f {
                f if f < f1 || f > f4 => 0.0,
                f if f <= f2 => 0.5 * (1.0 - (PI * (f - f1) / (f2 - f1)).cos()),
                f if f < f3 => 1.0,
                f => 0.5 * (1.0 + (PI * (f - f3) / (f4 - f3)).cos()),
            });
            let modulus = h[k].norm();
            if modulus == 0.0 || (k == 0 && o.water_level.is_none()) {
                return Complex64::ZERO;
            }
            bin * weight / (h[k] * (modulus.max(level) / modulus))
        })
        .collect();
    let half = size / 2;
    spectrum[half] = spectrum[half].norm().into();
    (0..n)
        .map(|j| {
            let ends = spectrum[0].re + spectrum[half].re * if j % 2 == 0 { 1.0 } else { -1.0 };
            let rest: f64 = (1..half).map(|k| (spectrum[k] * turn(j * k).conj()).re).sum();
            (ends + 2.0 * rest) / size as f64
        })
        .collect()
}

#[test]
fn the_specification_step_by_step() {
    for n in [2, 3, 4, 7, 64, 127, 200, 301] {
        let x: Vec<f64> = noise(n, 4).iter().map(|x| 1e3 * x + 500.0).collect();
        let h = spectrum(n);
        let cases = [
            DEFAULT,
            Options { zero_mean: false, taper: None, ..DEFAULT },
            Options { taper: Some(0.0), water_level: Some(0.0), ..DEFAULT },
            Options { taper: Some(1.0), water_level: Some(10.0), ..DEFAULT },
            Options { taper: Some(0.6), water_level: None, ..DEFAULT },
            Options { pre_filt: Some([0.4, 2.1, 30.3, 44.0]), water_level: None, ..DEFAULT },
            Options { pre_filt: Some([-1.0, -0.5, 45.1, 60.0]), ..DEFAULT },
            Options { pre_filt: Some([3.3, 8.3, 8.3, 9.2]), ..DEFAULT },
            Options { pre_filt: Some([60.0, 61.0, 62.0, 63.0]), ..DEFAULT },
        ];
        for (case, o) in cases.into_iter().enumerate() {
            let e = error(&run(&x, &h, o).unwrap(), &naive(&x, &h, o));
            assert!(e < 1e-12, "n {n}, case {case}: {e:e}");
        }
    }
}

#[test]
fn every_type_of_sample_and_a_second_call_give_the_same() {
    let counts: Vec<i16> = noise(3000, 9).iter().map(|x| (x * 3e4) as i16).collect();
    let wide: Vec<f64> = counts.iter().map(|&x| x.into()).collect();
    let single: Vec<f32> = counts.iter().map(|&x| x.into()).collect();
    let h = spectrum(3000);
    let expected = run(&wide, &h, DEFAULT).unwrap();
    run(&noise(500, 1), &spectrum(500), DEFAULT).unwrap(); // leaves its traces in the workspace
    let filtered = Options { pre_filt: Some([1.0, 2.0, 3.0, 4.0]), ..DEFAULT };
    run(&wide, &h, filtered).unwrap();
    assert_eq!(run(&wide, &h, DEFAULT).unwrap(), expected);
    assert_eq!(run(&counts, &h, DEFAULT).unwrap(), expected);
    assert_eq!(run(&single, &h, DEFAULT).unwrap(), expected);
}

#[test]
fn obspys_lengths_of_transform() {
    let known = [
        (1, 4),
        (2, 4),
        (3000, 6000),
        (2501, 5004),
        (360_000, 720_000),
        (360_001, 720_006),
        (1_000_003, 2_000_008),
        (8_640_000, 17_280_000),
        (8_640_001, 33_554_432),
    ];
    for (npts, expected) in known {
        assert_eq!(nfft(npts), expected, "{npts}");
    }
}

#[test]
fn what_is_not_answered_for() {
    let (x, h) = (noise(100, 1), spectrum(100));
    let declines = |x: &[f64], h: &[Complex64], o: Options| {
        assert!(matches!(run(x, h, o), Err(Error::Declined(_))));
    };
    declines(&x[..1], &spectrum(1), DEFAULT);
    for taper in [-0.1, 1.1, f64::NAN] {
        declines(&x, &h, Options { taper: Some(taper), ..DEFAULT });
    }
    for corners in [[0.0, 0.0, 5.0, 6.0], [1.0, 2.0, 50.0, 50.0], [3.0, 2.0, 5.0, 6.0]] {
        declines(&x, &h, Options { pre_filt: Some(corners), ..DEFAULT });
    }
    let mut broken = x.clone();
    broken[50] = f64::NEG_INFINITY;
    declines(&broken, &h, DEFAULT);
    for bin in [Complex64::ZERO, Complex64::new(f64::NAN, 0.0), Complex64::new(1e-150, 0.0)] {
        let mut h = h.clone();
        h[30] = bin;
        declines(&x, &h, Options { water_level: None, ..DEFAULT });
    }
    assert!(matches!(run(&x, &h[1..], DEFAULT), Err(Error::Length { .. })));

    let response = Arc::new(Arc::<[Complex64]>::from(h));
    let step = Deconvolve::new(response, 100, DELTA, true, None, None, None).unwrap();
    assert_eq!(step.apply(&x, &mut [0.0; 100], &Stopped), Err(Error::Cancelled));
}
