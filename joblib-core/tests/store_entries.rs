//! What holds of every store, however its entries lie on disk.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::store::{EntryMeta, FunctionId, Limits, Record, Store};
use joblib_core::{Error, Key};
use std::collections::BTreeSet;
use std::io::Write;
use std::time::Duration;
use store_support::{each_mode, function, meta, open, put_file, value, walk};

#[test]
fn small_and_large_values_come_back() {
    each_mode(|store| {
        let entries = open(store, "f");
        assert_eq!(value(&*entries, 1), None);
        let large: Vec<u8> = (0..entries.inline_limit() as u32 * 2).map(|at| at as u8).collect();
        for (key, bytes) in [(1, &b""[..]), (2, b"small"), (u128::MAX, b"x"), (0, b"zero"), (3, &large)] {
            entries.put(Key(key), &meta(5), bytes).unwrap();
            assert_eq!(value(&*entries, key).as_deref(), Some(bytes));
        }
        put_file(&*entries, 4, &large);
        put_file(&*entries, 5, b"");
        assert_eq!(value(&*entries, 4).as_deref(), Some(&large[..]));
        assert_eq!(value(&*entries, 5).as_deref(), Some(&b""[..]));
        // Another opening, as another process has it.
        assert_eq!(value(&*open(store, "f"), 4).as_deref(), Some(&large[..]));
        assert_eq!(value(&*open(store, "g"), 4), None);
    });
}

#[test]
fn putting_again_replaces_and_leaves_nothing_of_the_former() {
    each_mode(|store| {
        let entries = open(store, "f");
        let large = vec![7; 200_000];
        for round in 0..3 {
            entries.put(Key(9), &meta(round), &large[..100]).unwrap();
            put_file(&*entries, 9, &large);
            put_file(&*entries, 9, &large[..150_000]);
            assert_eq!(value(&*entries, 9).unwrap().len(), 150_000);
        }
        let folder = entries.dir().unwrap().join("big/00");
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
        entries.put(Key(9), &meta(1), b"small").unwrap();
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
        assert_eq!(entries.stats().entries, 1);
        assert_eq!(entries.stats().bytes, 5);
    });
}

#[test]
fn metadata_is_kept_beside_the_value() {
    each_mode(|store| {
        let entries = open(store, "f");
        let mut meta: EntryMeta = meta(123_456_789);
        meta.args = Some("seed=1, grid=[..]".into());
        entries.put(Key(1), &meta, b"value").unwrap();
        let write = &mut |mut file: &std::fs::File| {
            file.write_all(&[1; 70_000]).unwrap();
            Ok(70_000)
        };
        entries.put_file(Key(2), &meta, write).unwrap();
        for key in [1, 2] {
            assert_eq!(entries.metadata(Key(key)), Some(meta.clone()));
        }
        assert_eq!(entries.metadata(Key(3)), None);
        let mut listed = entries.entries().unwrap();
        listed.sort_by_key(|entry| entry.key);
        let sizes: Vec<_> = listed.iter().map(|entry| (entry.key.0, entry.size)).collect();
        assert_eq!(sizes, [(1, 5), (2, 70_000)]);
        assert_eq!(listed[1].meta, meta);
    });
}

#[test]
fn removing_and_clearing() {
    each_mode(|store| {
        let entries = open(store, "f");
        // Nothing there yet: fine.
        entries.clear().unwrap();
        store.clear().unwrap();
        assert!(!entries.remove(Key(1)).unwrap());
        for key in 0..50 {
            entries.put(Key(key), &meta(1), b"value").unwrap();
        }
        put_file(&*entries, 99, &[1; 100_000]);
        assert!(entries.contains(Key(99)) && entries.remove(Key(99)).unwrap());
        assert!(!entries.contains(Key(99)) && !entries.remove(Key(99)).unwrap());
        assert!(entries.remove(Key(7)).unwrap());
        assert_eq!(value(&*entries, 7), None);
        assert_eq!(entries.stats().entries, 49);
        let other = open(store, "f");
        assert_eq!(value(&*other, 8).as_deref(), Some(&b"value"[..]));
        entries.clear().unwrap();
        for entries in [&entries, &other] {
            assert_eq!(value(&**entries, 8), None);
            assert_eq!(entries.stats().entries, 0);
        }
        // Stored again after clearing, by whoever had it open before.
        other.put(Key(8), &meta(1), b"again").unwrap();
        assert_eq!(value(&*entries, 8).as_deref(), Some(&b"again"[..]));
        store.clear().unwrap();
        assert_eq!(value(&*entries, 8), None);
        entries.put(Key(8), &meta(1), b"third").unwrap();
        assert_eq!(value(&*other, 8).as_deref(), Some(&b"third"[..]));
    });
}

#[test]
fn functions_and_versions_stay_apart_and_are_listed_exactly() {
    each_mode(|store| {
        let mut names: BTreeSet<_> =
            ["f", "F", "", "con", "é/\\\0", ".."].into_iter().map(function).collect();
        names.insert(FunctionId { fingerprint: 2, ..function("f") });
        names.insert(FunctionId { path: vec![], fingerprint: 2 });
        let deep = (0..60).map(|depth| format!("{}{depth}", "deep".repeat(40))).collect();
        names.insert(FunctionId { path: deep, fingerprint: 3 });
        for (at, function) in names.iter().enumerate() {
            store.open(function, &Limits::NONE).unwrap().put(Key(1), &meta(1), &[at as u8]).unwrap();
        }
        for (at, function) in names.iter().enumerate() {
            let entries = store.open(function, &Limits::NONE).unwrap();
            assert_eq!(value(&*entries, 1), Some(vec![at as u8]), "{function}");
        }
        assert_eq!(store.functions().unwrap().into_iter().collect::<BTreeSet<_>>(), names);
        store.clear().unwrap();
        assert_eq!(store.functions().unwrap(), []);
    });
}

#[test]
fn errors_of_the_visitor_are_handed_on() {
    each_mode(|store| {
        let entries = open(store, "f");
        entries.put(Key(1), &meta(1), b"value").unwrap();
        put_file(&*entries, 2, b"value");
        for key in [1, 2] {
            assert!(value(&*entries, key).is_some() && value(&*entries, key + 10).is_none());
            let error = entries.get(Key(key), &mut |_| Err(Error::codec("no"))).unwrap_err();
            assert!(error.is_codec());
            assert!(value(&*entries, key).is_some());
        }
    });
}

#[test]
fn a_failing_writer_stores_nothing() {
    each_mode(|store| {
        let entries = open(store, "f");
        let error = entries.put_file(Key(1), &meta(1), &mut |_| Err(Error::codec("no"))).unwrap_err();
        assert!(error.is_codec());
        let error = entries.put_file(Key(1), &meta(1), &mut |_| Ok(5)).unwrap_err();
        assert!(error.is_invalid());
        assert!(!entries.contains(Key(1)));
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
        let claim = one.claim(Key(1), Duration::ZERO).unwrap();
        assert!(other.claim(Key(1), Duration::from_millis(1)).is_none());
        assert!(one.claim(Key(1), Duration::ZERO).is_none());
        assert!(one.claim(Key(2), Duration::ZERO).is_some());
        assert!(open(store, "g").claim(Key(1), Duration::ZERO).is_some());
        drop(claim);
        assert!(other.claim(Key(1), Duration::ZERO).is_some());
    });
}

#[test]
fn a_store_can_stand_behind_a_trait_object() {
    each_mode(|store| {
        let store: &dyn Store = store;
        let entries = store.open(&function("f"), &Limits::NONE).unwrap();
        entries.put(Key(1), &meta(1), b"value").unwrap();
        let seen = &mut |record: Record<'_>| {
            assert!(matches!(record, Record::Bytes(b"value")));
            Ok(())
        };
        assert!(entries.get(Key(1), seen).unwrap());
    });
}
