//! Weighted average slopes and look-ups against their definitions, written out in absolute seconds.

use obspeed_core::Error;
use obspeed_core::grid::Grid;
use obspeed_core::lookup::{Lookup, Method};
use obspeed_core::parallel::Never;
use obspeed_core::samples::Transform;
use obspeed_core::slopes::WeightedAverageSlopes;
use proptest::prelude::*;

const START: f64 = 1_500_000_000.123_456;

/// Times as `numpy.linspace` forms them.
fn linspace(start: f64, delta: f64, n: usize) -> Vec<f64> {
    let stop = start + delta * (n - 1) as f64;
    let step = (stop - start) / (n - 1).max(1) as f64;
    (0..n).map(|k| if k + 1 == n && n > 1 { stop } else { k as f64 * step + start }).collect()
}

/// Old samples, and how many new ones of which interval fit into their span.
fn cases() -> impl Strategy<Value = (Vec<f64>, f64, f64, usize)> {
    (
        prop::collection::vec(prop_oneof![-1e6..1e6, Just(3.0), Just(0.0)], 2..3000),
        prop::sample::select(vec![0.01, 0.02, 1.0 / 49.0, 1.0]),
        prop::sample::select(vec![0.37, 1.0, 2.5, 12.0]),
    )
        .prop_map(|(y, delta, ratio)| {
            let (old, dt) = ((y.len() - 1) as f64 * delta, delta * ratio);
            let mut npts = (old / dt) as usize + 1;
            while npts > 1 && START + dt * (npts - 1) as f64 > START + old {
                npts -= 1;
            }
            (y, delta, dt, npts)
        })
}

fn slopes(y: &[f64], delta: f64) -> Vec<f64> {
    let m: Vec<f64> = y.windows(2).map(|y| (y[1] - y[0]) / delta).collect();
    let most = m.iter().fold(0.0, |most: f64, m| most.max(m.abs()));
    let w: Vec<f64> = m.iter().map(|m| 1.0 / m.abs().max(f64::EPSILON).min(most)).collect();
    let sign = |x: f64| if x == 0.0 { 0.0 } else { x.signum() };
    let inner = (1..m.len()).map(|i| {
        let mean = (w[i - 1] * m[i - 1] + w[i] * m[i]) / (w[i - 1] + w[i]);
        if sign(m[i - 1]) == sign(m[i]) { mean } else { 0.0 }
    });
    std::iter::once(m[0]).chain(inner).chain(m.last().copied()).collect()
}

proptest! {
    #[test]
    fn weighted_average_slopes_are_the_hermite_cubics((y, delta, dt, npts) in cases()) {
        prop_assume!(y.windows(2).any(|y| y[0] != y[1]));
        let grid = Grid::new((START, delta, y.len()), (START, dt, npts)).unwrap();
        let mut got = vec![f64::NAN; npts];
        WeightedAverageSlopes::new(grid).unwrap().apply(&y, &mut got, &Never).unwrap();
        let s = slopes(&y, delta);
        for (x, got) in linspace(START, dt, npts).into_iter().zip(got) {
            let place = (x - START) / delta;
            let (k, t) = (place.trunc() as usize, place.fract());
            let expected = if k + 1 >= y.len() {
                y[y.len() - 1]
            } else if t == 0.0 {
                y[k]
            } else {
                let b = y[k + 1] - y[k];
                let (c0, c1) = (b - delta * s[k], delta * s[k + 1] - b);
                y[k] + (b + (c0 + (c1 - c0) * t) * (t - 1.0)) * t
            };
            prop_assert_eq!(got.to_bits(), expected.to_bits());
        }
    }

    #[test]
    fn look_ups_find_their_neighbours((y, delta, dt, npts) in cases()) {
        let old = linspace(START, delta, y.len());
        let grid = Grid::new((START, delta, y.len()), (START, dt, npts)).unwrap();
        let run = |method| {
            let mut got = vec![f64::NAN; npts];
            Lookup::new(grid, method).apply(&y, &mut got, &Never).unwrap();
            got
        };
        let (linear, nearest, zero) = (run(Method::Linear), run(Method::Nearest), run(Method::Zero));
        for (j, x) in linspace(START, dt, npts).into_iter().enumerate() {
            let k = old.partition_point(|t| *t <= x) - 1;
            prop_assert_eq!(zero[j].to_bits(), y[k].to_bits());
            let middles = old.windows(2).map(|t| t[0] / 2.0 + t[1] / 2.0);
            prop_assert_eq!(nearest[j].to_bits(), y[middles.filter(|m| *m < x).count()].to_bits());
            let on = k + 1 == y.len() || old[k] == x;
            let line = |k: usize| (y[k + 1] - y[k]) / (old[k + 1] - old[k]) * (x - old[k]) + y[k];
            prop_assert_eq!(linear[j].to_bits(), if on { y[k] } else { line(k) }.to_bits());
        }
    }
}

#[test]
fn what_obspy_garbles_is_declined() {
    let grid = Grid::new((START, 0.01, 100), (START, 0.025, 40)).unwrap();
    let was = WeightedAverageSlopes::new(grid).unwrap();
    let mut y = [0.0; 40];
    for bad in [
        vec![1.0; 100],
        [vec![f64::NAN], vec![1.0; 99]].concat(),
        [vec![1.0; 99], vec![f64::INFINITY]].concat(),
    ] {
        assert!(matches!(was.apply(&bad, &mut y, &Never), Err(Error::Declined(_))));
    }
    assert!(was.apply(&[1.0; 99], &mut y, &Never).is_err());
    let one = Grid::new((START, 0.01, 1), (START, 0.01, 1)).unwrap();
    assert!(WeightedAverageSlopes::new(one).is_err());
    Lookup::new(one, Method::Linear).apply(&[7_i32], &mut y[..1], &Never).unwrap();
    assert_eq!(y[0], 7.0);
}

#[test]
fn the_new_times_lie_within_the_old() {
    let old = (START, 0.01, 100);
    assert!(Grid::new(old, (START - 0.01, 0.01, 10)).is_err());
    assert!(Grid::new(old, (START, 0.01, 102)).is_err());
    assert!(Grid::new(old, (START, 0.0, 10)).is_err());
    assert!(Grid::new(old, (START, f64::NAN, 10)).is_err());
    assert!(Grid::new(old, (f64::NAN, 0.01, 10)).is_err());
    assert!(Grid::new((START, 1e-7, 100), (START, 1e-7, 10)).is_err());
    assert!(Grid::new((START, 0.01, 0), (START, 0.01, 1)).is_err());
}

#[test]
fn infinite_neighbours_are_met_as_numpy_meets_them() {
    let y = [1.0, f64::INFINITY, f64::INFINITY, 2.0, f64::NAN, 3.0];
    let grid = Grid::new((0.0, 1.0, 6), (0.0, 0.5, 11)).unwrap();
    let mut got = [0.0; 11];
    Lookup::new(grid, Method::Linear).apply(&y, &mut got, &Never).unwrap();
    let inf = f64::INFINITY;
    let expected = [1.0, inf, inf, inf, inf, inf, 2.0, f64::NAN, f64::NAN, f64::NAN, 3.0];
    for (got, expected) in got.iter().zip(expected) {
        assert!(got == &expected || got.is_nan() && expected.is_nan(), "{got} {expected}");
    }
}
