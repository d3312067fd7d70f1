//! The rows of an array, however they lie in memory, are traces.

use std::sync::Arc;

use ndarray::{Array2, ArrayView2, Axis, s};
use obspeed_core::detrend::Detrend;
use obspeed_core::parallel::Never;
use obspeed_core::rows::{Failure, run, run_in_place};
use obspeed_core::samples::{Input, Output, Real, Sample};
use obspeed_core::sos::{Filter, Sos};
use obspeed_core::step::Step;
use obspeed_core::{Error, chain};
use proptest::prelude::*;

fn filter(zerophase: bool) -> Step {
    let section = [0.25, 0.5, 0.25, 1.0, -0.5, 0.25];
    Step::transform(Filter::new(Arc::new(Sos::new(&[section; 3]).unwrap()), zerophase))
}

fn decimation(factor: usize) -> Step {
    let sos = Sos::new(&[[0.5, 0.5, 0.0, 1.0, -0.25, 0.0]]).unwrap();
    Step::transform(Filter::decimating(Arc::new(sos), factor).unwrap())
}

/// As `SciPy` designs them, with the gain in the first section.
fn monic(sections: usize) -> Step {
    let mut rows = vec![[1.0, -2.0, 1.0, 1.0, -0.5, 0.25]; sections];
    rows[0] = [0.1, 0.2, 0.1, 1.0, -1.5, 0.75];
    Step::transform(Filter::new(Arc::new(Sos::new(&rows).unwrap()), false))
}

fn line() -> Step {
    Step::pointwise(Detrend::Linear { breakpoints: vec![] })
}

/// What a row alone becomes, rounded where the array is.
fn alone<S: Sample>(steps: &[Step], row: &[S]) -> Vec<u64> {
    let npts = steps.iter().fold(row.len(), |npts, step| step.npts(npts));
    let transforms = steps.iter().any(Step::is_transform);
    if matches!(S::input(row), Input::F32(_)) && !transforms {
        let mut y = vec![0.0_f32; npts];
        chain::run(steps, S::input(row), Output::F32(&mut y), &Never).unwrap();
        y.into_iter().map(|y| f64::from(y).to_bits()).collect()
    } else {
        let mut y = vec![0.0; npts];
        chain::run(steps, S::input(row), Output::F64(&mut y), &Never).unwrap();
        y.into_iter().map(|y| S::Real::from_f64(y).to_f64().to_bits()).collect()
    }
}

/// The array with the same rows in another order of memory.
fn laid<T: Clone + Default>(x: &Array2<T>, how: usize) -> Array2<T> {
    match how {
        0 => x.clone(),
        1 => x.t().as_standard_layout().into_owned().reversed_axes(),
        2 => {
            let mut wide = Array2::default((x.nrows(), 2 * x.ncols()));
            wide.slice_mut(s![.., ..;2]).assign(x);
            wide.slice_move(s![.., ..;2])
        }
        _ => {
            let mut back = x.slice(s![..;-1, ..;-1]).as_standard_layout().into_owned();
            back.invert_axis(Axis(0));
            back.invert_axis(Axis(1));
            back
        }
    }
}

fn check<S: Sample>(steps: &[Step], x: &Array2<S>, threads: usize) {
    let expected: Vec<_> = x.rows().into_iter().map(|x| alone(steps, &x.to_vec())).collect();
    let npts = expected.first().map_or(0, Vec::len);
    let bits = |y: ArrayView2<'_, S::Real>| -> Vec<Vec<u64>> {
        y.rows().into_iter().map(|y| y.iter().map(|y| y.to_f64().to_bits()).collect()).collect()
    };
    for from in 0..4 {
        for to in 0..4 {
            let (x, mut y) = (laid(x, from), laid(&Array2::default((x.nrows(), npts)), to));
            run(steps, &x.view(), y.view_mut(), threads, &|| false).unwrap();
            assert_eq!(bits(y.view()), expected, "from {from} to {to}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn rows_are_traces(
        (rows, npts) in (1_usize..80, prop_oneof![2_usize..40, 250_usize..270]),
        threads in 1_usize..4,
        seed in any::<u64>(),
    ) {
        let x = Array2::from_shape_vec((rows, npts), crate::noise(rows * npts, seed)).unwrap();
        for steps in [
            vec![filter(false)],
            vec![filter(true)],
            vec![decimation(3)],
            vec![monic(1 + npts % 10)],
            vec![line()],
            vec![Step::pointwise(Detrend::Linear { breakpoints: vec![npts / 3, npts / 2] })],
            vec![Step::pointwise(Detrend::Mean)],
            vec![Step::pointwise(Detrend::Simple)],
            vec![line(), filter(false), line()],
        ] {
            check(&steps, &x, threads);
            check(&steps, &x.map(|x| *x as f32), threads);
            check(&steps, &x.map(|x| (x * 1e4) as i16), threads);
            check(&steps, &x.map(|x| (x * 1e9) as i32), threads);
        }
    }

    #[test]
    fn in_place_is_the_same(rows in 1_usize..40, npts in 2_usize..300, seed in any::<u64>()) {
        let x = Array2::from_shape_vec((rows, npts), crate::noise(rows * npts, seed)).unwrap();
        for steps in [vec![filter(false)], vec![filter(true)], vec![line(), filter(false)]] {
            let mut expected = x.clone();
            run(&steps, &x.view(), expected.view_mut(), 2, &|| false).unwrap();
            for how in 0..4 {
                let mut data = laid(&x, how);
                run_in_place(&steps, data.view_mut(), 2, &|| false).unwrap();
                prop_assert_eq!(&data, &expected);
            }
        }
    }
}

#[test]
fn the_first_bad_row_is_named() {
    let mut x = Array2::from_shape_fn((100, 20), |(i, j)| (i * j) as f32);
    (x[[71, 3]], x[[90, 0]]) = (f32::NAN, f32::NAN);
    for threads in [1, 3] {
        for how in 0..4 {
            let (x, mut y) = (laid(&x, how), Array2::default(x.dim()));
            let failed = run(&[line()], &x.view(), y.view_mut(), threads, &|| false);
            assert!(matches!(failed, Err(Failure { row: 71, error: Error::Declined(_) })));
        }
    }
    let (none, mut room) = (Array2::<f64>::default((0, 5)), Array2::default((0, 5)));
    assert_eq!(run(&[line()], &none.view(), room.view_mut(), 2, &|| false), Ok(()));
}
