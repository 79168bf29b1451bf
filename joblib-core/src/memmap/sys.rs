//! The unsafe part: mapping files, and viewing mapped bytes as arrays.
//!
//! Soundness rests on three facts, established by the callers: the bytes lie inside the mapping and are
//! aligned ([`ArrayPlace`](super::ArrayPlace) is checked first), the mapping outlives the view (it is kept
//! beside it), and no writable view exists beside another view of the same memory (`claim.rs`, and the
//! uniqueness of the handle).

#![allow(unsafe_code)]

#[cfg(feature = "ndarray")]
mod views;

#[cfg(feature = "ndarray")]
pub(super) use views::{are_bools, is_restricted, view, view_mut};

use super::MmapMode;
use memmap2::{MmapOptions, MmapRaw};
use std::fs::File;
use std::io;
use std::sync::atomic::AtomicU64;

/// Maps the first `len` bytes of `file`.
pub(super) fn map(file: &File, len: usize, mode: MmapMode) -> io::Result<MmapRaw> {
    let mut options = MmapOptions::new();
    options.len(len);
    match mode {
        MmapMode::Read => options.map_raw_read_only(file),
        MmapMode::ReadWrite => options.map_raw(file),
        // SAFETY: only the raw pointer is kept; see the module's documentation for its use.
        MmapMode::CopyOnWrite => unsafe { options.map_copy(file) }.map(MmapRaw::from),
    }
}

/// The first `count` words of a mapping made by [`map`] with at least that length, read-write.
pub(super) fn cells(memory: &MmapRaw, count: usize) -> &[AtomicU64] {
    debug_assert!(count * size_of::<AtomicU64>() <= memory.len());
    let count = count.min(memory.len() / size_of::<AtomicU64>());
    // SAFETY: inside the mapping, aligned to a page, and only ever accessed atomically, by other processes
    // too.
    unsafe { std::slice::from_raw_parts(memory.as_ptr().cast::<AtomicU64>(), count) }
}
