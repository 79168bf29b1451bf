//! Naming the code of a task, so that another process of the same program finds it.
//!
//! A task is a function or a closure that captures nothing, so that all there is to it is code. That code is reached by
//! a monomorphic entry function, whose address differs from that of a fixed function by the same distance in every
//! process of the same executable.

#![allow(unsafe_code)]

use super::super::worker::Batch;
use crate::{Error, Result};

/// The entry to a kind of task: runs a batch of them.
pub(in crate::process) type Entry = fn(&mut Batch<'_>) -> Result<()>;

/// The entry to a function without arguments that prepares a worker.
pub(in crate::process) type Initializer = fn();

/// The distance of a function from the fixed one.
pub(in crate::process) fn offset_of(address: usize) -> u64 {
    address.wrapping_sub(anchor as fn() as usize) as u64
}

/// The entry at a distance that a process of the same executable computed from one.
///
/// # Safety
///
/// The distance is that of an [`Entry`], computed by [`offset_of`] in a process of this executable.
pub(in crate::process) unsafe fn entry_at(offset: u64) -> Entry {
    // SAFETY: the address of that very function here, by the caller's promise.
    unsafe { std::mem::transmute::<usize, Entry>(address_at(offset)) }
}

/// The initializer at a distance that a process of the same executable computed from one.
///
/// # Safety
///
/// The distance is that of an [`Initializer`], computed by [`offset_of`] in a process of this executable.
pub(in crate::process) unsafe fn initializer_at(offset: u64) -> Initializer {
    // SAFETY: the address of that very function here, by the caller's promise.
    unsafe { std::mem::transmute::<usize, Initializer>(address_at(offset)) }
}

fn address_at(offset: u64) -> usize {
    (anchor as fn() as usize).wrapping_add(offset as usize)
}

/// The fixed function. Never called; its body keeps it from being merged with another.
#[inline(never)]
fn anchor() {
    std::hint::black_box("joblib worker anchor");
}

/// Which executable this is, down to the file: both sides must agree before offsets mean anything.
pub(in crate::process) fn build_id() -> Result<[u64; 4]> {
    use std::os::unix::fs::MetadataExt;
    let failed = |error| Error::backend("cannot examine the executable", error);
    let metadata = std::fs::metadata(executable().map_err(failed)?).map_err(failed)?;
    Ok([
        metadata.dev(),
        metadata.ino(),
        metadata.len(),
        metadata.mtime_nsec() as u64 ^ metadata.mtime() as u64,
    ])
}

/// The running executable; on Linux itself, even if the file's name leads elsewhere by now.
pub(in crate::process) fn executable() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}
