//! The store alone: look-ups and insertions of 32-byte values, eviction, clearing, opening.

use crate::peers::{Cacache, Cached, Redb};
use joblib_bench::{Comparison, span, wanted};
use joblib_core::Key;
use joblib_core::store::{
    EntryMeta, FunctionId, FunctionStore, Layout, Limits, LocalOptions, LocalStore, Record, Store,
};
use std::cell::Cell;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

const HOT: u64 = 20_000;
/// For those that take long to fill.
const FEW: u64 = 2_000;
const MANY: u64 = 1_000_000;
const VALUE: [u8; 32] = [7; 32];

pub fn run() {
    let dir = tempfile::tempdir().expect("temporary directory");
    if wanted("store hit") {
        hits(dir.path());
    }
    if wanted("store miss") {
        insertions(dir.path());
    }
    if wanted("store million") {
        million(dir.path());
    }
    if wanted("store ten million") {
        ten_million(dir.path());
    }
}

/// A number for every number, spread as hashes are.
fn spread(n: u64) -> u128 {
    let mut mixed = n.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    u128::from(mixed ^ (mixed >> 31)) << 64 | u128::from(n.wrapping_mul(0xD6E8_FEB8_6659_FD93))
}

fn open(dir: &Path, name: &str, mode: Layout) -> Arc<dyn FunctionStore> {
    let store: LocalStore = LocalOptions::new().layout(mode).open(dir.join("ours")).expect("store");
    let function = FunctionId::new(["bench", name], 1);
    store.open(&function, &Limits::NONE).expect("function")
}

fn fill(entries: &dyn FunctionStore, count: u64) {
    let meta = EntryMeta::new(Duration::from_millis(1));
    for n in 0..count {
        entries.put(Key::from_u128(spread(n)), &meta, &VALUE).expect("put");
    }
}

fn hit(entries: &dyn FunctionStore, n: u64) -> bool {
    let see = &mut |record: Record<'_>| {
        if let Record::Bytes(bytes) = record {
            black_box(bytes[31]);
        }
        Ok(())
    };
    entries.get(Key::from_u128(spread(n)), see).expect("get")
}

/// Walks over `0..count` in an order no prefetcher foresees; `count` must not be a multiple of the step.
fn next(at: &Cell<u64>, count: u64) -> u64 {
    at.set((at.get() + 7_368_787) % count);
    at.get()
}

fn hits(dir: &Path) {
    let ours = open(dir, "hot", Layout::Packed);
    fill(&*ours, HOT);
    let files = open(dir, "hot", Layout::Files);
    fill(&*files, HOT);
    let redb = Redb::open(dir, "hot");
    redb.put((0..HOT).map(spread), &VALUE);
    let cached = Cached::open(dir, "hot");
    (0..FEW).for_each(|n| cached.put(n, &VALUE));
    let cacache = Cacache::open(dir, "hot");
    (0..FEW).for_each(|n| cacache.put(n, &VALUE));
    let [a, b, c, d, e] = [0; 5].map(Cell::new);
    Comparison::new("store hit: 32 bytes among 20 k entries (cached, cacache: 2 k)")
        .time("joblib, packed", || assert!(hit(&*ours, next(&a, HOT))))
        .time("joblib, plain files", || assert!(hit(&*files, next(&b, HOT))))
        .time("redb", || redb.get(spread(next(&c, HOT))).expect("hit"))
        .time("cached, disk", || cached.get(next(&d, FEW)).expect("hit"))
        .time("cacache", || cacache.get(next(&e, FEW)))
        .run();
}

fn insertions(dir: &Path) {
    let ours = open(dir, "insertions", Layout::Packed);
    let files = open(dir, "insertions", Layout::Files);
    let meta = EntryMeta::new(Duration::from_millis(1));
    let redb = Redb::open(dir, "insertions");
    let cached = Cached::open(dir, "insertions");
    let cacache = Cacache::open(dir, "insertions");
    let [a, b, c, d, e, f] = [0, 1 << 40, 2 << 40, 3 << 40, 4 << 40, 5 << 40].map(Cell::new);
    let count = |at: &Cell<u64>| {
        at.set(at.get() + 1);
        at.get()
    };
    Comparison::new("store miss: insert 32 bytes, not synced")
        .time("joblib, packed", || ours.put(Key::from_u128(spread(count(&a))), &meta, &VALUE).expect("put"))
        .time("joblib, look-up + claim + insert", || {
            let key = Key::from_u128(spread(count(&b)));
            assert!(!ours.contains(key));
            let claim = ours.claim(key, Duration::ZERO);
            ours.put(key, &meta, &VALUE).expect("put");
            drop(claim);
        })
        .time("joblib, plain files", || {
            files.put(Key::from_u128(spread(count(&c))), &meta, &VALUE).expect("put")
        })
        .time("redb", || redb.put(std::iter::once(spread(count(&d))), &VALUE))
        .time("cached, disk", || cached.put(count(&e), &VALUE))
        .time("cacache", || cacache.put(count(&f), &VALUE))
        .run();
}

fn once<R>(name: &str, work: impl FnOnce() -> R) -> R {
    let start = Instant::now();
    let result = work();
    println!("  {name:<50} {:>11}", span(start.elapsed().as_secs_f64()));
    result
}

fn disk_use(dir: &Path) -> u64 {
    use std::os::unix::fs::MetadataExt;
    std::fs::read_dir(dir)
        .expect("list")
        .flatten()
        .map(|file| file.metadata().expect("file").blocks() * 512)
        .sum()
}

fn million(dir: &Path) {
    println!("\nstore million: 1 M entries of 32 bytes");
    let ours = open(dir, "million", Layout::Packed);
    once("insert all", || fill(&*ours, MANY));
    let at = Cell::new(0);
    let redb = Redb::open(dir, "million");
    redb.put((0..MANY).map(spread), &VALUE);
    Comparison::new("store million: random hit")
        .time("joblib, packed", || assert!(hit(&*ours, next(&at, MANY))))
        .time("redb", || redb.get(spread(next(&at, MANY))).expect("hit"))
        .run();
    Comparison::new("store million: miss")
        .time("joblib, packed", || assert!(!hit(&*ours, MANY + next(&at, MANY))))
        .run();
    let used = disk_use(&ours.dir().expect("local"));
    println!("\n  {:<50} {:>11}", "bytes on disk for each entry, value included", used / MANY);
    Comparison::new("store million: open and first hit")
        .time("joblib, packed", || assert!(hit(&*open(dir, "million", Layout::Packed), next(&at, MANY))))
        .run();
    println!();
    once("stats", || ours.stats());
    let limits = Limits::NONE.with_bytes(20 << 20).expect("a size");
    once("reduce_size to 20 MiB", || println!("{:?}", ours.reduce_size(&limits).expect("reduce")));
    once("clear", || ours.clear().expect("clear"));
    fill(&*ours, MANY);
    once("clear of 1 M", || ours.clear().expect("clear"));
}

fn ten_million(dir: &Path) {
    println!("\nstore ten million: 10 M entries of 32 bytes in one function");
    let ours = open(dir, "ten", Layout::Packed);
    once("insert all", || fill(&*ours, 10 * MANY));
    let at = Cell::new(0);
    Comparison::new("store ten million: random hit")
        .time("joblib, packed", || assert!(hit(&*ours, next(&at, 10 * MANY))))
        .run();
    Comparison::new("store ten million: open and first hit")
        .time("joblib, packed", || assert!(hit(&*open(dir, "ten", Layout::Packed), next(&at, 10 * MANY))))
        .run();
    let used = disk_use(&ours.dir().expect("local"));
    println!("\n  {:<50} {:>11}", "bytes on disk for each entry, value included", used / MANY / 10);
    once("stats", || ours.stats());
    once("clear", || ours.clear().expect("clear"));
}
