//! Each number of an index, of segments and of records, damaged: every bit flipped, every field at its
//! extremes, before the cache is opened, while this process has it mapped, and while another one has. Nothing
//! panics, every answer is right, and what is stored after the damage is found by all, and by the next
//! process.
//!
//! A sample is tested by default. `JOBLIB_INDEX_BYTES_SECONDS` tests all single damages, then random pairs
//! for so many seconds from `JOBLIB_INDEX_BYTES_SEED`: `ci/index_bytes.sh`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{EntryMeta, FunctionStore, Layout, Limits, LocalOptions, LocalStore, Record, Store};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::{self, OpenOptions};
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use store_support::{Other, Random, fresh_dir, function, meta, open, put_file, walk};

const CHILD: &str = "JOBLIB_INDEX_BYTES_CHILD";
const SECONDS: &str = "JOBLIB_INDEX_BYTES_SECONDS";
const SEED: &str = "JOBLIB_INDEX_BYTES_SEED";

/// Entries of the cache: small ones, and from `LARGE` on such with a file of their own.
const KEYS: u128 = 16;
const LARGE: u128 = 14;
/// Stored again, with another value, after the damage.
const REPLACED: [u128; 3] = [2, 7, 15];
const REMOVED: u128 = 5;
/// Stored first after the damage.
const NEW: std::ops::Range<u128> = 100..104;
/// Enough for a larger index.
const MANY: std::ops::Range<u128> = 200..300;

/// What an entry must hold.
fn expected(key: u128, version: u8) -> Vec<u8> {
    let len = if (LARGE..KEYS).contains(&key) {
        17_000
    } else if key < KEYS {
        1_500
    } else {
        40
    };
    let mut value = format!("version {version} of {key}, ").into_bytes().repeat(1 + len / 16);
    value.truncate(len + key as usize);
    value
}

fn put(entries: &dyn FunctionStore, key: u128, version: u8) {
    let value = expected(key, version);
    if (LARGE..KEYS).contains(&key) {
        put_file(entries, key, &value);
    } else {
        let mut meta: EntryMeta = meta(7);
        meta.args = key.is_multiple_of(3).then(|| format!("key={key}"));
        entries
            .put(Key::from_u128(key), &meta, &value)
            .unwrap_or_else(|error| panic!("storing {key}: {error:?}"));
    }
}

/// Whether the key has this version; another one is a wrong answer, and an entry that cannot be read is none.
fn has(entries: &dyn FunctionStore, key: u128, version: u8) -> bool {
    let _ = (entries.contains(Key::from_u128(key)), entries.metadata(Key::from_u128(key)));
    let found = entries.get(Key::from_u128(key), &mut |record| {
        let value = match record {
            Record::Bytes(bytes) => bytes.to_vec(),
            Record::File { path, .. } => fs::read(path).unwrap(),
            _ => unreachable!("a local store has files"),
        };
        assert!(value == expected(key, version), "a wrong answer for {key}");
        Ok(())
    });
    match found {
        Ok(found) => found,
        Err(error) if error.is_corrupt() => false,
        Err(error) => panic!("looking {key} up: {error:?}"),
    }
}

fn fill(dir: &Path) {
    let store = LocalOptions::new().layout(Layout::Packed).open(dir).unwrap();
    let entries = open(&store, "f");
    for key in 0..KEYS {
        put(&*entries, key, 1);
    }
    put(&*entries, 50, 1);
    entries.remove(Key::from_u128(50)).unwrap();
}

/// Looks everything up, and stores what is missing, as cached calls do.
fn call_all(entries: &dyn FunctionStore) {
    for key in 0..KEYS {
        if !has(entries, key, 1) {
            put(entries, key, 1);
            assert!(has(entries, key, 1), "{key} is stored and not found");
        }
    }
    assert!(!has(entries, 50, 1), "removed before");
}

/// What a process stores, replaces and removes after the damage.
fn change(entries: &dyn FunctionStore) {
    for key in NEW {
        assert!(!has(entries, key, 1), "{key} was never stored");
        put(entries, key, 1);
        assert!(has(entries, key, 1), "{key} is stored and not found");
    }
    for key in REPLACED {
        put(entries, key, 2);
    }
    entries.remove(Key::from_u128(REMOVED)).unwrap();
}

fn version_of(key: u128) -> u8 {
    if REPLACED.contains(&key) { 2 } else { 1 }
}

/// What must be there after [`change`].
fn check(entries: &dyn FunctionStore) {
    for key in REPLACED.into_iter().chain(NEW) {
        assert!(has(entries, key, version_of(key)), "{key} was stored and is not found");
    }
    assert!(!has(entries, REMOVED, 1), "{REMOVED} was removed");
    for key in 0..KEYS {
        has(entries, key, version_of(key));
    }
}

/// A whole life after the damage: this process, another one that had the cache open, and the next.
fn live_on(case: &Case, dir: &Path, former: Option<&dyn FunctionStore>, other: Option<&mut Other>) {
    let store = LocalOptions::new().layout(Layout::Packed).open(dir).unwrap();
    let limits = Limits::NONE
        .with_items(400)
        .with_bytes(1 << 20)
        .unwrap()
        .with_age(Duration::from_secs(3600))
        .unwrap();
    let fresh = store.open(&function("f"), if case.is_limited { &limits } else { &Limits::NONE }).unwrap();
    let entries = former.unwrap_or(&*fresh);
    call_all(entries);
    change(entries);
    check(entries);
    if let Some(other) = other {
        other.ask("check");
    }
    let next = LocalOptions::new().layout(Layout::Packed).open(dir).unwrap();
    let next = open(&next, "f");
    check(&*next);
    assert_eq!(store.functions().unwrap(), [function("f")]);
    for key in MANY {
        put(&*next, key, 1);
    }
    for entries in [entries, &*next] {
        check(entries);
        MANY.for_each(|key| assert!(has(entries, key, 1), "{key} is not found after growing"));
    }
    entries.entries().unwrap();
    let stats = entries.stats();
    assert!(stats.entries >= 100 && stats.bytes > 0);
    let few = Limits::NONE.with_items(20);
    next.reduce_size(&few).unwrap();
    assert!(next.stats().entries <= 20);
    put(&*next, 101, 1);
    assert!(has(entries, 101, 1));
}

/// One change of eight or four bytes of a file.
#[derive(Clone, Debug)]
struct Damage {
    file: String,
    at: u64,
    how: How,
}

#[derive(Clone, Copy, Debug)]
enum How {
    /// A bit of the byte.
    Flip(u32),
    /// The eight bytes.
    Set(u64),
    Add(u64),
    Halve,
    Negate,
}

impl Damage {
    fn apply(&self, function_dir: &Path) {
        // Pairs may find their file removed already.
        let Ok(file) = OpenOptions::new().read(true).write(true).open(function_dir.join(&self.file)) else {
            return;
        };
        let mut bytes = [0; 8];
        if file.read_exact_at(&mut bytes, self.at).is_err() {
            return;
        }
        let value = u64::from_ne_bytes(bytes);
        let value = match self.how {
            How::Flip(bit) => value ^ 1 << bit,
            How::Set(value) => value,
            How::Add(more) => value.wrapping_add(more),
            How::Halve => value / 2,
            How::Negate => !value,
        };
        file.write_all_at(&value.to_ne_bytes(), self.at).unwrap();
    }
}

/// When the damage happens.
#[derive(Clone, Copy, Debug, PartialEq)]
enum When {
    Closed,
    Mapped,
    MappedElsewhere,
}

#[derive(Clone, Debug)]
struct Case {
    damages: Vec<Damage>,
    when: When,
    is_limited: bool,
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}{}", self.when, if self.is_limited { ", limited" } else { "" })?;
        self.damages
            .iter()
            .try_for_each(|damage| write!(f, "; {} at {}: {:?}", damage.file, damage.at, damage.how))
    }
}

/// All places with a number, and all that can happen to each.
fn damages(function_dir: &Path) -> Vec<Damage> {
    let mut words: Vec<(String, u64)> = Vec::new();
    for path in walk(function_dir) {
        let name = path.strip_prefix(function_dir).unwrap().to_str().unwrap().to_owned();
        let bytes = fs::read(&path).unwrap();
        let end = bytes.len() as u64 / 8 * 8;
        let mut add = |range: std::ops::Range<u64>| {
            words.extend(range.step_by(8).map(|at| (name.clone(), at)));
        };
        if name.starts_with("index.") || name == "function" {
            add(0..end);
        } else if name.starts_with("seg-") {
            add(0..64);
            for at in (64..bytes.len().saturating_sub(48)).step_by(16) {
                if bytes[at..].starts_with(b"JLR") {
                    add(at as u64..at as u64 + 64);
                }
            }
        }
    }
    let extremes = [0, 1, u64::MAX, 1 << 63, u64::MAX >> 1, u64::MAX - 15, 1 << 32, u64::from(u32::MAX)];
    let hows = (0..64).map(How::Flip).chain(extremes.map(How::Set));
    let hows: Vec<How> = hows.chain([How::Add(1), How::Add(u64::MAX), How::Halve, How::Negate]).collect();
    let all = words.into_iter();
    all.flat_map(|(file, at)| hows.iter().map(move |&how| Damage { file: file.clone(), at, how })).collect()
}

/// A copy of the cache for each case.
struct Bench {
    template: tempfile::TempDir,
    room: tempfile::TempDir,
    other: Other,
    failures: BTreeMap<String, Vec<String>>,
    cases: u64,
}

impl Bench {
    fn new() -> Self {
        let template = fresh_dir();
        fill(template.path());
        let other = Other::spawn(CHILD, "1");
        Self { template, room: fresh_dir(), other, failures: BTreeMap::new(), cases: 0 }
    }

    fn function_dir(&self, dir: &Path) -> PathBuf {
        let store = LocalOptions::new().layout(Layout::Packed).open(self.template.path()).unwrap();
        let within = open(&store, "f").dir().unwrap();
        dir.join(within.strip_prefix(self.template.path()).unwrap())
    }

    fn run(&mut self, case: &Case) {
        self.cases += 1;
        let dir = self.room.path().join(self.cases.to_string());
        for path in walk(self.template.path()) {
            let copy = dir.join(path.strip_prefix(self.template.path()).unwrap());
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&path, copy).unwrap();
        }
        let function_dir = self.function_dir(&dir);
        let ended = catch_unwind(AssertUnwindSafe(|| {
            let store: LocalStore;
            let mut former = None;
            if case.when != When::Closed {
                store = LocalOptions::new().layout(Layout::Packed).open(&dir).unwrap();
                let entries = open(&store, "f");
                (0..KEYS).for_each(|key| assert!(has(&*entries, key, 1)));
                former = Some(entries);
            }
            if case.when == When::MappedElsewhere {
                self.other.ask(&format!("open {}", dir.display()));
                former = None;
            }
            case.damages.iter().for_each(|damage| damage.apply(&function_dir));
            let other = (case.when == When::MappedElsewhere).then_some(&mut self.other);
            live_on(case, &dir, former.as_deref(), other);
        }));
        if let Err(panic) = ended {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            let text = text.unwrap_or_default().replace(&*dir.to_string_lossy(), "..");
            let kind = text.split(|c: char| c.is_ascii_digit()).collect::<Vec<_>>().join("#");
            self.failures
                .entry(kind.chars().take(160).collect())
                .or_default()
                .push(format!("{case}: {text}"));
            self.other = Other::spawn(CHILD, "1");
        }
        fs::remove_dir_all(&dir).unwrap();
    }

    fn report(&self) {
        for (kind, cases) in &self.failures {
            println!("{} x {kind}", cases.len());
            cases.iter().take(8).for_each(|case| println!("    {case}"));
        }
        println!("{} damages", self.cases);
        assert!(self.failures.is_empty(), "{} kinds of failures", self.failures.len());
    }
}

#[test]
fn no_number_is_believed() {
    let mut bench = Bench::new();
    let damages = damages(&bench.function_dir(bench.template.path()));
    let all = std::env::var(SECONDS).is_ok();
    let mut random = Random(std::env::var(SEED).ok().and_then(|seed| seed.parse().ok()).unwrap_or(1));
    let whens = [When::Closed, When::Mapped, When::MappedElsewhere];
    for (n, damage) in damages.iter().enumerate() {
        // What all entries depend on is tested often, the many slots now and then.
        let often = damage.at < 256 || (512..576).contains(&damage.at);
        if all || random.next().is_multiple_of(if often { 30 } else { 1000 }) {
            let is_limited = random.next().is_multiple_of(4);
            bench.run(&Case { damages: vec![damage.clone()], when: whens[n % 3], is_limited });
        }
    }
    let seconds = std::env::var(SECONDS).map_or(1, |seconds| seconds.parse().unwrap());
    let start = Instant::now();
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut pick = || damages[(random.next() % damages.len() as u64) as usize].clone();
        let damages = vec![pick(), pick()];
        let when = whens[(random.next() % 3) as usize];
        bench.run(&Case { damages, when, is_limited: random.next().is_multiple_of(4) });
    }
    bench.report();
}

/// Not a test by itself: what the other process runs.
#[test]
fn child() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let mut opened = None;
    for line in std::io::stdin().lines() {
        match line.unwrap().split_once(' ') {
            Some((_, dir)) => {
                let store = LocalOptions::new().layout(Layout::Packed).open(dir).unwrap();
                let entries = open(&store, "f");
                (0..KEYS).for_each(|key| assert!(has(&*entries, key, 1)));
                opened = Some(entries);
            }
            None => check(&**opened.as_ref().unwrap()),
        }
        println!("answer done");
    }
}
