//! A failing cache never fails the function.

use crate::support::{Runs, memory};
use joblib::{Memory, cached};
use std::fs;
use std::path::{Path, PathBuf};

fn files(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_directory_that_cannot_be_made_leaves_the_answers() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn half(memory: &Memory, x: f64) -> f64 {
        RUNS.add();
        x / 2.0
    }
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    fs::write(&file, "in the way").unwrap();
    let memory = Memory::new(file.join("cache"));
    assert_eq!(half(&memory, 3.0), 1.5);
    assert_eq!(half(&memory, 3.0), 1.5);
    assert_eq!(RUNS.take(), 2);
    assert_eq!(half::entry(&memory, 3.0).shelve().get().unwrap(), 1.5);
    assert!(memory.clear().is_err());
}

#[test]
fn a_directory_deleted_meanwhile_is_made_again() {
    #[cached(memory = memory, ignore = ["memory"])]
    fn double(memory: &Memory, x: u32) -> u32 {
        2 * x
    }
    let dir = tempfile::tempdir().unwrap();
    let place = dir.path().join("cache");
    assert_eq!(double(&Memory::new(&place), 1), 2);
    fs::remove_dir_all(&place).unwrap();
    let memory = Memory::new(&place);
    assert_eq!(double(&memory, 2), 4);
    assert!(double::entry(&memory, 2).is_cached());
    assert!(!double::entry(&memory, 1).is_cached());
    assert!(!files(&place).is_empty());
}

#[test]
fn damaged_entries_are_computed_again_and_repaired() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn squares(memory: &Memory, count: u64) -> Vec<u64> {
        RUNS.add();
        (0..count).map(|x| x * x).collect()
    }
    // A small result is packed, a large one has a file of its own.
    for count in [5, 200_000] {
        for damage in [truncate as fn(&Path), shorten_by_one, flip_last, empty] {
            let (dir, memory) = memory();
            let expected: Vec<u64> = (0..count).map(|x| x * x).collect();
            assert_eq!(squares(&memory, count), expected);
            // A copy is damaged, as this process has the original mapped.
            let copy = tempfile::tempdir().unwrap();
            copy_with_damage(dir.path(), copy.path(), damage);
            RUNS.take();
            let memory = Memory::new(copy.path());
            assert_eq!(squares(&memory, count), expected);
            assert_eq!(squares(&memory, count), expected);
            assert!(RUNS.take() <= 1, "repaired once");
        }
    }
}

fn copy_with_damage(from: &Path, to: &Path, damage: fn(&Path)) {
    for file in files(from) {
        let copy = to.join(file.strip_prefix(from).unwrap());
        fs::create_dir_all(copy.parent().unwrap()).unwrap();
        fs::copy(&file, &copy).unwrap();
        if !is_marker(&copy) {
            damage(&copy);
        }
    }
}

fn is_marker(file: &Path) -> bool {
    matches!(file.file_name().unwrap().to_str(), Some(".gitignore" | "CACHEDIR.TAG"))
}

fn truncate(file: &Path) {
    let length = fs::metadata(file).unwrap().len();
    fs::File::options().write(true).open(file).unwrap().set_len(length / 2).unwrap();
}

fn shorten_by_one(file: &Path) {
    let length = fs::metadata(file).unwrap().len();
    fs::File::options().write(true).open(file).unwrap().set_len(length.saturating_sub(1)).unwrap();
}

fn empty(file: &Path) {
    fs::write(file, "").unwrap();
}

fn flip_last(file: &Path) {
    let mut bytes = fs::read(file).unwrap();
    if let Some(last) = bytes.last_mut() {
        *last ^= 0x55;
    }
    fs::write(file, bytes).unwrap();
}

#[test]
fn a_panic_stores_nothing_and_reaches_the_caller() {
    static RUNS: Runs = Runs::new();
    #[cached(memory = memory, ignore = ["memory"])]
    fn fragile(memory: &Memory, x: u32) -> u32 {
        RUNS.add();
        assert!(RUNS.take() > 1, "the first run fails");
        x
    }
    let (_dir, memory) = memory();
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| fragile(&memory, 7)));
    assert!(caught.is_err());
    assert!(!fragile::entry(&memory, 7).is_cached());
    RUNS.add();
    assert_eq!(fragile(&memory, 7), 7);
    assert!(fragile::entry(&memory, 7).is_cached());
}

#[test]
fn an_argument_that_cannot_be_hashed_leaves_the_call_uncached() {
    struct Unhashable;
    impl serde::Serialize for Unhashable {
        fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            Err(serde::ser::Error::custom("no form"))
        }
    }
    #[cached(memory = memory, ignore = ["memory"])]
    fn answer(memory: &Memory, with: &Unhashable) -> u32 {
        let _ = with;
        42
    }
    let (_dir, memory) = memory();
    assert_eq!(answer(&memory, &Unhashable), 42);
    let entry = answer::entry(&memory, &Unhashable);
    assert!(!entry.is_cached());
    assert!(entry.key().is_err() && entry.remove().is_err());
}
