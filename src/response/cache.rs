//! Spectra that were computed, the least recently used given up first.
//!
//! Two threads that need the same spectrum compute it once: the second waits for the first. A forked
//! child begins with an empty cache and the limit of its parent.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use crate::parallel::{Cancel, ProcessLocal};
use crate::{Complex64, Result};

/// What a spectrum depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub content: super::model::Key,
    pub nfft: usize,
    /// Bits of the sample interval.
    pub delta: u64,
}

/// The state of the cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Info {
    /// Spectra that were there, or on their way.
    pub hits: u64,
    /// Spectra that were not.
    pub misses: u64,
    /// Spectra kept.
    pub entries: usize,
    /// Bytes they take.
    pub bytes: usize,
    /// Bytes they may take.
    pub limit: usize,
}

type Spectrum = Arc<[Complex64]>;

/// Default limit: 45 channels of an hour at 100 Hz, or one of a day.
const DEFAULT_LIMIT: usize = 128 << 20;

static LIMIT: AtomicUsize = AtomicUsize::new(DEFAULT_LIMIT);
static SHELVES: ProcessLocal<Mutex<Shelf>> = ProcessLocal::new(|| Mutex::new(Shelf::default()));

#[derive(Default)]
struct Shelf {
    kept: HashMap<Key, (u64, Spectrum)>,
    /// Keys by the time of their last use.
    order: BTreeMap<u64, Key>,
    flights: HashMap<Key, Arc<Flight>>,
    clock: u64,
    bytes: usize,
    hits: u64,
    misses: u64,
}

/// A spectrum on its way.
struct Flight {
    pilot: ThreadId,
    state: Mutex<State>,
    landed: Condvar,
}

#[derive(Default)]
enum State {
    #[default]
    Flying,
    Landed(Spectrum),
    /// Cancelled, failed or panicked.
    Lost,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shelf {
    fn find(&mut self, key: &Key) -> Option<Spectrum> {
        let (used, spectrum) = self.kept.get_mut(key)?;
        self.clock += 1;
        self.order.remove(used);
        *used = self.clock;
        self.order.insert(self.clock, *key);
        Some(Arc::clone(spectrum))
    }

    fn keep(&mut self, key: Key, spectrum: &Spectrum, limit: usize) {
        let bytes = size_of_val::<[Complex64]>(spectrum);
        if bytes > limit {
            return;
        }
        self.shrink(limit - bytes);
        self.clock += 1;
        self.kept.insert(key, (self.clock, Arc::clone(spectrum)));
        self.order.insert(self.clock, key);
        self.bytes += bytes;
    }

    fn shrink(&mut self, limit: usize) {
        while self.bytes > limit
            && let Some((_, key)) = self.order.pop_first()
            && let Some((_, spectrum)) = self.kept.remove(&key)
        {
            self.bytes -= size_of_val::<[Complex64]>(&spectrum);
        }
    }
}

/// Takes a flight off the board on every way out, a panic included.
struct Landing<'a> {
    key: Key,
    flight: &'a Flight,
    spectrum: Option<Spectrum>,
}

impl Drop for Landing<'_> {
    fn drop(&mut self) {
        let mut board = lock(SHELVES.get());
        board.flights.remove(&self.key);
        if let Some(spectrum) = &self.spectrum {
            board.keep(self.key, spectrum, LIMIT.load(Ordering::Relaxed));
        }
        drop(board);
        *lock(&self.flight.state) = self.spectrum.take().map_or(State::Lost, State::Landed);
        self.flight.landed.notify_all();
    }
}

/// The spectrum of `key`: kept, waited for, or computed.
pub(super) fn get(
    key: Key,
    cancel: &dyn Cancel,
    compute: impl FnOnce() -> Result<Spectrum>,
) -> Result<Spectrum> {
    loop {
        let mut shelf = lock(SHELVES.get());
        if let Some(spectrum) = shelf.find(&key) {
            shelf.hits += 1;
            return Ok(spectrum);
        }
        let Some(flight) = shelf.flights.get(&key).cloned() else {
            shelf.misses += 1;
            let flight = Arc::new(Flight::new());
            shelf.flights.insert(key, Arc::clone(&flight));
            drop(shelf);
            let mut landing = Landing { key, flight: &flight, spectrum: None };
            let spectrum = compute()?;
            landing.spectrum = Some(Arc::clone(&spectrum));
            return Ok(spectrum);
        };
        drop(shelf);
        if flight.pilot == thread::current().id() {
            return compute(); // in a signal handler, which cannot wait for what it interrupts
        }
        if let Some(spectrum) = flight.wait(cancel)? {
            lock(SHELVES.get()).hits += 1;
            return Ok(spectrum);
        }
    }
}

impl Flight {
    fn new() -> Self {
        Self { pilot: thread::current().id(), state: Mutex::default(), landed: Condvar::new() }
    }

    /// `None` if it was lost. The wait is cut short now and then to ask whether it is still wanted.
    fn wait(&self, cancel: &dyn Cancel) -> Result<Option<Spectrum>> {
        let mut state = lock(&self.state);
        loop {
            match &*state {
                State::Landed(spectrum) => return Ok(Some(Arc::clone(spectrum))),
                State::Lost => return Ok(None),
                State::Flying => {
                    let wait = self.landed.wait_timeout(state, Duration::from_millis(10));
                    drop(wait.unwrap_or_else(PoisonError::into_inner).0);
                    cancel.check()?; // without the lock: the answer may need other threads
                    state = lock(&self.state);
                }
            }
        }
    }
}

/// Hits, misses and bytes of this process.
#[must_use]
pub fn info() -> Info {
    let shelf = lock(SHELVES.get());
    Info {
        hits: shelf.hits,
        misses: shelf.misses,
        entries: shelf.kept.len(),
        bytes: shelf.bytes,
        limit: LIMIT.load(Ordering::Relaxed),
    }
}

/// Gives up all spectra and counts from zero again.
pub fn clear() {
    let mut shelf = lock(SHELVES.get());
    shelf.shrink(0);
    shelf.kept.clear();
    shelf.order.clear();
    (shelf.bytes, shelf.hits, shelf.misses) = (0, 0, 0);
}

/// Sets the bytes that spectra may take; 0 keeps none.
pub fn set_limit(bytes: usize) {
    LIMIT.store(bytes, Ordering::Relaxed);
    lock(SHELVES.get()).shrink(bytes);
}
