//! Limits by bytes, items and age, held to as entries are written; least recently used first.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{FunctionStore, Layout, Limits, LocalStore, Reduced, Store};
use std::fs::{self, File};
use std::time::{Duration, SystemTime};
use store_support::{each_mode, function, meta, open, put_file, value, walk};

fn bytes(bytes: u64) -> Limits {
    Limits::NONE.with_bytes(bytes).unwrap()
}

fn items(items: u64) -> Limits {
    Limits::NONE.with_items(items)
}

fn put(entries: &dyn FunctionStore, key: u128, len: usize) {
    entries.put(Key::from_u128(key), &meta(1), &vec![key as u8; len]).unwrap();
}

fn keys(entries: &dyn FunctionStore) -> Vec<u128> {
    let mut keys: Vec<_> = entries.entries().unwrap().iter().map(|entry| entry.key.to_u128()).collect();
    keys.sort_unstable();
    keys
}

/// Plain files record a use once a second at most: there, makes all recorded uses old.
fn let_time_pass(store: &LocalStore, entries: &dyn FunctionStore) {
    if store.layout() == Layout::Files {
        age(entries, Duration::from_secs(100));
    }
}

fn age(entries: &dyn FunctionStore, by: Duration) {
    for path in walk(&entries.dir().unwrap().join("entries")) {
        let file = File::open(path).unwrap();
        let time = file.metadata().unwrap().modified().unwrap();
        file.set_modified(time - by).unwrap();
    }
}

#[test]
fn the_least_recently_used_go_first_and_just_enough() {
    each_mode(|store| {
        let entries = open(store, "f");
        for key in 0..10 {
            put(&*entries, key, 1_000);
            let_time_pass(store, &*entries);
        }
        for key in [0, 4] {
            assert!(value(&*entries, key).is_some());
            let_time_pass(store, &*entries);
        }
        assert_eq!(entries.reduce_size(&Limits::NONE).unwrap(), Reduced::default());
        assert_eq!(entries.reduce_size(&items(8)).unwrap().items, 2);
        assert_eq!(keys(&*entries), [0, 3, 4, 5, 6, 7, 8, 9]);
        let reduced = entries.reduce_size(&bytes(4_999)).unwrap();
        assert_eq!((reduced.items, reduced.bytes), (4, 4_000));
        assert_eq!(keys(&*entries), [0, 4, 8, 9]);
        let last = entries.entries().unwrap().into_iter().max_by_key(|entry| entry.last_access).unwrap();
        assert_eq!(last.key, Key::from_u128(4));
        assert_eq!(entries.reduce_size(&items(0)).unwrap().items, 4);
        assert_eq!(entries.stats().entries, 0);
    });
}

#[test]
fn large_values_go_with_their_files() {
    each_mode(|store| {
        let entries = open(store, "f");
        for key in 0..5 {
            put_file(&*entries, key, &[key as u8; 100_000]);
            let_time_pass(store, &*entries);
        }
        let reduced = entries.reduce_size(&bytes(250_000)).unwrap();
        assert_eq!((reduced.items, reduced.bytes), (3, 300_000));
        assert_eq!(keys(&*entries), [3, 4]);
        assert_eq!(walk(&entries.dir().unwrap().join("big")).len(), 2);
    });
}

#[test]
fn limits_hold_after_every_insertion() {
    each_mode(|store| {
        let entries = store.open(&function("f"), &items(5)).unwrap();
        for key in 0..50 {
            put(&*entries, key, 10);
            assert!(entries.stats().entries <= 5);
            assert!(value(&*entries, key).is_some(), "the newest stays");
            let_time_pass(store, &*entries);
        }
        assert_eq!(keys(&*entries), [45, 46, 47, 48, 49]);
        let entries = store.open(&function("g"), &bytes(10_000)).unwrap();
        for key in 0..50 {
            put(&*entries, key, 900);
            assert!(entries.stats().bytes <= 10_000);
        }
        assert_eq!(entries.stats().entries, 11);
        // A value larger than the limit alone: stored, and gone with the next look at the limits.
        put_file(&*entries, 99, &[1; 20_000]);
        assert!(entries.stats().bytes <= 10_000);
    });
}

#[test]
fn many_entries_are_evicted_in_bulk_and_their_space_taken_back() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let entries = store.open(&function("f"), &items(2_000)).unwrap();
    for key in 0..60_000 {
        put(&*entries, key, 100);
    }
    let left = entries.stats().entries;
    assert!((1_800..=2_000).contains(&left), "{left}");
    assert!(value(&*entries, 59_999).is_some() && value(&*entries, 0).is_none());
    let disk: u64 = walk(&entries.dir().unwrap()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(disk < 2_000_000, "{disk} bytes for {left} entries of 100");
    for key in keys(&*entries) {
        assert_eq!(value(&*entries, key), Some(vec![key as u8; 100]));
    }
}

#[test]
fn entries_unused_for_too_long_are_misses_and_go() {
    each_mode(|store| {
        let limits = Limits::NONE.with_age(Duration::from_millis(400)).unwrap();
        let entries = store.open(&function("f"), &limits).unwrap();
        for key in 0..3 {
            put(&*entries, key, 10);
        }
        std::thread::sleep(Duration::from_millis(450));
        assert_eq!(value(&*entries, 0), None);
        put(&*entries, 7, 10);
        assert_eq!(keys(&*entries), [7]);
        // Without the limit the same entries would not be old.
        assert_eq!(open(store, "f").stats().entries, 1);
    });
}

#[test]
fn use_keeps_an_entry_young() {
    each_mode(|store| {
        let limits = Limits::NONE.with_age(Duration::from_secs(60)).unwrap();
        let entries = store.open(&function("f"), &limits).unwrap();
        put(&*entries, 1, 10);
        let before = entries.entries().unwrap()[0].last_access;
        if store.layout() == Layout::Files {
            age(&*entries, Duration::from_secs(30));
        } else {
            std::thread::sleep(Duration::from_millis(20));
        }
        assert!(value(&*entries, 1).is_some());
        let after = entries.entries().unwrap()[0].last_access;
        assert!(store.layout() == Layout::Files || after > before);
        assert!(after.duration_since(SystemTime::now() - Duration::from_secs(20)).is_ok());
    });
}

#[test]
fn a_whole_store_is_reduced_over_all_functions() {
    each_mode(|store| {
        let names = ["f", "g", "h"];
        for key in 0..12 {
            let entries = open(store, names[key as usize % 3]);
            put(&*entries, key, 100);
            for name in names {
                let_time_pass(store, &*open(store, name));
            }
        }
        let reduced = store.reduce_size(&items(4)).unwrap();
        assert_eq!((reduced.items, reduced.bytes), (8, 800));
        let mut left: Vec<_> = names.iter().flat_map(|name| keys(&*open(store, name))).collect();
        left.sort_unstable();
        assert_eq!(left, [8, 9, 10, 11]);
    });
}

#[test]
fn space_of_replaced_entries_is_taken_back_without_limits() {
    let dir = tempfile::tempdir().unwrap();
    let store = LocalStore::open(dir.path()).unwrap();
    let entries = open(&store, "f");
    for round in 0..300 {
        for key in 0..100 {
            put(&*entries, key, 200 + round);
        }
    }
    let disk: u64 = walk(&entries.dir().unwrap()).iter().map(|path| fs::metadata(path).unwrap().len()).sum();
    assert!(disk < 1_000_000, "{disk} bytes for 100 entries of 500");
    assert_eq!(keys(&*entries).len(), 100);
    assert_eq!(value(&*entries, 5), Some(vec![5; 499]));
}
