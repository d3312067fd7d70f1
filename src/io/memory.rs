//! Room for what a file holds.

#![allow(unsafe_code)] // one advice to the kernel, reason below

use crate::{Error, Result};

/// An empty vector with room for `n` values.
///
/// # Errors
/// [`Error::Memory`] if it cannot be had.
pub(super) fn room<T>(n: usize) -> Result<Vec<T>> {
    let mut room = Vec::new();
    room.try_reserve_exact(n).map_err(|_| Error::Memory(n.saturating_mul(size_of::<T>())))?;
    advise(&room);
    Ok(room)
}

/// Asks for large pages where they pay, as `NumPy` does for its arrays: the first touch of each page
/// costs about as much as decoding what goes there.
#[cfg(target_os = "linux")]
fn advise<T>(room: &Vec<T>) {
    const PAYS: usize = 4 << 20;
    const PAGE: usize = 4096;
    let bytes = room.capacity() * size_of::<T>();
    if bytes >= PAYS {
        let start = room.as_ptr().cast::<u8>();
        let skipped = start.align_offset(PAGE);
        // SAFETY: the range lies within the vector's own allocation, and advice on the size of its
        // pages changes nothing that a program can read.
        unsafe {
            let first = start.wrapping_add(skipped).cast_mut().cast();
            libc::madvise(first, bytes - skipped, libc::MADV_HUGEPAGE);
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn advise<T>(_: &Vec<T>) {}
