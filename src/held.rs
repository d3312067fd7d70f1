//! Buffers of work under way, kept for the next trace: memory that is new is slow.

use std::sync::{Mutex, PoisonError};

use crate::parallel::ProcessLocal;

/// What the buffers kept may take together.
const KEPT_BYTES: usize = 64 << 20;

/// Buffers that nobody uses now.
pub struct Kept<T: Send + 'static>(ProcessLocal<Mutex<Vec<Vec<T>>>>);

impl<T: Send + 'static> Kept<T> {
    pub(crate) const fn new() -> Self {
        Self(ProcessLocal::new(|| Mutex::new(Vec::new())))
    }

    /// A buffer that somebody has given back, with what it then held, or an empty one.
    pub(crate) fn take(&'static self) -> Vec<T> {
        self.0.get().lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default()
    }

    /// Keeps a buffer for who comes next, while there is room.
    pub(crate) fn give(&'static self, buffer: Vec<T>) {
        let mut kept = self.0.get().lock().unwrap_or_else(PoisonError::into_inner);
        let held: usize = kept.iter().map(Vec::capacity).sum();
        if (held + buffer.capacity()) * size_of::<T>() <= KEPT_BYTES {
            kept.push(buffer);
        }
    }
}
