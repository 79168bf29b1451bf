//! Users' own stores: a panic in one becomes an error of the store.

use crate::store::{
    Claim, EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, Record, Reduced, Stats, Store,
};
use crate::user_code::run;
use crate::{Key, Result};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The return value of a method that panicked and cannot report it otherwise.
fn or<T>(what: &'static str, instead: T, code: impl FnOnce() -> T) -> T {
    run(what, code).unwrap_or_else(|error| {
        crate::event!(WARN, %error, "a store is broken");
        instead
    })
}

#[derive(Debug)]
pub(super) struct GuardedStore(pub(super) Arc<dyn Store>);

impl Store for GuardedStore {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        let opened = run("`open` of a store", || self.0.open(function, limits))??;
        Ok(Arc::new(GuardedFunctionStore(opened)))
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        run("`functions` of a store", || self.0.functions())?
    }

    fn clear(&self) -> Result<()> {
        run("`clear` of a store", || self.0.clear())?
    }

    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        run("`reduce_size` of a store", || self.0.reduce_size(limits))?
    }

    fn location(&self) -> Option<&Path> {
        or("`location` of a store", None, || self.0.location())
    }

    fn url(&self) -> Option<String> {
        or("`url` of a store", None, || self.0.url())
    }
}

#[derive(Debug)]
struct GuardedFunctionStore(Arc<dyn FunctionStore>);

impl FunctionStore for GuardedFunctionStore {
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        run("`get` of a store", || self.0.get(key, visit))?
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        run("`put` of a store", || self.0.put(key, meta, value))?
    }

    fn remove(&self, key: Key) -> Result<bool> {
        run("`remove` of a store", || self.0.remove(key))?
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        run("`entries` of a store", || self.0.entries())?
    }

    fn contains(&self, key: Key) -> bool {
        or("`contains` of a store", false, || self.0.contains(key))
    }

    fn metadata(&self, key: Key) -> Option<EntryMeta> {
        or("`metadata` of a store", None, || self.0.metadata(key))
    }

    fn inline_limit(&self) -> usize {
        or("`inline_limit` of a store", usize::MAX, || self.0.inline_limit())
    }

    fn put_file(
        &self,
        key: Key,
        meta: &EntryMeta,
        write: &mut dyn FnMut(&File) -> Result<u64>,
    ) -> Result<()> {
        run("`put_file` of a store", || self.0.put_file(key, meta, write))?
    }

    fn put_reader(&self, key: Key, meta: &EntryMeta, len: u64, value: &mut dyn Read) -> Result<()> {
        run("`put_reader` of a store", || self.0.put_reader(key, meta, len, value))?
    }

    fn clear(&self) -> Result<()> {
        run("`clear` of a store", || self.0.clear())?
    }

    fn reduce_size(&self, limits: &Limits) -> Result<Reduced> {
        run("`reduce_size` of a store", || self.0.reduce_size(limits))?
    }

    fn stats(&self) -> Stats {
        or("`stats` of a store", Stats::default(), || self.0.stats())
    }

    fn claim(&self, key: Key, wait: Duration) -> Option<Claim> {
        or("`claim` of a store", Some(Claim::unshared()), || self.0.claim(key, wait))
    }

    fn dir(&self) -> Option<PathBuf> {
        or("`dir` of a store", None, || self.0.dir())
    }
}
