use obspeed_core::sum::{Compensated, moments, numpy_sum, sum};
use proptest::prelude::*;

use crate::noise;

/// Pairwise summation as the `NumPy` manual describes it, in the plainest form.
fn pairwise(x: &[f64]) -> f64 {
    let n = x.len();
    if n < 8 {
        return x.iter().fold(-0.0, |sum, x| sum + x);
    }
    if n > 128 {
        let half = n / 2 - n / 2 % 8;
        return pairwise(&x[..half]) + pairwise(&x[half..]);
    }
    let mut r: [f64; 8] = std::array::from_fn(|l| x[l]);
    for k in 8..n - n % 8 {
        r[k % 8] += x[k];
    }
    let sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    x[n - n % 8..].iter().fold(sum, |sum, x| sum + x)
}

proptest! {
    #[test]
    fn numpys_order_of_additions(n in 0_usize..20_000, seed: u64) {
        let x = noise(n, seed);
        prop_assert_eq!(numpy_sum(&x).to_bits(), (0.0 + pairwise(&x)).to_bits());
        let counts: Vec<i32> = x.iter().map(|x| (x * 1e9) as i32).collect();
        let wide: Vec<f64> = counts.iter().map(|&x| f64::from(x)).collect();
        let blocks = wide.chunks(8192).fold(0.0, |sum, block| sum + pairwise(block));
        prop_assert_eq!(numpy_sum(&counts).to_bits(), blocks.to_bits());
    }

    #[test]
    fn integers_are_summed_exactly(x in prop::collection::vec(-30_000_i16..30_000, 1..3000)) {
        let exact: i64 = x.iter().map(|&x| i64::from(x)).sum();
        prop_assert_eq!(sum(&x), exact as f64);
        let n = x.len() as i64;
        let first: i64 = (0..).zip(&x).map(|(k, &x)| (2 * k + 1 - n) * i64::from(x)).sum();
        prop_assert_eq!(moments(&x), (exact as f64, first as f64 / 2.0));
    }
}

#[test]
fn nothing_is_lost_between_large_and_small() {
    let mut sum = Compensated::default();
    for x in [1.0, 1e100, 1.0, -1e100] {
        sum.add(x);
    }
    assert_eq!(sum.value(), 2.0);
}

#[test]
fn one_sample_that_is_not_finite_is_seen() {
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = noise(1000, 1);
        x[777] = bad;
        assert!(!numpy_sum(&x).is_finite() && !sum(&x).is_finite());
        assert!(!moments(&x).0.is_finite());
    }
}
