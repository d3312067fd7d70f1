//! The core's errors as Python exceptions: the only place that knows both.

use obspeed_core::Error;
use pyo3::PyErr;
use pyo3::create_exception;
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyOSError, PyRuntimeError};

create_exception!(
    obspeed._core,
    ObspeedError,
    PyRuntimeError,
    "Base class of obspeed's own errors."
);
create_exception!(
    obspeed._core,
    DeclinedError,
    ObspeedError,
    "obspeed does not answer for this call; its message is the reason."
);
create_exception!(
    obspeed._core,
    InternalError,
    ObspeedError,
    "A defect of obspeed, please report it. The data are untouched."
);

/// The exception for an error of the core.
pub fn to_py(error: &Error) -> PyErr {
    let message = error.to_string();
    match error {
        Error::Declined(_) => DeclinedError::new_err(message),
        Error::Io { path, code: Some(code), message } => {
            // As Python says it; of this number, Python makes the subclass.
            let words = message.split(" (os error").next().unwrap_or_default().to_owned();
            PyOSError::new_err((*code, words, path.clone().into_os_string()))
        }
        Error::Io { .. } => PyOSError::new_err(message),
        Error::Memory(_) => PyMemoryError::new_err(message),
        Error::Cancelled => PyKeyboardInterrupt::new_err(message),
        Error::Length { .. } | Error::Panic(_) | Error::Pool(_) => InternalError::new_err(message),
    }
}
