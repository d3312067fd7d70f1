//! Responses of arbitrary stages, as damaged station files have them: refused, declined or evaluated,
//! but never a panic, an endless loop or a size made up by a number in a file.

use std::cell::Cell;

use obspeed_core::Complex64;
use obspeed_core::parallel::Never;
use obspeed_core::response::{
    Decimation, Domain, Grid, Kind, Part, Response, Sensitivity, Stage, Stored,
};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;

/// Numbers that a response may well have, and any others.
fn number() -> impl Strategy<Value = f64> {
    prop_oneof![
        12 => -10.0..10.0_f64,
        4 => prop::sample::select(vec![0.0, -0.0, 1.0, -1.0, 0.02, 100.0, 200.0, 4e8, 6.3e-7]),
        1 => prop::sample::select(vec![
            f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN_POSITIVE, 5e-324, 1e300, -1e-300,
        ]),
        1 => any::<f64>(),
    ]
}

fn numbers(most: usize) -> impl Strategy<Value = Vec<f64>> {
    prop_oneof![
        4 => prop::collection::vec(number(), 0..8),
        2 => prop::collection::vec(-1.0..1.0_f64, 0..most),
    ]
}

fn roots() -> impl Strategy<Value = Vec<Complex64>> {
    prop::collection::vec((number(), number()).prop_map(|(re, im)| Complex64::new(re, im)), 0..8)
}

fn kind() -> impl Strategy<Value = Kind> {
    let domain = prop::sample::select(vec![Domain::Radians, Domain::Hertz, Domain::Digital]);
    let stored = prop::sample::select(vec![Stored::Full, Stored::OddHalf, Stored::EvenHalf]);
    prop_oneof![
        Just(Kind::Gain),
        (domain, roots(), roots(), number(), number()).prop_map(
            |(domain, zeros, poles, factor, frequency)| Kind::PolesZeros {
                domain,
                zeros,
                poles,
                factor,
                frequency
            }
        ),
        (any::<bool>(), numbers(40), numbers(6)).prop_map(|(digital, numerator, denominator)| {
            Kind::Coefficients { digital, numerator, denominator }
        }),
        (stored, numbers(300))
            .prop_map(|(stored, coefficients)| Kind::Fir { stored, coefficients }),
        (numbers(30), numbers(30), numbers(30), any::<bool>()).prop_map(
            |(mut frequency, mut amplitude, mut phase, sound)| {
                if sound {
                    let n = frequency.len().min(amplitude.len()).min(phase.len());
                    frequency.truncate(n);
                    frequency.sort_by(f64::total_cmp);
                    amplitude.truncate(n);
                    phase.truncate(n);
                }
                Kind::List { frequency, amplitude, phase }
            }
        ),
        numbers(5).prop_map(|coefficients| Kind::Polynomial { coefficients }),
    ]
}

fn stages() -> impl Strategy<Value = Vec<Stage>> {
    let decimation = prop_oneof![
        1 => Just(Decimation::None),
        1 => prop::option::of(number()).prop_map(|rate| Decimation::Partial { rate }),
        4 => (number(), number())
            .prop_map(|(rate, correction)| Decimation::Full { rate, correction }),
        8 => Just(Decimation::Full { rate: 100.0, correction: 0.0 }),
    ];
    let unit =
        || prop_oneof![20 => Just("M/S"), 1 => prop::sample::select(vec!["V", "COUNTS", "", "PA"])];
    let one = (kind(), decimation, number(), prop::option::of(number()), unit(), unit());
    prop::collection::vec((one, -1_i64..3), 0..5).prop_map(|drawn| {
        let mut sequence = 0;
        let one = |((kind, decimation, gain, gain_frequency, input, output), step): (_, i64)| {
            sequence += if step > 0 { 1 } else { step };
            Stage {
                sequence,
                input_units: str::to_owned(input),
                output_units: str::to_owned(output),
                gain: Some(gain),
                gain_frequency,
                decimation,
                kind,
            }
        };
        drawn.into_iter().map(one).collect()
    })
}

fn bits(spectrum: &[Complex64]) -> Vec<[u64; 2]> {
    spectrum.iter().map(|h| [h.re.to_bits(), h.im.to_bits()]).collect()
}

#[test]
fn any_stages_have_an_answer() {
    let wanted = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let cases: u32 = wanted.unwrap_or(3000);
    let delta = prop_oneof![3 => Just(0.01), 1 => 0.001..10.0_f64, 1 => number()];
    let overall = prop::option::of((number(), number()));
    let output = prop::sample::select(vec!["DISP", "VEL", "ACC", "DEF"]);
    let evaluated = Cell::new(0);
    let mut runner = TestRunner::new(ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    let drawn = (stages(), overall, output, 1_usize..600, delta);
    let result = runner.run(&drawn, |(stages, overall, output, quarter, delta)| {
        let overall = overall.map(|(value, frequency)| Sensitivity { value, frequency });
        let Ok(model) = Response::new(stages.clone(), overall, output) else { return Ok(()) };
        let again = Response::new(stages, overall, output).expect("as before");
        prop_assert_eq!(model.key(), again.key());
        let grid = Grid { nfft: 4 * quarter, delta };
        let part = |part| model.evaluate(grid, part, &Never);
        let Ok(all) = part(Part::All) else { return Ok(()) };
        evaluated.set(evaluated.get() + 1);
        prop_assert_eq!(all.len(), 2 * quarter + 1);
        prop_assert_eq!(bits(&all), bits(&part(Part::All).expect("as before")));
        prop_assert_eq!(part(Part::Even).expect("as the whole").len(), quarter + 1);
        prop_assert_eq!(part(Part::Odd).expect("as the whole").len(), quarter);
        Ok(())
    });
    result.unwrap();
    assert!(evaluated.get() > cases / 50, "{} of {cases} evaluated", evaluated.get());
}
