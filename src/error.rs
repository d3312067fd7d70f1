//! What can go wrong in the core, with what was expected and what came.

use std::fmt;
use std::path::PathBuf;

/// The result of a core function.
pub type Result<T> = std::result::Result<T, Error>;

/// Why a kernel gave no answer. The caller's data are untouched in every case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    /// The data hold something this kernel does not answer for; the reason is for the user.
    Declined(&'static str),
    /// The caller asked to stop.
    Cancelled,
    /// A slice has another length than the prepared step.
    Length {
        /// Which slice.
        what: &'static str,
        /// The length the step was prepared for.
        expected: usize,
        /// The length that came.
        got: usize,
    },
    /// A buffer of this many bytes could not be had.
    Memory(usize),
    /// The operating system refused a file.
    Io {
        /// The file.
        path: PathBuf,
        /// The system's number for the error, where it has one.
        code: Option<i32>,
        /// The error in words.
        message: String,
    },
    /// A kernel panicked: a defect of obspeed.
    Panic(String),
    /// The worker threads could not be started.
    Pool(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Declined(reason) => f.write_str(reason),
            Self::Cancelled => f.write_str("cancelled"),
            Self::Length { what, expected, got } => {
                write!(f, "{what}: expected {expected} samples, got {got}")
            }
            Self::Memory(bytes) => write!(f, "a buffer of {bytes} bytes could not be allocated"),
            Self::Io { path, message, .. } => write!(f, "{}: {message}", path.display()),
            Self::Panic(message) => write!(f, "a kernel panicked: {message}"),
            Self::Pool(message) => write!(f, "worker threads could not be started: {message}"),
        }
    }
}

impl std::error::Error for Error {}
