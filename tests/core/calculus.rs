//! Derivative and integral against their definitions, both ways of applying them.

use obspeed_core::calculus::{Differentiate, EdgeOrder, Integrate};
use obspeed_core::samples::Pointwise;
use proptest::prelude::*;

fn bits(x: &[f64]) -> Vec<u64> {
    x.iter().map(|x| x.to_bits()).collect()
}

/// What both ways write.
fn both<P: Pointwise>(step: &P, x: &[f64]) -> Vec<f64> {
    let mut new = vec![f64::NAN; x.len()];
    step.into_new(x, &mut new).unwrap();
    let mut data = x.to_vec();
    step.in_place(&mut data).unwrap();
    assert_eq!(bits(&new), bits(&data));
    new
}

proptest! {
    #[test]
    fn derivatives(x in prop::collection::vec(-1e9..1e9, 3..1200), delta in 1e-3..10.0) {
        let n = x.len();
        let mut expected = vec![0.0; n];
        for i in 1..n - 1 {
            expected[i] = (x[i + 1] - x[i - 1]) / (2.0 * delta);
        }
        expected[0] = (x[1] - x[0]) / delta;
        expected[n - 1] = (x[n - 1] - x[n - 2]) / delta;
        let first = Differentiate::new(delta, EdgeOrder::First, false).unwrap();
        prop_assert_eq!(bits(&both(&first, &x)), bits(&expected));
        expected[0] = -1.5 / delta * x[0] + 2.0 / delta * x[1] + -0.5 / delta * x[2];
        expected[n - 1] = 0.5 / delta * x[n - 3] + -2.0 / delta * x[n - 2] + 1.5 / delta * x[n - 1];
        let second = Differentiate::new(delta, EdgeOrder::Second, false).unwrap();
        prop_assert_eq!(bits(&both(&second, &x)), bits(&expected));
    }

    #[test]
    fn integrals(x in prop::collection::vec(-1e9..1e9, 0..1200), delta in 1e-3..10.0) {
        let mut sum = 0.0;
        let expected: Vec<f64> = (0..x.len())
            .map(|i| {
                sum += if i > 0 { delta * (x[i] + x[i - 1]) / 2.0 } else { 0.0 };
                sum
            })
            .collect();
        prop_assert_eq!(bits(&both(&Integrate::new(delta).unwrap(), &x)), bits(&expected));
    }
}

#[test]
fn integers_wrap_and_single_precision_stays() {
    let mut y = [0.0; 2];
    Integrate::new(1.0).unwrap().into_new(&[i16::MAX, 1], &mut y).unwrap();
    assert_eq!(y, [0.0, f64::from(i16::MIN) / 2.0]);
    let mut y = [0.0_f32; 3];
    Integrate::new(0.1).unwrap().into_new(&[0.1_f32, 0.2, 0.3], &mut y).unwrap();
    let first = 0.1_f32 * (0.2_f32 + 0.1) / 2.0;
    assert_eq!(y, [0.0, first, first + 0.1_f32 * (0.3_f32 + 0.2) / 2.0]);
}

#[test]
fn ends_in_double_precision() {
    let x = [0.1_f32, 0.7, 0.3, 0.9];
    let wide = x.map(f64::from);
    let [a, b, c] = [1.5, 2.0, 0.5].map(|w| w / 0.03);
    let rise = |i: usize| (f64::from(x[i + 1] - x[i]) / 0.03) as f32;
    let parabolas = [
        (-a * wide[0] + b * wide[1] + -c * wide[2]) as f32,
        (c * wide[1] + -b * wide[2] + a * wide[3]) as f32,
    ];
    let edges = [(EdgeOrder::First, [rise(0), rise(2)]), (EdgeOrder::Second, parabolas)];
    for (edges, expected) in edges {
        let mut y = [0.0; 4];
        Differentiate::new(0.03, edges, true).unwrap().into_new(&x, &mut y).unwrap();
        assert_eq!([y[0], y[3]], expected);
        assert_eq!(y[1], (x[2] - x[0]) / 0.06);
    }
}

#[test]
fn what_is_not_answered_leaves_the_data_alone() {
    assert!(Differentiate::new(0.0, EdgeOrder::First, false).is_err());
    assert!(Integrate::new(f64::NAN).is_err());
    let step = Differentiate::new(0.01, EdgeOrder::Second, false).unwrap();
    assert!(step.in_place(&mut [1.0, 2.0]).is_err());
    let mut data = [1.0, f64::INFINITY, 2.0];
    assert!(step.in_place(&mut data).is_err());
    assert!(Integrate::new(0.01).unwrap().in_place(&mut data).is_err());
    assert_eq!(data, [1.0, f64::INFINITY, 2.0]);
    let mut y = [0.0; 3];
    step.into_new(&[1.0, f64::NAN, 2.0], &mut y).unwrap();
    assert!(y[0].is_nan() && y[1] == 50.0 && y[2].is_nan());
}
