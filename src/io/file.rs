//! Whole files: read at once, written beside their place and then moved there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::memory::room;
use crate::{Error, Result};

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::Io { path: path.to_owned(), code: error.raw_os_error(), message: error.to_string() }
}

/// The bytes of the file at `path`.
///
/// # Errors
/// [`Error::Io`]; [`Error::Memory`]; [`Error::Declined`] for what is no regular file, or longer than `limit` bytes.
pub fn read(path: &Path, limit: u64) -> Result<Vec<u8>> {
    let file = File::open(path).map_err(|e| failed(path, &e))?;
    let meta = file.metadata().map_err(|e| failed(path, &e))?;
    if !meta.is_file() {
        return Err(Error::Declined("not a regular file"));
    }
    if meta.len() > limit {
        return Err(Error::Declined("the file is too long"));
    }
    // One byte more: the end is then found without another turn.
    let wanted = usize::try_from(meta.len()).unwrap_or(usize::MAX).saturating_add(1);
    let mut bytes = room(wanted)?;
    // A file may grow meanwhile; what is beyond the limit is left.
    file.take(limit).read_to_end(&mut bytes).map_err(|e| failed(path, &e))?;
    Ok(bytes)
}

/// Writes `bytes` to `path`: whole, or not at all.
///
/// They go to a new file in the same folder first, which then takes the place of the old one, so
/// that no reader ever finds half a file. Nothing is synchronised to the disk.
///
/// # Errors
/// [`Error::Io`] with `path`; the new file is then removed.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    // A link stays one: what it names is replaced.
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if fs::metadata(&target).is_ok_and(|meta| !meta.is_file() && !meta.is_dir()) {
        // A device or a pipe is written to, never replaced by a file.
        let device = File::options().write(true).open(&target);
        return device.and_then(|mut it| it.write_all(bytes)).map_err(|e| failed(path, &e));
    }
    replace(&target, bytes).map_err(|e| failed(path, &e))
}

/// Writes `bytes` to `path` by way of `draft`, a new file on the same disk: whole, or not at all.
///
/// What is at `path`, if anything, is replaced; folders are made. Where `path` turns out to be on
/// another disk, the draft is made anew beside it.
///
/// # Errors
/// [`Error::Io`] with `path`; the draft is then removed.
pub fn write_by(draft: &Path, path: &Path, bytes: &[u8]) -> Result<()> {
    let written = fs::write(draft, bytes).and_then(|()| match fs::rename(draft, path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            fs::rename(draft, path)
        }
        moved => moved,
    });
    written
        .or_else(|e| {
            let _ = fs::remove_file(draft); // the error to tell is the first
            match e.kind() {
                io::ErrorKind::CrossesDevices => replace(path, bytes),
                _ => Err(e),
            }
        })
        .map_err(|e| failed(path, &e))
}

/// Writes a new file beside `target` and moves it there.
fn replace(target: &Path, bytes: &[u8]) -> io::Result<()> {
    let (part, mut file) = beside(target)?;
    let written = file.write_all(bytes).and_then(|()| {
        drop(file);
        fs::rename(&part, target)
    });
    written.inspect_err(|_| {
        let _ = fs::remove_file(&part); // the error to tell is the first
    })
}

/// A new file in the folder of `target`, with a short name of its own.
fn beside(target: &Path) -> io::Result<(PathBuf, File)> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    loop {
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let part = target.with_file_name(format!(".obspeed-{}-{count}.part", std::process::id()));
        match File::create_new(&part) {
            // Left behind by a process that was killed, or made on another machine.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made.map(|file| (part, file)),
        }
    }
}
