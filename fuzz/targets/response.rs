//! Responses of arbitrary stages: refused, declined or evaluated, to the same bits twice.

#![no_main]

use libfuzzer_sys::arbitrary::{Result, Unstructured};
use libfuzzer_sys::fuzz_target;
use obspeed_core::Complex64;
use obspeed_core::parallel::Never;
use obspeed_core::response::{
    Decimation, Domain, Grid, Kind, Part, Response, Sensitivity, Stage, Stored,
};

const ODD: [f64; 14] = [
    0.0,
    -0.0,
    1.0,
    -1.0,
    0.02,
    100.0,
    200.0,
    4e8,
    6.3e-7,
    5e-324,
    f64::NAN,
    f64::INFINITY,
    f64::MAX,
    f64::MIN_POSITIVE,
];

/// Numbers that a response may well have, and any others.
fn number(u: &mut Unstructured<'_>) -> Result<f64> {
    match u.arbitrary::<u8>()? {
        0..200 => Ok(f64::from(u.arbitrary::<i16>()?) / 1024.0),
        200..240 => Ok(*u.choose(&ODD)?),
        _ => u.arbitrary(),
    }
}

fn numbers(u: &mut Unstructured<'_>, most: usize) -> Result<Vec<f64>> {
    (0..u.int_in_range(0..=most)?).map(|_| number(u)).collect()
}

fn roots(u: &mut Unstructured<'_>) -> Result<Vec<Complex64>> {
    let numbers = numbers(u, 16)?;
    Ok(numbers.as_chunks().0.iter().map(|[re, im]| Complex64::new(*re, *im)).collect())
}

fn kind(u: &mut Unstructured<'_>) -> Result<Kind> {
    Ok(match u.int_in_range(0..=5)? {
        0 => Kind::Gain,
        1 => Kind::PolesZeros {
            domain: *u.choose(&[Domain::Radians, Domain::Hertz, Domain::Digital])?,
            zeros: roots(u)?,
            poles: roots(u)?,
            factor: number(u)?,
            frequency: number(u)?,
        },
        2 => Kind::Coefficients {
            digital: u.arbitrary()?,
            numerator: numbers(u, 40)?,
            denominator: numbers(u, 6)?,
        },
        3 => Kind::Fir {
            stored: *u.choose(&[Stored::Full, Stored::OddHalf, Stored::EvenHalf])?,
            coefficients: numbers(u, 300)?,
        },
        4 => {
            let mut lists = [numbers(u, 30)?, numbers(u, 30)?, numbers(u, 30)?];
            if u.ratio(3, 4)? {
                let n = lists.iter().map(Vec::len).min().unwrap_or_default();
                lists.iter_mut().for_each(|list| list.truncate(n));
                lists[0].sort_by(f64::total_cmp);
            }
            let [frequency, amplitude, phase] = lists;
            Kind::List { frequency, amplitude, phase }
        }
        _ => Kind::Polynomial { coefficients: numbers(u, 5)? },
    })
}

fn stage(u: &mut Unstructured<'_>, sequence: i64) -> Result<Stage> {
    let unit = |u: &mut Unstructured<'_>| -> Result<String> {
        let units = if u.ratio(15, 16)? { &["M/S"][..] } else { &["V", "COUNTS", "", "PA"] };
        Ok((*u.choose(units)?).to_owned())
    };
    Ok(Stage {
        sequence: if u.ratio(15, 16)? { sequence } else { i64::from(u.arbitrary::<i8>()?) },
        input_units: unit(u)?,
        output_units: unit(u)?,
        gain: if u.ratio(15, 16)? { Some(number(u)?) } else { None },
        gain_frequency: if u.arbitrary()? { Some(number(u)?) } else { None },
        decimation: match u.int_in_range(0..=13)? {
            0 => Decimation::None,
            1 => Decimation::Partial { rate: if u.arbitrary()? { Some(number(u)?) } else { None } },
            2..6 => Decimation::Full { rate: number(u)?, correction: number(u)? },
            _ => Decimation::Full { rate: 100.0, correction: 0.0 },
        },
        kind: kind(u)?,
    })
}

fn bits(spectrum: &[Complex64]) -> Vec<[u64; 2]> {
    spectrum.iter().map(|h| [h.re.to_bits(), h.im.to_bits()]).collect()
}

fn evaluate(u: &mut Unstructured<'_>) -> Result<()> {
    let output = *u.choose(&["DISP", "VEL", "ACC", "DEF"])?;
    let quarter = u.int_in_range(1..=600)?;
    let grid = Grid { nfft: 4 * quarter, delta: if u.ratio(3, 4)? { 0.01 } else { number(u)? } };
    let overall = if u.arbitrary()? {
        Some(Sensitivity { value: number(u)?, frequency: number(u)? })
    } else {
        None
    };
    let stages: Vec<Stage> =
        (0..u.int_in_range(0..=4)?).map(|n| stage(u, n + 1)).collect::<Result<_>>()?;
    let Ok(model) = Response::new(stages.clone(), overall, output) else { return Ok(()) };
    let again = Response::new(stages, overall, output).expect("as before");
    assert_eq!(model.key(), again.key());
    let part = |part| model.evaluate(grid, part, &Never);
    let Ok(all) = part(Part::All) else { return Ok(()) };
    assert_eq!(all.len(), 2 * quarter + 1);
    assert_eq!(bits(&all), bits(&part(Part::All).expect("as before")));
    assert_eq!(part(Part::Even).expect("as the whole").len(), quarter + 1);
    assert_eq!(part(Part::Odd).expect("as the whole").len(), quarter);
    Ok(())
}

fuzz_target!(|bytes: &[u8]| {
    // Too few bytes for a response are no finding.
    let _ = evaluate(&mut Unstructured::new(bytes));
});
