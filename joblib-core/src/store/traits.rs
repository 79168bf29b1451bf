//! What a store does. Five methods are required; the others have defaults made of them.

use super::reduce::reduce_listed;
use super::{EntryInfo, EntryMeta, FunctionId, Limits, Reduced, Stats};
use crate::{Error, Key, Result};
use std::fmt;
use std::fs::File;
use std::io::{Read, Seek};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// A place that stores results of many functions. A panic in one, or in its [`FunctionStore`]s, is an error
/// to a [`Memory`](crate::Memory): calls still return their results.
pub trait Store: fmt::Debug + Send + Sync {
    /// The entries of one function at one version, created on the first insertion. Whoever opens them is to
    /// hold to `limits` as entries are stored: [`FunctionStore::reduce_size`] does it.
    ///
    /// # Errors
    ///
    /// Where the place cannot be used at all: refused permissions, a newer format.
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>>;

    /// All functions and versions with entries here.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed; [`is_unsupported`](Error::is_unsupported) by default.
    fn functions(&self) -> Result<Vec<FunctionId>> {
        Err(Error::unsupported("this store does not list its functions"))
    }

    /// Removes every entry of every function.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    fn clear(&self) -> Result<()> {
        all(self.functions()?, |function| self.open(&function, &Limits::NONE)?.clear())
    }

    /// Removes least recently used entries, over all functions, until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](Store::clear).
    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let mut listed = Vec::new();
        for function in self.functions()? {
            let function = self.open(&function, &Limits::NONE)?;
            listed.extend(function.entries()?.into_iter().map(|entry| (Arc::clone(&function), entry)));
        }
        reduce_listed(listed, limits, |function, entry| function.remove(entry.key))
    }

    /// The directory, for a store of local files.
    fn location(&self) -> Option<&Path> {
        None
    }

    /// By what [`open`](super::open) opens this store in any process where its scheme is
    /// [registered](super::register). Without one, references to results and memories stay in their process.
    fn url(&self) -> Option<String> {
        None
    }
}

/// The entries of one function at one version of its code.
pub trait FunctionStore: fmt::Debug + Send + Sync {
    /// Shows the key's entry to `visit`, if there is one that is whole; counts as a use. Whether it is whole
    /// is for the store to know, by a checksum of its own where what it keeps may be damaged: nobody looks
    /// after it ([`conformance::check_damage`](super::conformance::check_damage) tries it).
    ///
    /// # Errors
    ///
    /// The first error of `visit`, and entries found damaged ([`is_corrupt`](Error::is_corrupt)): those
    /// are removed, so that the next call finds nothing.
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool>;

    /// Keeps a value; replaces the key's former entry.
    ///
    /// # Errors
    ///
    /// Full disk, missing permission: nothing is kept then.
    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()>;

    /// Removes the key's entry; tells whether there was one.
    ///
    /// # Errors
    ///
    /// Where the entry could not be removed.
    fn remove(&self, key: Key) -> Result<bool>;

    /// All entries, in no order.
    ///
    /// # Errors
    ///
    /// Where the place cannot be listed.
    fn entries(&self) -> Result<Vec<EntryInfo>>;

    /// Whether the key has an entry that can be read. Need not count as a use; by default it does.
    fn contains(&self, key: Key) -> bool {
        self.get(key, &mut |_| Ok(())).unwrap_or(false)
    }

    /// When and how expensively the entry was computed. The default looks through all entries: memories that
    /// ask (`expires_after`, `validate`, `hot`) are quicker where it does not.
    fn metadata(&self, key: Key) -> Option<EntryMeta> {
        self.entries().ok()?.into_iter().find(|entry| entry.key == key).map(|entry| entry.meta)
    }

    /// Values of more bytes than this are given to [`put_file`](FunctionStore::put_file), so that their
    /// arrays can be mapped. By default none are: every value is bytes, and its arrays come back owned.
    ///
    /// Those of `put_file` are encoded in another way: [`get`](FunctionStore::get) shows them as a
    /// [`Record::File`] or [`Record::Reader`], the others as [`Record::Bytes`].
    fn inline_limit(&self) -> usize {
        usize::MAX
    }

    /// Keeps a large value, which `write` puts into an empty file open for reading and writing, and whose
    /// length it gives; replaces the key's former entry. Nobody sees the file before.
    ///
    /// The default has it written to a nameless file in the system's temporary folder, then takes it by
    /// [`put_reader`](FunctionStore::put_reader).
    ///
    /// # Errors
    ///
    /// As [`put`](FunctionStore::put), the error of `write`, and a length that is not the file's.
    fn put_file(
        &self,
        key: Key,
        meta: &EntryMeta,
        write: &mut dyn FnMut(&File) -> Result<u64>,
    ) -> Result<()> {
        let failed = |error| Error::io("cannot use a temporary file in", std::env::temp_dir(), error);
        let mut file = crate::nameless::file().map_err(failed)?;
        let len = write(&file)?;
        check_len(len, &file, &std::env::temp_dir())?;
        file.rewind().map_err(failed)?;
        self.put_reader(key, meta, len, &mut file)
    }

    /// As [`put_file`](FunctionStore::put_file), of `len` bytes that are read once, from their start. By
    /// default, for a store without an [`inline_limit`](FunctionStore::inline_limit), as
    /// [`put`](FunctionStore::put) has it.
    ///
    /// # Errors
    ///
    /// As [`put`](FunctionStore::put), and those of reading.
    fn put_reader(&self, key: Key, meta: &EntryMeta, len: u64, value: &mut dyn Read) -> Result<()> {
        if self.inline_limit() != usize::MAX {
            // What is put as bytes would be shown as bytes, which it is not.
            return Err(Error::unsupported(
                "a store that says an `inline_limit` takes large values by `put_file` or `put_reader`",
            ));
        }
        let mut bytes = Vec::new();
        let read = value.take(len).read_to_end(&mut bytes);
        let read = read.map_err(|error| Error::stream("cannot read the value to be stored", error))?;
        if read as u64 != len {
            return Err(Error::invalid(format!("{len} bytes announced, {read} read")));
        }
        self.put(key, meta, &bytes)
    }

    /// Removes every entry.
    ///
    /// # Errors
    ///
    /// Where something could not be removed; the rest is gone all the same.
    fn clear(&self) -> Result<()> {
        all(self.entries()?, |entry| self.remove(entry.key).map(drop))
    }

    /// Removes least recently used entries until every limit holds.
    ///
    /// # Errors
    ///
    /// As [`clear`](FunctionStore::clear).
    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        let listed = self.entries()?.into_iter().map(|entry| ((), entry)).collect();
        reduce_listed(listed, limits, |(), entry| self.remove(entry.key))
    }

    /// Entries and their bytes; calls are counted by who makes them.
    fn stats(&self) -> Stats {
        let mut stats = Stats::default();
        for entry in self.entries().unwrap_or_default() {
            stats.count(entry.size);
        }
        stats
    }

    /// Asks for the right to compute the key's value, so that one process does it at a time.
    ///
    /// The claim ends when it is dropped, and with its process. `None`: another process holds it, and still
    /// did after `wait`. Claims save work; correctness never depends on them. By default every process is let
    /// go on.
    fn claim(&self, key: Key, wait: Duration) -> Option<Claim> {
        let _ = (key, wait);
        Some(Claim::unshared())
    }

    /// The directory, for a store of local files.
    fn dir(&self) -> Option<PathBuf> {
        None
    }
}

/// Does it to all, whatever happens to some, and gives the first error.
fn all<T>(items: Vec<T>, act: impl Fn(T) -> Result<()>) -> Result<()> {
    items.into_iter().map(act).collect::<Vec<_>>().into_iter().collect()
}

/// What a store found under a key; valid during the visit only.
#[non_exhaustive]
pub enum Record<'a> {
    /// A value that was put as bytes.
    Bytes(&'a [u8]),
    /// A large value, in a file of its own, which can be mapped in place.
    File {
        /// Opened for reading, at its start.
        file: &'a File,
        /// Where it is, for mapping it writable and for messages.
        path: &'a Path,
    },
    /// A large value that lies elsewhere. It is copied to a nameless file in the system's temporary folder,
    /// where its arrays can be mapped; what is written to them (`"r+"`) stays in memory.
    Reader(&'a mut dyn Read),
}

impl fmt::Debug for Record<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Record::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
            Record::File { path, .. } => write!(f, "File({})", path.display()),
            Record::Reader(_) => f.write_str("Reader"),
        }
    }
}

/// An error unless a value that was written has the length that its writer gives.
pub(super) fn check_len(announced: u64, file: &File, path: &Path) -> Result<()> {
    let found = file.metadata().map_err(|error| Error::io("cannot look at a file", path, error))?.len();
    if found != announced {
        return Err(Error::invalid(format!("{announced} bytes announced, {found} written")).with_path(path));
    }
    Ok(())
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
