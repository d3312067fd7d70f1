//! What the Python side needs to know to settle the number of threads.

use obspeed_core::parallel;
use pyo3::pyfunction;

/// Number of CPUs this process may use: its affinity mask and its cgroup's quota are respected.
#[pyfunction]
pub fn available_parallelism() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Number of forks between this process and the one that first used the core.
#[pyfunction]
pub fn generation() -> u64 {
    parallel::generation()
}

/// Number of worker threads that exist now.
#[pyfunction]
pub fn pool_threads() -> usize {
    parallel::warm_threads()
}
