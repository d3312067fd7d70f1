//! Files, as far as they are read without `ObsPy`: what is not certain to be read alike is declined.

pub mod stationxml;
mod xml;
