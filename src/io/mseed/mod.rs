//! miniSEED: records of one channel each, strung together to traces.
//!
//! Sources: the SEED 2.4 manual (FDSN, 2012), chapters 8 and appendix B. Where the manual leaves a
//! choice (what continues a trace, which record it is described by), it is made as `ObsPy` makes it,
//! found out by giving it records; where `ObsPy` warns, guesses or gives up, this declines.

mod pack;
mod record;
mod steim;
mod traces;
mod write;

pub use super::Order;
pub use record::Encoding;
pub use traces::{MAX_BYTES, Samples, Trace, read};
pub use write::{Layout, Recording, encode};
