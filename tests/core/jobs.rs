//! Traces that are done together have their own results, and their own errors.

use std::sync::atomic::{AtomicUsize, Ordering};

use obspeed_core::jobs::{Job, run};
use obspeed_core::lanes::{InLanes, LANES, Sink, Source};
use obspeed_core::parallel::Cancel;
use obspeed_core::samples::{Input, Output, Sample, Transform};
use obspeed_core::step::Step;
use obspeed_core::{Error, Result};

/// Copies; declines a trace that begins with -1 and panics at one that begins with -2.
#[derive(Debug)]
struct Fussy;

impl Transform for Fussy {
    fn apply<S: Sample>(&self, src: &[S], dst: &mut [f64], cancel: &dyn Cancel) -> Result<()> {
        cancel.check()?;
        let first = src[0].to_f64();
        assert!(first != -2.0, "fussy");
        if first == -1.0 {
            return Err(Error::Declined("fussy"));
        }
        dst.iter_mut().zip(src).for_each(|(y, x)| *y = x.to_f64());
        Ok(())
    }

    fn in_lanes(&self) -> Option<&dyn InLanes> {
        Some(self)
    }

    fn joins(&self, _: &Self) -> bool {
        true
    }
}

impl InLanes for Fussy {
    fn lanes(&self) -> usize {
        4
    }

    fn stores_once(&self) -> bool {
        true
    }

    fn apply_lanes(&self, src: &dyn Source, dst: &mut dyn Sink, cancel: &dyn Cancel) -> Result<()> {
        let mut rows = [[0.0; LANES]; 2];
        src.load(0, 0..2, &mut rows);
        for x in &rows[0][..src.traces()] {
            self.apply(&[*x, 0.0], &mut [0.0; 2], cancel)?;
        }
        dst.store(0, 0, &rows);
        Ok(())
    }
}

fn results(threads: usize, x: &[[i32; 2]], stop: &dyn Fn() -> bool) -> Vec<Result<[f64; 2]>> {
    let mut y = vec![[0.0; 2]; x.len()];
    let step = Step::transform(Fussy);
    let jobs = x.iter().zip(&mut y).map(|(x, y)| Job {
        steps: std::slice::from_ref(&step),
        input: Some(Input::I32(x)),
        output: Output::F64(y),
    });
    let finished = AtomicUsize::new(0);
    let results = run(jobs.collect(), threads, stop, &finished);
    assert!(finished.load(Ordering::Relaxed) <= x.len());
    results.into_iter().zip(y).map(|(result, y)| result.map(|()| y)).collect()
}

#[test]
fn an_error_is_that_of_one_trace() {
    let x: Vec<[i32; 2]> = [5, 6, -1, 7, 8, 9, 10, 11, -2, -1, 12].map(|first| [first, 1]).into();
    for threads in 0..5 {
        for (x, result) in x.iter().zip(results(threads, &x, &|| false)) {
            let expected = match x[0] {
                -1 => Err(Error::Declined("fussy")),
                -2 => Err(Error::Panic("fussy".to_owned())),
                first => Ok([f64::from(first), 1.0]),
            };
            assert_eq!(result, expected);
        }
    }
    assert!(results(2, &[], &|| false).is_empty());
}
