//! State that a forked child does not inherit.
//!
//! After `fork` the child has one thread, and whatever lock another thread held at that moment stays
//! locked for ever. So nothing here is shared across a fork: the child leaks what it inherited and
//! makes its own, and no call can wait for a thread that does not exist.

#![allow(unsafe_code)] // a C callback and one leaked pointer, reasons below

use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

static GENERATION: AtomicU64 = AtomicU64::new(0);

#[cfg(unix)]
extern "C" fn in_child() {
    // All that POSIX allows here: no lock, no allocation.
    GENERATION.fetch_add(1, Ordering::Relaxed);
}

#[cfg(unix)]
fn watch_forks() {
    static WATCHING: AtomicBool = AtomicBool::new(false);
    if !WATCHING.swap(true, Ordering::AcqRel) {
        // SAFETY: `in_child` lives as long as the process and only touches an atomic.
        unsafe { libc::pthread_atfork(None, None, Some(in_child)) };
    }
}

#[cfg(not(unix))]
fn watch_forks() {}

/// How many forks lie between this process and the one that first used the core.
pub fn generation() -> u64 {
    watch_forks();
    GENERATION.load(Ordering::Relaxed)
}

struct Held<T> {
    generation: u64,
    value: T,
}

/// A lazily made value that every process has for itself.
pub struct ProcessLocal<T: Sync + 'static> {
    held: AtomicPtr<Held<T>>,
    make: fn() -> T,
}

impl<T: Sync + 'static> ProcessLocal<T> {
    /// Nothing is made before the first [`ProcessLocal::get`].
    #[must_use]
    pub const fn new(make: fn() -> T) -> Self {
        Self { held: AtomicPtr::new(std::ptr::null_mut()), make }
    }

    /// This process's value.
    pub fn get(&self) -> &'static T {
        let generation = generation();
        let seen = self.held.load(Ordering::Acquire);
        // SAFETY: a pointer stored in `held` came from `Box::into_raw` and is never freed.
        if let Some(held) = unsafe { seen.as_ref() }
            && held.generation == generation
        {
            return &held.value;
        }
        let fresh = Box::into_raw(Box::new(Held { generation, value: (self.make)() }));
        let order = (Ordering::AcqRel, Ordering::Acquire);
        if self.held.compare_exchange(seen, fresh, order.0, order.1).is_ok() {
            // SAFETY: as above; what `seen` pointed to belongs to another process and is leaked.
            unsafe { &(*fresh).value }
        } else {
            // SAFETY: `fresh` was not published, so it is still ours alone.
            drop(unsafe { Box::from_raw(fresh) });
            self.get()
        }
    }
}
