//! Option by option.

use crate::support::{Runs, memory};
use joblib::store::{EntryMeta, Limits};
use joblib::{Memory, cached};
use std::sync::LazyLock;
use std::time::Duration;

macro_rules! same_tokens {
    ($($name:ident($($option:tt)*)),*) => {
        $(mod $name {
            #[joblib::cached(memory = memory, ignore = ["memory"], $($option)*)]
            pub(super) fn same(memory: &joblib::Memory, x: u8) -> Result<u8, u8> {
                Ok(x)
            }
        })*
    };
}

const CONFIGURATION: &str = "a";

#[joblib::tracked]
const TRACKED: u32 = 1;

same_tokens!(
    one(version = "1"),
    two(version = "2"),
    dependent(version = "1", depends = [super::TRACKED]),
    salted(salt = [1, 2]),
    configured(salt = super::CONFIGURATION),
    body(code = "body"),
    none(code = "none"),
    binary(code = "binary"),
    errors(cache_err)
);

#[test]
fn whatever_decides_the_answer_separates_versions() {
    let (_dir, memory) = memory();
    type Same = fn(&Memory, u8) -> Result<u8, u8>;
    let all: [Same; 9] = [
        one::same,
        two::same,
        dependent::same,
        salted::same,
        configured::same,
        body::same,
        none::same,
        binary::same,
        errors::same,
    ];
    assert_eq!(TRACKED, 1);
    assert!(all.iter().all(|same| same(&memory, 1) == Ok(1)));
    let functions = memory.functions().unwrap();
    let mut fingerprints: Vec<u128> = functions.iter().map(|function| function.fingerprint).collect();
    fingerprints.sort_unstable();
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), all.len());
}

#[test]
fn expired_entries_are_computed_again() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], expires_after = Duration::ZERO)]
    fn stale(memory: &Memory, x: u8) -> u8 {
        RUNS.add();
        x
    }
    #[cached(memory = memory, ignore = ["memory"], expires_after = "7d")]
    fn fresh(memory: &Memory, x: u8) -> u8 {
        RUNS.add();
        x
    }
    let (_dir, memory) = memory();
    for _ in 0..3 {
        stale(&memory, 1);
    }
    assert_eq!(RUNS.take(), 3);
    assert!(!stale::entry(&memory, 1).is_cached());
    assert!(stale::entry(&memory, 1).load().unwrap().is_none());
    for _ in 0..3 {
        fresh(&memory, 1);
    }
    assert_eq!(RUNS.take(), 1);
    assert!(fresh::entry(&memory, 1).is_cached());
}

#[test]
fn validate_sees_the_record_and_decides() {
    static RUNS: Runs = Runs::new();
    fn long_enough(meta: &EntryMeta) -> bool {
        assert!(meta.args.as_ref().is_some_and(|args| args.starts_with("millis=")));
        meta.duration >= Duration::from_millis(20)
    }
    #[cached(memory = memory, ignore = ["memory"], validate = long_enough, record_args)]
    fn waits(memory: &Memory, millis: u64) -> u64 {
        RUNS.add();
        std::thread::sleep(Duration::from_millis(millis));
        millis
    }
    let (_dir, memory) = memory();
    for _ in 0..3 {
        waits(&memory, 30);
    }
    assert_eq!(RUNS.take(), 1);
    waits(&memory, 1);
    RUNS.take();
    let quick = waits::entry(&memory, 1).metadata().unwrap().duration < Duration::from_millis(20);
    waits(&memory, 1);
    assert_eq!(RUNS.take(), u32::from(quick));
}

#[test]
fn errors_are_kept_if_asked() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"], cache_err)]
    fn fails(memory: &Memory, x: u8) -> Result<u8, String> {
        RUNS.add();
        Err(x.to_string())
    }
    let (_dir, memory) = memory();
    for _ in 0..2 {
        assert_eq!(fails(&memory, 1), Err("1".to_owned()));
    }
    assert_eq!(RUNS.take(), 1);
}

#[test]
fn arguments_are_recorded_only_if_asked() {
    struct NoDebug;
    impl serde::Serialize for NoDebug {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.serialize_unit()
        }
    }
    #[cached(memory = memory, ignore = ["memory", "secret"], record_args = true)]
    fn recorded(memory: &Memory, a: &str, b: NoDebug, secret: &str) -> usize {
        let _ = b;
        a.len() + secret.len()
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn silent(memory: &Memory, a: &str) -> usize {
        a.len()
    }
    let (_dir, memory) = memory();
    recorded(&memory, "x", NoDebug, "password");
    let args = recorded::entry(&memory, "x", NoDebug, "").metadata().unwrap().args.unwrap();
    assert!(args.starts_with("a=\"x\", b=<") && args.ends_with("NoDebug>"), "{args}");
    silent(&memory, "x");
    assert_eq!(silent::entry(&memory, "x").metadata().unwrap().args, None);
}

#[test]
fn the_hot_tier_answers_without_the_store() {
    static RUNS: Runs = Runs::new();
    static DIR: LazyLock<tempfile::TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());
    static MEMORY: LazyLock<Memory> = LazyLock::new(|| Memory::new(DIR.path()));
    #[cached(memory = MEMORY, hot = "1M")]
    fn kept(x: u32) -> Result<Vec<u32>, std::fmt::Error> {
        RUNS.add();
        Ok(vec![x; 3])
    }
    assert_eq!(kept(1), Ok(vec![1; 3]));
    let before = kept::memo().stats();
    for _ in 0..5 {
        assert_eq!(kept(1), Ok(vec![1; 3]));
    }
    let after = kept::memo().stats();
    assert_eq!((after.hits, after.misses), (before.hits + 5, before.misses));
    assert_eq!(RUNS.take(), 1);
    // What is removed is gone from memory too.
    assert!(kept::entry(1).remove().unwrap());
    kept(1).unwrap();
    assert_eq!(RUNS.take(), 1);
    kept::memo().clear().unwrap();
    kept(1).unwrap();
    assert_eq!(RUNS.take(), 1);
    MEMORY.clear().unwrap();
    kept(1).unwrap();
    assert_eq!(RUNS.take(), 1);
    let _ = std::fs::remove_dir_all(DIR.path());
}

#[test]
fn limits_hold() {
    #[cached(memory = memory, ignore = ["memory"], max_items = 10)]
    fn few(memory: &Memory, x: u64) -> u64 {
        x
    }
    let (_dir, memory) = memory();
    for x in 0..1000 {
        assert_eq!(few(&memory, x), x);
    }
    let limits = Limits::NONE.with_items(10);
    memory.reduce_size(&limits).unwrap();
    let held = (0..1000).filter(|&x| few::entry(&memory, x).is_cached()).count();
    assert!(held <= 10, "{held}");
    assert_eq!(few(&memory, 5), 5);
}

#[test]
fn compressed_results_read_back() {
    #[cached(memory = memory, ignore = ["memory"], compress = ("zlib", 3))]
    fn large(memory: &Memory, n: usize) -> Vec<f64> {
        (0..n).map(|i| (i % 7) as f64).collect()
    }
    let (_dir, memory) = memory();
    let first = large(&memory, 200_000);
    assert_eq!(large(&memory, 200_000), first);
    let entry = large::entry(&memory, 200_000);
    assert!(entry.is_cached());
    let size: u64 = memory_size(&entry.dir().unwrap());
    assert!(size < 800_000, "{size}");
}

fn memory_size(dir: &std::path::Path) -> u64 {
    std::fs::read_dir(dir)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| match entry.file_type().unwrap().is_dir() {
            true => memory_size(&entry.path()),
            false => allocated(&entry.metadata().unwrap()),
        })
        .sum()
}

/// Files may be sparse.
#[cfg(unix)]
fn allocated(meta: &std::fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::blocks(meta) * 512
}

#[cfg(not(unix))]
fn allocated(meta: &std::fs::Metadata) -> u64 {
    meta.len()
}

/// A package holds its own files only, so one of the two is a link, which a check-out may have lost.
#[test]
fn sizes_are_read_alike_by_the_compiler_and_the_program() {
    let macros = include_str!("../../joblib-macros/src/units.rs");
    assert_eq!(macros, include_str!("../../joblib-core/src/units.rs"));
}
