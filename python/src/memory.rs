//! Memory of large results, kept for the next ones.
//!
//! Writing to memory that the process has not had before takes longer than most kernels, and the C
//! library gives large blocks back to the system as soon as they are free. So arrays of results come
//! from an allocator of our own, as NEP 49 lets them: they own their data as any other array does, and
//! only when they die their memory stays here, up to a limit.

#![allow(unsafe_code)] // callbacks of NumPy's, reasons below

use std::ffi::{CStr, c_char, c_void};
use std::ptr::{self, NonNull};
use std::sync::{Mutex, MutexGuard, PoisonError};

use numpy::npyffi::npy_intp;
use numpy::{Element, PY_ARRAY_API, PyArray1, PyArrayDescrMethods};
use obspeed_core::parallel::ProcessLocal;
use pyo3::ffi::{self, PyObject};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyCapsule;

/// What the blocks kept may take together.
const KEPT_BYTES: usize = 64 << 20;
/// Blocks below this the C library keeps itself.
const SMALLEST: usize = 128 << 10;
/// Before the address that `NumPy` gets stands how much room there is; the alignment is malloc's.
const HEADER: usize = 16;

/// A block that nobody uses: where it begins, header included.
struct Block(NonNull<u8>);

// SAFETY: whoever has a block has it alone.
unsafe impl Send for Block {}

impl Block {
    /// A new block; None if it cannot be had.
    fn new(room: usize) -> Option<Self> {
        // SAFETY: any size may be asked for.
        let start = unsafe { libc::malloc(room.checked_add(HEADER)?) };
        NonNull::new(start.cast()).map(|start| Self::write(start, room))
    }

    fn write(start: NonNull<u8>, room: usize) -> Self {
        // SAFETY: malloc and realloc gave `room` bytes and a header, aligned for it.
        unsafe { start.cast::<usize>().write(room) };
        Self(start)
    }

    fn room(&self) -> usize {
        // SAFETY: `write` has been there.
        unsafe { self.0.cast::<usize>().read() }
    }

    /// What `NumPy` gets.
    fn into_data(self) -> *mut c_void {
        // SAFETY: the header lies within the block.
        unsafe { self.0.add(HEADER) }.as_ptr().cast()
    }

    /// # Safety
    /// `data` must come from [`Block::into_data`], and nobody may use it any more.
    unsafe fn from_data(data: NonNull<c_void>) -> Self {
        // SAFETY: so the header lies before it.
        Self(unsafe { data.cast::<u8>().sub(HEADER) })
    }

    fn free(self) {
        // SAFETY: it came from malloc or realloc, and is nobody else's.
        unsafe { libc::free(self.0.as_ptr().cast()) }
    }
}

/// The blocks kept, the last one given at the end.
static KEPT: ProcessLocal<Mutex<Vec<Block>>> = ProcessLocal::new(Mutex::default);

fn kept() -> MutexGuard<'static, Vec<Block>> {
    KEPT.get().lock().unwrap_or_else(PoisonError::into_inner)
}

/// A kept block with this room and little more.
fn take(size: usize) -> Option<Block> {
    if size < SMALLEST {
        return None;
    }
    let mut kept = kept();
    let fits = size..=size.saturating_add(size / 4);
    let place = kept.iter().rposition(|block| fits.contains(&block.room()))?;
    Some(kept.remove(place))
}

/// Keeps a block; what has been kept longest goes where that is too much.
fn give(block: Block) {
    let mut kept = kept();
    let worth = (SMALLEST..=KEPT_BYTES).contains(&block.room());
    if !worth || kept.try_reserve(1).is_err() {
        return block.free();
    }
    kept.push(block);
    let mut excess = kept.iter().map(Block::room).sum::<usize>().saturating_sub(KEPT_BYTES);
    while excess > 0 {
        let oldest = kept.remove(0);
        excess = excess.saturating_sub(oldest.room());
        oldest.free();
    }
}

/// Gives all that is kept back to the C library.
#[pyfunction]
pub fn release_memory() {
    kept().drain(..).for_each(Block::free);
}

extern "C" fn malloc(_: *mut c_void, size: usize) -> *mut c_void {
    let block = take(size).or_else(|| Block::new(size)).or_else(|| {
        release_memory();
        Block::new(size)
    });
    block.map_or(ptr::null_mut(), Block::into_data)
}

extern "C" fn calloc(ctx: *mut c_void, count: usize, size: usize) -> *mut c_void {
    let Some(size) = count.checked_mul(size) else { return ptr::null_mut() };
    let data = malloc(ctx, size);
    if !data.is_null() {
        // SAFETY: there is room for `size` bytes.
        unsafe { data.cast::<u8>().write_bytes(0, size) };
    }
    data
}

extern "C" fn realloc(ctx: *mut c_void, data: *mut c_void, size: usize) -> *mut c_void {
    let Some(data) = NonNull::new(data) else { return malloc(ctx, size) };
    let Some(whole) = size.checked_add(HEADER) else { return ptr::null_mut() };
    // SAFETY: NumPy gives back what it got here, and no longer uses it if this succeeds.
    let start = unsafe { libc::realloc(Block::from_data(data).0.as_ptr().cast(), whole) };
    let block = NonNull::new(start.cast()).map(|start| Block::write(start, size));
    block.map_or(ptr::null_mut(), Block::into_data)
}

extern "C" fn free(_: *mut c_void, data: *mut c_void, _: usize) {
    if let Some(data) = NonNull::new(data) {
        // SAFETY: NumPy gives back what it got here, once.
        give(unsafe { Block::from_data(data) });
    }
}

/// `PyDataMem_Handler` of `NumPy`'s C API, version 1.
#[repr(C)]
struct Handler {
    name: [c_char; 127],
    version: u8,
    ctx: *mut c_void,
    malloc: extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: extern "C" fn(*mut c_void, *mut c_void, usize),
}

// SAFETY: it is never written to, and its `ctx` points nowhere.
unsafe impl Sync for Handler {}

static HANDLER: Handler = Handler {
    name: name(c"obspeed"),
    version: 1,
    ctx: ptr::null_mut(),
    malloc,
    calloc,
    realloc,
    free,
};

const fn name(text: &CStr) -> [c_char; 127] {
    let bytes = text.to_bytes();
    let mut name = [0; 127];
    let mut i = 0;
    while i < bytes.len() {
        name[i] = bytes[i].cast_signed();
        i += 1;
    }
    name
}

/// `PyDataMem_SetHandler`: takes a capsule or null for `NumPy`'s own, returns the one before.
type SetHandler = extern "C" fn(*mut PyObject) -> *mut PyObject;

/// What is asked for once: the handler's capsule, the function that sets it, and `numpy.empty`.
struct Numpy {
    handler: Py<PyAny>,
    set_handler: SetHandler,
    empty: Py<PyAny>,
}

impl Numpy {
    fn get(py: Python<'_>) -> PyResult<&'static Self> {
        static NUMPY: PyOnceLock<Numpy> = PyOnceLock::new();
        NUMPY.get_or_try_init(py, || Self::find(py))
    }

    fn find(py: Python<'_>) -> PyResult<Self> {
        // Its place in the table of `NumPy`'s C API, since 1.22.
        const SET_HANDLER: usize = 304;
        let empty = py.import("numpy")?.getattr("empty")?.unbind();
        let core = py.import("numpy._core.multiarray").or_else(|_| {
            py.import("numpy.core.multiarray") // before 2.0
        })?;
        let table = core.getattr("_ARRAY_API")?.cast_into::<PyCapsule>()?;
        let table = table.pointer_checked(None)?.cast::<SetHandler>();
        // SAFETY: the table lives as long as the process and has a function of this type there.
        let set_handler = unsafe { table.add(SET_HANDLER).read() };
        let handler = (&raw const HANDLER).cast_mut().cast();
        // SAFETY: the handler lives as long as the process; NumPy asks for it by this name.
        let handler = unsafe {
            let capsule = ffi::PyCapsule_New(handler, c"mem_handler".as_ptr(), None);
            Bound::from_owned_ptr_or_err(py, capsule)?
        };
        Ok(Self { handler: handler.unbind(), set_handler, empty })
    }

    /// Sets the handler of this context and returns the one before.
    fn set<'py>(&self, handler: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let before = (self.set_handler)(handler.as_ptr());
        // SAFETY: it returns a new reference, or null with an exception.
        unsafe { Bound::from_owned_ptr_or_err(handler.py(), before) }
    }
}

/// As `numpy.empty`, of memory that may have been kept.
#[pyfunction]
#[pyo3(signature = (shape, dtype, order="C"))]
pub fn empty<'py>(
    py: Python<'py>,
    shape: &Bound<'py, PyAny>,
    dtype: &Bound<'py, PyAny>,
    order: &str,
) -> PyResult<Bound<'py, PyAny>> {
    let empty = || Numpy::get(py)?.empty.bind(py).call1((shape, dtype, order));
    let npts = shape.extract().unwrap_or(usize::MAX);
    with_kept(py, npts.saturating_mul(size_of::<f64>()), empty)
}

/// A new trace of `npts` samples, which hold anything, of memory that may have been kept.
pub fn samples<T: Element>(py: Python<'_>, npts: usize) -> PyResult<Bound<'_, PyArray1<T>>> {
    with_kept(py, npts.saturating_mul(size_of::<T>()), || {
        let mut shape = npy_intp::try_from(npts)?;
        // SAFETY: one dimension, its length, and a type that is handed over, as the function wants
        // them; it returns a new array of that type, or null with an exception.
        unsafe {
            let dtype = numpy::dtype::<T>(py).into_dtype_ptr();
            let array = PY_ARRAY_API.PyArray_Empty(py, 1, &raw mut shape, dtype, 0);
            Ok(Bound::from_owned_ptr_or_err(py, array)?.cast_into_unchecked())
        }
    })
}

/// Calls what makes an array of so many bytes.
fn with_kept<R>(py: Python<'_>, bytes: usize, new: impl FnOnce() -> PyResult<R>) -> PyResult<R> {
    if bytes < SMALLEST {
        return new(); // two changes of the handler less
    }
    let numpy = Numpy::get(py)?;
    let before = numpy.set(numpy.handler.bind(py))?;
    let made = new();
    numpy.set(&before)?;
    made
}
