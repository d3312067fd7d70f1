//! obspeed's own rayon pool: made on first use, never the global one, made anew in a forked child.

use std::sync::{Arc, Mutex, PoisonError};

use rayon::{ThreadPool, ThreadPoolBuilder};

use super::fork::ProcessLocal;
use crate::{Error, Result};

static POOL: ProcessLocal<Mutex<Option<Arc<ThreadPool>>>> = ProcessLocal::new(|| Mutex::new(None));

/// The pool, with exactly `threads` threads.
pub(super) fn pool(threads: usize) -> Result<Arc<ThreadPool>> {
    let mut held = POOL.get().lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(pool) = held.as_ref()
        && pool.current_num_threads() == threads
    {
        return Ok(Arc::clone(pool));
    }
    let pool = ThreadPoolBuilder::new()
        .num_threads(threads)
        .thread_name(|i| format!("obspeed-{i}"))
        .build()
        .map_err(|e| Error::Pool(e.to_string()))?;
    let pool = Arc::new(pool);
    *held = Some(Arc::clone(&pool));
    Ok(pool)
}

/// Number of worker threads that exist now in this process.
pub fn warm_threads() -> usize {
    let held = POOL.get().lock().unwrap_or_else(PoisonError::into_inner);
    held.as_ref().map_or(0, |pool| pool.current_num_threads())
}
