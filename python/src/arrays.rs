//! `NumPy` arrays as the slices the core works on.
//!
//! Every array is borrowed through rust-numpy, so that two calls that would write to one buffer, or
//! write to what another reads, are refused instead of racing.

use std::sync::atomic::{AtomicUsize, Ordering};

use numpy::{
    PyArray1, PyArrayDescr, PyArrayDescrMethods, PyArrayMethods, PyReadonlyArray1,
    PyReadwriteArray1,
};
use obspeed_core::parallel::{ProcessLocal, generation};
use obspeed_core::samples::{Input, Output};
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;

use crate::error::ObspeedError;
use crate::memory;

/// A trace's samples, borrowed for reading.
pub enum Readable<'py> {
    I16(PyReadonlyArray1<'py, i16>),
    I32(PyReadonlyArray1<'py, i32>),
    I64(PyReadonlyArray1<'py, i64>),
    F32(PyReadonlyArray1<'py, f32>),
    F64(PyReadonlyArray1<'py, f64>),
}

/// An array borrowed for writing.
pub enum Writable<'py> {
    F32(PyReadwriteArray1<'py, f32>),
    F64(PyReadwriteArray1<'py, f64>),
}

/// Types of samples that results have.
#[derive(Clone, Copy)]
pub enum Precision {
    Single,
    Double,
}

impl Precision {
    /// That of a `NumPy` type; an error if it is none of these.
    pub fn new(dtype: &Bound<'_, PyArrayDescr>) -> PyResult<Self> {
        let py = dtype.py();
        if dtype.is_equiv_to(&numpy::dtype::<f64>(py)) {
            Ok(Self::Double)
        } else if dtype.is_equiv_to(&numpy::dtype::<f32>(py)) {
            Ok(Self::Single)
        } else {
            Err(PyTypeError::new_err(format!("results cannot be of {dtype}")))
        }
    }
}

/// Calls of this process that borrow arrays now.
static BORROWING: ProcessLocal<AtomicUsize> = ProcessLocal::new(AtomicUsize::default);

/// A call that borrows arrays, as long as it does.
pub struct Borrowing(&'static AtomicUsize);

impl Borrowing {
    pub fn new() -> Self {
        let count = BORROWING.get();
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Borrowing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether a conflict can only be with a thread that a fork has left behind: rust-numpy's borrows are
/// inherited, and nobody gives these back. To be asked while [`Borrowing`].
pub fn may_be_stale() -> bool {
    generation() > 0 && BORROWING.get().load(Ordering::Relaxed) == 1
}

/// An array that somebody else has borrowed.
pub fn conflict(error: impl std::fmt::Display) -> PyErr {
    ObspeedError::new_err(format!("the array cannot be borrowed: {error}"))
}

fn unsupported(array: &Bound<'_, PyAny>, expected: &str) -> PyErr {
    let dtype = array.getattr("dtype").map_or_else(|_| "no dtype".to_owned(), |d| d.to_string());
    PyTypeError::new_err(format!("expected a one-dimensional array of {expected}, got {dtype}"))
}

impl<'py> Readable<'py> {
    /// Borrows `array`, whose type must be one the core knows.
    pub fn new(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        macro_rules! try_types {
            ($($t:ty => $variant:ident),*) => {$(
                if let Ok(array) = array.cast::<PyArray1<$t>>() {
                    return array.try_readonly().map(Self::$variant).map_err(conflict);
                }
            )*};
        }
        try_types!(i32 => I32, f64 => F64, f32 => F32, i16 => I16, i64 => I64);
        Err(unsupported(array, "int16, int32, int64, float32 or float64"))
    }

    /// The samples; an error if they are not contiguous.
    pub fn input(&self) -> PyResult<Input<'_>> {
        Ok(match self {
            Self::I16(a) => Input::I16(a.as_slice()?),
            Self::I32(a) => Input::I32(a.as_slice()?),
            Self::I64(a) => Input::I64(a.as_slice()?),
            Self::F32(a) => Input::F32(a.as_slice()?),
            Self::F64(a) => Input::F64(a.as_slice()?),
        })
    }
}

impl<'py> Writable<'py> {
    /// Borrows `array`, which must be float32 or float64 and writable.
    pub fn new(array: &Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(array) = array.cast::<PyArray1<f64>>() {
            return array.try_readwrite().map(Self::F64).map_err(conflict);
        }
        if let Ok(array) = array.cast::<PyArray1<f32>>() {
            return array.try_readwrite().map(Self::F32).map_err(conflict);
        }
        Err(unsupported(array, "float32 or float64"))
    }

    /// A new array of `npts` samples, borrowed, and the array itself.
    pub fn made(
        py: Python<'py>,
        npts: usize,
        precision: Precision,
    ) -> PyResult<(Self, Bound<'py, PyAny>)> {
        macro_rules! made {
            ($t:ty, $variant:ident) => {{
                let array = memory::samples::<$t>(py, npts)?;
                (Self::$variant(array.try_readwrite().map_err(conflict)?), array.into_any())
            }};
        }
        Ok(match precision {
            Precision::Single => made!(f32, F32),
            Precision::Double => made!(f64, F64),
        })
    }

    /// Where to write; an error if it is not contiguous.
    pub fn output(&mut self) -> PyResult<Output<'_>> {
        Ok(match self {
            Self::F32(a) => Output::F32(a.as_slice_mut()?),
            Self::F64(a) => Output::F64(a.as_slice_mut()?),
        })
    }
}

/// Sets how many floating-point numbers `NumPy` adds up at once.
#[pyfunction]
pub fn set_floats_at_once(n: usize) {
    obspeed_core::sum::set_floats_at_once(n);
}
