//! Entries as plain files, for file systems shared between machines: no mapping, no reliance on locks.
//!
//! Each entry is one record file, written beside its name and renamed; a large value is a file of its own
//! that the record names. The modification time of a record file is its last use, updated at most once a
//! second.

use super::clock;
use super::discard::discard;
use super::draft::{self, Draft};
use super::function_record;
use super::record::{self, Body, FileRef, Parsed};
use super::reduce::Cut;
use super::root::{ENTRIES, LockSeed, Root};
use super::value_file::{self, ValueDraft};
use super::{Claim, EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, Record, Reduced, Stats};
use crate::{Error, Key, Result};
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

/// Larger values go to files of their own.
const INLINE_LIMIT: usize = 64 << 10;
/// Least age of a last use that is updated.
const RESOLUTION: Duration = Duration::from_secs(1);
/// The fraction of the entries that may be stored before they are counted again, and so beyond the limits.
const RECOUNT: u64 = 16;

/// One function's entries in plain files.
#[derive(Debug)]
pub(super) struct Files {
    root: Arc<Root>,
    function: FunctionId,
    locks: LockSeed,
    dir: PathBuf,
    limits: Limits,
    /// Whether the function's record was found in order.
    is_recorded: AtomicBool,
    /// Insertions until the limits are next looked at.
    until_recount: AtomicU64,
}

/// Attempts at what others may clear at the same time.
const ATTEMPTS: usize = 64;

/// What a record says.
struct Peeked {
    file: Option<FileRef>,
    size: u64,
    meta: EntryMeta,
}

impl Files {
    pub(super) fn new(root: Arc<Root>, function: &FunctionId, limits: Limits) -> Self {
        let dir = root.function_dir(function);
        Self {
            root,
            function: function.clone(),
            locks: LockSeed::new(function),
            dir,
            limits,
            is_recorded: AtomicBool::new(false),
            until_recount: AtomicU64::new(0),
        }
    }

    fn entry_path(&self, key: Key) -> PathBuf {
        let key = key.to_string();
        let (folder, name) = key.split_at(2);
        self.dir.join(ENTRIES).join(folder).join(name)
    }

    /// The record file's bytes; `None` where it is not there.
    fn read(&self, path: &Path) -> Result<Option<(File, Vec<u8>)>> {
        let failed = |error| Error::io("cannot read an entry", path, error);
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if value_file::is_gone(&error) => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let mut bytes = Vec::new();
        match file.read_to_end(&mut bytes) {
            Ok(_) => Ok(Some((file, bytes))),
            Err(error) if value_file::is_gone(&error) => Ok(None),
            Err(error) => Err(failed(error)),
        }
    }

    fn parse<'a>(&self, key: Key, path: &Path, bytes: &'a [u8]) -> Result<Parsed<'a>> {
        let parsed = bytes.split_first_chunk().and_then(|(magic, rest)| {
            let parsed = record::parse(rest).ok()?;
            let whole = u32::from_le_bytes(*magic) == record::MAGIC && parsed.len == bytes.len();
            (whole && parsed.key == key).then_some(parsed)
        });
        parsed.ok_or_else(|| Error::corrupt("the entry is damaged").with_path(path))
    }

    /// Removes an entry that cannot be read, so that the next call stores it again.
    fn heal(&self, key: Key, error: Error) -> Error {
        crate::event!(WARN, function = %self.function, %key, %error, "removed a damaged entry");
        let _ = fs::remove_file(self.entry_path(key));
        error
    }

    fn visit_file(
        &self,
        key: Key,
        reference: FileRef,
        visit: &mut dyn FnMut(Record<'_>) -> Result<()>,
    ) -> Result<bool> {
        let path = value_file::path(&self.dir, key, reference.nonce);
        match value_file::open(&path, reference) {
            Ok(Some(file)) => visit(Record::File { file: &file, path: &path }).map(|()| true),
            Ok(None) => Ok(false),
            Err(error) if error.is_corrupt() => {
                let _ = value_file::remove(&path);
                Err(self.heal(key, error))
            }
            Err(error) => Err(error),
        }
    }

    /// What the key's record says beside a small value; damaged ones count as none.
    fn peek(&self, key: Key) -> Option<Peeked> {
        let path = self.entry_path(key);
        let (_, bytes) = self.read(&path).ok()??;
        let parsed = self.parse(key, &path, &bytes).ok()?;
        let file = match parsed.body {
            Body::File(reference) => Some(reference),
            Body::Inline(_) => None,
        };
        Some(Peeked { file, size: parsed.body.size(), meta: parsed.meta() })
    }

    fn former_file(&self, key: Key) -> Option<FileRef> {
        self.peek(key)?.file
    }

    /// Replaces the key's record; the value file that the former one named is removed first.
    fn publish(&self, key: Key, meta: &EntryMeta, body: &Body<'_>) -> Result<()> {
        let mut bytes = vec![0; record::encoded_len(meta, body)];
        bytes[..4].copy_from_slice(&record::MAGIC.to_le_bytes());
        record::encode(&mut bytes, key, meta, body);
        for _ in 0..ATTEMPTS {
            match self.try_publish(key, &bytes) {
                // Cleared meanwhile: once more, in a new directory.
                Err(error) if error.is_not_found() => {}
                published => return published,
            }
        }
        self.try_publish(key, &bytes)
    }

    fn try_publish(&self, key: Key, record: &[u8]) -> Result<()> {
        let path = self.entry_path(key);
        let failed = |error| Error::io("cannot store an entry", &path, error);
        let folder = path.parent().unwrap_or(&self.dir);
        if !folder.is_dir() {
            self.root.ensure()?;
            draft::create_dir(folder)
                .map_err(|error| Error::io("cannot create a directory", folder, error))?;
            self.is_recorded.store(false, Ordering::Relaxed);
        }
        if !self.is_recorded.load(Ordering::Relaxed) {
            function_record::ensure(&self.dir, &self.root.scratch(), &self.function)?;
            self.is_recorded.store(true, Ordering::Relaxed);
        }
        let draft = Draft::named(&self.root.scratch())?;
        draft.file().write_all(record).map_err(failed)?;
        if let Some(former) = self.former_file(key) {
            value_file::remove(&value_file::path(&self.dir, key, former.nonce))?;
        }
        draft.replace(&path).map_err(failed)
    }

    /// Removes the entry, its value first.
    fn discard(&self, key: Key) -> Result<bool> {
        let path = self.entry_path(key);
        if let Some(former) = self.former_file(key) {
            value_file::remove(&value_file::path(&self.dir, key, former.nonce))?;
        }
        match fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if value_file::is_gone(&error) => Ok(false),
            Err(error) => Err(Error::io("cannot remove an entry", &path, error)),
        }
    }

    fn enforce_limits(&self) {
        if self.limits.is_none() {
            return;
        }
        // Counting lists the directory, so small caches are counted each time and large ones now and then.
        let due =
            self.until_recount.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        if due.is_ok() {
            return;
        }
        match self.reduce_size(&self.limits) {
            Ok(_) => {
                let pause = self.list().len() as u64 / RECOUNT;
                self.until_recount.store(pause, Ordering::Relaxed);
            }
            Err(error) => {
                crate::event!(WARN, function = %self.function, %error, "cannot remove old entries")
            }
        }
    }

    /// Keys and record files.
    fn list(&self) -> Vec<(Key, fs::Metadata)> {
        let folders = fs::read_dir(self.dir.join(ENTRIES)).into_iter().flatten().flatten();
        let files = folders.flat_map(|folder| fs::read_dir(folder.path()).into_iter().flatten().flatten());
        files
            .filter_map(|file| {
                let path = file.path();
                let (folder, name) = (path.parent()?.file_name()?.to_str()?, path.file_name()?.to_str()?);
                Some((format!("{folder}{name}").parse().ok()?, file.metadata().ok()?))
            })
            .collect()
    }

    /// Key, stamp, and size of every entry.
    fn survey(&self) -> Vec<(Key, u64, u64)> {
        let (listed, now) = (self.list().into_iter(), clock::coarse_now());
        let sized = listed.filter_map(|(key, data)| {
            let stamp = data.modified().map_or(0, clock::since_epoch);
            Some((key, clock::believable(stamp, now), self.peek(key)?.size))
        });
        sized.collect()
    }

    fn is_aged(&self, file: &File) -> bool {
        let Some(limit) = self.limits.age else { return false };
        let (used, now) = (file.metadata().and_then(|data| data.modified()), clock::coarse_now());
        used.is_ok_and(|used| {
            now.saturating_sub(clock::believable(clock::since_epoch(used), now)) > clock::nanos(limit)
        })
    }
}

impl super::reduce::Surveyed for Files {
    fn scan(&self, visit: &mut dyn FnMut(u64, u64)) {
        self.survey().into_iter().for_each(|(_, stamp, size)| visit(stamp, size));
    }

    fn evict(&self, cut: &mut Cut) -> Result<Reduced> {
        let mut reduced = Reduced::default();
        for (key, stamp, size) in self.survey() {
            if cut.takes(stamp, size) && self.discard(key)? {
                reduced += Reduced { items: 1, bytes: size };
            }
        }
        Ok(reduced)
    }
}

impl value_file::Records for Files {
    fn dir(&self) -> &Path {
        &self.dir
    }

    fn publish(&self, key: Key, meta: &EntryMeta, file: FileRef) -> Result<()> {
        self.publish(key, meta, &Body::File(file))
    }

    fn file_of(&self, key: Key) -> Option<FileRef> {
        self.former_file(key)
    }

    fn discard(&self, key: Key) -> Result<bool> {
        self.discard(key)
    }
}

impl FunctionStore for Files {
    fn contains(&self, key: Key) -> bool {
        self.peek(key).is_some_and(|found| match found.file {
            Some(reference) => value_file::path(&self.dir, key, reference.nonce).exists(),
            None => true,
        })
    }

    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let path = self.entry_path(key);
        let Some((file, bytes)) = self.read(&path)? else { return Ok(false) };
        if self.is_aged(&file) {
            self.discard(key)?;
            return Ok(false);
        }
        let parsed = self.parse(key, &path, &bytes).map_err(|error| self.heal(key, error))?;
        let found = match parsed.body {
            Body::Inline(value) => visit(Record::Bytes(value)).map(|()| true)?,
            Body::File(reference) => self.visit_file(key, reference, visit)?,
        };
        if found {
            mark_used(&file, &path);
        }
        Ok(found)
    }

    fn metadata(&self, key: Key) -> Option<EntryMeta> {
        self.peek(key).map(|found| found.meta)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        if value.len() > INLINE_LIMIT {
            return self.put_file(key, meta, &mut |file| value_file::write_bytes(file, &self.dir, value));
        }
        self.publish(key, meta, &Body::Inline(value))?;
        self.enforce_limits();
        Ok(())
    }

    fn put_file(
        &self,
        key: Key,
        meta: &EntryMeta,
        write: &mut dyn FnMut(&File) -> Result<u64>,
    ) -> Result<()> {
        self.root.ensure()?;
        let draft = ValueDraft::write(&self.dir, &self.root.scratch(), false, key, write)?;
        value_file::store(self, key, meta, draft)?;
        self.enforce_limits();
        Ok(())
    }

    fn remove(&self, key: Key) -> Result<bool> {
        self.discard(key)
    }

    fn clear(&self) -> Result<()> {
        discard(&self.root, &self.dir, None)
    }

    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let reduced = super::reduce::reduce(&[self], limits);
        value_file::remove_strays(&self.dir, |key| Some(self.former_file(key)));
        reduced
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        let survey = self.survey().into_iter();
        Ok(survey
            .filter_map(|(key, stamp, size)| {
                Some(EntryInfo::new(key, size, clock::time_of(stamp), self.metadata(key)?))
            })
            .collect())
    }

    fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for (_, _, size) in self.survey() {
            stats.count(size);
        }
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

/// Sets the file's last use to now, if the recorded one is older than the resolution.
fn mark_used(file: &File, path: &Path) {
    let used = file.metadata().and_then(|data| data.modified());
    if used.is_ok_and(|used| used.elapsed().is_ok_and(|age| age < RESOLUTION)) {
        return;
    }
    // The owner of a file may set its times through a descriptor opened for reading.
    if file.set_modified(SystemTime::now()).is_err() {
        crate::event!(TRACE, path = %path.display(), "cannot record the use of an entry");
    }
}
