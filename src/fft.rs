//! Fourier transforms of real data: plans that are made once, buffers that stay warm.
//!
//! A fresh buffer costs as much as the transform (the operating system clears its pages), so
//! workspaces go back to a pool, which keeps 64 MiB of them; of plans of a kind, those used last
//! are kept, up to some 200 MiB. A planner is made for every plan: a shared one would keep the parts
//! of all it ever made.

mod long;
mod real;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::Fft;

pub(crate) use self::long::{Complexes, Turns, walk, zeros};
pub(crate) use self::real::{forward, inverse};

use crate::parallel::ProcessLocal;
use crate::{Complex64, Error, Result};

type Plans<T> = Mutex<Vec<Plan<T>>>;

/// Lengths of the plans of a kind, together; their twiddle factors take some 12 bytes a point.
const PLAN_POINTS: usize = 20 << 20;
const POOL_BYTES: usize = 64 << 20;

struct Plan<T: ?Sized> {
    n: usize,
    transform: Arc<OnceLock<Arc<T>>>,
}

static REAL: ProcessLocal<Plans<dyn RealToComplex<f64>>> = ProcessLocal::new(Mutex::default);
static INVERSE: ProcessLocal<Plans<dyn ComplexToReal<f64>>> = ProcessLocal::new(Mutex::default);
static COMPLEX: ProcessLocal<Plans<dyn Fft<f64>>> = ProcessLocal::new(Mutex::default);

/// The plan for `n` samples. It is made outside the lock, once: who comes second waits for it only.
fn plan<T: ?Sized + Send + Sync>(
    plans: &'static ProcessLocal<Plans<T>>,
    n: usize,
    make: impl FnOnce() -> Arc<T>,
) -> Result<Arc<T>> {
    let slot = {
        let mut plans = plans.get().lock().unwrap_or_else(PoisonError::into_inner);
        let plan = plans.iter().position(|plan| plan.n == n).map(|i| plans.remove(i));
        let plan = plan.unwrap_or_else(|| Plan { n, transform: Arc::default() });
        let slot = Arc::clone(&plan.transform);
        plans.push(plan);
        let mut points: usize = plans.iter().map(|plan| plan.n).sum();
        while points > PLAN_POINTS && plans.len() > 1 {
            points -= plans.remove(0).n;
        }
        slot
    };
    if slot.get().is_none() {
        // A planner aborts where it is refused memory. What its plan takes is asked for beforehand.
        let bytes = n.saturating_mul(2 * size_of::<Complex64>());
        Vec::<u8>::new().try_reserve_exact(bytes).map_err(|_| Error::Memory(bytes))?;
    }
    Ok(Arc::clone(slot.get_or_init(make)))
}

/// Buffers for transforms of real data of one length, ready to use.
///
/// They hold what the last user left in them.
pub struct Workspace {
    buffers: Buffers,
    transform: Arc<dyn RealToComplex<f64>>,
}

#[derive(Default)]
struct Buffers {
    time: Vec<f64>,
    bins: Vec<Complex64>,
    scratch: Vec<Complex64>,
}

impl Buffers {
    fn bytes(&self) -> usize {
        8 * self.time.capacity() + 16 * (self.bins.capacity() + self.scratch.capacity())
    }
}

static POOL: ProcessLocal<Mutex<Vec<Buffers>>> = ProcessLocal::new(|| Mutex::new(Vec::new()));

impl Workspace {
    /// A workspace for transforms of `n` samples.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn new(n: usize) -> Result<Self> {
        Self::with_bins(n, n / 2 + 1)
    }

    /// The same with room for at least this many bins, of which transforms leave the last alone.
    ///
    /// # Errors
    /// [`Error::Memory`].
    pub fn with_bins(n: usize, bins: usize) -> Result<Self> {
        let transform = plan(&REAL, n, || RealFftPlanner::new().plan_fft_forward(n))?;
        let pooled = POOL.get().lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut buffers = pooled.unwrap_or_default();
        resize(&mut buffers.time, n)?;
        resize(&mut buffers.bins, bins.max(transform.complex_len()))?;
        resize(&mut buffers.scratch, transform.get_scratch_len())?;
        Ok(Self { buffers, transform })
    }

    /// The samples, and the bins: `n / 2 + 1`, or what there was to be room for.
    pub fn buffers(&mut self) -> (&mut [f64], &mut [Complex64]) {
        (&mut self.buffers.time, &mut self.buffers.bins)
    }

    /// Transforms the samples to the bins, `sum x[j] exp(-2 pi i j k / n)`; the samples are lost.
    ///
    /// # Errors
    /// None that a caller could cause.
    pub fn forward(&mut self) -> Result<()> {
        let Buffers { time, bins, scratch } = &mut self.buffers;
        self.transform
            .process_with_scratch(time, &mut bins[..self.transform.complex_len()], scratch)
            .map_err(|e| Error::Panic(e.to_string()))
    }

    /// Transforms the first bins to `dst`, of any length `m`: the real series of which they are the
    /// transform, times `m`. Of the first, and of the last if `m` is even, only the real part
    /// counts; the bins are lost.
    ///
    /// # Errors
    /// [`Error::Memory`].
    ///
    /// # Panics
    /// Where there are fewer than `m / 2 + 1` bins.
    pub fn inverse(&mut self, dst: &mut [f64]) -> Result<()> {
        let m = dst.len();
        let transform = plan(&INVERSE, m, || RealFftPlanner::new().plan_fft_inverse(m))?;
        let Buffers { bins, scratch, .. } = &mut self.buffers;
        resize(scratch, transform.get_scratch_len())?;
        let bins = &mut bins[..transform.complex_len()];
        bins[0].im = 0.0;
        if m.is_multiple_of(2) {
            bins[m / 2].im = 0.0;
        }
        transform.process_with_scratch(bins, dst, scratch).map_err(|e| Error::Panic(e.to_string()))
    }
}

impl Drop for Workspace {
    fn drop(&mut self) {
        let buffers = std::mem::take(&mut self.buffers);
        let mut pool = POOL.get().lock().unwrap_or_else(PoisonError::into_inner);
        if pool.iter().map(Buffers::bytes).sum::<usize>() + buffers.bytes() <= POOL_BYTES {
            pool.push(buffers);
        }
    }
}

/// Gives `buffer` the length `n`; what it holds is of no use to anyone.
pub(crate) fn resize<T: Copy + Default>(buffer: &mut Vec<T>, n: usize) -> Result<()> {
    if buffer.capacity() < n {
        *buffer = Vec::new(); // nothing to copy over
        buffer.try_reserve_exact(n).map_err(|_| Error::Memory(n * size_of::<T>()))?;
    }
    buffer.resize(n, T::default());
    Ok(())
}
