//! Normalisation: which norm, in which precision, and what is declined.

use obspeed_core::normalize::{Norm, Normalize};
use obspeed_core::samples::Pointwise;

#[test]
fn the_largest_magnitude_becomes_one() {
    let x: Vec<f64> = (0..1000).map(|k| (f64::from(k) * 0.7).sin() * 3.0).collect();
    let largest = x.iter().fold(0.0_f64, |a, b| a.max(b.abs()));
    let step = Normalize::new(Norm::Largest).unwrap();
    let mut y = vec![0.0; x.len()];
    step.into_new(&x, &mut y).unwrap();
    let mut data = x.clone();
    step.in_place(&mut data).unwrap();
    assert_eq!(y, data);
    assert!(x.iter().zip(y).all(|(x, y)| x / largest == y));
    let mut y = [0.0; 3];
    step.into_new(&[3_i32, -6, 2], &mut y).unwrap();
    assert_eq!(y, [0.5, -1.0, 1.0 / 3.0]);
}

#[test]
fn a_given_norm_divides_in_its_precision() {
    let (x, norm) = ([1.000_000_1_f32, -2.3], 0.1);
    let mut y = x;
    Normalize::new(Norm::Value(-norm)).unwrap().in_place(&mut y).unwrap();
    assert_eq!(y, x.map(|x| x / 0.1_f32));
    let mut y = x;
    Normalize::new(Norm::Double(norm)).unwrap().in_place(&mut y).unwrap();
    #[allow(clippy::cast_possible_truncation)]
    let expected = x.map(|x| (f64::from(x) / norm) as f32);
    assert_eq!(y, expected);
}

#[test]
fn where_obspy_warns_it_is_declined() {
    for norm in [0.0, f64::NAN, f64::INFINITY] {
        assert!(Normalize::new(Norm::Value(norm)).is_err());
    }
    let step = Normalize::new(Norm::Largest).unwrap();
    for mut bad in [vec![], vec![0.0; 3], vec![1.0, f64::NAN], vec![f64::NEG_INFINITY; 20]] {
        assert!(step.in_place(&mut bad).is_err());
    }
    assert!(step.into_new(&[i16::MIN, 3], &mut [0.0; 2]).is_err());
    let tiny = Normalize::new(Norm::Value(1e-300)).unwrap();
    assert!(tiny.in_place(&mut [1e200]).is_err());
}
