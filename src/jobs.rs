//! Many traces on many threads; those that can share the lanes of a vector are done together.

use std::sync::atomic::{AtomicUsize, Ordering};

use crate::lanes::{InLanes, Slices};
use crate::parallel::{self, Cancel, caught};
use crate::samples::{Input, Output, Real};
use crate::step::{AnyTransform, Step};
use crate::{Error, Result, chain};

/// What is to be done with one trace.
#[derive(Debug)]
pub struct Job<'a> {
    /// In this order; only one where it is done in place.
    pub steps: &'a [Step],
    /// The samples; none if they are in `output`, to be replaced there.
    pub input: Option<Input<'a>>,
    /// Where the result goes.
    pub output: Output<'a>,
}

impl Job<'_> {
    fn npts(&self) -> usize {
        self.input.map_or(self.output.len(), |input| input.len())
    }

    fn run(&mut self, cancel: &dyn Cancel) -> Result<()> {
        let output = self.output.reborrow();
        match (self.input, self.steps) {
            (Some(input), steps) => chain::run(steps, input, output, cancel),
            (None, [step]) => chain::run_in_place(step, output),
            (None, _) => Err(Error::Declined("more than one step in place")),
        }
    }

    /// The transform, if that is all there is to do.
    fn transform(&self) -> Option<&dyn AnyTransform> {
        if let [step] = self.steps { step.as_transform() } else { None }
    }

    /// True if both can be done together.
    fn joins(&self, other: &Self) -> bool {
        let (Some(this), Some(that)) = (self.transform(), other.transform()) else { return false };
        self.npts() == other.npts() && this.joins(that)
    }
}

/// A job, its number, and what has become of it.
struct Slot<'a> {
    number: usize,
    job: Job<'a>,
    result: Result<()>,
}

/// Runs the jobs on up to `threads` threads and returns their results in their order.
///
/// Which of them are done together has no influence on any result. `finished` counts the jobs that
/// are done; all else is as with [`parallel::run`].
pub fn run(
    jobs: Vec<Job<'_>>,
    threads: usize,
    stop: &dyn Fn() -> bool,
    finished: &AtomicUsize,
) -> Vec<Result<()>> {
    let slot = |(number, job)| Slot { number, job, result: Err(Error::Cancelled) };
    let mut slots: Vec<_> = jobs.into_iter().enumerate().map(slot).collect();
    slots.sort_by_key(|slot| slot.job.npts());
    let alike = slots.chunk_by_mut(|a, b| a.job.joins(&b.job));
    let mut groups: Vec<&mut [Slot<'_>]> = alike
        .flat_map(|alike| {
            let lanes = alike[0].job.steps.first().and_then(Step::in_lanes);
            let lanes = lanes.map_or(1, InLanes::lanes);
            // Empty lanes are better than idle threads.
            alike.chunks_mut(lanes.min(alike.len().div_ceil(threads.max(1))))
        })
        .collect();
    groups.sort_by_key(|group| group[0].number);
    let size = |group: &&mut [Slot<'_>]| group.iter().map(|slot| slot.job.npts()).sum();
    parallel::run(groups, threads, stop, size, |group, cancel| {
        run_group(group, cancel);
        finished.fetch_add(group.len(), Ordering::Relaxed);
        Ok(())
    });
    slots.sort_by_key(|slot| slot.number);
    slots.into_iter().map(|slot| slot.result).collect()
}

/// Together if that goes well; else one by one, so that each has an error of its own.
fn run_group(group: &mut [Slot<'_>], cancel: &dyn Cancel) {
    let done = group.len() > 1 && caught(|| together(group, cancel)).is_ok();
    for Slot { job, result, .. } in group {
        *result = if done { Ok(()) } else { caught(|| job.run(cancel)) };
    }
}

fn together(group: &mut [Slot<'_>], cancel: &dyn Cancel) -> Result<()> {
    let step = group[0].job.steps[0].clone();
    let mut src = Vec::with_capacity(group.len());
    let mut dst = Vec::with_capacity(group.len());
    for Slot { job, .. } in group {
        src.extend(job.input);
        dst.push(Output::F64(f64::slice(job.output.reborrow())?));
    }
    let (src, mut dst) = (Slices::new(src)?, Slices::for_results(dst)?);
    let step = step.in_lanes().ok_or(Error::Declined("not in lanes"))?;
    step.apply_lanes(&src, &mut dst, cancel)
}
