use std::f64::consts::TAU;
use std::sync::Arc;

use obspeed_core::parallel::Never;
use obspeed_core::resample::Resample;
use obspeed_core::samples::Sample;
use obspeed_core::samples::Transform;
use obspeed_core::{Complex64, Error, Result};

use crate::{Stopped, error, noise};

/// `ObsPy`'s number of samples.
fn npts_out(npts: usize, delta: f64, rate: f64) -> usize {
    ((npts as f64 / (1.0 / delta / rate)) as usize).max(1)
}

fn run<S: Sample>(x: &[S], delta: f64, rate: f64, weights: Option<&[f64]>) -> Result<Vec<f64>> {
    let npts = npts_out(x.len(), delta, rate);
    let step = Resample::new(x.len(), npts, delta, rate, weights.map(|w| Arc::new(w.to_vec())))?;
    let mut y = vec![f64::NAN; step.npts(x.len())];
    step.apply(x, &mut y, &Never).map(|()| y)
}

/// Half of a periodic Hann window, from its middle on.
fn hann(n: usize) -> Vec<f64> {
    let at = |k: usize| 0.5 + 0.5 * (TAU * (k as f64 + 0.5 * (n % 2) as f64) / n as f64).cos();
    (0..=n / 2).map(at).collect()
}

/// Every step as the specification has it, with Fourier sums and a search for every frequency.
fn naive(x: &[f64], delta: f64, rate: f64, weights: Option<&[f64]>) -> Vec<f64> {
    let (n, m) = (x.len(), npts_out(x.len(), delta, rate));
    let turn = |k: usize, n: usize| Complex64::from_polar(1.0, -TAU * (k % n) as f64 / n as f64);
    let bins: Vec<Complex64> = (0..=n / 2)
        .map(|k| {
            let sum: Complex64 = x.iter().enumerate().map(|(j, x)| turn(j * k, n) * x).sum();
            sum * weights.map_or(1.0, |w| w[k])
        })
        .collect();
    let known: Vec<f64> = (0..bins.len()).map(|k| k as f64 * (1.0 / (n as f64 * delta))).collect();
    let asked = |k: usize| 1.0 / m as f64 * rate * k as f64;
    let mut new: Vec<Complex64> = (0..=m / 2)
        .map(|k| {
            let after = known.partition_point(|f| *f <= asked(k));
            if after == known.len() {
                return bins[after - 1];
            }
            let (a, b) = (after - 1, after);
            bins[a] + (bins[b] - bins[a]) * ((asked(k) - known[a]) / (known[b] - known[a]))
        })
        .collect();
    new[0].im = 0.0;
    if m.is_multiple_of(2) {
        new[m / 2].im = 0.0;
    }
    let bin = |k: usize| if k <= m / 2 { new[k] } else { new[m - k].conj() };
    let sample = |j: usize| (0..m).map(|k| (bin(k) * turn(j * k, m).conj()).re).sum::<f64>();
    (0..m).map(|j| sample(j) / n as f64).collect()
}

#[test]
fn the_specification_step_by_step() {
    for n in [1, 2, 3, 4, 7, 37, 64, 127, 128, 129, 200, 301] {
        let x: Vec<f64> = noise(n, 3).iter().map(|x| 1e3 * x + 700.0).collect();
        for rate in [0.5, 10.0, 33.3, 49.9, 50.0, 50.1, 100.0, 131.0] {
            for weights in [None, Some(hann(n))] {
                let weights = weights.as_deref();
                let got = run(&x, 0.02, rate, weights).unwrap();
                let e = error(&got, &naive(&x, 0.02, rate, weights));
                assert!(e < 5e-13, "{n} samples to {rate} Hz: {e:e}"); // the sums' own
            }
        }
    }
}

#[test]
fn lengths_with_large_prime_factors_keep_their_digits() {
    for n in [65_537, 40_961, 3 * 12_289] {
        // Rader's algorithm would lose as much of every bin as rounding takes from their sum.
        let x: Vec<f64> = noise(n, 8).iter().map(|x| x + 1e3).collect();
        let e = error(&run(&x, 0.01, 100.0, None).unwrap(), &x);
        assert!(e < 5e-14, "{n}: {e:e}");
    }
}

#[test]
fn every_type_of_sample_and_a_second_call_give_the_same() {
    let counts: Vec<i16> = noise(3001, 9).iter().map(|x| (x * 3e4) as i16).collect();
    let wide: Vec<f64> = counts.iter().map(|&x| x.into()).collect();
    let single: Vec<f32> = counts.iter().map(|&x| x.into()).collect();
    let weights = hann(3001);
    let weights = Some(weights.as_slice());
    let expected = run(&wide, 0.01, 40.0, weights).unwrap();
    run(&noise(500, 1), 0.01, 130.0, None).unwrap(); // leaves its traces in the workspace
    assert_eq!(run(&wide, 0.01, 40.0, weights).unwrap(), expected);
    assert_eq!(run(&counts, 0.01, 40.0, weights).unwrap(), expected);
    assert_eq!(run(&single, 0.01, 40.0, weights).unwrap(), expected);
}

#[test]
fn what_is_not_answered_for() {
    let declined = |result: Result<Resample>| assert!(matches!(result, Err(Error::Declined(_))));
    declined(Resample::new(0, 1, 0.01, 40.0, Some(Arc::new(vec![1.0]))));
    for (npts_out, rate) in [(41, 40.0), (0, 40.0), (40, -40.0), (40, f64::NAN)] {
        declined(Resample::new(100, npts_out, 0.01, rate, None));
    }
    declined(Resample::new(1000, 10_000, 0.01, 1000.0, None));
    assert!(Resample::new(1000, 10_000, 0.01, 1000.0, Some(hann(1000).into())).is_ok());
    let short = Resample::new(100, 40, 0.01, 40.0, Some(hann(99).into()));
    assert!(matches!(short, Err(Error::Length { .. })));

    for value in [f64::NAN, f64::INFINITY, 1e308] {
        let mut x = noise(100, 1);
        x[30..33].fill(value);
        assert!(matches!(run(&x, 0.01, 40.0, None), Err(Error::Declined(_))));
    }
    let step = Resample::new(100, 40, 0.01, 40.0, None).unwrap();
    assert_eq!(step.apply(&noise(100, 1), &mut [0.0; 40], &Stopped), Err(Error::Cancelled));
}
