//! A response over the spectrum of an hour at 100 Hz, and of ten seconds.
//!
//! The floor is writing the result once: 5.8 MB for the hour.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use obspeed_core::Complex64;
use obspeed_core::parallel::Never;
use obspeed_core::response::{
    Decimation, Domain, Grid, Kind, Part, Response, Sensitivity, Stage, Stored,
};

fn stage(sequence: i64, kind: Kind, rate: f64) -> Stage {
    Stage {
        sequence,
        input_units: "M/S".into(),
        output_units: "M/S".into(),
        gain: Some(1.0),
        gain_frequency: Some(1.0),
        decimation: Decimation::Full { rate, correction: 0.0 },
        kind,
    }
}

/// Poles and zeros, then filters of which `halves` coefficients are stored.
fn chain(halves: &[(usize, f64)]) -> Response {
    let poles =
        [(-0.037, 0.037), (-0.037, -0.037), (-251.3, 0.0), (-131.0, 467.3), (-131.0, -467.3)];
    let paz = Kind::PolesZeros {
        domain: Domain::Radians,
        zeros: vec![Complex64::new(0.0, 0.0); 2],
        poles: poles.map(|(re, im)| Complex64::new(re, im)).to_vec(),
        factor: 6e7,
        frequency: 1.0,
    };
    let mut stages = vec![stage(1, paz, 1.0)];
    for (sequence, &(n, rate)) in (2..).zip(halves) {
        let coefficients = (0..n).map(|k| (k as f64 / n as f64).powi(3) / n as f64).collect();
        stages.push(stage(sequence, Kind::Fir { stored: Stored::OddHalf, coefficients }, rate));
    }
    let sensitivity = Some(Sensitivity { value: 1.0, frequency: 1.0 });
    Response::new(stages, sensitivity, "VEL").expect("valid")
}

fn spectra(c: &mut Criterion) {
    let models = [
        ("paz", chain(&[])),
        ("two filters", chain(&[(48, 400.0), (143, 200.0)])),
        (
            "seven filters",
            chain(&[
                (18, 3e4),
                (3, 8e3),
                (4, 4e3),
                (24, 2e3),
                (63, 1e3),
                (251, 400.0),
                (251, 200.0),
            ]),
        ),
    ];
    for (name, model) in models {
        for nfft in [1000, 720_000] {
            let grid = Grid { nfft, delta: 0.01 };
            c.bench_function(&format!("response/{name}/{nfft}"), |b| {
                b.iter(|| model.evaluate(black_box(grid), Part::All, &Never).expect("evaluated"));
            });
        }
    }
}

criterion_group!(benches, spectra);
criterion_main!(benches);
