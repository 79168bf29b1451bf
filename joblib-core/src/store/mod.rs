//! Where results are kept: the object-safe interface between `Memory` and storage.
//!
//! A [`Store`] is a directory of functions; a [`FunctionStore`] holds the entries of one function at one version
//! of its code. Both are used from many threads, and, for local files, from many processes at once.

#![cfg_attr(not(target_os = "linux"), allow(dead_code, reason = "only packed entries use it"))]

mod clock;
mod draft;
mod entry;
mod files;
mod fs_kind;
mod function_record;
#[cfg(target_os = "linux")]
mod identity;
mod limits;
mod local;
mod locks;
mod names;
#[cfg(target_os = "linux")]
mod packed;
mod record;
mod reduce;
mod root;
mod units;
mod value_file;

pub use entry::{EntryInfo, EntryMeta, FunctionId, Stats};
pub use limits::{Limits, Reduced, parse_bytes, parse_duration};
pub use local::{LocalOptions, LocalStore, Mode};

#[doc = include_str!("../../docs/cache-layout.md")]
pub mod layout {}

use crate::{Key, Result};
use std::fmt;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A place that keeps results of many functions.
pub trait Store: fmt::Debug + Send + Sync {
    /// The entries of one function at one version, created on the first insertion.
    ///
    /// # Errors
    ///
    /// Where the place cannot be used at all: refused permissions, a newer format.
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>>;

    /// All functions and versions with entries here.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed.
    fn functions(&self) -> Result<Vec<FunctionId>>;

    /// Removes every entry of every function.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    fn clear(&self) -> Result<()>;

    /// Removes least recently used entries, over all functions, until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](Store::clear).
    fn reduce_size(&self, limits: &Limits) -> Result<Reduced>;

    /// The directory, for a store of local files.
    fn location(&self) -> Option<&Path>;
}

/// The entries of one function at one version of its code.
pub trait FunctionStore: fmt::Debug + Send + Sync {
    /// Whether the key has an entry that can be read. Does not count as a use.
    fn contains(&self, key: Key) -> bool;

    /// Shows the key's entry to `visit`, if there is one whose checksum holds; counts as a use.
    ///
    /// # Errors
    ///
    /// The first error of `visit`, and entries found damaged ([`is_corrupt`](crate::Error::is_corrupt)): those
    /// are removed, so that the next call finds nothing.
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool>;

    /// When and how expensively the entry was computed, without reading its value.
    fn metadata(&self, key: Key) -> Option<EntryMeta>;

    /// Keeps a small value; replaces the key's former entry.
    ///
    /// # Errors
    ///
    /// Full disk, missing permission: nothing is kept then.
    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()>;

    /// Keeps a large value as a file of its own, which `write` fills; replaces the key's former entry.
    ///
    /// `write` gets an empty file open for reading and writing, and gives the file's length when it is done. Nobody sees
    /// the file before.
    ///
    /// # Errors
    ///
    /// As [`put`](FunctionStore::put), the error of `write`, and a length that is not the file's.
    fn put_file(&self, key: Key, meta: &EntryMeta, write: &mut dyn FnMut(&File) -> Result<u64>)
    -> Result<()>;

    /// Removes the key's entry; tells whether there was one.
    ///
    /// # Errors
    ///
    /// Where the entry could not be removed.
    fn remove(&self, key: Key) -> Result<bool>;

    /// Removes every entry.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    fn clear(&self) -> Result<()>;

    /// Removes least recently used entries until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](FunctionStore::clear).
    fn reduce_size(&self, limits: &Limits) -> Result<Reduced>;

    /// All entries, in no order.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed.
    fn entries(&self) -> Result<Vec<EntryInfo>>;

    /// Entries and their bytes; calls are counted by who makes them.
    fn stats(&self) -> Stats;

    /// Values of more bytes than this go to files of their own.
    fn inline_limit(&self) -> usize;

    /// Asks for the right to compute the key's value, so that one process does it at a time.
    ///
    /// The claim ends when it is dropped, and with its process. `None`: another process holds it, and still did
    /// after `wait`. Claims save work; correctness never depends on them.
    fn claim(&self, key: Key, wait: Duration) -> Option<Claim>;

    /// The directory, for a store of local files.
    fn dir(&self) -> Option<PathBuf>;
}

/// What a store found under a key.
#[derive(Debug)]
pub enum Record<'a> {
    /// A small value, checksum verified; valid during the visit only.
    Bytes(&'a [u8]),
    /// A large value, in a file of its own.
    File {
        /// Opened for reading, at its start.
        file: &'a File,
        /// Where it is, for mapping it writable and for messages.
        path: &'a Path,
    },
}

/// The right to compute one key; dropping it lets the next process go on.
pub struct Claim(#[allow(dead_code, reason = "held for its drop")] Option<Box<dyn Send>>);

impl Claim {
    /// A claim that ends when `guard` is dropped.
    pub fn new(guard: impl Send + 'static) -> Self {
        Self(Some(Box::new(guard)))
    }

    /// For places that know no other process.
    #[must_use]
    pub fn unshared() -> Self {
        Self(None)
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Claim")
    }
}
