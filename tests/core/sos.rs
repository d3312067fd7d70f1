//! The filter kernel against the recursion written down once more, bit for bit.

use std::cell::Cell;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

use obspeed_core::jobs::{self, Job};
use obspeed_core::lanes::{InLanes, Slices};
use obspeed_core::parallel::{Cancel, Never};
use obspeed_core::samples::{Input, Output, Sample, Transform};
use obspeed_core::sensitivity::Polynomial;
use obspeed_core::sos::{Filter, Sos};
use obspeed_core::step::Step;
use obspeed_core::{Error, Result, with_samples};
use proptest::prelude::*;

type Section = [f64; 6];

/// Transposed direct form II, one section after another.
fn recursion(sections: &[Section], x: &mut [f64]) {
    for &[b0, b1, b2, _, a1, a2] in sections {
        let (mut z1, mut z2) = (0.0, 0.0);
        for x in &mut *x {
            let y = b0 * *x + z1;
            z1 = b1 * *x - a1 * y + z2;
            z2 = b2 * *x - a2 * y;
            *x = y;
        }
    }
}

fn expected<S: Sample>(sections: &[Section], zerophase: bool, factor: usize, x: &[S]) -> Vec<f64> {
    let mut y: Vec<f64> = x.iter().map(|x| x.to_f64()).collect();
    recursion(sections, &mut y);
    if zerophase {
        y.reverse();
        recursion(sections, &mut y);
        y.reverse();
    }
    y.into_iter().step_by(factor).collect()
}

/// All bits, except that one NaN is as good as another.
fn bits(y: &[f64]) -> Vec<u64> {
    y.iter().map(|y| if y.is_nan() { f64::NAN.to_bits() } else { y.to_bits() }).collect()
}

/// A trace of any type.
#[derive(Debug, Clone)]
enum Trace {
    I16(Vec<i16>),
    I32(Vec<i32>),
    I64(Vec<i64>),
    F32(Vec<f32>),
    F64(Vec<f64>),
}

impl Trace {
    fn input(&self) -> Input<'_> {
        match self {
            Self::I16(x) => Input::I16(x),
            Self::I32(x) => Input::I32(x),
            Self::I64(x) => Input::I64(x),
            Self::F32(x) => Input::F32(x),
            Self::F64(x) => Input::F64(x),
        }
    }
}

fn trace(n: usize) -> impl Strategy<Value = Trace> {
    let number = prop_oneof![
        8 => -1e3..1e3,
        2 => Just(0.0),
        1 => Just(-0.0),
    ];
    let odd = prop_oneof![
        20 => Just(1.0),
        1 => Just(f64::NAN),
        1 => Just(f64::INFINITY),
        2 => Just(1e-312),
    ];
    let floats =
        (prop::collection::vec(number, n), 0..n.max(1), odd).prop_map(|(mut x, i, odd)| {
            x.iter_mut().skip(i).take(1).for_each(|x| *x = odd);
            x
        });
    prop_oneof![
        prop::collection::vec(any::<i16>(), n).prop_map(Trace::I16),
        prop::collection::vec(any::<i32>(), n).prop_map(Trace::I32),
        prop::collection::vec(any::<i64>(), n).prop_map(Trace::I64),
        prop::collection::vec(-1e3_f32..1e3, n).prop_map(Trace::F32),
        floats.prop_map(Trace::F64),
    ]
}

/// Poles within the unit circle, zeros anywhere.
fn section() -> impl Strategy<Value = Section> {
    (prop::array::uniform3(-2.0..2.0), 0.0..0.999, 0.0..3.1)
        .prop_map(|([b0, b1, b2], r, angle)| [b0, b1, b2, 1.0, -2.0 * r * f64::cos(angle), r * r])
}

/// As `SciPy` designs them: often the gain is in the first section alone.
fn sections() -> impl Strategy<Value = Vec<Section>> {
    (prop::collection::vec(section(), 1..20), any::<bool>()).prop_map(|(mut sections, monic)| {
        for section in sections.iter_mut().skip(1).filter(|_| monic) {
            (section[0], section[2]) = (1.0, 1.0);
        }
        sections
    })
}

fn length() -> impl Strategy<Value = usize> {
    prop_oneof![0_usize..40, 250_usize..270, 2040_usize..2060, 0_usize..6000]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn every_path_gives_the_same_bits(
        sections in sections(),
        traces in (length(), 1_usize..12)
            .prop_flat_map(|(n, traces)| prop::collection::vec(trace(n), traces)),
        way in prop_oneof![Just((true, 1)), (1_usize..20).prop_map(|factor| (false, factor))],
    ) {
        let (zerophase, factor) = way;
        let sos = Arc::new(Sos::new(&sections).unwrap());
        let filter = if zerophase {
            Filter::new(sos, true)
        } else {
            Filter::decimating(sos, factor).unwrap()
        };
        let src: Vec<_> = traces.iter().map(Trace::input).collect();
        let room = filter.npts(src[0].len());

        let mut together = vec![vec![7.0; room]; src.len()];
        apply_lanes(&filter, &src, &mut together, &Never).unwrap();

        for (x, together) in src.iter().zip(&together) {
            let mut alone = vec![7.0; room];
            let expected = with_samples!(*x, x => {
                filter.apply(x, &mut alone, &Never).unwrap();
                expected(&sections, zerophase, factor, x)
            });
            prop_assert_eq!(bits(&alone), bits(&expected));
            prop_assert_eq!(bits(together), bits(&expected));
        }
    }
}

fn apply_lanes(
    filter: &Filter,
    src: &[Input<'_>],
    dst: &mut [Vec<f64>],
    cancel: &dyn Cancel,
) -> Result<()> {
    let src = Slices::new(src.to_vec())?;
    let dst = dst.iter_mut().map(|y| Output::F64(y)).collect();
    filter.apply_lanes(&src, &mut Slices::for_results(dst)?, cancel)
}

const LOWPASS: Section = [0.25, 0.5, 0.25, 1.0, -0.5, 0.25];

fn sos() -> Sos {
    Sos::new(&[LOWPASS, LOWPASS]).unwrap()
}

fn lowpass(zerophase: bool) -> Filter {
    Filter::new(Arc::new(sos()), zerophase)
}

#[test]
fn a_decaying_tail_keeps_its_denormals() {
    let mut x = vec![0.0; 5000];
    x[0] = 1.0;
    let mut y = x.clone();
    lowpass(false).apply(&x, &mut y, &Never).unwrap();
    assert!(y.iter().any(|y| y.is_subnormal()));
    assert_eq!(bits(&y), bits(&expected(&[LOWPASS, LOWPASS], false, 1, &x)));
}

#[test]
fn sections_are_checked() {
    let with = |i: usize, c: f64| {
        let mut section = LOWPASS;
        section[i] = c;
        Sos::new(&[LOWPASS, section])
    };
    assert!(with(3, 1.0).is_ok());
    for refused in [with(3, 2.0), with(4, f64::NAN), with(0, f64::INFINITY), Sos::new(&[])] {
        assert!(matches!(refused, Err(Error::Declined(_))));
    }
}

#[test]
fn lengths_and_factors_are_checked() {
    let x = [1.0; 10];
    let mut short = [0.0; 4];
    let length = |got| Err(Error::Length { what: "filtered trace", expected: 10, got });
    assert_eq!(lowpass(false).apply(&x, &mut short, &Never), length(4));
    let decimating = |factor| Filter::decimating(Arc::new(Sos::new(&[LOWPASS]).unwrap()), factor);
    assert_eq!(decimating(3).unwrap().apply(&x, &mut short, &Never), Ok(()));
    assert!(matches!(decimating(0), Err(Error::Declined(_))));

    let lanes = |src: &[&[f64]], npts: &[usize]| {
        let src: Vec<_> = src.iter().map(|x| Input::F64(x)).collect();
        let mut dst: Vec<_> = npts.iter().map(|npts| vec![0.0; *npts]).collect();
        apply_lanes(&lowpass(false), &src, &mut dst, &Never)
    };
    for wrong in [
        lanes(&[&x, &x[..4]], &[10, 10]),
        lanes(&[&x, &x], &[10, 4]),
        lanes(&[&x, &x], &[4, 4]),
        lanes(&[&x, &x], &[10]),
    ] {
        assert!(matches!(wrong, Err(Error::Length { .. })));
    }
    assert_eq!(lanes(&[&x, &x], &[10, 10]), Ok(()));
    assert_eq!(lanes(&[], &[]), Ok(()));
}

/// Says stop when asked for the n-th time.
struct After(Cell<usize>);

impl Cancel for After {
    fn is_cancelled(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() == 0
    }
}

#[test]
fn it_stops_on_the_way_there_and_back() {
    let x = vec![1.0; 200_000];
    let mut dst = vec![vec![0.0; x.len()]; 3];
    for questions in 1..=8 {
        let cancel = After(Cell::new(questions));
        let result = apply_lanes(&lowpass(true), &[Input::F64(&x); 3], &mut dst, &cancel);
        assert_eq!(result, Err(Error::Cancelled), "asked {questions} times");
    }
}

#[test]
fn traces_with_the_same_filter_share_lanes() {
    let (x, mut n) = (vec![1.0_f32; 3000], 0);
    let mut dst = vec![vec![0.0; 3000]; 40];
    let steps = [
        Step::transform(lowpass(true)),
        Step::transform(Polynomial::Series([1.0].into())),
        Step::transform(Filter::decimating(Arc::new(sos()), 1).unwrap()),
        Step::transform(lowpass(false)),
    ];
    for threads in [1, 3] {
        let jobs = dst.iter_mut().zip(0_usize..).map(|(y, k)| {
            // Two lengths, three filters, and something else in between.
            let len = if k % 5 == 0 { 2999 } else { 3000 };
            let step = match k % 7 {
                place @ 0..3 => &steps[place],
                _ => &steps[3],
            };
            let output = Output::F64(&mut y[..len - usize::from(k == 11)]);
            Job { steps: std::slice::from_ref(step), input: Some(Input::F32(&x[..len])), output }
        });
        let finished = AtomicUsize::new(0);
        let results = jobs::run(jobs.collect(), threads, &|| false, &finished);
        assert_eq!(finished.into_inner(), 40);
        // The output of one of many alike does not fit: the others have their answers.
        for (k, result) in results.into_iter().enumerate() {
            assert_eq!(result.is_err(), k == 11);
        }
        for (k, y) in dst.iter().enumerate().filter(|(k, _)| ![1, 4].contains(&(k % 7)) && *k != 11)
        {
            let len = if k % 5 == 0 { 2999 } else { 3000 };
            let expected = expected(&[LOWPASS, LOWPASS], k % 7 == 0, 1, &x[..len]);
            assert_eq!(bits(&y[..len]), bits(&expected));
            n += 1;
        }
    }
    assert!(n > 40);
}
