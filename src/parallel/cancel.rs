//! How running work learns that it should stop.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::{Error, Result};

/// Asked between blocks of work, often enough that a stop is felt within some 10 ms.
pub trait Cancel {
    /// True once the work should stop.
    fn is_cancelled(&self) -> bool;

    /// `Err(Error::Cancelled)` once the work should stop.
    ///
    /// # Errors
    /// [`Error::Cancelled`].
    fn check(&self) -> Result<()> {
        if self.is_cancelled() { Err(Error::Cancelled) } else { Ok(()) }
    }
}

/// Work that is never stopped.
#[derive(Debug, Clone, Copy, Default)]
pub struct Never;

impl Cancel for Never {
    fn is_cancelled(&self) -> bool {
        false
    }
}

/// Raised by another thread.
#[derive(Debug, Default)]
pub struct Flag(AtomicBool);

impl Flag {
    /// Asks the work to stop.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Cancel for Flag {
    fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How long work goes on between two looks at the outside world.
pub(super) const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Asks the outside world itself, at most every 20 ms: for work on the calling thread.
pub struct Polled<'a> {
    stop: &'a dyn Fn() -> bool,
    next: Cell<Instant>,
    stopped: Cell<bool>,
}

impl<'a> Polled<'a> {
    /// `stop` returns true once the work should end.
    #[must_use]
    pub fn new(stop: &'a dyn Fn() -> bool) -> Self {
        Self { stop, next: Cell::new(Instant::now() + POLL_INTERVAL), stopped: Cell::new(false) }
    }
}

impl Cancel for Polled<'_> {
    fn is_cancelled(&self) -> bool {
        if !self.stopped.get() && Instant::now() >= self.next.get() {
            self.stopped.set((self.stop)());
            self.next.set(Instant::now() + POLL_INTERVAL);
        }
        self.stopped.get()
    }
}

/// Items that are passed over between two looks at `cancel`: some milliseconds, also in new memory.
const ITEMS: usize = 1 << 17;

/// Calls `each` for every item, with its number.
///
/// # Errors
/// [`Error::Cancelled`].
pub(crate) fn for_each<T>(
    items: &mut [T],
    cancel: &dyn Cancel,
    mut each: impl FnMut(usize, &mut T),
) -> Result<()> {
    for (b, block) in items.chunks_mut(ITEMS).enumerate() {
        block.iter_mut().enumerate().for_each(|(i, item)| each(b * ITEMS + i, item));
        cancel.check()?;
    }
    Ok(())
}
