//! Directories and files that are deleted, moved or replaced while a process has them open: what it stores
//! afterwards is found by the next process, and by another that had them open, too.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{FunctionStore, Layout, LocalOptions, Store};
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store_support::{MODES, Other, fresh_dir, function, meta, open, put_file, value, walk};

const CHILD: &str = "JOBLIB_REPLACED_CHILD";
/// How long some store while one clears.
const CHURN: Duration = Duration::from_secs(3);
const BEFORE: Range<u128> = 0..40;
const AFTER: Range<u128> = 1_000..1_010;

fn text(key: u128) -> Vec<u8> {
    format!("value {key} ").repeat(60).into_bytes()
}

fn store(dir: &Path, mode: Layout) -> Arc<dyn FunctionStore> {
    open(&LocalOptions::new().layout(mode).open(dir).unwrap(), "f")
}

fn put_all(entries: &dyn FunctionStore, keys: Range<u128>) {
    keys.clone().for_each(|key| entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap());
    put_file(entries, keys.end, &[7; 100_000]);
}

fn has_all(entries: &dyn FunctionStore, keys: Range<u128>) -> bool {
    keys.clone().all(|key| value(entries, key).is_some_and(|found| found == text(key)))
        && value(entries, keys.end).is_some_and(|found| found == [7; 100_000])
}

/// Another process, which opens the cache when it starts.
fn elsewhere(dir: &Path, mode: Layout) -> Other {
    let mut other = Other::spawn(CHILD, &format!("{mode:?}:{}", dir.display()));
    assert_eq!(other.answer(), "ready");
    other
}

/// What the other process is to do with these keys.
fn with(what: &str, keys: Range<u128>) -> String {
    format!("{what} {} {}", keys.start, keys.end)
}

/// Not a test by itself: what the other process runs.
#[test]
fn child() {
    let Ok(task) = std::env::var(CHILD) else { return };
    let (mode, dir) = task.split_once(':').unwrap();
    let mode = if mode == "Packed" { Layout::Packed } else { Layout::Files };
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let entries = store(Path::new(dir), mode);
    value(&*entries, 0);
    println!("answer ready");
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let words: Vec<&str> = line.split(' ').collect();
        let keys = words[1].parse().unwrap()..words[2].parse().unwrap();
        match words[0] {
            "put" => put_all(&*entries, keys),
            "has" => {
                println!("answer {}", has_all(&*entries, keys));
                continue;
            }
            "look" => {
                keys.for_each(|key| assert!(value(&*entries, key).is_none_or(|found| found == text(key))))
            }
            "use" => {
                let start = Instant::now();
                while start.elapsed() < CHURN {
                    for key in keys.clone() {
                        let large = [7; 100_000];
                        match value(&*entries, key) {
                            Some(found) if key % 50 == 0 => assert!(found == large),
                            Some(found) => assert_eq!(found, text(key)),
                            None if key % 50 == 0 => put_file(&*entries, key, &large),
                            None => entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap(),
                        }
                    }
                }
            }
            "claim" => {
                println!("answer {}", entries.claim(Key::from_u128(keys.start), Duration::ZERO).is_some());
                continue;
            }
            _ => unreachable!(),
        }
        println!("answer {}", warnings.0.lock().unwrap().join("; "));
    }
}

/// The warnings of this thread.
#[derive(Clone, Default)]
struct Warnings(Arc<Mutex<Vec<String>>>);

impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        *metadata.level() <= tracing::Level::WARN
    }
    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }
    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}
    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, event: &tracing::Event<'_>) {
        struct Text(String);
        impl tracing::field::Visit for Text {
            fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
                self.0 += &format!("{}={value:?} ", field.name());
            }
        }
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.lock().unwrap().push(text.0);
    }
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

/// Fills a cache, lets `replace` do something to its directory, and stores on.
fn replaced(mode: Layout, replace: impl FnOnce(&Path, &Path)) {
    let room = fresh_dir();
    let dir = room.path().join("cache");
    let entries = store(&dir, mode);
    put_all(&*entries, BEFORE);
    let mut other = elsewhere(&dir, mode);
    assert_eq!(other.ask(&with("has", BEFORE)), "true");
    replace(&dir, &entries.dir().unwrap());
    put_all(&*entries, AFTER);
    assert!(has_all(&*entries, AFTER), "{mode:?}");
    assert_eq!(elsewhere(&dir, mode).ask(&with("has", AFTER)), "true", "{mode:?}: the next process");
    // The one that had it open stores, too.
    other.ask(&with("put", 2_000..2_010));
    assert_eq!(other.ask(&with("has", AFTER)), "true", "{mode:?}: the other process");
    assert!(has_all(&*entries, 2_000..2_010), "{mode:?}");
    let claim = entries.claim(Key::from_u128(1), Duration::ZERO).unwrap();
    assert_eq!(other.ask(&with("claim", 1..2)), "false", "{mode:?}: a claim is not seen");
    drop(claim);
    let next = LocalOptions::new().layout(mode).open(&dir).unwrap();
    assert_eq!(next.functions().unwrap(), [function("f")]);
    assert!(dir.join("joblib-v2/CACHEDIR.TAG").exists(), "{mode:?}: the directory is not marked");
    next.clear().unwrap();
    assert!(!entries.contains(Key::from_u128(AFTER.start)));
}

#[test]
fn deleted_directories() {
    for mode in MODES {
        replaced(mode, |dir, _| fs::remove_dir_all(dir).unwrap());
        replaced(mode, |dir, _| fs::remove_dir_all(dir.join("joblib-v2")).unwrap());
        replaced(mode, |_, function_dir| fs::remove_dir_all(function_dir).unwrap());
    }
}

#[test]
fn directories_moved_away_and_made_again() {
    for mode in MODES {
        replaced(mode, |dir, _| fs::rename(dir, dir.with_extension("old")).unwrap());
        replaced(mode, |dir, _| {
            fs::rename(dir, dir.with_extension("old")).unwrap();
            let entries = store(dir, mode);
            put_all(&*entries, 500..510);
        });
    }
}

#[test]
fn directories_restored_from_a_copy() {
    for mode in MODES {
        replaced(mode, |dir, _| {
            let copy = dir.with_extension("copy");
            assert!(Command::new("cp").arg("-a").args([dir, &copy]).status().unwrap().success());
            fs::remove_dir_all(dir).unwrap();
            fs::rename(copy, dir).unwrap();
        });
    }
}

fn files(function_dir: &Path, prefix: &str) -> Vec<PathBuf> {
    let is_such = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(prefix);
    let mut files: Vec<_> = walk(function_dir).into_iter().filter(is_such).collect();
    files.sort();
    files
}

#[test]
fn single_files_of_the_packed_layout() {
    for prefix in ["index.", "seg-", "function"] {
        replaced(Layout::Packed, |_, function_dir| {
            let files = files(function_dir, prefix);
            assert!(!files.is_empty());
            files.iter().for_each(|path| fs::remove_file(path).unwrap());
        });
    }
    // The active one alone.
    replaced(Layout::Packed, |_, function_dir| {
        let files = files(function_dir, "seg-");
        assert!(files.len() > 1);
        fs::remove_file(files.last().unwrap()).unwrap();
    });
}

#[test]
fn after_many_stored_without_a_pause() {
    let dir = fresh_dir();
    let entries = store(dir.path(), Layout::Packed);
    for key in 0..20_000 {
        entries.put(Key::from_u128(key), &meta(1), b"value").unwrap();
    }
    fs::remove_dir_all(dir.path().join("joblib-v2")).unwrap();
    // Some ticks of the coarse clock, which says when to look again.
    std::thread::sleep(Duration::from_millis(20));
    entries.put(Key::from_u128(1 << 60), &meta(1), b"value").unwrap();
    assert!(store(dir.path(), Layout::Packed).contains(Key::from_u128(1 << 60)));
}

#[test]
fn clearing_clears_what_is_deleted_too() {
    for mode in MODES {
        for clear_all in [false, true] {
            let room = fresh_dir();
            let dir = room.path().join("cache");
            let store = LocalOptions::new().layout(mode).open(&dir).unwrap();
            let entries = open(&store, "f");
            put_all(&*entries, BEFORE);
            fs::rename(&dir, room.path().join("old")).unwrap();
            if clear_all {
                store.clear().unwrap()
            } else {
                entries.clear().unwrap()
            }
            assert!(BEFORE.into_iter().all(|key| !entries.contains(Key::from_u128(key))), "{mode:?}");
            assert!(!dir.exists(), "made again for nothing");
            put_all(&*entries, AFTER);
            assert!(has_all(&*entries, AFTER));
        }
    }
}

#[test]
fn a_directory_put_there_by_everyone_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    for mode in MODES {
        let room = fresh_dir();
        let dir = room.path().join("cache");
        let entries = store(&dir, mode);
        put_all(&*entries, BEFORE);
        fs::remove_dir_all(&dir).unwrap();
        fs::create_dir(&dir).unwrap();
        fs::set_permissions(&dir, fs::Permissions::from_mode(0o777)).unwrap();
        let error = entries.put(Key::from_u128(1), &meta(1), b"value").unwrap_err();
        assert!(error.is_refused(), "{error}");
    }
}

/// Others look for entries and store what they do not find, so that indexes grow while one clears.
#[test]
fn clearing_all_the_time_loses_and_damages_nothing() {
    let dir = fresh_dir();
    let entries = store(dir.path(), Layout::Packed);
    put_all(&*entries, BEFORE);
    let mut others = [(); 2].map(|()| elsewhere(dir.path(), Layout::Packed));
    others.iter_mut().for_each(|other| other.tell(&with("use", 2_000..2_600)));
    let warnings = Warnings::default();
    let _guard = tracing::subscriber::set_default(warnings.clone());
    let start = Instant::now();
    while start.elapsed() < CHURN {
        entries.clear().unwrap();
        (2_001..2_050).for_each(|key| {
            assert!(value(&*entries, key).is_none_or(|found| found == text(key)));
            entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
        });
        std::thread::sleep(Duration::from_millis(3));
    }
    for other in &mut others {
        assert_eq!(other.answer(), "");
    }
    assert_eq!(warnings.0.lock().unwrap().join("; "), "");
}

#[test]
fn what_another_process_clears_is_not_lost() {
    for mode in MODES {
        let room = fresh_dir();
        let dir = room.path().join("cache");
        let entries = store(&dir, mode);
        put_all(&*entries, BEFORE);
        // It has the index, and of the segments the first one only.
        let mut other = elsewhere(&dir, mode);
        // As clearing begins.
        let function_dir = entries.dir().unwrap();
        fs::rename(&function_dir, room.path().join("trash")).unwrap();
        assert_eq!(other.ask(&with("look", BEFORE)), "", "{mode:?}");
        fs::rename(room.path().join("trash"), &function_dir).unwrap();
        entries.clear().unwrap();
        assert_eq!(other.ask(&with("look", BEFORE)), "", "{mode:?}");
        assert!(!entries.contains(Key::from_u128(0)));
    }
}
