//! What holds of every store, however its entries lie on disk.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::store::{
    EntryInfo, EntryMeta, FunctionId, FunctionStore, Limits, LocalOptions, Record, Store, conformance,
};
use joblib_core::{Error, Key, Result};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use store_support::{MODES, each_mode, fresh_dir, meta, open, put_file, value, walk};

#[test]
fn what_every_store_promises() {
    for mode in MODES {
        let dir = fresh_dir();
        let open = || Ok(Arc::new(LocalOptions::new().layout(mode).open(dir.path())?) as Arc<dyn Store>);
        conformance::check(&open);
        conformance::check_damage(&open, &|| {
            for path in walk(dir.path()) {
                let mut bytes = std::fs::read(&path).unwrap();
                bytes.iter_mut().skip(100).step_by(777).for_each(|byte| *byte ^= 0x10);
                std::fs::write(path, bytes).unwrap();
            }
        });
    }
}

/// Only what is required, in memory.
#[test]
fn the_defaults_keep_what_every_store_promises() {
    let shelves = Arc::new(Shelves::default());
    conformance::check(&|| Ok(Arc::clone(&shelves) as Arc<dyn Store>));
    let error = Unlisted.clear().unwrap_err();
    assert!(error.is_unsupported() && Unlisted.url().is_none() && Unlisted.location().is_none(), "{error}");
}

type Shelf = BTreeMap<Key, (Vec<u8>, EntryInfo)>;

#[derive(Debug, Default)]
struct Shelves(Mutex<BTreeMap<FunctionId, Arc<Mutex<Shelf>>>>);

#[derive(Debug)]
struct OneShelf(Arc<Mutex<Shelf>>, Limits);

#[derive(Debug)]
struct Unlisted;

impl Store for Unlisted {
    fn open(&self, _: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        Ok(Arc::new(OneShelf(Arc::default(), *limits)))
    }
}

impl Store for Shelves {
    fn open(&self, function: &FunctionId, limits: &Limits) -> Result<Arc<dyn FunctionStore>> {
        let shelf = Arc::clone(self.0.lock().unwrap().entry(function.clone()).or_default());
        Ok(Arc::new(OneShelf(shelf, *limits)))
    }

    fn functions(&self) -> Result<Vec<FunctionId>> {
        let shelves = self.0.lock().unwrap();
        let filled = shelves.iter().filter(|(_, shelf)| !shelf.lock().unwrap().is_empty());
        Ok(filled.map(|(function, _)| function.clone()).collect())
    }
}

impl FunctionStore for OneShelf {
    fn get(&self, key: Key, visit: &mut dyn FnMut(Record<'_>) -> Result<()>) -> Result<bool> {
        let Some((value, entry)) = self.0.lock().unwrap().get(&key).cloned() else { return Ok(false) };
        visit(Record::Bytes(&value))?;
        let used = EntryInfo::new(key, entry.size, SystemTime::now(), entry.meta);
        self.0.lock().unwrap().entry(key).and_modify(|(_, entry)| *entry = used);
        Ok(true)
    }

    fn put(&self, key: Key, meta: &EntryMeta, value: &[u8]) -> Result<()> {
        let entry = EntryInfo::new(key, value.len() as u64, SystemTime::now(), meta.clone());
        self.0.lock().unwrap().insert(key, (value.to_vec(), entry));
        self.reduce_size(&self.1).map(drop)
    }

    fn remove(&self, key: Key) -> Result<bool> {
        Ok(self.0.lock().unwrap().remove(&key).is_some())
    }

    fn entries(&self) -> Result<Vec<EntryInfo>> {
        Ok(self.0.lock().unwrap().values().map(|(_, entry)| entry.clone()).collect())
    }
}

#[test]
fn putting_again_replaces_and_leaves_nothing_of_the_former() {
    each_mode(|store| {
        let entries = open(store, "f");
        let large = vec![7; 200_000];
        for round in 0..3 {
            entries.put(Key::from_u128(9), &meta(round), &large[..100]).unwrap();
            put_file(&*entries, 9, &large);
            put_file(&*entries, 9, &large[..150_000]);
            assert_eq!(value(&*entries, 9).unwrap().len(), 150_000);
        }
        let folder = entries.dir().unwrap().join("big/00");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        entries.put(Key::from_u128(9), &meta(1), b"small").unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        assert_eq!(entries.stats().entries, 1);
        assert_eq!(entries.stats().bytes, 5);
    });
}

#[test]
fn a_failing_writer_stores_nothing() {
    each_mode(|store| {
        let entries = open(store, "f");
        let error =
            entries.put_file(Key::from_u128(1), &meta(1), &mut |_| Err(Error::codec("no"))).unwrap_err();
        assert!(error.is_codec());
        let error = entries.put_file(Key::from_u128(1), &meta(1), &mut |_| Ok(5)).unwrap_err();
        assert!(error.is_invalid());
        assert!(!entries.contains(Key::from_u128(1)));
        let files = walk(store.location().unwrap());
        assert!(
            !files.iter().any(|file| file
                .components()
                .any(|part| part.as_os_str() == "big" || part.as_os_str() == ".tmp")),
            "{files:?}"
        );
    });
}

#[test]
fn claims_exclude_others_until_dropped() {
    each_mode(|store| {
        let (one, other) = (open(store, "f"), open(store, "f"));
        let claim = one.claim(Key::from_u128(1), Duration::ZERO).unwrap();
        assert!(other.claim(Key::from_u128(1), Duration::from_millis(1)).is_none());
        assert!(one.claim(Key::from_u128(1), Duration::ZERO).is_none());
        assert!(one.claim(Key::from_u128(2), Duration::ZERO).is_some());
        assert!(open(store, "g").claim(Key::from_u128(1), Duration::ZERO).is_some());
        drop(claim);
        assert!(other.claim(Key::from_u128(1), Duration::ZERO).is_some());
    });
}
