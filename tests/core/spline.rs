//! Spline trend and spline integral against slow versions, and against numbers from `ObsPy`.

use obspeed_core::grid::Grid;
use obspeed_core::parallel::Never;
use obspeed_core::samples::{Pointwise, Sample, Transform};
use obspeed_core::spline::{CubicSpline, SplineIntegral, SplineTrend, answers_for};
use obspeed_core::{Error, Result};
use proptest::prelude::*;

use super::{assert_close, folded};

fn detrended<S: Sample>(x: &[S], degree: usize, dspline: f64) -> Vec<S::Real>
where
    S::Real: Default,
{
    let mut y = vec![S::Real::default(); x.len()];
    SplineTrend { degree, dspline }.into_new(x, &mut y).expect("answered");
    y
}

fn integrate<S: Sample>(x: &[S], delta: f64, y: &mut [f64]) -> Result<()> {
    SplineIntegral::new(delta, x.len())?.apply(x, y, &Never)
}

fn integral<S: Sample>(x: &[S], delta: f64) -> Vec<f64> {
    let mut y = vec![0.0; x.len()];
    integrate(x, delta, &mut y).expect("answered");
    y
}

/// B-spline `j` of a degree at `x`, as its recurrence defines it; the last knot belongs to the left.
fn b_spline(t: &[f64], j: usize, degree: usize, x: f64) -> f64 {
    if degree == 0 {
        let last = t[t.len() - 1];
        let inside = t[j] <= x && (x < t[j + 1] || x >= last && t[j] < last && t[j + 1] >= last);
        return f64::from(inside);
    }
    let part = |num: f64, from: f64, to: f64| if to > from { num / (to - from) } else { 0.0 };
    part(x - t[j], t[j], t[j + degree]) * b_spline(t, j, degree - 1, x)
        + part(t[j + degree + 1] - x, t[j + 1], t[j + degree + 1])
            * b_spline(t, j + 1, degree - 1, x)
}

/// Takes the B-splines out one after another, twice, each made orthogonal to those before it.
fn slow(y: &[f64], degree: usize, dspline: f64) -> Vec<f64> {
    let n = y.len() as f64;
    let mut t = vec![0.0; degree + 1];
    // As many as `numpy.arange` makes, rounding included.
    let count = ((n - dspline / 2.0 + 2.0 - dspline / 2.0) / dspline).ceil();
    t.extend((0..).map(f64::from).take_while(|&i| i < count).map(|i| dspline / 2.0 + i * dspline));
    t.extend(vec![n - 1.0; degree + 1]);
    let project = |from: &mut [f64], on: &[f64]| {
        let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let scale = dot(from, on) / dot(on, on);
        from.iter_mut().zip(on).for_each(|(f, o)| *f -= scale * o);
    };
    let mut columns: Vec<Vec<f64>> = Vec::new();
    for j in 0..t.len() - degree - 1 {
        let mut column: Vec<f64> =
            (0..y.len()).map(|i| b_spline(&t, j, degree, i as f64)).collect();
        for _ in 0..2 {
            for earlier in &columns {
                project(&mut column, earlier);
            }
        }
        columns.push(column);
    }
    let mut rest = y.to_vec();
    for _ in 0..2 {
        for column in &columns {
            project(&mut rest, column);
        }
    }
    rest
}

/// The slopes of the not-a-knot spline by elimination with pivots, then Simpson's rule with the
/// midpoints of the cubics, which is exact.
fn slow_integral(y: &[f64], delta: f64) -> Vec<f64> {
    let n = y.len();
    let mut a = vec![vec![0.0; n + 1]; n];
    for i in 1..n - 1 {
        (a[i][i - 1], a[i][i], a[i][i + 1]) = (1.0, 4.0, 1.0);
        a[i][n] = 3.0 * (y[i + 1] - y[i - 1]);
    }
    // The third derivatives left and right of a sample agree.
    for (row, i) in [(0, 1), (n - 1, n - 2)] {
        (a[row][i - 1], a[row][i + 1]) = (1.0, -1.0);
        a[row][n] = 2.0 * ((y[i] - y[i - 1]) - (y[i + 1] - y[i]));
    }
    for k in 0..n {
        let best = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).expect("some");
        a.swap(k, best);
        let pivot = a[k].clone();
        for row in a.iter_mut().skip(k + 1) {
            let factor = row[k] / pivot[k];
            row.iter_mut().zip(&pivot).for_each(|(r, p)| *r -= factor * p);
        }
    }
    let mut slope = vec![0.0; n];
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k][j] * slope[j]).sum();
        slope[k] = (a[k][n] - known) / a[k][k];
    }
    let mut sum = vec![0.0; n];
    for i in 1..n {
        let middle = 0.5 * (y[i - 1] + y[i]) + (slope[i - 1] - slope[i]) / 8.0;
        sum[i] = sum[i - 1] + delta * (y[i - 1] + 4.0 * middle + y[i]) / 6.0;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn agrees_with_a_slow_fit(
        y in prop::collection::vec(-1e3..1e3, 6..150),
        degree in 1usize..=5,
        whole in 2u32..60,
        part in prop::sample::select(vec![0.0, 0.5, 0.3]),
    ) {
        let dspline = f64::from(whole) + part;
        prop_assume!(answers_for(degree, dspline, y.len()));
        assert_close(&detrended(&y, degree, dspline), &slow(&y, degree, dspline), 1e-9);
    }

    #[test]
    fn both_ways_and_all_types_agree(
        x in prop::collection::vec(any::<i16>(), 20..3000),
        degree in 1usize..=5,
        dspline in 10.0..100.0,
    ) {
        let step = SplineTrend { degree, dspline };
        prop_assume!(answers_for(degree, dspline, x.len()));
        let y = detrended(&x, degree, dspline);
        let mut wide: Vec<f64> = x.iter().map(|&x| x.into()).collect();
        step.in_place(&mut wide).expect("answered");
        prop_assert_eq!(&wide, &y);
        let mut single: Vec<f32> = x.iter().map(|&x| x.into()).collect();
        step.in_place(&mut single).expect("answered");
        prop_assert_eq!(single, y.iter().map(|&y| y as f32).collect::<Vec<_>>());
    }

    #[test]
    fn the_integral_agrees_with_a_slow_one(y in prop::collection::vec(-1e3..1e3, 4..80)) {
        assert_close(&integral(&y, 0.01), &slow_integral(&y, 0.01), 1e-10);
    }
}

#[test]
fn agrees_with_obspy() {
    let x = folded(24);
    let some = |y: &[f64]| [y[0], y[1], y[11], y[23]];
    let obspy = [
        -1.151_016_068_660_216_9,
        4.497_156_350_478_281,
        -4.133_417_624_971_906,
        0.101_045_796_162_639_87,
    ];
    assert_close(&some(&detrended(&x, 3, 6.0)), &obspy, 1e-12);
    let obspy = [
        -2.465_442_085_882_384_7,
        6.050_594_640_282_655,
        -3.963_675_764_161_802_6,
        2.946_061_977_319_108,
    ];
    assert_close(&some(&detrended(&x, 2, 7.5)), &obspy, 1e-12);
    let obspy = [0.0, 0.918_614_692_854_537_7, -2.085_421_482_394_73, -5.372_582_767_718_525];
    assert_close(&some(&integral(&x, 0.25)), &obspy, 1e-12);
}

#[test]
fn a_polynomial_leaves_nothing() {
    for degree in 1..=5 {
        for dspline in [10.0, 37.3, 1000.0, 1e6] {
            let n = 20_011;
            let x: Vec<f64> = (0..n)
                .map(|i| (0..=degree).fold(0.0, |s, k| s * (i as f64 / 1e4 - 1.0) + k as f64 - 2.5))
                .collect();
            assert_close(&detrended(&x, degree, dspline), &vec![0.0; n], 1e-12);
        }
    }
}

#[test]
fn the_integral_of_a_cubic_is_exact() {
    for n in [4, 5, 6, 40, 1000] {
        let x = |i: usize| i as f64 * 0.01;
        let y: Vec<f64> = (0..n).map(|i| ((4.0 * x(i) - 3.0) * x(i) + 2.0) * x(i) - 1.0).collect();
        let exact: Vec<f64> =
            (0..n).map(|i| (((x(i) - 1.0) * x(i) + 1.0) * x(i) - 1.0) * x(i)).collect();
        let scale = exact.iter().fold(0.0, |m: f64, e| m.max(e.abs()));
        assert_close(&integral(&y, 0.01), &exact, 1e-13 * scale);
    }
    assert_eq!(integral(&[3i32, 3, 3, 3, 3], 2.0), [0.0, 6.0, 12.0, 18.0, 24.0]);
}

/// The conditions of Schoenberg and Whitney: the answers are those of `SciPy`.
#[test]
fn answers_where_scipy_does() {
    for (degree, dspline, npts, answered) in [
        (3, 1.0, 1000, false),
        (3, 2.0, 1000, false),
        (3, 3.0, 1000, true),
        (1, 3.0, 1000, true),
        (5, 6.0, 1000, true),
        (0, 100.0, 1000, false),
        (6, 100.0, 1000, false),
        (3, 5000.0, 1000, true),
        (3, 100.0, 4, true),
        (3, 100.0, 3, false),
        (3, 6.0, 4, true),
        (3, 0.0, 100, false),
        (3, -5.0, 100, false),
        (3, f64::NAN, 100, false),
        (3, 1e-300, 100, false),
        (3, 1e300, 100, true),
        (3, 100.0, 0, false),
    ] {
        assert_eq!(answers_for(degree, dspline, npts), answered, "{degree} {dspline} {npts}");
    }
}

#[test]
fn what_is_not_answered_is_untouched() {
    let step = SplineTrend { degree: 3, dspline: 100.0 };
    for bad in [f64::NAN, f64::INFINITY] {
        let mut x = folded(3000);
        x[1234] = bad;
        let before = x.clone();
        assert!(matches!(step.in_place(&mut x), Err(Error::Declined(_))));
        assert!(x.iter().zip(&before).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert!(matches!(integrate(&x, 0.1, &mut vec![0.0; 3000]), Err(Error::Declined(_))));
    }
    assert!(matches!(step.in_place(&mut [1.0, 2.0, 3.0]), Err(Error::Declined(_))));
    assert!(matches!(step.into_new(&[1.0; 9], &mut [0.0; 8]), Err(Error::Length { .. })));
    assert!(matches!(integrate(&[1.0; 3], 0.1, &mut [0.0; 3]), Err(Error::Declined(_))));
    assert!(matches!(integrate(&[1.0; 9], 0.1, &mut [0.0; 8]), Err(Error::Length { .. })));
}

fn interpolated(x: &[f64], old: (f64, f64), new: (f64, f64, usize)) -> Result<Vec<f64>> {
    let grid = Grid::new((old.0, old.1, x.len()), new)?;
    let mut y = vec![0.0; grid.npts()];
    CubicSpline::new(grid)?.apply(x, &mut y, &Never).map(|()| y)
}

/// `InterpolatedUnivariateSpline`, which is `ObsPy`'s "cubic", at seconds since 1970, where a distance
/// of samples is off by 1e-6.
#[test]
fn values_between_samples_agree_with_obspy() {
    let values = interpolated(&folded(24), (1.6e9 + 0.123, 0.01), (1.6e9 + 0.13, 0.07, 4));
    assert_close(
        &values.expect("answered"),
        &[
            6.278_510_985_979_021,
            3.412_153_346_061_997,
            -0.512_279_582_806_774_2,
            -3.480_207_177_541_226,
        ],
        1e-13,
    );
}

#[test]
fn a_cubic_is_read_off_exactly() {
    let cubic = |x: f64| ((x - 2.0) * x - 1.0) * x + 0.5;
    let y: Vec<f64> = (0..9).map(|i| cubic(f64::from(i) * 0.5 - 1.0)).collect();
    let exact: Vec<f64> = (0..41).map(|i| cubic(f64::from(i) * 0.1 - 1.0)).collect();
    let values = interpolated(&y, (-1.0, 0.5), (-1.0, 0.1, 41)).expect("answered");
    assert_close(&values, &exact, 1e-13);
    let first = interpolated(&y, (-1.0, 0.5), (-1.0, 0.1, 1)).expect("answered");
    assert_eq!(first[0].to_bits(), y[0].to_bits());
}

#[test]
fn a_spline_needs_four_finite_samples() {
    let declined = |x: &[f64]| {
        let result = interpolated(x, (0.0, 1.0), (0.0, 0.5, 4));
        assert!(matches!(result, Err(Error::Declined(_))));
    };
    declined(&[1.0; 3]);
    declined(&[1.0, 2.0, f64::NAN, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]);
    let step = CubicSpline::new(Grid::new((0.0, 1.0, 9), (0.0, 1.0, 9)).unwrap()).unwrap();
    assert!(matches!(step.apply(&[1.0; 8], &mut [0.0; 9], &Never), Err(Error::Length { .. })));
}
