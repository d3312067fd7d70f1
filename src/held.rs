//! Buffers between the steps of a chain, kept for the next trace: memory that is new is slow.

use std::sync::{Mutex, PoisonError};

use crate::parallel::ProcessLocal;

/// What the buffers kept may take together.
const KEPT_BYTES: usize = 64 << 20;

static KEPT: ProcessLocal<Mutex<Vec<Vec<f64>>>> = ProcessLocal::new(|| Mutex::new(Vec::new()));

/// A buffer that somebody has given back, with what it then held, or an empty one.
pub(crate) fn take() -> Vec<f64> {
    KEPT.get().lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
}

/// Keeps a buffer for who comes next, while there is room.
pub(crate) fn give(buffer: Vec<f64>) {
    let mut kept = KEPT.get().lock().unwrap_or_else(PoisonError::into_inner);
    let held: usize = kept.iter().map(Vec::capacity).sum();
    if (held + buffer.capacity()) * size_of::<f64>() <= KEPT_BYTES {
        kept.push(buffer);
    }
}
