//! What is stored about functions and entries, beside the values.

use crate::Key;
use std::fmt;
use std::time::{Duration, SystemTime};

/// Names one function at one version of its code.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub struct FunctionId {
    /// Readable path, outermost first: crate, modules, `Self` type, function, type arguments.
    ///
    /// Any text; the store makes it safe for file names.
    pub path: Vec<String>,
    /// Which code produced the values.
    pub fingerprint: u128,
}

crate::impl_serde_struct!(FunctionId { path, fingerprint });

impl FunctionId {
    /// The function at this path, of this code.
    #[must_use]
    pub fn new(path: impl IntoIterator<Item = impl Into<String>>, fingerprint: u128) -> Self {
        Self { path: path.into_iter().map(Into::into).collect(), fingerprint }
    }
}

impl fmt::Display for FunctionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{:032x}", self.path.join("::"), self.fingerprint)
    }
}

/// What is stored beside a value.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EntryMeta {
    /// How long the function ran.
    pub duration: Duration,
    /// When the value was stored.
    pub time: SystemTime,
    /// The arguments as text, where `record_args` asked for it.
    pub args: Option<String>,
}

crate::impl_serde_struct!(EntryMeta { duration, time, args });

impl EntryMeta {
    /// A value computed just now, in this time.
    #[must_use]
    pub fn new(duration: Duration) -> Self {
        Self { duration, time: SystemTime::now(), args: None }
    }
}

/// One entry, as a listing shows it.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct EntryInfo {
    /// The key of the arguments.
    pub key: Key,
    /// Bytes of the stored value.
    pub size: u64,
    /// Last use as the store records it (not the file system), to the store's resolution.
    pub last_access: SystemTime,
    /// What was recorded when it was stored.
    pub meta: EntryMeta,
}

impl EntryInfo {
    /// An entry of `size` bytes, used last at `last_access`.
    #[must_use]
    pub fn new(key: Key, size: u64, last_access: SystemTime, meta: EntryMeta) -> Self {
        Self { key, size, last_access, meta }
    }
}

/// Counts and sizes of one function's entries, and of its calls.
///
/// Every call of a cached function is either a hit or a miss, whatever its options. Calls that use no cache,
/// such as those whose arguments cannot be hashed, are misses. A [`FunctionStore`](super::FunctionStore)
/// knows of no calls.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stats {
    /// Entries present.
    pub entries: u64,
    /// Bytes of their values.
    pub bytes: u64,
    /// Calls of this process that did not run the function.
    pub hits: u64,
    /// Calls of this process that ran it.
    pub misses: u64,
}

impl Stats {
    /// Counts an entry of this many bytes.
    pub(super) fn count(&mut self, size: u64) {
        self.entries += 1;
        self.bytes = self.bytes.saturating_add(size);
    }
}

impl fmt::Display for Stats {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { entries, bytes, hits, misses } = self;
        let calls = hits.saturating_add(*misses);
        // Without calls there is no hit.
        let ratio = *hits as f64 / calls.max(1) as f64;
        write!(f, "entries: {entries}, bytes: {bytes}, hits: {hits}, misses: {misses}, ratio: {ratio:.2}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_one_line() {
        let stats = Stats { entries: 2, bytes: 30, hits: 9, misses: 1 };
        assert_eq!(stats.to_string(), "entries: 2, bytes: 30, hits: 9, misses: 1, ratio: 0.90");
        assert_eq!(Stats::default().to_string(), "entries: 0, bytes: 0, hits: 0, misses: 0, ratio: 0.00");
    }
}
