//! The response engine against the definition: every filter summed tap by tap, one frequency at a
//! time. Fast paths (panels, lanes, phasor tables) must not show.

use std::f64::consts::TAU;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};

use obspeed_core::parallel::{Cancel, Flag, Never};
use obspeed_core::response::{
    Decimation, Domain, Grid, Kind, Part, Response, Sensitivity, Stage, Stored, cache,
};
use obspeed_core::{Complex64, Error};
use proptest::prelude::*;

/// The cache is one for the process: tests that count on it take turns.
static CACHE: Mutex<()> = Mutex::new(());

fn stage(sequence: i64, kind: Kind, rate: Option<f64>) -> Stage {
    let decimation =
        rate.map_or(Decimation::None, |rate| Decimation::Full { rate, correction: 0.0 });
    Stage {
        sequence,
        input_units: "M/S".into(),
        output_units: "M/S".into(),
        gain: Some(2.0),
        gain_frequency: Some(1.0),
        decimation,
        kind,
    }
}

fn fir(sequence: i64, stored: Stored, coefficients: Vec<f64>, rate: f64) -> Stage {
    stage(sequence, Kind::Fir { stored, coefficients }, Some(rate))
}

fn paz(sequence: i64, domain: Domain) -> Stage {
    let (zeros, poles) = match domain {
        Domain::Digital => (vec![Complex64::new(0.5, 0.2)], vec![Complex64::new(0.3, -0.4)]),
        _ => (
            vec![Complex64::new(0.0, 0.0); 2],
            vec![Complex64::new(-0.04, 0.04), Complex64::new(-0.04, -0.04)],
        ),
    };
    stage(
        sequence,
        Kind::PolesZeros { domain, zeros, poles, factor: 1.5, frequency: 1.0 },
        Some(80.0),
    )
}

const AT_1_HZ: Option<Sensitivity> = Some(Sensitivity { value: 2.0, frequency: 1.0 });

fn response(stages: Vec<Stage>, output: &str) -> Response {
    Response::new(stages, AT_1_HZ, output).expect("valid")
}

/// The value at `f` by the definition (gains hold at the common frequency: nothing is normalised).
fn defined(stages: &[Stage], f: f64) -> Complex64 {
    let w = TAU * f;
    stages.iter().map(|s| 2.0 * stage_at(s, w)).product()
}

fn stage_at(stage: &Stage, w: f64) -> Complex64 {
    let (dt, correction) = match stage.decimation {
        Decimation::Full { rate, correction } => (1.0 / rate, correction),
        _ => (0.0, 0.0),
    };
    let i = Complex64::new(0.0, 1.0);
    let sum = |c: &[f64]| -> Complex64 {
        c.iter().enumerate().map(|(k, c)| c * (-i * w * dt * k as f64).exp()).sum()
    };
    match &stage.kind {
        Kind::Fir { stored: Stored::Full, coefficients } => {
            sum(coefficients) * (i * w * correction).exp()
        }
        Kind::Fir { stored, coefficients } => {
            let m = coefficients.len();
            let shift = if *stored == Stored::EvenHalf { 0.5 } else { 0.0 };
            let side = |k: usize| 2.0 * (w * dt * ((m - 1 - k) as f64 + shift)).cos();
            let last = if *stored == Stored::EvenHalf { side(m - 1) } else { 1.0 };
            let value = (0..m - 1).map(|k| coefficients[k] * side(k)).sum::<f64>();
            Complex64::new(value + coefficients[m - 1] * last, 0.0)
        }
        Kind::Coefficients { numerator, denominator, .. } => sum(numerator) / sum(denominator),
        Kind::PolesZeros { domain, zeros, poles, factor, .. } => {
            let s = match domain {
                Domain::Radians => i * w,
                Domain::Hertz => i * w / TAU,
                Domain::Digital => (i * w * dt).exp(),
            };
            let num: Complex64 = zeros.iter().map(|z| s - z).product();
            factor * num / poles.iter().map(|p| s - p).product::<Complex64>()
        }
        _ => Complex64::new(1.0, 0.0),
    }
}

/// Largest difference to the definition, in units of the largest value the taps could give.
fn worst(stages: &[Stage], grid: Grid) -> f64 {
    let h = response(stages.to_vec(), "DEF").evaluate(grid, Part::All, &Never).expect("evaluated");
    assert_eq!(h.len(), grid.nfft / 2 + 1);
    let scale = stages.iter().map(|s| match &s.kind {
        Kind::Fir { stored, coefficients } => {
            let sides = if *stored == Stored::Full { 1.0 } else { 2.0 };
            2.0 * sides * coefficients.iter().map(|c| c.abs()).sum::<f64>()
        }
        _ => 2.0 * (0..64).map(|k| stage_at(s, f64::from(k)).norm()).fold(0.0, f64::max),
    });
    let scale: f64 = scale.product();
    let stride = (h.len() / 3001).max(1);
    let differences = (0..h.len()).step_by(stride).map(|k| {
        let f = k as f64 * grid.step();
        (h[k] - defined(stages, f)).norm()
    });
    differences.fold(0.0, f64::max) / scale
}

/// A low-pass filter with a sum of 1, not quite symmetric.
fn taps(n: usize) -> Vec<f64> {
    let c: Vec<f64> = (0..n)
        .map(|k| {
            let x = (k as f64 - (n - 1) as f64 / 2.0) / n as f64;
            (1.0 - 3.0 * x * x) * (40.0 * x).cos() + 0.02 * x
        })
        .collect();
    let sum: f64 = c.iter().sum();
    c.iter().map(|c| c / sum).collect()
}

#[test]
fn panels_and_single_frequencies_agree_with_the_definition() {
    let mut causal = fir(4, Stored::Full, taps(201), 100.0);
    causal.decimation = Decimation::Full { rate: 100.0, correction: 0.73 };
    let stages = [
        paz(1, Domain::Radians),
        fir(2, Stored::OddHalf, taps(126), 200.0),
        fir(3, Stored::EvenHalf, taps(48), 200.0),
        causal,
    ];
    for stages in [&stages[..], &stages[..3], &stages[1..2]] {
        for nfft in [2, 16, 1000, 7200, 262_144, 400_003] {
            let error = worst(stages, Grid { nfft, delta: 0.01 });
            assert!(error < 3e-14, "{error:e} with {} stages and {nfft}", stages.len());
        }
    }
}

#[test]
fn filters_with_feedback_and_all_kinds_of_roots_agree_with_the_definition() {
    let kind = Kind::Coefficients {
        digital: true,
        numerator: vec![0.3, -0.2, 0.1],
        denominator: vec![1.0, -0.5, 0.25],
    };
    for extra in [
        stage(1, kind, Some(80.0)),
        paz(1, Domain::Digital),
        paz(1, Domain::Hertz),
        paz(1, Domain::Radians),
    ] {
        for nfft in [10, 5000] {
            let error = worst(std::slice::from_ref(&extra), Grid { nfft, delta: 0.02 });
            assert!(error < 1e-13, "{error:e} for {extra:?}");
        }
    }
}

#[test]
fn outputs_are_derivatives_of_each_other_and_zero_at_zero() {
    let grid = Grid { nfft: 2000, delta: 0.01 };
    let h = |output| {
        response(vec![paz(1, Domain::Radians)], output)
            .evaluate(grid, Part::All, &Never)
            .expect("evaluated")
    };
    let (disp, vel, acc) = (h("DISP"), h("vel"), h("ACC"));
    assert_eq!(acc[0], Complex64::new(0.0, 0.0));
    for k in 1..vel.len() {
        let iw = Complex64::new(0.0, TAU * k as f64 * grid.step());
        assert!((disp[k] - vel[k] * iw).norm() <= 1e-14 * disp[k].norm());
        assert!((acc[k] - vel[k] / iw).norm() <= 1e-14 * acc[k].norm());
    }
}

#[test]
fn what_evalresp_refuses_is_refused_with_a_reason() {
    let reason = |stages: Vec<Stage>, sensitivity| {
        Response::new(stages, sensitivity, "VEL").expect_err("refused").to_string()
    };
    assert!(reason(vec![], AT_1_HZ).contains("no stages"));
    let twice = vec![paz(1, Domain::Radians), paz(1, Domain::Radians)];
    assert!(reason(twice, AT_1_HZ).contains("twice"));
    let mut volts = fir(2, Stored::Full, taps(9), 100.0);
    volts.input_units = "V".into();
    assert!(reason(vec![paz(1, Domain::Radians), volts], AT_1_HZ).contains("stage 2: its input"));
    let bare = stage(1, Kind::Fir { stored: Stored::Full, coefficients: taps(9) }, None);
    assert!(reason(vec![bare], AT_1_HZ).contains("no decimation"));
    let at_zero = Some(Sensitivity { value: 2.0, frequency: 0.0 });
    assert!(reason(vec![paz(1, Domain::Radians)], at_zero).contains("zero at the frequency"));
    let wrong = Response::new(vec![paz(1, Domain::Radians)], AT_1_HZ, "FOO");
    assert!(wrong.expect_err("refused").to_string().contains("FOO"));
}

#[test]
fn a_key_stands_for_content() {
    let taps = taps(40);
    let one = response(vec![fir(1, Stored::OddHalf, taps.clone(), 100.0)], "VEL");
    let same = response(vec![fir(7, Stored::OddHalf, taps.clone(), 100.0)], "VEL");
    assert_eq!(one.key(), same.key());
    let mut other = taps.clone();
    other[17] = f64::from_bits(other[17].to_bits() + 1);
    for different in [
        response(vec![fir(1, Stored::OddHalf, other, 100.0)], "VEL"),
        response(vec![fir(1, Stored::EvenHalf, taps.clone(), 100.0)], "VEL"),
        response(vec![fir(1, Stored::OddHalf, taps.clone(), 50.0)], "VEL"),
        response(vec![fir(1, Stored::OddHalf, taps, 100.0)], "DISP"),
    ] {
        assert_ne!(one.key(), different.key());
    }
}

#[test]
fn a_spectrum_is_computed_once_kept_and_given_up() {
    let _turn = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache::clear();
    let model = response(vec![fir(1, Stored::OddHalf, taps(200), 100.0)], "VEL");
    let grid = |nfft| Grid { nfft, delta: 0.01 };
    let first = model.spectrum(grid(100_000), &Never).expect("computed");
    let again = model.spectrum(grid(100_000), &Never).expect("kept");
    assert!(std::ptr::eq(first.as_ptr(), again.as_ptr()));
    let bytes = 50_001 * 16;
    let info = cache::info();
    assert_eq!((info.hits, info.misses, info.entries, info.bytes), (1, 1, 1, bytes));

    cache::set_limit(2 * bytes);
    for nfft in [99_998, 100_000, 99_996] {
        model.spectrum(grid(nfft), &Never).expect("computed");
    }
    let misses = cache::info().misses;
    model.spectrum(grid(100_000), &Never).expect("kept: used after 99998");
    assert_eq!(cache::info().misses, misses);
    model.spectrum(grid(400_000), &Never).expect("computed, too large to keep");
    assert!(cache::info().bytes <= 2 * bytes && cache::info().entries == 2);
    cache::set_limit(0);
    assert_eq!((cache::info().entries, cache::info().bytes), (0, 0));
    cache::set_limit(128 << 20);
    cache::clear();
}

#[test]
fn threads_that_want_the_same_spectrum_share_one_flight() {
    let _turn = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache::clear();
    let model = response(vec![fir(1, Stored::Full, taps(2001), 100.0)], "VEL");
    let (start, grid) = (Barrier::new(4), Grid { nfft: 200_000, delta: 0.01 });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                start.wait();
                model.spectrum(grid, &Never).expect("computed")
            });
        }
    });
    let info = cache::info();
    assert_eq!((info.hits, info.misses), (3, 1));
    cache::clear();
}

/// Says stop at the n-th question.
struct Countdown(AtomicUsize);

impl Cancel for Countdown {
    fn is_cancelled(&self) -> bool {
        self.0.fetch_sub(1, Ordering::Relaxed) == 0
    }
}

#[test]
fn a_stop_leaves_nothing_behind_and_the_next_call_computes() {
    let _turn = CACHE.lock().unwrap_or_else(PoisonError::into_inner);
    cache::clear();
    let model = response(vec![paz(1, Domain::Radians)], "VEL");
    let grid = Grid { nfft: 100_000, delta: 0.01 };
    let stopped = model.spectrum(grid, &Countdown(AtomicUsize::new(2)));
    assert_eq!(stopped.err(), Some(Error::Cancelled));
    assert_eq!(cache::info().entries, 0);
    let raised = Flag::default();
    raised.raise();
    assert_eq!(model.evaluate(grid, Part::All, &raised).err(), Some(Error::Cancelled));
    assert!(model.spectrum(grid, &Never).is_ok());
    cache::clear();
}

/// Long traces take a response in halves: they must be the very halves of the whole.
#[test]
fn even_and_odd_frequencies_make_the_whole() {
    let stages = vec![
        paz(1, Domain::Radians),
        fir(2, Stored::Full, taps(90), 200.0),
        fir(3, Stored::EvenHalf, taps(20), 100.0),
    ];
    for output in ["VEL", "DISP"] {
        let model = response(stages.clone(), output);
        for nfft in [8, 1000, 100_000] {
            let part = |part| model.evaluate(Grid { nfft, delta: 0.01 }, part, &Never).expect("ok");
            let (all, even, odd) = (part(Part::All), part(Part::Even), part(Part::Odd));
            let largest = all.iter().map(|h| h.norm()).fold(0.0, f64::max);
            let halves = all.chunks(2).zip(even.iter()).map(|(all, h)| all[0] - h);
            let halves =
                halves.chain(all[1..].chunks(2).zip(odd.iter()).map(|(all, h)| all[0] - h));
            assert_eq!(even.len() + odd.len(), all.len());
            assert!(halves.map(Complex64::norm).fold(0.0, f64::max) <= 1e-13 * largest);
        }
    }
}

#[test]
fn a_list_is_met_at_its_points_and_follows_a_cubic_everywhere() {
    let frequency = vec![0.0, 0.7, 1.0, 2.5, 3.0, 4.2, 5.0];
    let amplitude: Vec<f64> =
        frequency.iter().map(|f| 1.0 + f - 0.3 * f * f + 0.1 * f * f * f).collect();
    let list = Kind::List { phase: vec![90.0; 7], frequency, amplitude };
    let h = response(vec![stage(1, list, None)], "DEF")
        .evaluate(Grid { nfft: 160, delta: 0.0625 }, Part::All, &Never)
        .expect("evaluated");
    for (k, h) in h.iter().enumerate() {
        let f = k as f64 * 0.1;
        let expected = 2.0 * (1.0 + f - 0.3 * f * f + 0.1 * f * f * f);
        assert!((h - Complex64::new(0.0, expected)).norm() < 1e-12 * expected.abs().max(1.0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_filter_on_any_grid_agrees_with_the_definition(
        mut coefficients in prop::collection::vec(-1.0..1.0_f64, 1..150),
        stored in prop_oneof![
            Just(Stored::Full), Just(Stored::OddHalf), Just(Stored::EvenHalf)
        ],
        rate in 1.0..500.0_f64,
        nfft in 2_usize..60_000,
        delta in 0.001..1.0_f64,
    ) {
        if stored == Stored::Full {
            // Within 2 % of a sum of 1, so that nothing is normalised.
            let missing = 1.0 - coefficients.iter().sum::<f64>();
            coefficients[0] += missing;
        }
        let error = worst(&[fir(1, stored, coefficients, rate)], Grid { nfft, delta });
        prop_assert!(error < 2e-13, "{error:e}");
    }
}
