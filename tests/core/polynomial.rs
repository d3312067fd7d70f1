//! The polynomial trend against a slow fit, and against numbers from `ObsPy`.

use obspeed_core::Error;
use obspeed_core::polynomial::{MAX_ORDER, PolynomialTrend, answers_for};
use obspeed_core::samples::{Pointwise, Sample};
use proptest::prelude::*;

use super::{assert_close, folded};

fn detrended<S: Sample>(x: &[S], order: usize) -> Vec<S::Real>
where
    S::Real: Default,
{
    let mut y = vec![S::Real::default(); x.len()];
    PolynomialTrend { order }.into_new(x, &mut y).expect("answered");
    y
}

/// Takes the powers out one after another, twice, each made orthogonal to those before it.
fn slow(x: &[f64], order: usize) -> Vec<f64> {
    let n = x.len();
    let project = |from: &mut [f64], on: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let scale = dot(from, on) / dot(on, on);
        from.iter_mut().zip(on).for_each(|(f, o)| *f -= scale * o);
    };
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for power in 0..=order {
        let abscissa = |i| 2.0 * i as f64 / (n - 1) as f64 - 1.0;
        let mut column: Vec<f64> =
            (0..n).map(|i| abscissa(i).powi(i32::try_from(power).expect("small"))).collect();
        for _ in 0..2 {
            for earlier in &columns {
                project(&mut column, earlier);
            }
        }
        columns.push(column);
    }
    let mut rest = x.to_vec();
    for _ in 0..2 {
        for column in &columns {
            project(&mut rest, column);
        }
    }
    rest
}

proptest! {
    #[test]
    fn agrees_with_a_slow_fit(
        (order, x) in (0..=MAX_ORDER).prop_flat_map(|order| {
            (Just(order), prop::collection::vec(-1e3..1e3, order + 2..400))
        }),
        offset in -1e6..1e6,
    ) {
        let x: Vec<f64> = x.iter().map(|x| x + offset).collect();
        assert_close(&detrended(&x, order), &slow(&x, order), 1e-8);
    }

    #[test]
    fn both_ways_and_all_types_agree(
        x in prop::collection::vec(any::<i16>(), 10..3000),
        order in 0..=MAX_ORDER,
    ) {
        let y = detrended(&x, order);
        let mut wide: Vec<f64> = x.iter().map(|&x| x.into()).collect();
        PolynomialTrend { order }.in_place(&mut wide).expect("answered");
        prop_assert_eq!(&wide, &y);
        let mut single: Vec<f32> = x.iter().map(|&x| x.into()).collect();
        prop_assert_eq!(detrended(&single, order), y.iter().map(|&y| y as f32).collect::<Vec<_>>());
        PolynomialTrend { order }.in_place(&mut single).expect("answered");
        prop_assert_eq!(single, y.iter().map(|&y| y as f32).collect::<Vec<_>>());
    }
}

#[test]
fn agrees_with_obspy() {
    let y = detrended(&folded(24), 4);
    let obspy = [
        -3.650_997_150_997_127_5,
        6.283_748_296_791_781_5,
        -4.164_412_238_325_275,
        4.102_279_202_279_197,
    ];
    assert_close(&[y[0], y[1], y[11], y[23]], &obspy, 1e-13);
}

#[test]
fn a_polynomial_leaves_nothing() {
    for order in 0..=MAX_ORDER {
        let n = 100_003;
        let p = |i: usize| {
            let u = i as f64 / n as f64;
            (0..=order).fold(0.0, |sum, k| sum * u + 1000.0 - 300.0 * k as f64)
        };
        let x: Vec<f64> = (0..n).map(p).collect();
        assert_close(&detrended(&x, order), &vec![0.0; n], 1e-11);
    }
}

#[test]
fn high_orders_and_short_data_are_declined() {
    assert!(!answers_for(0, 0) && !answers_for(0, 1) && answers_for(0, 2));
    assert!(!answers_for(3, 4) && answers_for(3, 5));
    assert!(answers_for(MAX_ORDER, 1000) && !answers_for(MAX_ORDER + 1, 1000));
    let mut x = [1.0, 2.0, 4.0];
    assert!(matches!(PolynomialTrend { order: 2 }.in_place(&mut x), Err(Error::Declined(_))));
    assert!(matches!(
        PolynomialTrend { order: 1 }.into_new(&x, &mut [0.0; 2]),
        Err(Error::Length { .. })
    ));
}

#[test]
fn what_is_not_finite_is_declined_and_untouched() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        for at in [0, 700, 2999] {
            let mut x = folded(3000);
            x[at] = bad;
            let before = x.clone();
            let result = PolynomialTrend { order: 3 }.in_place(&mut x);
            assert!(matches!(result, Err(Error::Declined(_))));
            assert!(x.iter().zip(&before).all(|(a, b)| a.to_bits() == b.to_bits()));
        }
    }
}
