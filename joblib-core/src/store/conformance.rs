//! What every store promises, as a test for any of them.
//!
//! ```
//! use joblib::store::{LocalStore, Store, conformance};
//! use std::sync::Arc;
//!
//! # let dir = tempfile::tempdir()?;
//! conformance::check(&|| Ok(Arc::new(LocalStore::open(dir.path())?) as Arc<dyn Store>));
//! # Ok::<(), std::io::Error>(())
//! ```

use super::{EntryMeta, FunctionId, FunctionStore, Limits, Record, Reduced, Store};
use crate::{Error, Key, Result};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::sync::Arc;
use std::time::Duration;

/// Opens the store under test, each time as another process would.
pub type Open<'a> = &'a (dyn Fn() -> Result<Arc<dyn Store>> + Sync);

/// Why a promise is not kept.
type Broken = Box<dyn std::error::Error + Send + Sync>;
type Outcome = Result<(), Broken>;
/// What is promised, and how to test it.
type Promise = (&'static str, fn(Open<'_>) -> Outcome);

/// Bytes of values that are large to every store.
const LARGE: usize = 300_000;
/// The coarsest resolution of uses.
const RESOLUTION: Duration = Duration::from_millis(1_100);

/// In order; the last ones are only for stores that list their functions.
const PROMISES: &[Promise] = &[
    ("values of any size come back, also to who opens the store again", values_come_back),
    ("a value replaces the one of its key, whatever their sizes", values_are_replaced),
    (
        "what was put as bytes is shown as bytes, and what was written as a file or read as such",
        kinds_are_kept,
    ),
    ("what is recorded beside a value comes back with it", records_come_back),
    ("what was removed is gone, for all who have the store open", removed_is_gone),
    ("errors of a visitor are handed on and cost no entry", visitors_may_fail),
    ("a writer that fails, or tells a wrong length, stores nothing", writers_may_fail),
    ("the least recently used entries go, and no more than needed", least_recently_used_go),
    ("limits hold as entries are stored", limits_hold),
    ("threads see whole values, each of its key", threads_see_whole_values),
    ("a claim is had while nobody else has it", claims_are_given),
    ("functions and versions stay apart, whatever their names", functions_stay_apart),
];
const PROMISES_OF_LISTING: &[Promise] = &[
    ("functions are listed as they were named, until all is cleared", functions_are_listed),
    ("a whole store is reduced over all its functions", a_whole_store_is_reduced),
];

/// Tests a store, empty at first, for all that stores promise; one that lists its functions is left empty.
///
/// # Panics
///
/// Where a promise is not kept; the message names it.
pub fn check(open: Open<'_>) {
    let listed = match open().and_then(|store| store.functions()) {
        Err(error) if error.is_unsupported() => &[],
        _ => PROMISES_OF_LISTING,
    };
    for (promise, keeps) in PROMISES.iter().chain(listed) {
        if let Err(why) = keeps(open) {
            panic!("not kept: {promise}: {why}");
        }
    }
}

/// Tests how a store deals with damage: it stores entries, has `damage` change some of the stored bytes, and
/// looks. Each value must be right, absent, or reported as corrupt; and what is stored afterwards must be
/// found.
///
/// # Panics
///
/// As [`check`].
pub fn check_damage(open: Open<'_>, damage: &dyn Fn()) {
    if let Err(why) = damage_is_seen(open, damage) {
        panic!("not kept: damage is reported and never served: {why}");
    }
}

macro_rules! ensure {
    ($holds:expr, $($why:tt)*) => {
        if !$holds {
            return Err(format!($($why)*).into());
        }
    };
}

macro_rules! ensure_eq {
    ($found:expr, $expected:expr, $($why:tt)*) => {
        let (found, expected) = (&$found, &$expected);
        ensure!(found == expected, "{}: {found:?} instead of {expected:?}", format_args!($($why)*));
    };
}

fn values_come_back(open: Open<'_>) -> Outcome {
    let (store, other) = (open()?, open()?);
    let entries = function(&*store, "values")?;
    ensure_eq!(value(&*entries, 1)?, None, "an unknown key");
    let large = bytes(7, LARGE);
    let values: [(u128, &[u8]); 6] =
        [(1, b""), (2, b"small"), (u128::MAX << 64, b"x"), (0, b"zero"), (3, &large[..20_000]), (4, &large)];
    for (key, bytes) in values {
        entries.put(Key(key), &meta(), bytes)?;
        ensure!(value(&*entries, key)?.as_deref() == Some(bytes), "{} bytes did not", bytes.len());
        put_file(&*entries, key ^ 1 << 20, bytes)?;
    }
    for entries in [entries, function(&*store, "values")?, function(&*other, "values")?] {
        for (key, bytes) in values {
            let (one, in_file) = (value(&*entries, key)?, value(&*entries, key ^ 1 << 20)?);
            ensure!(one.as_deref() == Some(bytes), "{} bytes did not, opened again", bytes.len());
            ensure!(in_file.as_deref() == Some(bytes), "{} bytes of a writer did not", bytes.len());
        }
    }
    ensure_eq!(value(&*function(&*store, "others")?, 2)?, None, "another function's key");
    Ok(())
}

fn values_are_replaced(open: Open<'_>) -> Outcome {
    let (store, other) = (open()?, open()?);
    let (entries, other) = (function(&*store, "replaced")?, function(&*other, "replaced")?);
    for len in [100, LARGE, 0, LARGE / 2, LARGE, 7] {
        let bytes = bytes(len as u64, len);
        if len % 2 == 0 {
            put_file(&*entries, 9, &bytes)?;
        } else {
            other.put(Key(9), &meta(), &bytes)?;
        }
        for entries in [&entries, &other] {
            ensure!(value(&**entries, 9)?.as_ref() == Some(&bytes), "{len} bytes did not");
        }
    }
    let stats = entries.stats();
    ensure_eq!((stats.entries, stats.bytes), (1, 7), "entries and bytes counted");
    Ok(())
}

fn kinds_are_kept(open: Open<'_>) -> Outcome {
    let entries = function(&*open()?, "kinds")?;
    let limit = entries.inline_limit();
    let shown_as_bytes = |key| -> Result<Option<bool>> {
        let mut shown = None;
        entries.get(Key(key), &mut |record| {
            shown = Some(matches!(record, Record::Bytes(_)));
            Ok(())
        })?;
        Ok(shown)
    };
    entries.put(Key(1), &meta(), &bytes(1, limit.min(1000)))?;
    ensure_eq!(shown_as_bytes(1)?, Some(true), "a value of `put` shown as bytes");
    if limit < LARGE {
        put_file(&*entries, 2, &bytes(2, LARGE))?;
        ensure_eq!(shown_as_bytes(2)?, Some(false), "a value of `put_file` shown as bytes");
    }
    entries.clear()?;
    Ok(())
}

fn records_come_back(open: Open<'_>) -> Outcome {
    let store = open()?;
    let entries = function(&*store, "records")?;
    let meta = EntryMeta { args: Some("seed=1, grid=[é, ..]".into()), ..meta() };
    entries.put(Key(1), &meta, b"value")?;
    let large = &mut |mut file: &File| written(file.write_all(&[1; LARGE]).map(|()| LARGE));
    entries.put_file(Key(2), &meta, large)?;
    for key in [1, 2] {
        ensure!(entries.contains(Key(key)), "key {key} is not contained");
        ensure_eq!(entries.metadata(Key(key)), Some(meta.clone()), "the record of {key}");
    }
    ensure!(!entries.contains(Key(3)) && entries.metadata(Key(3)).is_none(), "an unknown key is contained");
    let mut listed = entries.entries()?;
    listed.sort_by_key(|entry| entry.key);
    let sizes: Vec<_> = listed.iter().map(|entry| (entry.key.0, entry.size)).collect();
    ensure_eq!(sizes, [(1, 5), (2, LARGE as u64)], "keys and sizes listed");
    ensure!(listed.iter().all(|entry| entry.meta == meta), "listed is another record");
    let stats = entries.stats();
    ensure_eq!((stats.entries, stats.bytes), (2, 5 + LARGE as u64), "entries and bytes counted");
    Ok(())
}

fn removed_is_gone(open: Open<'_>) -> Outcome {
    let (store, other) = (open()?, open()?);
    let (entries, other) = (function(&*store, "removed")?, function(&*other, "removed")?);
    entries.clear()?;
    ensure!(!entries.remove(Key(1))?, "removed what was never there");
    for key in 0..50 {
        entries.put(Key(key), &meta(), b"value")?;
    }
    put_file(&*entries, 99, &[1; LARGE])?;
    for key in [99, 7] {
        ensure!(other.contains(Key(key)) && other.remove(Key(key))?, "key {key} was not there");
        for entries in [&entries, &other] {
            ensure!(!entries.contains(Key(key)) && value(&**entries, key)?.is_none(), "key {key} stayed");
        }
        ensure!(!entries.remove(Key(key))?, "key {key} was there twice");
    }
    ensure_eq!(entries.stats().entries, 49, "left");
    entries.clear()?;
    for entries in [&entries, &other] {
        ensure_eq!(value(&**entries, 8)?, None, "after clearing");
        ensure_eq!(entries.stats().entries, 0, "after clearing");
    }
    other.put(Key(8), &meta(), b"again")?;
    ensure_eq!(value(&*entries, 8)?, Some(b"again".to_vec()), "stored after clearing");
    Ok(())
}

fn visitors_may_fail(open: Open<'_>) -> Outcome {
    let entries = function(&*open()?, "visited")?;
    entries.put(Key(1), &meta(), b"value")?;
    put_file(&*entries, 2, b"value")?;
    for key in [1, 2] {
        let refused = entries.get(Key(key), &mut |_| Err(Error::codec("no")));
        ensure!(refused.as_ref().is_err_and(Error::is_codec), "it was told {refused:?}");
        ensure!(value(&*entries, key)?.is_some(), "the entry is lost");
    }
    Ok(())
}

fn writers_may_fail(open: Open<'_>) -> Outcome {
    let entries = function(&*open()?, "written")?;
    let refused = entries.put_file(Key(1), &meta(), &mut |_| Err(Error::codec("no")));
    ensure!(refused.as_ref().is_err_and(Error::is_codec), "it was told {refused:?}");
    let refused = entries.put_file(Key(1), &meta(), &mut |_| Ok(5));
    ensure!(refused.as_ref().is_err_and(Error::is_invalid), "it was told {refused:?}");
    ensure!(!entries.contains(Key(1)), "there is an entry");
    Ok(())
}

fn least_recently_used_go(open: Open<'_>) -> Outcome {
    let store = open()?;
    let entries = function(&*store, "used")?;
    for key in 0..8 {
        entries.put(Key(key), &meta(), &[0; 1_000])?;
    }
    put_file(&*entries, 8, &[0; LARGE])?;
    ensure_eq!(entries.reduce_size(&Limits::NONE)?, Reduced::default(), "without limits");
    let generous = Limits { bytes: Some(1 << 40), items: Some(9), age: Some(Duration::from_secs(3_600)) };
    ensure_eq!(entries.reduce_size(&generous)?, Reduced::default(), "within limits");
    std::thread::sleep(RESOLUTION);
    for key in [0, 4] {
        value(&*entries, key)?;
    }
    ensure_eq!(entries.reduce_size(&items(6))?.items, 3, "items that went");
    let left = keys(&*entries)?;
    ensure!(left.len() == 6 && left.contains(&0) && left.contains(&4), "of 9 entries there are {left:?}");
    entries.reduce_size(&Limits { bytes: Some(2_999), ..Limits::NONE })?;
    ensure_eq!(keys(&*entries)?, [0, 4], "left by bytes");
    std::thread::sleep(Duration::from_millis(50));
    entries.reduce_size(&Limits { age: Some(Duration::ZERO), ..Limits::NONE })?;
    ensure_eq!(entries.stats().entries, 0, "left by age");
    Ok(())
}

fn limits_hold(open: Open<'_>) -> Outcome {
    let store = open()?;
    let by_items = store.open(&id("few", 1), &items(5))?;
    let by_bytes = store.open(&id("light", 1), &Limits { bytes: Some(10_000), ..Limits::NONE })?;
    for key in 0..30 {
        by_items.put(Key(key), &meta(), b"value")?;
        by_bytes.put(Key(key), &meta(), &[0; 900])?;
        let (items, bytes) = (by_items.stats().entries, by_bytes.stats().bytes);
        ensure!(items <= 5 && bytes <= 10_000, "there are {items} entries, {bytes} bytes");
    }
    put_file(&*by_bytes, 99, &[0; 20_000])?;
    ensure!(by_bytes.stats().bytes <= 10_000, "one value is larger than the limit");
    Ok(())
}

fn threads_see_whole_values(open: Open<'_>) -> Outcome {
    const KEYS: u64 = 12;
    let shared = open()?;
    let work = |thread: u64| -> Outcome {
        let store = if thread.is_multiple_of(2) { Arc::clone(&shared) } else { open()? };
        let entries = function(&*store, "threads")?;
        for round in 0..120 {
            let mixed = (round * 4 + thread).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
            let (key, len) =
                (mixed % KEYS, if mixed.is_multiple_of(31) { LARGE } else { 40 + mixed as usize % 3_000 });
            match mixed % 5 {
                0 | 1 => entries.put(Key(key.into()), &meta(), &bytes(key, len))?,
                2 => put_file(&*entries, key.into(), &bytes(key, len))?,
                3 if round % 4 == 0 => entries.remove(Key(key.into())).map(drop)?,
                _ => {
                    let found = value(&*entries, key.into())?;
                    let whole = found.is_none_or(|found| found == bytes(key, found.len()));
                    ensure!(whole, "key {key} had another value");
                }
            }
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4).map(|thread| scope.spawn(move || work(thread))).collect();
        let ended = threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| Err("a panic".into())));
        ended.fold(Ok(()), Result::and)
    })?;
    let entries = function(&*open()?, "threads")?;
    for key in keys(&*entries)? {
        let found = value(&*entries, key)?.unwrap_or_default();
        ensure!(found == bytes(key as u64, found.len()), "key {key} has another value");
    }
    Ok(())
}

fn claims_are_given(open: Open<'_>) -> Outcome {
    let entries = function(&*open()?, "claimed")?;
    for _ in 0..2 {
        ensure!(entries.claim(Key(1), Duration::ZERO).is_some(), "it was not");
    }
    Ok(())
}

/// Names with everything that file names, tables and URLs may trip over.
fn odd_functions() -> BTreeSet<FunctionId> {
    let odd = ["f", "F", "", "con", "é/\\\0", "..", "a b", "%2f", "'; --", "?&#"];
    let mut all: BTreeSet<_> = odd.into_iter().map(|name| id(name, 1)).collect();
    all.insert(id("f", 2));
    all.insert(FunctionId { path: vec![], fingerprint: 2 });
    all.insert(FunctionId {
        path: vec!["conformance".into(), "a".into(), "b".into()],
        fingerprint: u128::MAX,
    });
    all.insert(FunctionId { path: vec!["conformance".into(), "a::b".into()], fingerprint: u128::MAX });
    let deep = (0..60).map(|depth| format!("{}{depth}", "deep".repeat(40))).collect();
    all.insert(FunctionId { path: deep, fingerprint: 3 });
    all
}

fn functions_stay_apart(open: Open<'_>) -> Outcome {
    let store = open()?;
    let all = odd_functions();
    for (at, function) in (0..).zip(&all) {
        store.open(function, &Limits::NONE)?.put(Key(1), &meta(), &[at])?;
    }
    let again = open()?;
    for (at, function) in (0..).zip(&all) {
        let entries = again.open(function, &Limits::NONE)?;
        ensure_eq!(value(&*entries, 1)?, Some(vec![at]), "the value of {function}");
    }
    Ok(())
}

fn functions_are_listed(open: Open<'_>) -> Outcome {
    let store = open()?;
    store.clear()?;
    ensure_eq!(store.functions()?, [], "after clearing");
    functions_stay_apart(open)?;
    let listed = store.functions()?;
    let unique: BTreeSet<_> = listed.iter().cloned().collect();
    ensure_eq!(unique, odd_functions(), "listed");
    ensure_eq!(listed.len(), unique.len(), "number listed");
    let entries = store.open(&id("f", 1), &Limits::NONE)?;
    let other = open()?.open(&id("f", 1), &Limits::NONE)?;
    store.clear()?;
    for store in [&store, &open()?] {
        ensure_eq!(store.functions()?, [], "after clearing");
    }
    for entries in [&entries, &other] {
        ensure_eq!(value(&**entries, 1)?, None, "after clearing");
    }
    entries.put(Key(1), &meta(), b"again")?;
    ensure_eq!(value(&*other, 1)?, Some(b"again".to_vec()), "stored after clearing");
    ensure_eq!(open()?.functions()?, [id("f", 1)], "stored after clearing");
    Ok(())
}

fn a_whole_store_is_reduced(open: Open<'_>) -> Outcome {
    let store = open()?;
    store.clear()?;
    let functions = ["one", "two", "three"].map(|name| function(&*store, name));
    let functions = functions.into_iter().collect::<Result<Vec<_>>>()?;
    for (key, entries) in (0..).zip(functions.iter().cycle()).take(12) {
        entries.put(Key(key), &meta(), &[0; 100])?;
    }
    std::thread::sleep(RESOLUTION);
    for key in [3, 7, 11] {
        value(&*functions[key % 3], key as u128)?;
    }
    let reduced = store.reduce_size(&items(3))?;
    ensure_eq!((reduced.items, reduced.bytes), (9, 900), "what went");
    let mut left = Vec::new();
    for entries in &functions {
        left.extend(keys(&**entries)?);
    }
    left.sort_unstable();
    ensure_eq!(left, [3, 7, 11], "what is left");
    Ok(store.clear()?)
}

fn damage_is_seen(open: Open<'_>, damage: &dyn Fn()) -> Outcome {
    let small = |key: u64| bytes(key, 200);
    let entries = function(&*open()?, "damaged")?;
    for key in 0..50 {
        entries.put(Key(key.into()), &meta(), &small(key))?;
    }
    damage();
    let entries = function(&*open()?, "damaged")?;
    for key in 0..50 {
        match value(&*entries, key.into()) {
            Ok(found) => {
                ensure!(found.is_none_or(|found| found == small(key)), "key {key} has a wrong value")
            }
            Err(error) => ensure!(error.is_corrupt(), "key {key}: {error}"),
        }
    }
    for key in 0..50 {
        entries.put(Key(key.into()), &meta(), &small(key))?;
        ensure_eq!(value(&*entries, key.into())?, Some(small(key)), "stored again");
    }
    Ok(())
}

fn id(name: &str, fingerprint: u128) -> FunctionId {
    FunctionId { path: vec!["conformance".into(), name.into()], fingerprint }
}

fn function(store: &dyn Store, name: &str) -> Result<Arc<dyn FunctionStore>> {
    store.open(&id(name, 7), &Limits::NONE)
}

fn items(items: u64) -> Limits {
    Limits { items: Some(items), ..Limits::NONE }
}

fn meta() -> EntryMeta {
    EntryMeta::new(Duration::from_nanos(123_456_789))
}

/// Bytes that tell their seed and their number.
fn bytes(seed: u64, len: usize) -> Vec<u8> {
    let first = seed.wrapping_mul(31).wrapping_add(len as u64);
    (first..).map(|at| (at ^ at >> 8) as u8).take(len).collect()
}

fn keys(entries: &dyn FunctionStore) -> Result<Vec<u128>> {
    let mut keys: Vec<_> = entries.entries()?.iter().map(|entry| entry.key.0).collect();
    keys.sort_unstable();
    Ok(keys)
}

fn value(entries: &dyn FunctionStore, key: u128) -> Result<Option<Vec<u8>>> {
    let mut value = Vec::new();
    let found = entries.get(Key(key), &mut |record| {
        value.clear();
        match record {
            Record::Bytes(bytes) => value.extend_from_slice(bytes),
            Record::File { mut file, .. } => written(file.read_to_end(&mut value)).map(drop)?,
            Record::Reader(reader) => written(reader.read_to_end(&mut value)).map(drop)?,
        }
        Ok(())
    })?;
    Ok(found.then_some(value))
}

fn put_file(entries: &dyn FunctionStore, key: u128, value: &[u8]) -> Result<()> {
    let write = &mut |mut file: &File| written(file.write_all(value).map(|()| value.len()));
    entries.put_file(Key(key), &meta(), write)
}

fn written(done: std::io::Result<usize>) -> Result<u64> {
    done.map(|len| len as u64).map_err(|error| Error::stream("cannot use the value's file", error))
}
