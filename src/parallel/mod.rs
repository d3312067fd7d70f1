//! Work on many traces at once: the pool, the schedule, and how to stop it.

mod cancel;
mod fork;
mod pool;
mod schedule;

pub(crate) use cancel::for_each;
pub use cancel::{Cancel, Flag, Never, Polled};
pub use fork::{ProcessLocal, generation};
pub use pool::warm_threads;
pub(crate) use schedule::caught;
pub use schedule::run;
