//! Jobs onto threads: each thread takes the next job, the largest first.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};

use super::cancel::{Cancel, Flag, POLL_INTERVAL, Polled};
use super::pool::pool;
use crate::{Error, Result};

/// Runs `work` for every job on up to `threads` threads and returns its results in the jobs' order.
///
/// One job, or one thread, runs on the calling thread and needs no pool; so does everything where
/// threads cannot be had. `stop` is called on the calling thread about every 20 ms; once it returns
/// true, running jobs are asked to stop and the others do not begin, and both give
/// [`Error::Cancelled`]. A panic in a job is its [`Error::Panic`]. `size` orders the jobs, so that
/// the longest does not begin last; it has no influence on any result.
pub fn run<J: Send, R: Send>(
    jobs: Vec<J>,
    threads: usize,
    stop: &dyn Fn() -> bool,
    size: impl Fn(&J) -> usize,
    work: impl Fn(J, &dyn Cancel) -> Result<R> + Sync,
) -> Vec<Result<R>> {
    let workers = threads.min(jobs.len());
    match if workers > 1 { pool(threads).ok() } else { None } {
        None => {
            let cancel = Polled::new(stop);
            jobs.into_iter().map(|job| guarded(job, &cancel, &work)).collect()
        }
        Some(pool) => {
            let mut order: Vec<usize> = (0..jobs.len()).collect();
            order.sort_by_key(|&i| std::cmp::Reverse(size(&jobs[i])));
            let slots: Vec<Slot<J, R>> = jobs.into_iter().map(Slot::new).collect();
            let next = AtomicUsize::new(0);
            let cancel = Flag::default();
            let (done, finished) = channel::<()>();
            let drain = || {
                while let Some(&i) = order.get(next.fetch_add(1, Ordering::Relaxed)) {
                    slots[i].fill(|job| guarded(job, &cancel, &work));
                }
            };
            pool.in_place_scope(|scope| {
                for _ in 0..workers {
                    let done = done.clone();
                    scope.spawn(|_| {
                        drain();
                        drop(done); // the last one closes the channel
                    });
                }
                drop(done);
                while let Err(RecvTimeoutError::Timeout) = finished.recv_timeout(POLL_INTERVAL) {
                    if !cancel.is_cancelled() && stop() {
                        cancel.raise();
                    }
                }
            });
            slots.into_iter().map(Slot::result).collect()
        }
    }
}

/// A job before it is taken, and its result after.
struct Slot<J, R> {
    job: Mutex<Option<J>>,
    result: Mutex<Option<Result<R>>>,
}

impl<J, R> Slot<J, R> {
    fn new(job: J) -> Self {
        Self { job: Mutex::new(Some(job)), result: Mutex::new(None) }
    }

    fn fill(&self, work: impl FnOnce(J) -> Result<R>) {
        let job = self.job.lock().unwrap_or_else(PoisonError::into_inner).take();
        let result = job.map(work);
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = result;
    }

    fn result(self) -> Result<R> {
        let result = self.result.into_inner().unwrap_or_else(PoisonError::into_inner);
        result.unwrap_or(Err(Error::Cancelled))
    }
}

/// One job, with a stop before it begins and a panic made an error.
fn guarded<J, R>(
    job: J,
    cancel: &dyn Cancel,
    work: &impl Fn(J, &dyn Cancel) -> Result<R>,
) -> Result<R> {
    cancel.check()?;
    caught(|| work(job, cancel))
}

/// Makes a panic in `work` an [`Error::Panic`].
pub(crate) fn caught<R>(work: impl FnOnce() -> Result<R>) -> Result<R> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|payload| {
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text.or_else(|| payload.downcast_ref::<&str>().copied());
        Err(Error::Panic(text.unwrap_or("no message").to_owned()))
    })
}
