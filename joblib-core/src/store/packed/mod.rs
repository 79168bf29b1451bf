//! Small entries packed into mapped files, for processes of one machine.
//!
//! A hit takes no lock and no system call: probe the mapped index, check the record's key and checksum in its
//! mapped segment, show it. `docs/cache-layout.md` describes the layout, and why it survives crashes.
//!
//! The one rule of writers: change the index, then see whether its word is still that of the view; if not,
//! somebody rearranged the files meanwhile, so wait for them, look whether the change is there, and repeat it
//! where it is not.

mod arrange;
mod directory;
mod evict;
mod index;
mod insert;
mod location;
mod pace;
mod presence;
mod recover;
mod segment;
mod slot;
mod table;
mod view;

pub(super) use directory::{remove_indexes, retire};

use super::clock;
use super::discard::discard;
use super::record::{Body, FileRef};
use super::root::{LockSeed, Root};
use super::value_file::{self, ValueDraft};
use super::{Claim, EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, Record, Reduced, Stats};
use crate::{Error, Key, Result};
use arc_swap::ArcSwapOption;
use index::Index;
use location::Location;
use pace::Pace;
use segment::Segment;
use slot::Slot;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;
use view::{Found, Look, View};

/// Larger values go to files of their own.
const INLINE_LIMIT: usize = 16 << 10;
/// Attempts at what others may rearrange at the same time.
const ATTEMPTS: usize = 64;

/// One function's entries in packed files.
#[derive(Debug)]
pub(super) struct Packed {
    root: Arc<Root>,
    function: FunctionId,
    locks: LockSeed,
    dir: PathBuf,
    limits: Limits,
    view: ArcSwapOption<View>,
    pace: Pace,
    /// Whether the function's record was found in order.
    is_recorded: AtomicBool,
    /// When entries are next looked through for old ones.
    next_sweep: AtomicU64,
}

impl Packed {
    pub(super) fn new(root: Arc<Root>, function: &FunctionId, limits: Limits) -> Self {
        Self {
            dir: root.function_dir(function),
            root,
            function: function.clone(),
            locks: LockSeed::new(function),
            limits,
            view: ArcSwapOption::empty(),
            pace: Pace::default(),
            is_recorded: AtomicBool::new(false),
            next_sweep: AtomicU64::new(0),
        }
    }

    /// Calls `use_entry` with the key's entry; `None` where there is none.
    #[inline]
    fn with_entry<R>(
        &self,
        key: Key,
        use_entry: impl FnOnce(&View, Found<'_>) -> Result<R>,
    ) -> Result<Option<R>> {
        for _ in 0..ATTEMPTS {
            let guard = self.view.load();
            let Some(view) = guard.as_deref().filter(|view| view.is_current()) else {
                drop(guard);
                if self.renew()?.is_none() {
                    return Ok(None);
                }
                continue;
            };
            match view.look(key) {
                Look::Found(found) => return use_entry(view, found).map(Some),
                Look::Absent => return Ok(None),
                Look::Unmapped(place) => self.map_segment(view, place.segment)?,
                Look::Damaged(slot, place) => return Err(self.heal(view, key, slot, place)),
            }
        }
        Ok(None)
    }

    /// Maps a segment that a slot refers to; where it is gone, so are the entries in it.
    #[cold]
    fn map_segment(&self, view: &View, number: u32) -> Result<()> {
        let error = match self.open_segment(&view.index, number) {
            Ok(segment) => {
                self.view.store(Some(Arc::new(view.with_segment(segment))));
                return Ok(());
            }
            Err(error) if error.is_not_found() || error.is_corrupt() => error,
            Err(error) => return Err(error),
        };
        if !self.is_in_place(&view.index) {
            // Cleared, or removed by other means: nothing but what went together.
            self.view.store(None);
        } else if view.index.is_writable() {
            self.lose_segment(view, number, &error);
        } else {
            return Err(error);
        }
        Ok(())
    }

    /// Maps a segment that belongs to this index.
    fn open_segment(&self, index: &Index, number: u32) -> Result<Segment> {
        let path = segment::path(&self.dir, index.lineage, number);
        Segment::open(&path, index.lineage, number, index.is_writable())
    }

    /// Removes an entry that cannot be read, so that the next call stores it again.
    #[cold]
    fn heal(&self, view: &View, key: Key, slot: &Slot, place: Location) -> Error {
        if view.index.is_writable() {
            view.index.withdraw(slot, place);
        }
        let path = segment::path(&self.dir, view.index.lineage, place.segment);
        let error = Error::corrupt("the entry is damaged").with_path(path);
        crate::event!(WARN, function = %self.function, %key, %error, "removed a damaged entry");
        error
    }

    fn visit(
        &self,
        view: &View,
        key: Key,
        found: &Found<'_>,
        visit: &mut dyn FnMut(Record<'_>) -> Result<()>,
    ) -> Result<bool> {
        match found.record.body {
            Body::Inline(value) => visit(Record::Bytes(value)).map(|()| true),
            Body::File(reference) => {
                let path = value_file::path(&self.dir, key, reference.nonce);
                match value_file::open(&path, reference) {
                    Ok(Some(file)) => visit(Record::File { file: &file, path: &path }).map(|()| true),
                    // Not there yet, or no longer: whoever stores the value next replaces the record.
                    Ok(None) => Ok(false),
                    Err(error) if error.is_corrupt() => {
                        let _ = value_file::remove(&path);
                        self.heal(view, key, found.slot, found.place);
                        Err(error)
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    fn is_aged(&self, slot: &Slot) -> bool {
        let limit = self.limits.age.map_or(u64::MAX, clock::nanos);
        let now = clock::coarse_now();
        now.saturating_sub(clock::believable(slot.stamp(), now)) > limit
    }

    /// The key's entry, without its value.
    fn peek(&self, key: Key) -> Option<(Option<FileRef>, EntryMeta)> {
        let peeked = self.with_entry(key, |_, found| {
            let file = match found.record.body {
                Body::File(reference) => Some(reference),
                Body::Inline(_) => None,
            };
            Ok((file, found.record.meta()))
        });
        peeked.ok().flatten()
    }

    fn remove_file(&self, key: Key, reference: FileRef) -> Result<()> {
        value_file::remove(&value_file::path(&self.dir, key, reference.nonce))
    }
}

impl value_file::Records for Packed {
    fn dir(&self) -> &Path {
        &self.dir
    }

    fn publish(&self, key: Key, meta: &EntryMeta, file: FileRef) -> Result<()> {
        self.insert(key, meta, &Body::File(file))
    }

    fn file_of(&self, key: Key) -> Option<FileRef> {
        self.peek(key).and_then(|(file, _)| file)
    }

    fn discard(&self, key: Key) -> Result<bool> {
        self.withdraw(key)
    }
}

impl FunctionStore for Packed {
    fn contains(&self, key: Key) -> bool {
        let entry = self.with_entry(key, |_, found| {
            let there = match found.record.body {
                Body::File(reference) => value_file::path(&self.dir, key, reference.nonce).exists(),
                Body::Inline(_) => true,
            };
            Ok(there && !(self.limits.age.is_some() && self.is_aged(found.slot)))
        });
        entry.ok().flatten().unwrap_or(false)
    }

    #[inline]
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let found = self.with_entry(key, |view, found| {
            if self.limits.age.is_some() && self.is_aged(found.slot) {
                return Ok(false);
            }
            let seen = self.visit(view, key, &found, visit)?;
            if seen && view.index.is_writable() {
                found.slot.mark_used();
            }
            Ok(seen)
        });
        Ok(found? == Some(true))
    }

    fn metadata(&self, key: Key) -> Option<EntryMeta> {
        self.peek(key).map(|(_, meta)| meta)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        if value.len() > INLINE_LIMIT {
            return self.put_file(key, meta, &mut |file| value_file::write_bytes(file, &self.dir, value));
        }
        self.insert(key, meta, &Body::Inline(value))?;
        self.enforce_limits();
        Ok(())
    }

    fn put_file(
        &self,
        key: Key,
        meta: &EntryMeta,
        write: &mut dyn FnMut(&File) -> Result<u64>,
    ) -> Result<()> {
        self.repeat(|| {
            self.look_around()?;
            self.writable_view().map(Some)
        })?;
        let draft = ValueDraft::write(&self.dir, &self.root.scratch(), true, key, write)?;
        value_file::store(self, key, meta, draft)?;
        self.enforce_limits();
        Ok(())
    }

    fn remove(&self, key: Key) -> Result<bool> {
        self.withdraw(key)
    }

    fn clear(&self) -> Result<()> {
        let discarded = discard(&self.root, &self.dir, Some(self.locks));
        // It may be of a directory that no longer exists.
        self.view.store(None);
        discarded
    }

    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let reduced = super::reduce::reduce(&[self], limits);
        self.remove_stray_files();
        reduced
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        let Some(view) = self.mapped_view()? else { return Ok(Vec::new()) };
        let listed = view.index.slots().iter().filter_map(|slot| {
            let place = slot.location()?;
            let record = view.segment(place.segment).and_then(|segment| segment.record(place));
            let found =
                record.filter(|record| view.index.find(record.key).is_some_and(|found| ptr::eq(found, slot)));
            if found.is_none() && slot.location() == Some(place) && view.index.is_writable() {
                // Damaged: no look-up leads here.
                view.index.withdraw(slot, place);
            }
            let record = found?;
            if view.index.is_writable() && slot.size() != Some(record.body.size()) {
                slot.set_size(record.body.size());
            }
            let used = clock::time_of(slot.stamp());
            Some(EntryInfo::new(record.key, record.body.size(), used, record.meta()))
        });
        Ok(listed.collect())
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        super::reduce::Surveyed::scan(self, &mut |_, size| {
            stats.count(size);
        });
        stats
    }

    fn inline_limit(&self) -> usize {
        INLINE_LIMIT
    }

    fn claim(&self, key: Key, wait: Duration) -> Option<Claim> {
        self.root.claim(self.locks, key, wait)
    }

    fn dir(&self) -> Option<PathBuf> {
        Some(self.dir.clone())
    }
}
