use std::f64::consts::PI;

use obspeed_core::Error;
use obspeed_core::lanczos::Lanczos;
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Sample, Transform};
use proptest::prelude::*;

use crate::{Stopped, error, noise};

fn sinc(x: f64) -> f64 {
    if x.abs() < 1e-10 { 1.0 } else { (PI * x).sin() / (PI * x) }
}

/// The formula, term by term.
fn naive(x: &[f64], npts: usize, ratio: f64, offset: f64, a: usize) -> Vec<f64> {
    let a = a as f64;
    let at = |j: usize| {
        let position = ratio * j as f64 + offset;
        let term = |(i, x): (usize, &f64)| {
            let u = position - i as f64;
            if u.abs() <= a { x * sinc(u) * sinc(u / a) } else { 0.0 }
        };
        x.iter().enumerate().map(term).sum()
    };
    (0..npts).map(at).collect()
}

fn lanczos<S: Sample>(x: &[S], npts: usize, ratio: f64, offset: f64, a: usize) -> Vec<f64> {
    let step = Lanczos::new(x.len(), npts, ratio, offset, a).unwrap();
    let mut y = vec![f64::NAN; step.npts(x.len())];
    step.apply(x, &mut y, &Never).unwrap();
    y
}

fn check(n: usize, ratio: f64, offset: f64, a: usize) {
    let x = noise(n, n as u64);
    let npts = ((n as f64 - 1.0 - offset) / ratio).floor().max(0.0) as usize + 1;
    let e = error(&lanczos(&x, npts, ratio, offset, a), &naive(&x, npts, ratio, offset, a));
    assert!(e < 1e-14, "n {n}, ratio {ratio}, offset {offset}, a {a}: {e:e}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_ratio(n in 2_usize..1500, ratio in 0.05..20.0, offset in 0.0..1.0, a in 1_usize..40) {
        check(n, ratio, offset, a);
    }

    #[test]
    fn rational_ratios(
        n in 2_usize..1500, p in 1_u8..12, q in 1_u8..12, a in 1_usize..40,
        offset in prop_oneof![Just(0.0), Just(0.5), 0.0..1.0],
    ) {
        check(n, f64::from(p) / f64::from(q), offset, a);
    }
}

#[test]
fn positions_close_to_samples_and_to_their_middles() {
    for near in [0.0, 1e-13, 0.9e-10, 1.1e-10, 1e-9, 1e-5, 2e-4] {
        for offset in [near, 1.0 - near, 0.5 - near, 0.5 + near] {
            for ratio in [1.0, 0.5, 1.0 + 1e-9, 0.731_058] {
                check(300, ratio, offset, 20);
            }
        }
    }
}

#[test]
fn far_from_the_start_positions_are_rounded_as_the_formula_rounds_them() {
    let (n, ratio, a) = (400_000, 2.0 / 3.0, 12);
    let x = noise(n, 5);
    let y = lanczos(&x, 599_000, ratio, 0.1234, a);
    for j in (590_000..599_000).step_by(997) {
        let position = ratio * j as f64 + 0.1234;
        let first = position as usize - 20;
        let expected = naive(&x[first..first + 40], 1, 1.0, position - first as f64, a)[0];
        assert!((y[j] - expected).abs() < 1e-14, "{j}: {} {expected}", y[j]);
    }
}

#[test]
fn every_type_of_sample_gives_the_values_of_double_precision() {
    let counts: Vec<i16> = noise(500, 9).iter().map(|x| (x * 3e4) as i16).collect();
    let wide: Vec<f64> = counts.iter().map(|&x| x.into()).collect();
    let single: Vec<f32> = counts.iter().map(|&x| x.into()).collect();
    let expected = lanczos(&wide, 300, 1.6, 0.25, 10);
    assert_eq!(lanczos(&counts, 300, 1.6, 0.25, 10), expected);
    assert_eq!(lanczos(&single, 300, 1.6, 0.25, 10), expected);
}

#[test]
fn what_is_not_answered_for() {
    for (ratio, a) in [(0.0, 5), (-1.0, 5), (f64::NAN, 5), (1.0, 0), (1e300, 5)] {
        assert!(Lanczos::new(10, 10, ratio, 0.0, a).is_err());
    }
    let step = Lanczos::new(10, 10, 1.0, 0.0, 3).unwrap();
    let mut y = [0.0; 10];
    let mut x = [1.0; 10];
    assert_eq!(step.apply(&x, &mut y, &Stopped), Err(Error::Cancelled));
    assert!(matches!(step.apply(&x[1..], &mut y, &Never), Err(Error::Length { .. })));
    x[4] = f64::NAN;
    assert!(matches!(step.apply(&x, &mut y, &Never), Err(Error::Declined(_))));
}
