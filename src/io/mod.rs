//! Files, as far as they are read and written without `ObsPy`: miniSEED in and out, SAC out, and
//! responses from `StationXML`.
//!
//! What comes from a file is not trusted: a reader gives what `ObsPy` would, or declines with a reason,
//! and never allocates more than the file's size warrants.

mod bytes;
mod calendar;
mod file;
mod memory;
pub mod mseed;
pub mod sac;
pub mod stationxml;
mod xml;

pub use bytes::Order;
pub use file::{read, write, write_by};
