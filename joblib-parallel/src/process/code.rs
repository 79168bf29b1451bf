//! Naming the code of a task, so that another process of the same program finds it.
//!
//! A task is a function or a closure that captures nothing, so that all there is to it is code. That code is
//! reached by a monomorphic entry function, whose address differs from that of a fixed function by the same
//! distance in every process of the same executable.

#![allow(unsafe_code)]

use crate::{Error, Result};

/// The distance of a function, as an address, from the fixed one.
pub(super) fn offset_of(address: usize) -> u64 {
    address.wrapping_sub(anchor as fn() as usize) as u64
}

/// The function at a distance that a process of the same executable computed from it.
///
/// # Safety
///
/// `F` is a type of function pointers, and the distance is that of a function of this type, computed by
/// [`offset_of`] in a process of this executable.
pub(super) unsafe fn function_at<F: Copy>(offset: u64) -> F {
    const { assert!(size_of::<F>() == size_of::<usize>()) };
    let address = address_at(offset) as *const ();
    // SAFETY: a pointer to that very function here, by the caller's promise.
    unsafe { std::mem::transmute_copy(&address) }
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
pub(super) fn build_id() -> Result<[u64; 4]> {
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
pub(super) fn executable() -> std::io::Result<std::path::PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}
