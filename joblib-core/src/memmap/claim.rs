//! Which bytes of which mapped file the arrays of this process see, so that a writable view is never shared.
//!
//! An array claims its byte range when it is made. Before the first writable view of an `"r+"` array its claim is
//! marked as written: refused while another claim overlaps it, and from then on overlapping claims are refused
//! until it is released. Both happen under one lock, so there is no moment at which both succeed.

use super::file::{FileId, MappedFile};
use crate::{Error, Result};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

/// A byte range of a mapped file that an array (and its clones and slices) sees. Released when dropped.
pub(super) struct Claim {
    file: MappedFile,
    range: Range<u64>,
    number: u64,
    written: AtomicBool,
}

#[derive(Default)]
struct Claims {
    files: HashMap<FileId, OfFile>,
    next: u64,
}

#[derive(Default)]
struct OfFile {
    all: HashMap<u64, Range<u64>>,
    written: HashMap<u64, Range<u64>>,
}

impl Claim {
    pub(super) fn new(file: MappedFile, range: Range<u64>) -> Result<Self> {
        let mut claims = lock();
        let number = claims.next;
        claims.next += 1;
        let of_file = claims.files.entry(file.id()).or_default();
        if of_file.written.values().any(|other| overlap(other, &range)) {
            return Err(Error::refused("an array of this process is writing to these bytes; drop it first")
                .with_path(file.name()));
        }
        of_file.all.insert(number, range.clone());
        Ok(Self { file, range, number, written: AtomicBool::new(false) })
    }

    pub(super) fn file(&self) -> &MappedFile {
        &self.file
    }

    /// Whether a writable view was ever handed out.
    pub(super) fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }

    /// Prepares for writes that only this mapping sees.
    pub(super) fn write_privately(&self) {
        self.written.store(true, Ordering::Relaxed);
    }

    /// Prepares for writes to the file.
    pub(super) fn write_through(&self) -> Result<()> {
        let mut claims = lock();
        let of_file = claims.files.entry(self.file.id()).or_default();
        let shared =
            of_file.all.iter().any(|(&number, other)| number != self.number && overlap(other, &self.range));
        if shared {
            return Err(Error::refused("another array of this process is mapped onto the same bytes")
                .with_path(self.file.name()));
        }
        of_file.written.insert(self.number, self.range.clone());
        self.written.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut claims = lock();
        if let Some(of_file) = claims.files.get_mut(&self.file.id()) {
            of_file.all.remove(&self.number);
            of_file.written.remove(&self.number);
            if of_file.all.is_empty() {
                claims.files.remove(&self.file.id());
            }
        }
    }
}

fn overlap(a: &Range<u64>, b: &Range<u64>) -> bool {
    a.start < b.end && b.start < a.end
}

fn lock() -> MutexGuard<'static, Claims> {
    static CLAIMS: LazyLock<Mutex<Claims>> = LazyLock::new(Mutex::default);
    CLAIMS.lock().unwrap_or_else(PoisonError::into_inner)
}
