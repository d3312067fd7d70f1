use std::f64::consts::{PI, TAU};

use obspeed_core::deconvolve::nfft;
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Sample, Transform};
use obspeed_core::simulate::{Instrument, Options, Rational, Simulate};
use obspeed_core::{Complex64, Error, Result};

use crate::{Stopped, error, noise};

const DELTA: f64 = 0.01;
const DEFAULT: Options = Options {
    water_level: 600.0,
    zero_mean: true,
    taper_fraction: Some(0.05),
    pre_filt: None,
    nfft_pow2: false,
    pitsasim: true,
    sacsim: false,
    shsim: false,
};

/// Zeros, poles, gain and sensitivity.
type Paz = (Vec<Complex64>, Vec<Complex64>, f64, Option<f64>);

fn pair(re: f64, im: f64) -> [Complex64; 2] {
    [Complex64::new(re, im), Complex64::new(re, -im)]
}

fn broadband() -> Paz {
    let poles = [&pair(-0.3, 0.3)[..], &pair(-364.0, 404.0), &[Complex64::from(-142.0)]].concat();
    (vec![Complex64::ZERO; 2], poles, 1.7e9, Some(6e8))
}

fn wood_anderson() -> Paz {
    (vec![Complex64::ZERO], pair(-5.5, 4.7).into(), 1.0, Some(2080.0))
}

fn prepare(n: usize, out: Option<&Paz>, into: Option<&Paz>, o: Options) -> Result<Simulate> {
    let instrument = |paz: Option<&Paz>| {
        let make = |(zeros, poles, gain, sensitivity): &Paz| {
            let response = Rational::from_roots(zeros, poles, *gain)?;
            Ok(Instrument { response, sensitivity: *sensitivity })
        };
        paz.map(make).transpose()
    };
    Simulate::new(n, DELTA, instrument(out)?, instrument(into)?, o)
}

fn run<S: Sample>(x: &[S], out: Option<&Paz>, into: Option<&Paz>, o: Options) -> Result<Vec<f64>> {
    let mut y = vec![f64::NAN; x.len()];
    prepare(x.len(), out, into, o)?.apply(x, &mut y, &Never).map(|()| y)
}

/// `cosine_taper` with the four indices given, as the specification has it.
fn cosine_taper(n: usize, mut i: [i64; 4], sac: bool) -> Vec<f64> {
    i[1] += i64::from(i[0] == i[1]);
    i[2] -= i64::from(i[2] == i[3]);
    let [i1, i2, i3, i4] = i;
    let weight = |share: f64| {
        if sac { (PI / 2.0 * share).cos() } else { 0.5 * (1.0 + (PI * share).cos()) }
    };
    let at = |j: i64| match j {
        j if j >= i3 && j <= i4 => weight((j - i3) as f64 / (i4 - i3) as f64),
        j if j >= i1 && j <= i2 => weight((i2 - j) as f64 / (i2 - i1) as f64),
        j if j > i2 && j < i3 => 1.0,
        _ => 0.0,
    };
    (0..n as i64).map(at).collect()
}

/// Every step as the specification has it, with Fourier sums and products of roots.
fn naive(x: &[f64], out: Option<&Paz>, into: Option<&Paz>, o: Options) -> Vec<f64> {
    let n = x.len();
    let size = if o.nfft_pow2 { (2 * n).next_power_of_two() } else { nfft(n) };
    let half = size / 2;
    let mean = if o.zero_mean { x.iter().sum::<f64>() / n as f64 } else { 0.0 };
    let mut x: Vec<f64> = x.iter().map(|x| x - mean).collect();
    if let Some(fraction) = o.taper_fraction {
        let share = n as f64 * fraction / 2.0;
        let k = if fraction == 0.0 || fraction == 1.0 { share } else { share + 0.5 } as i64;
        let n = n as i64;
        let i = if o.sacsim { [0, k, n - k - 1, n - 1] } else { [0, k - 1, n - k, n - 1] };
        x.iter_mut().zip(cosine_taper(n as usize, i, o.sacsim)).for_each(|(x, w)| *x *= w);
    }
    let frequency = |k: usize| k as f64 / (size as f64 * DELTA);
    let response = |(zeros, poles, gain, _): &Paz, k: usize| {
        let s = Complex64::new(0.0, TAU * frequency(k));
        let product = |roots: &[Complex64]| roots.iter().map(|r| s - r).product::<Complex64>();
        product(zeros) / product(poles) * gain
    };
    let mut weights = vec![1.0; half + 1];
    if let (Some(corners), true) = (o.pre_filt, out.is_some()) {
        let [f1, f2, f3, f4] = corners;
        let by_frequency = |f: f64| match f {
            f if f < f1 || f > f4 => 0.0,
            f if f <= f2 => 0.5 * (1.0 - (PI * (f - f1) / (f2 - f1)).cos()),
            f if f < f3 => 1.0,
            f => 0.5 * (1.0 + (PI * (f - f3) / (f4 - f3)).cos()),
        };
        let distance = |corner: f64| {
            move |a: &usize, b: &usize| {
                (frequency(*a) - corner).abs().total_cmp(&(frequency(*b) - corner).abs())
            }
        };
        weights = if o.sacsim {
            (0..=half).map(|k| by_frequency(frequency(k))).collect()
        } else {
            let nearest = corners.map(|f| (0..=half).min_by(distance(f)).unwrap() as i64);
            cosine_taper(half + 1, nearest, false)
        };
    }
    let h: Vec<Complex64> =
        (0..=half).map(|k| out.map_or(Complex64::ONE, |paz| response(paz, k))).collect();
    let largest = h.iter().map(|h| h.norm()).fold(0.0, f64::max);
    let level = if out.is_some() { largest * 10.0_f64.powf(-o.water_level / 20.0) } else { 0.0 };
    let turn = |k: usize| Complex64::from_polar(1.0, -TAU * (k % size) as f64 / size as f64);
    let mut bins: Vec<Complex64> = (0..=half)
        .map(|k| {
            let bin: Complex64 = x.iter().enumerate().map(|(j, x)| turn(j * k) * x).sum();
            let modulus = h[k].norm();
            if modulus == 0.0 {
                return Complex64::ZERO;
            }
            let forward = into.map_or(Complex64::ONE, |paz| response(paz, k));
            bin * weights[k] * forward / (h[k] * (modulus.max(level) / modulus))
        })
        .collect();
    bins[half] = bins[half].norm().into();
    let mut y: Vec<f64> = (0..n)
        .map(|j| {
            let ends = bins[0].re + bins[half].re * if j % 2 == 0 { 1.0 } else { -1.0 };
            let rest: f64 = (1..half).map(|k| (bins[k] * turn(j * k).conj()).re).sum();
            (ends + 2.0 * rest) / size as f64
        })
        .collect();
    let abscissa = |k: usize| k as f64 - (n as f64 - 1.0) / 2.0;
    if o.pitsasim {
        let (first, rise) = (y[0], (y[n - 1] - y[0]) / (n as f64 - 1.0));
        y.iter_mut().enumerate().for_each(|(k, y)| *y -= first + k as f64 * rise);
    }
    if o.shsim {
        let mean = y.iter().sum::<f64>() / n as f64;
        let moment: f64 = y.iter().enumerate().map(|(k, y)| abscissa(k) * y).sum();
        let spread: f64 = (0..n).map(|k| abscissa(k) * abscissa(k)).sum();
        y.iter_mut().enumerate().for_each(|(k, y)| *y -= mean + moment / spread * abscissa(k));
    }
    let factor = |paz: Option<&Paz>| paz.and_then(|paz| paz.3).unwrap_or(1.0);
    y.iter().map(|y| y / factor(out) * factor(into)).collect()
}

#[test]
fn the_specification_step_by_step() {
    let (sensor, wood) = (broadband(), wood_anderson());
    let silent = (sensor.0.clone(), sensor.1.clone(), 3e9, None);
    for n in [4, 7, 64, 127, 200, 301] {
        let x: Vec<f64> = noise(n, 4).iter().map(|x| 1e3 * x + 500.0).collect();
        let cases = [
            DEFAULT,
            Options { zero_mean: false, taper_fraction: None, pitsasim: false, ..DEFAULT },
            Options { taper_fraction: Some(0.0), water_level: 0.0, ..DEFAULT },
            Options { taper_fraction: Some(1.0), water_level: 20.0, pitsasim: false, ..DEFAULT },
            Options { taper_fraction: Some(0.01), sacsim: true, ..DEFAULT },
            Options { pre_filt: Some([0.4, 5.1, 30.3, 44.0]), nfft_pow2: true, ..DEFAULT },
            Options { pre_filt: Some([0.4, 5.1, 30.3, 44.0]), sacsim: true, ..DEFAULT },
            Options { pre_filt: Some([-5.0, 0.1, 49.9, 80.0]), pitsasim: false, ..DEFAULT },
            Options { pitsasim: false, shsim: true, ..DEFAULT },
        ];
        for (case, o) in cases.into_iter().enumerate() {
            for (out, into) in [
                (Some(&sensor), None),
                (None, Some(&wood)),
                (Some(&sensor), Some(&wood)),
                (Some(&wood), Some(&silent)),
            ] {
                let e = error(&run(&x, out, into, o).unwrap(), &naive(&x, out, into, o));
                assert!(e < 1e-12, "n {n}, case {case}: {e:e}");
            }
        }
    }
}

#[test]
fn every_type_of_sample_gives_the_same() {
    let counts: Vec<i16> = noise(3000, 9).iter().map(|x| (x * 3e4) as i16).collect();
    let wide: Vec<f64> = counts.iter().map(|&x| x.into()).collect();
    let single: Vec<f32> = counts.iter().map(|&x| x.into()).collect();
    let (out, into) = (broadband(), wood_anderson());
    let expected = run(&wide, Some(&out), Some(&into), DEFAULT).unwrap();
    assert_eq!(run(&counts, Some(&out), Some(&into), DEFAULT).unwrap(), expected);
    assert_eq!(run(&single, Some(&out), Some(&into), DEFAULT).unwrap(), expected);
}

#[test]
fn what_is_not_answered_for() {
    let sensor = broadband();
    let declines = |n: usize, paz: &Paz, o: Options| {
        assert!(matches!(prepare(n, Some(paz), None, o), Err(Error::Declined(_))));
        let result = prepare(n, None, Some(paz), Options { pre_filt: None, ..o });
        assert!(o.pre_filt.is_some() || matches!(result, Err(Error::Declined(_))));
    };
    declines(2, &sensor, DEFAULT);
    declines(100, &sensor, Options { water_level: f64::NAN, ..DEFAULT });
    declines(100, &sensor, Options { taper_fraction: Some(1.1), ..DEFAULT });
    for corners in [[3.0, 2.0, 5.0, 6.0], [5.0, 5.01, 5.02, 5.03], [60.0, 61.0, 62.0, 63.0]] {
        declines(100, &sensor, Options { pre_filt: Some(corners), ..DEFAULT });
    }
    let lone = vec![Complex64::new(-1.0, 1.0)];
    declines(100, &(lone, vec![], 1.0, None), DEFAULT);
    declines(100, &(vec![], vec![Complex64::ZERO], 1.0, None), DEFAULT);
    for gain in [0.0, f64::NAN, f64::INFINITY, 1e200] {
        declines(100, &(vec![], vec![], gain, None), DEFAULT);
    }
    for sensitivity in [0.0, f64::NAN] {
        declines(100, &(vec![], vec![], 1.0, Some(sensitivity)), DEFAULT);
    }
    assert!(matches!(prepare(100, None, None, DEFAULT), Err(Error::Declined(_))));

    // Of three samples below a corner at 1 Hz hardly more is left than a line.
    let slow = (vec![], [pair(-3.1, 5.4), pair(-3.1, 5.4)].concat(), 1.0, None);
    let offset = Options { zero_mean: false, ..DEFAULT };
    let line = run(&[100, 101, 99], None, Some(&slow), offset);
    assert!(matches!(line, Err(Error::Declined(_))));
    let kept = Options { pitsasim: false, ..offset };
    assert!(run(&[100, 101, 99], None, Some(&slow), kept).is_ok());
    let huge = (vec![], vec![Complex64::from(-1.0)], 1.0, Some(1e300));
    let overflow = run(
        &noise(100, 1).iter().map(|x| x * 1e20).collect::<Vec<_>>(),
        None,
        Some(&huge),
        DEFAULT,
    );
    assert!(matches!(overflow, Err(Error::Declined(_))));

    let mut x = noise(100, 1);
    let step = prepare(100, Some(&sensor), None, DEFAULT).unwrap();
    assert_eq!(step.apply(&x, &mut [0.0; 100], &Stopped), Err(Error::Cancelled));
    assert!(matches!(step.apply(&x[1..], &mut [0.0; 99], &Never), Err(Error::Length { .. })));
    x[50] = f64::INFINITY;
    assert!(matches!(run(&x, Some(&sensor), None, DEFAULT), Err(Error::Declined(_))));
}
