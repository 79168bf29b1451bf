//! Which bytes of which mapped file the arrays of this process see, so that a writable view is never shared.
//!
//! An array claims its byte range when it is made. What its first writable view takes depends on who sees the
//! writes:
//!
//! - `"r+"`: all mappings of the file. The claim is marked as written: refused while another claim on the
//!   file overlaps it, and from then on overlapping claims are refused until it is released.
//! - `"c"`: its own mapping, which other arrays may share. The bytes are marked in the mapping: refused while
//!   another claim on the same mapping overlaps them (the array is then copied). From then on, and even after
//!   the claim is released, because the bytes are not the file's any more, overlapping claims get a mapping
//!   of their own.
//!
//! Check and mark happen under one lock, so there is no moment at which both sides succeed.

use super::file::{FileId, MappedFile};
use crate::fork::ForkMutex;
use crate::{Error, Result};
use std::collections::HashMap;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LazyLock, MutexGuard};

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
    all: HashMap<u64, Seen>,
    written: HashMap<u64, Range<u64>>,
}

struct Seen {
    range: Range<u64>,
    /// [`MappedFile::identity`], unambiguous as long as the claim keeps the mapping.
    map: usize,
}

impl Claim {
    /// Of [`file`](Self::file), which is another mapping of the same file if these bytes were written to in
    /// this one.
    pub(super) fn new(mut file: MappedFile, range: Range<u64>) -> Result<Self> {
        let mut claims = lock();
        while file.is_private(&range) {
            // Not under the lock: it waits for the file system.
            drop(claims);
            file = file.map_again()?;
            claims = lock();
        }
        let number = claims.next;
        claims.next += 1;
        let of_file = claims.files.entry(file.id()).or_default();
        if of_file.written.values().any(|other| overlap(other, &range)) {
            return Err(Error::refused("an array of this process is writing to these bytes; drop it first")
                .with_path(file.name()));
        }
        of_file.all.insert(number, Seen { range: range.clone(), map: file.identity() });
        Ok(Self { file, range, number, written: AtomicBool::new(false) })
    }

    pub(super) fn file(&self) -> &MappedFile {
        &self.file
    }

    /// Whether a writable view was ever handed out.
    /// The bytes of [`file`](Self::file).
    #[cfg(feature = "ndarray")]
    pub(super) fn range(&self) -> &Range<u64> {
        &self.range
    }

    pub(super) fn is_written(&self) -> bool {
        self.written.load(Ordering::Relaxed)
    }

    /// Prepares for writes that only this mapping sees; `false` if another array sees these bytes of it.
    pub(super) fn write_privately(&self) -> bool {
        if self.is_written() {
            // Since then all other claims on these bytes have gone to other mappings.
            return true;
        }
        let claims = lock();
        let map = self.file.identity();
        if claims.others(self).any(|other| other.map == map) {
            return false;
        }
        self.file.mark_private(&self.range);
        self.written.store(true, Ordering::Relaxed);
        true
    }

    /// Prepares for writes to the file.
    pub(super) fn write_through(&self) -> Result<()> {
        let mut claims = lock();
        if claims.others(self).next().is_some() {
            return Err(Error::refused("another array of this process is mapped onto the same bytes")
                .with_path(self.file.name()));
        }
        let of_file = claims.files.entry(self.file.id()).or_default();
        of_file.written.insert(self.number, self.range.clone());
        self.written.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Claims {
    /// All other claims on bytes of `claim` in the same file, through whatever mapping.
    fn others<'c>(&'c self, claim: &'c Claim) -> impl Iterator<Item = &'c Seen> {
        let all = self.files.get(&claim.file.id()).into_iter().flat_map(|of_file| &of_file.all);
        all.filter(|&(&number, seen)| number != claim.number && overlap(&seen.range, &claim.range))
            .map(|(_, seen)| seen)
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
    static CLAIMS: LazyLock<ForkMutex<Claims>> = LazyLock::new(|| ForkMutex::new(Claims::default()));
    CLAIMS.lock()
}
