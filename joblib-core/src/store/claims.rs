//! Claims on keys between processes of one machine, without a system call where nobody else is at the key.
//!
//! A mapped table says who computes what: one word per claim, made of part of the key's number and the number
//! of its owner. An owner is an opened store; while it lives it holds the lock of its number on the table's
//! file, which the kernel releases when it dies, and its claims are then anybody's. A child made by `fork` is
//! another owner: it opens the table again, and has no part in its parent's lock. Claims only save work, so
//! where the table is full a key is computed without one.

use super::Claim;
use super::draft::{self, Draft};
use super::locks::{self, Backoff};
use super::mapping::{Mapping, preallocate};
use crate::fork::{PerProcess, Process, Uninherited};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

const NAME: &str = ".claims";
/// Words that a key's claim may be in: those of one cache line.
const GROUP: usize = 8;
const GROUPS: usize = 512;
const LEN: u64 = (GROUPS * GROUP * 8) as u64;
/// Low bits of a word: the owner. The rest is the key's number.
const OWNER: u64 = (1 << 24) - 1;
/// Offset of the first owner's lock, far beyond the file's end.
const OWNERS: u64 = 1 << 40;

/// The claims of one opened store.
#[derive(Debug)]
pub(super) struct Claims {
    root: PathBuf,
    scratch: PathBuf,
    table: PerProcess<Option<Arc<Table>>>,
}

#[derive(Debug)]
struct Table {
    /// Not what is mapped: a child's mapping would keep the lock as well as its descriptor does.
    file: Uninherited<File>,
    mapping: Mapping,
    /// 1 to `OWNER`.
    owner: u64,
    process: Process,
}

/// A claim held; given up when dropped.
#[derive(Debug)]
struct Held {
    table: Arc<Table>,
    at: usize,
    word: u64,
}

enum Attempt {
    Held(Held),
    Taken,
    /// Too many claims at once.
    Full,
}

impl Claims {
    pub(super) fn new(root: &Path, scratch: PathBuf) -> Self {
        Self { root: root.to_owned(), scratch, table: PerProcess::new() }
    }

    /// The right to compute key number `id`, if it is released in time. `Err` if there is no table: then
    /// there is another way to claim.
    pub(super) fn claim(&self, id: u64, wait: Duration) -> Result<Option<Claim>, NoTable> {
        let table = self.table.get_or_init(|| Table::open(&self.root, &self.scratch).map(Arc::new).ok());
        let Some(table) = table else { return Err(NoTable) };
        let mut backoff = Backoff::new(wait);
        loop {
            match table.attempt(id) {
                Attempt::Held(held) => return Ok(Some(Claim::new(held))),
                Attempt::Full => return Ok(Some(Claim::unshared())),
                Attempt::Taken if !backoff.pause() => return Ok(None),
                Attempt::Taken => {}
            }
        }
    }
}

/// The table cannot be mapped here.
#[derive(Debug)]
pub(super) struct NoTable;

impl Table {
    fn open(root: &Path, scratch: &Path) -> io::Result<Self> {
        let path = root.join(NAME);
        let open = || draft::private().read(true).write(true).open(&path);
        let mapped = open().or_else(|_| {
            let draft = Draft::unnamed(root, scratch).map_err(io::Error::other)?;
            preallocate(draft.file(), LEN)?;
            // If another process was first, its table is used.
            let _ = draft.publish(&path);
            open()
        })?;
        let mapping = Mapping::new(&mapped, LEN, true)?;
        let (file, process) = (Uninherited::new(open()?), Process::current());
        for _ in 0..64 {
            let owner = draft::unique_number() & OWNER;
            if owner != 0 && locks::try_lock_byte(&file, OWNERS + owner)? {
                return Ok(Self { file, mapping, owner, process });
            }
        }
        Err(io::Error::from(io::ErrorKind::ResourceBusy))
    }

    fn attempt(self: &Arc<Self>, id: u64) -> Attempt {
        let first = id as usize % GROUPS * GROUP;
        let group: &[AtomicU64] = self.mapping.shared(first * 8, GROUP).unwrap_or_default();
        let word = (id & !OWNER) | self.owner;
        let is_same = |found: u64| found & !OWNER == word & !OWNER && found != 0;
        for place in group {
            let found = place.load(SeqCst);
            if is_same(found) && (found == word || self.is_alive(found)) {
                return Attempt::Taken;
            }
        }
        for (at, place) in group.iter().enumerate() {
            let found = place.load(SeqCst);
            let is_free = found == 0 || (found & OWNER != self.owner && !self.is_alive(found));
            if !is_free || place.compare_exchange(found, word, SeqCst, SeqCst).is_err() {
                continue;
            }
            let held = Held { table: Arc::clone(self), at: first + at, word };
            // Another may have taken another place for the same key at the same time: both look only after
            // taking theirs, so at least one sees the other and gives way. Dead owners do not count.
            let is_rival = |(other, place): (usize, &AtomicU64)| {
                let found = place.load(SeqCst);
                other != at && is_same(found) && (found == word || self.is_alive(found))
            };
            return if group.iter().enumerate().any(is_rival) { Attempt::Taken } else { Attempt::Held(held) };
        }
        Attempt::Full
    }

    /// Whether the owner of a word lives. A store does not see its own lock, but knows of it.
    fn is_alive(&self, word: u64) -> bool {
        let owner = word & OWNER;
        owner == self.owner || locks::is_byte_locked(&self.file, OWNERS + owner).unwrap_or(true)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // What a child has inherited is its parent's still.
        if self.table.process.is_current()
            && let Some([place]) = self.table.mapping.shared::<AtomicU64>(self.at * 8, 1)
        {
            // It is somebody else's only if this process was taken for dead.
            let _ = place.compare_exchange(self.word, 0, SeqCst, SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::AtomicUsize;

    fn claims(dir: &Path) -> Claims {
        Claims::new(dir, dir.join(".tmp"))
    }

    fn claim(claims: &Claims, id: u64) -> Option<Claim> {
        claims.claim(id, Duration::ZERO).unwrap()
    }

    #[test]
    fn a_claim_excludes_threads_and_other_openings() {
        let dir = tempfile::tempdir().unwrap();
        let (one, other) = (claims(dir.path()), claims(dir.path()));
        let held = claim(&one, 1 << 40).unwrap();
        assert!(claim(&one, 1 << 40).is_none() && claim(&other, 1 << 40).is_none());
        assert!(claim(&other, 2 << 40).is_some(), "another key, same group");
        drop(held);
        assert!(claim(&other, 1 << 40).is_some());
    }

    #[test]
    fn claims_of_the_dead_are_anybodys() {
        let dir = tempfile::tempdir().unwrap();
        let one = claims(dir.path());
        for id in 0..GROUP as u64 * 3 {
            // Dropping the store releases its lock, as dying does; the words stay.
            let dead = claims(dir.path());
            std::mem::forget(claim(&dead, id << 40).unwrap());
            let table = dead.table.get().unwrap().as_ref().unwrap();
            locks::unlock_byte(&table.file, OWNERS + table.owner).unwrap();
            assert!(claim(&one, id << 40).is_some());
        }
        for id in 100..200 {
            assert!(claim(&one, id << 40).is_some());
        }
    }

    #[test]
    fn a_claim_of_the_dead_behind_a_free_place_is_anybodys() {
        let dir = tempfile::tempdir().unwrap();
        let (one, dead) = (claims(dir.path()), claims(dir.path()));
        let neighbour = claim(&one, 1 << 40).unwrap();
        std::mem::forget(claim(&dead, 2 << 40).unwrap());
        let table = dead.table.get().unwrap().as_ref().unwrap();
        locks::unlock_byte(&table.file, OWNERS + table.owner).unwrap();
        drop(neighbour);
        for _ in 0..2 {
            assert!(claim(&one, 2 << 40).is_some());
        }
    }

    #[test]
    fn where_too_many_are_at_once_nobody_waits() {
        let dir = tempfile::tempdir().unwrap();
        let one = claims(dir.path());
        let held: Vec<_> = (0..GROUP as u64 * 2).map(|id| claim(&one, id << 40).unwrap()).collect();
        assert_eq!(held.len(), GROUP * 2);
    }

    #[test]
    fn one_at_a_time() {
        let dir = tempfile::tempdir().unwrap();
        let (inside, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    let claims = claims(dir.path());
                    for round in 0..300 {
                        let neighbour = claim(&claims, round << 40);
                        if let Some(held) = claims.claim(1 << 60, Duration::from_secs(60)).unwrap() {
                            assert_eq!(inside.fetch_add(1, SeqCst), 0);
                            done.fetch_add(1, SeqCst);
                            inside.fetch_sub(1, SeqCst);
                            drop(held);
                        }
                        drop(neighbour);
                    }
                });
            }
        });
        assert_eq!(done.into_inner(), 1_200);
    }
}
