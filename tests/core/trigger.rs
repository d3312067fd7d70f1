//! The characteristic functions against their definitions.

use obspeed_core::parallel::{Flag, Never};
use obspeed_core::samples::Transform;
use obspeed_core::trigger::{Carl, Classic, Delayed, EnergyRatio, Recursive, Version, ZDetect};
use obspeed_core::{Error, Result};
use proptest::prelude::*;

/// An event in noise, and its windows.
fn traces(most: usize) -> impl Strategy<Value = (Vec<f64>, usize, usize)> {
    (1..most, 1_usize..40, 1_usize..200, any::<u64>())
        .prop_map(|(n, nsta, nlta, seed)| (noise(n, seed), nsta.min(nlta), nlta))
}

fn noise(n: usize, seed: u64) -> Vec<f64> {
    let mut state = seed | 1;
    (0..n)
        .map(|k| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let x = (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5;
            if (n / 3..n / 2).contains(&k) { x * 1e4 } else { x * 10.0 }
        })
        .collect()
}

fn assert_bits(got: &[f64], expected: &[f64]) {
    for (k, (got, expected)) in got.iter().zip(expected).enumerate() {
        let same = got.to_bits() == expected.to_bits() || got.is_nan() && expected.is_nan();
        assert!(same, "{k}: {got} {expected}");
    }
}

fn run(n: usize, apply: impl FnOnce(&mut [f64]) -> Result<()>) -> Vec<f64> {
    let mut y = vec![f64::NAN; n];
    apply(&mut y).unwrap();
    y
}

fn recursive(x: &[f64], nsta: usize, nlta: usize) -> Vec<f64> {
    let (c, d) = (1.0 / nsta as f64, 1.0 / nlta as f64);
    let (mut sta, mut lta, mut y) = (0.0, 0.0, vec![0.0; x.len()]);
    for (i, x) in x.iter().enumerate().skip(1) {
        sta = c * (x * x) + (1.0 - c) * sta;
        lta = d * (x * x) + (1.0 - d) * lta;
        y[i] = if i < nlta && nlta < y.len() { 0.0 } else { sta / lta };
    }
    y
}

fn classic(x: &[f64], nsta: usize, nlta: usize) -> Vec<f64> {
    let (mut sta, mut lta, mut y) = (0.0, 0.0, vec![0.0; x.len()]);
    for i in 0..x.len() {
        let old = |w: usize| if i < w { 0.0 } else { x[i - w] * x[i - w] };
        sta += if i < nsta { x[i] * x[i] } else { x[i] * x[i] - old(nsta) };
        lta += if i < nlta { x[i] * x[i] } else { x[i] * x[i] - old(nlta) };
        y[i] = if i + 1 < nlta { 0.0 } else { sta / lta * (nlta as f64 / nsta as f64) };
    }
    y
}

fn carl(x: &[f64], nsta: usize, nlta: usize, ratio: f64, quiet: f64) -> Vec<f64> {
    let mean = |x: &[f64], w: usize| -> Vec<f64> {
        let sum = |i: usize| x[i - w..i].iter().fold(0.0, |sum, x| sum + x);
        (0..x.len()).map(|i| if i < w { 0.0 } else { sum(i) / w as f64 }).collect()
    };
    let sta = mean(x, nsta);
    let mut lta = mean(&sta, nlta);
    lta.rotate_right(1);
    lta[0] = 0.0;
    let distance: Vec<f64> = x.iter().zip(&lta).map(|(x, l)| (x - l).abs()).collect();
    let star = mean(&distance, nsta);
    let ltar = mean(&star, nlta);
    (0..x.len())
        .map(|i| star[i] - ratio * ltar[i] - (sta[i] - lta[i]).abs() - quiet)
        .enumerate()
        .map(|(i, eta)| if i < nlta { -1.0 } else { eta })
        .collect()
}

fn energies(x: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let ends = x.iter().map(|x| {
        sum += x * x;
        sum
    });
    std::iter::once(0.0).chain(ends.collect::<Vec<_>>()).collect()
}

proptest! {
    #[test]
    fn recursive_is_the_chain((x, nsta, nlta) in traces(3000)) {
        let got = run(x.len(), |y| Recursive::new(x.len(), nsta, nlta, Version::C)?.apply(&x, y, &Never));
        assert_bits(&got, &recursive(&x, nsta, nlta));
    }

    #[test]
    fn recursive_pieces_join((nsta, nlta, seed) in (1_usize..30, 1_usize..60, any::<u64>())) {
        // Long enough for pieces; a gap of zeros after the event, through which none can forget.
        let mut x = noise(20_000, seed);
        if seed % 2 == 0 {
            x[10_000..18_000].fill(0.0);
        }
        let got = run(x.len(), |y| Recursive::new(x.len(), nsta, nlta, Version::C)?.apply(&x, y, &Never));
        assert_bits(&got, &recursive(&x, nsta, nlta));
    }

    #[test]
    fn classic_is_the_running_sums((x, nsta, nlta) in traces(3000)) {
        prop_assume!(nlta <= x.len());
        let got = run(x.len(), |y| Classic::new(x.len(), nsta, nlta, Version::C)?.apply(&x, y, &Never));
        assert_bits(&got, &classic(&x, nsta, nlta));
    }

    /// Whose sums are exact up to 2^53 only: with the size of the samples they stay below it, exceed it
    /// with the event, or from the first sample on.
    #[test]
    fn classic_of_counts_is_the_running_sums(
        n in 1_usize..15_000,
        nsta in 1_usize..6000,
        nlta in 1_usize..6000,
        size in 0_i32..43,
        seed in any::<u64>(),
    ) {
        prop_assume!(nsta <= nlta && nlta <= n);
        let scaled = noise(n, seed).into_iter().map(|x| (x * f64::from(size).exp2() / 64.0).round());
        let x: Vec<f64> = scaled.collect();
        let expected = classic(&x, nsta, nlta);
        let step = Classic::new(n, nsta, nlta, Version::C).unwrap();
        #[allow(clippy::cast_possible_truncation)] // they are whole, and of that size
        let x: Vec<i64> = x.into_iter().map(|x| x as i64).collect();
        assert_bits(&run(n, |y| step.apply(&x, y, &Never)), &expected);
        let short = x.iter().map(|x| i32::try_from(*x)).collect::<std::result::Result<Vec<_>, _>>();
        if let Ok(x) = short {
            assert_bits(&run(n, |y| step.apply(&x, y, &Never)), &expected);
        }
        let short = x.iter().map(|x| i16::try_from(*x)).collect::<std::result::Result<Vec<_>, _>>();
        if let Ok(x) = short {
            assert_bits(&run(n, |y| step.apply(&x, y, &Never)), &expected);
        }
    }

    #[test]
    fn classic_python_is_the_cumulative_sums((x, nsta, nlta) in traces(3000)) {
        let sums = energies(&x);
        let mean = |i: usize, w: usize| {
            (if i < w { sums[i + 1] } else { sums[i + 1] - sums[i + 1 - w] }) / w as f64
        };
        let y: Vec<f64> = (0..x.len())
            .map(|i| if i + 1 < nlta { 0.0 } else { mean(i, nsta) / mean(i, nlta).max(f64::MIN_POSITIVE) })
            .collect();
        let got = run(x.len(), |y| Classic::new(x.len(), nsta, nlta, Version::Python)?.apply(&x, y, &Never));
        assert_bits(&got, &y);
    }

    #[test]
    fn delayed_comes_around_from_the_end((x, nsta, nlta) in traces(1500)) {
        let n = x.len();
        prop_assume!(n > nsta + nlta);
        let square = |i: usize, lag: usize| x[(i + n - lag) % n].powf(std::hint::black_box(2.0));
        let (mut sta, mut lta, mut y) = (0.0, 0.0, vec![0.0; n]);
        for (i, y) in y.iter_mut().enumerate() {
            sta += (square(i, 0) + square(i, nsta)) / nsta as f64;
            lta += (square(i, nsta + 1) + square(i, nsta + nlta + 1)) / nlta as f64;
            *y = if i < nsta + nlta + 50 { 0.0 } else { sta / lta };
        }
        let got = run(n, |y| Delayed::new(n, nsta, nlta)?.apply(&x, y, &Never));
        assert_bits(&got, &y);
    }

    #[test]
    fn carl_adds_up_its_windows((x, nsta, nlta) in traces(4000)) {
        prop_assume!(nlta <= x.len());
        let got = run(x.len(), |y| Carl::new(x.len(), nsta, nlta, 0.8, 0.5)?.apply(&x, y, &Never));
        let expected = carl(&x, nsta, nlta, 0.8, 0.5);
        let most = expected.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
        let worst = got.iter().zip(&expected).fold(0.0_f64, |w, (a, b)| w.max((a - b).abs()));
        prop_assert!(worst <= 1e-13 * most, "{worst} of {most}");
    }

    #[test]
    fn energy_ratios((x, nsta, _) in traces(2000)) {
        let n = x.len();
        prop_assume!(2 * nsta <= n);
        let c = energies(&x);
        let y: Vec<f64> = (0..n)
            .map(|i| {
                let inside = i >= nsta && i + nsta <= n;
                let before = if inside { c[i] - c[i - nsta] } else { 0.0 };
                if before == 0.0 { 0.0 } else { (c[i + nsta] - c[i]) / before }
            })
            .collect();
        assert_bits(&run(n, |y| EnergyRatio::new(n, nsta)?.apply(&x, y, &Never)), &y);
        for power in [0.0, 0.5, 1.0, 2.0, 3.0] {
            let got = run(n, |y| EnergyRatio::modified(n, nsta, power)?.apply(&x, y, &Never));
            for ((got, y), x) in got.iter().zip(&y).zip(&x) {
                let expected = (y * x.abs()).powf(power);
                prop_assert!((got - expected).abs() <= 1e-15 * expected);
            }
        }
    }
}

#[test]
fn the_z_detector_standardises() {
    let (x, w) = (noise(5000, 3), 40);
    let got = run(x.len(), |y| ZDetect::new(x.len(), w)?.apply(&x, y, &Never));
    let n = got.len() as f64;
    assert!((got.iter().sum::<f64>() / n).abs() < 1e-12);
    assert!((got.iter().map(|z| z * z).sum::<f64>() / n - 1.0).abs() < 1e-12);
    let c = energies(&x);
    let energy = |i: usize| if i < w { 0.0 } else { c[i] - c[i - w] };
    let slope = (got[3000] - got[100]) / (energy(3000) - energy(100));
    for (i, z) in got.iter().enumerate() {
        assert!((z - got[0] - slope * energy(i)).abs() < 1e-9, "{i}");
    }
}

#[test]
fn carl_stays_exact_in_quiet_after_an_event() {
    let mut x = noise(200_000, 5);
    x[120_000..].fill(0.0);
    let got = run(x.len(), |y| Carl::new(x.len(), 50, 1000, 0.8, 0.0)?.apply(&x, y, &Never));
    assert!(got[123_000..].iter().all(|eta| *eta == 0.0));
}

#[test]
fn carl_finds_what_is_not_finite_in_any_piece() {
    for n in [3000, 20_001, 20_002, 20_003] {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
            for at in [0, 1, n / 5, n / 4, n / 2, n - n / 4, n - 10, n - 5] {
                let mut x = noise(n, 7);
                x[at] = bad;
                let result =
                    Carl::new(n, 5, 50, 1.0, 1.0).unwrap().apply(&x, &mut vec![0.0; n], &Never);
                assert!(matches!(result, Err(Error::Declined(_))), "{bad} at {at} of {n}");
            }
        }
    }
}

#[test]
fn integers_wrap_where_numpy_wraps_them() {
    let x: Vec<i16> = (0..400).map(|k| if k % 7 == 0 { 300 } else { 20 }).collect();
    let wrapped: Vec<f64> = x.iter().map(|x| f64::from(x.wrapping_mul(*x))).collect();
    let window = |from: usize| wrapped[from..from + 20].iter().sum::<f64>();
    let got = run(400, |y| EnergyRatio::new(400, 20)?.apply(&x, y, &Never));
    assert_eq!(got[100], window(100) / window(80));
    let got = run(400, |y| Recursive::new(400, 5, 20, Version::C)?.apply(&x, y, &Never));
    let x: Vec<f64> = x.iter().map(|x| f64::from(*x)).collect();
    assert_bits(&got, &recursive(&x, 5, 20));
}

#[test]
fn zeros_give_what_c_gives() {
    let x = [0.0; 300];
    let got = run(300, |y| Recursive::new(300, 5, 20, Version::C)?.apply(&x, y, &Never));
    assert!(got[..20].iter().all(|y| *y == 0.0) && got[20..].iter().all(|y| y.is_nan()));
    let got = run(300, |y| Recursive::new(300, 5, 20, Version::Python)?.apply(&x, y, &Never));
    assert!(got.iter().all(|y| *y == 0.0));
    let got = run(300, |y| Classic::new(300, 5, 20, Version::C)?.apply(&x, y, &Never));
    assert!(got[..19].iter().all(|y| *y == 0.0) && got[19..].iter().all(|y| y.is_nan()));
    let mut y = [0.0; 300];
    assert!(Delayed::new(300, 5, 20).unwrap().apply(&x, &mut y, &Never).is_err());
    assert!(ZDetect::new(300, 5).unwrap().apply(&x, &mut y, &Never).is_err());
    EnergyRatio::new(300, 5).unwrap().apply(&x, &mut y, &Never).unwrap();
    assert_eq!(y, [0.0; 300]);
}

#[test]
fn short_traces() {
    for n in 0..3 {
        let (x, mut y) = (vec![1.0; n], vec![f64::NAN; n]);
        Recursive::new(n, 1, 5, Version::C).unwrap().apply(&x, &mut y, &Never).unwrap();
        assert_eq!(y, [0.0, 5.0][..n.min(2)].to_vec());
        Recursive::new(n, 1, 5, Version::Python).unwrap().apply(&x, &mut y, &Never).unwrap();
        assert!(y.iter().all(|y| *y == 0.0));
        Classic::new(n, 1, 5, Version::Python).unwrap().apply(&x, &mut y, &Never).unwrap();
        assert!(y.iter().all(|y| *y == 0.0));
        assert!(Classic::new(n, 1, 5, Version::C).is_err());
        assert!(Delayed::new(n, 1, 1).is_err());
        assert!(Carl::new(n, 1, 5, 1.0, 1.0).is_err());
        assert!(EnergyRatio::new(n, 2).is_err());
        assert!(ZDetect::new(n, n).is_err());
    }
}

#[test]
fn windows_that_obspy_cannot_use_are_declined() {
    for version in [Version::C, Version::Python] {
        assert!(Recursive::new(100, 0, 5, version).is_err());
        assert!(Classic::new(100, 5, 0, version).is_err());
    }
    assert!(Classic::new(100, 6, 5, Version::C).is_err());
    assert!(Carl::new(100, 5, 101, 1.0, 1.0).is_err());
    assert!(Carl::new(100, 5, 10, f64::NAN, 1.0).is_err());
    assert!(EnergyRatio::new(100, 0).is_err());
    assert!(EnergyRatio::new(100, 51).is_err());
    assert!(EnergyRatio::modified(100, 5, -1.0).is_err());
    assert!(ZDetect::new(100, 100).is_err());
}

#[test]
fn samples_numpy_warns_of_are_declined() {
    let mut y = vec![0.0; 1000];
    for bad in [f64::NAN, f64::INFINITY, 1e200] {
        let mut x = noise(1000, 9);
        x[500] = bad;
        let declined = |result: Result<()>| assert!(matches!(result, Err(Error::Declined(_))));
        declined(Classic::new(1000, 5, 50, Version::Python).unwrap().apply(&x, &mut y, &Never));
        declined(Recursive::new(1000, 5, 50, Version::Python).unwrap().apply(&x, &mut y, &Never));
        declined(Delayed::new(1000, 5, 50).unwrap().apply(&x, &mut y, &Never));
        declined(ZDetect::new(1000, 5).unwrap().apply(&x, &mut y, &Never));
        declined(EnergyRatio::new(1000, 5).unwrap().apply(&x, &mut y, &Never));
        if bad != 1e200 {
            declined(Carl::new(1000, 5, 50, 1.0, 1.0).unwrap().apply(&x, &mut y, &Never));
        }
    }
}

#[test]
fn a_raised_flag_stops_them() {
    let flag = Flag::default();
    flag.raise();
    let (x, mut y) = (noise(100_000, 1), vec![0.0; 100_000]);
    let n = x.len();
    let stopped = |result| assert_eq!(result, Err(Error::Cancelled));
    stopped(Recursive::new(n, 5, 50, Version::C).unwrap().apply(&x, &mut y, &flag));
    stopped(Classic::new(n, 5, 50, Version::C).unwrap().apply(&x, &mut y, &flag));
    stopped(Classic::new(n, 5, 50, Version::Python).unwrap().apply(&x, &mut y, &flag));
    stopped(Delayed::new(n, 5, 50).unwrap().apply(&x, &mut y, &flag));
    stopped(Carl::new(n, 5, 50, 1.0, 1.0).unwrap().apply(&x, &mut y, &flag));
    stopped(ZDetect::new(n, 5).unwrap().apply(&x, &mut y, &flag));
    stopped(EnergyRatio::new(n, 5).unwrap().apply(&x, &mut y, &flag));
}
