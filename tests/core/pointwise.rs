use obspeed_core::detrend::Detrend;
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Pointwise, Real, Sample, Transform};
use obspeed_core::sensitivity::{Polynomial, Sensitivity};
use obspeed_core::taper::Taper;
use obspeed_core::{Error, Result};
use proptest::prelude::*;

use crate::noise;

fn new<S: Sample>(step: &impl Pointwise, x: &[S]) -> Result<Vec<S::Real>> {
    let mut y = vec![S::Real::default(); x.len()];
    step.into_new(x, &mut y).map(|()| y)
}

fn in_place<T: Real>(step: &impl Pointwise, x: &[T]) -> Result<Vec<T>> {
    let mut y = x.to_vec();
    step.in_place(&mut y).map(|()| y)
}

fn both_ways(step: &impl Pointwise, x: &[f64]) -> Result<Vec<f64>> {
    let single: Vec<f32> = x.iter().map(|&x| x as f32).collect();
    assert_eq!(new(step, &single), in_place(step, &single));
    let result = new(step, x);
    assert_eq!(result, in_place(step, x));
    result
}

fn detrends() -> [Detrend; 4] {
    let segments = Detrend::Linear { breakpoints: vec![0, 3, 3, 40] };
    [Detrend::Mean, Detrend::Simple, Detrend::Linear { breakpoints: vec![] }, segments]
}

/// Least squares by the normal equations about the mean abscissa, the plainest exact form.
fn line(x: &[f64]) -> Vec<f64> {
    let n = x.len() as f64;
    let (centre, mean) = ((n - 1.0) / 2.0, x.iter().sum::<f64>() / n);
    let t = |k: usize| k as f64 - centre;
    let spread: f64 = (0..x.len()).map(|k| t(k) * t(k)).sum();
    let slope = (0..x.len()).map(|k| t(k) * (x[k] - mean)).sum::<f64>() / spread.max(0.25);
    (0..x.len()).map(|k| x[k] - mean - slope * t(k)).collect()
}

proptest! {
    #[test]
    fn trends_go(n in 40_usize..3000, seed: u64, offset in -1e3..1e3, slope in -1.0..1.0) {
        let x: Vec<f64> =
            (0..).zip(noise(n, seed)).map(|(k, x)| x + offset + slope * f64::from(k)).collect();
        for step in detrends() {
            let y = both_ways(&step, &x).unwrap();
            let expected: Vec<f64> = match &step {
                Detrend::Mean => {
                    let mean = x.iter().sum::<f64>() / n as f64;
                    x.iter().map(|x| x - mean).collect()
                }
                Detrend::Simple => {
                    let rise = (x[n - 1] - x[0]) / (n as f64 - 1.0);
                    (0..n).map(|k| x[k] - x[0] - k as f64 * rise).collect()
                }
                Detrend::Linear { breakpoints } if breakpoints.is_empty() => line(&x),
                Detrend::Linear { .. } => {
                    [line(&x[..3]), line(&x[3..40]), if n > 40 { line(&x[40..]) } else { vec![] }].concat()
                }
            };
            let largest = x.iter().fold(0.0, |max: f64, x| max.max(x.abs()));
            for (y, expected) in y.iter().zip(&expected) {
                prop_assert!((y - expected).abs() <= 5e-14 * largest, "{step:?}");
            }
        }
    }

    #[test]
    fn tapers_touch_the_ends_only(left in 0_usize..50, right in 0_usize..50, n in 100_usize..300) {
        let (x, window) = (noise(n, 1), noise(100, 2));
        let (l, r) = (&window[..left], &window[50..50 + right]);
        let y = both_ways(&Taper::new(l.into(), r.into(), n).unwrap(), &x).unwrap();
        for k in 0..n {
            let w = l.get(k).or_else(|| r.get((k + right).wrapping_sub(n))).unwrap_or(&1.0);
            prop_assert_eq!(y[k], x[k] * w);
        }
    }
}

#[test]
fn integers_become_double() {
    let x: Vec<i64> = (0..500).map(|k| k * k % 97 - 12 + (1 << 53)).collect();
    let wide: Vec<f64> = x.iter().map(|&x| x as f64).collect();
    for step in detrends() {
        if step != Detrend::Mean {
            assert_eq!(new(&step, &x), new(&step, &wide), "{step:?}");
        }
    }
    assert_eq!(new(&Sensitivity(3.0), &x), new(&Sensitivity(3.0), &wide));
}

#[test]
fn data_that_are_not_answered_for_stay_as_they_are() {
    let inf = |k: usize| {
        let mut x = noise(100, 3);
        x[k] = f64::INFINITY;
        x
    };
    let declines = |step: &dyn Fn(&mut [f64]) -> Result<()>, mut x: Vec<f64>| {
        let bits = |x: &[f64]| x.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        let before = bits(&x);
        assert!(matches!(step(&mut x), Err(Error::Declined(_))));
        assert_eq!(bits(&x), before);
    };
    for step in [Detrend::Mean, Detrend::Linear { breakpoints: vec![30] }] {
        declines(&|x| step.in_place(x), inf(70));
        declines(&|x| step.in_place(x), inf(70).into_iter().map(|x| x - x).collect());
    }
    declines(&|x| Detrend::Simple.in_place(x), inf(99));
    declines(&|x| Detrend::Simple.in_place(x), vec![1.0]);
    declines(&|x| Detrend::Mean.in_place(x), vec![]);
    declines(&|x| Detrend::Linear { breakpoints: vec![101] }.in_place(x), noise(100, 1));
    let taper = Taper::new([0.0].into(), [0.5, 0.0].into(), 100).unwrap();
    declines(&|x| taper.in_place(x), inf(98));
    assert!(taper.in_place(&mut inf(50)).is_ok());
    for sensitivity in [0.0, f64::NAN, f64::INFINITY] {
        declines(&|x| Sensitivity(sensitivity).in_place(x), noise(100, 1));
    }
    declines(&|x| Sensitivity(1e-300).in_place(x), vec![1e10]);
    assert!(Sensitivity(1e-300).in_place(&mut [1e-10, f64::NAN]).is_ok());
}

#[test]
fn lengths_are_checked() {
    let step = Taper::new([].into(), [].into(), 5).unwrap();
    let expected = Error::Length { what: "taper", expected: 5, got: 4 };
    assert_eq!(new(&step, &noise(4, 1)), Err(expected));
    assert!(matches!(step.into_new(&[0.0; 5], &mut [0.0; 4]), Err(Error::Length { .. })));
    assert!(Taper::new([1.0; 3].into(), [1.0; 3].into(), 5).is_err());
}

#[test]
fn polynomials_widen_single_precision() {
    let x = [1.5_f32, -2.25, 1e-3];
    let mut y = [0.0; 3];
    let apply = |step: Polynomial, y: &mut [f64]| step.apply(&x, y, &Never);
    apply(Polynomial::Series([1.0, 2.0, 0.5].into()), &mut y).unwrap();
    assert_eq!(y, x.map(|x| 1.0 + (2.0 + 0.5 * f64::from(x)) * f64::from(x)));
    apply(Polynomial::DividePlus { gain: 0.1, offset: 7.0 }, &mut y).unwrap();
    assert_eq!(y, x.map(|x| f64::from(x / 0.1_f32) + 7.0));
    assert!(apply(Polynomial::DividePlus { gain: 0.0, offset: 7.0 }, &mut y).is_err());
    assert!(apply(Polynomial::Series([].into()), &mut y).is_err());
}
