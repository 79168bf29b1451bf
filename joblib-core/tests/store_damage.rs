//! Damaged, truncated, missing and foreign files: a miss or the right value, never a wrong one, never a
//! panic; and storing again works.
#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod store_support;

use joblib_core::Key;
use joblib_core::store::{FunctionStore, Layout, LocalOptions, LocalStore, Record};
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use store_support::{MODES, fresh_dir, meta, open, put_file, walk};

const SMALL: u128 = 30;
const LARGE: u128 = 3;

fn text(key: u128) -> Vec<u8> {
    format!("value {key} ").repeat(80 + key as usize % 7).into_bytes()
}

fn large(key: u128) -> Vec<u8> {
    vec![key as u8; 70_000]
}

fn fill(dir: &Path, mode: Layout) -> LocalStore {
    let store = LocalOptions::new().layout(mode).open(dir).unwrap();
    let entries = open(&store, "f");
    for key in 0..SMALL {
        entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
    }
    for key in 0..LARGE {
        put_file(&*entries, 1_000 + key, &large(key));
    }
    store
}

/// Looks every entry up, twice: the second time nothing damaged is left. Gives the number found.
fn check(entries: &dyn FunctionStore) -> usize {
    let mut found = [0, 0];
    for (pass, found) in found.iter_mut().enumerate() {
        for key in (0..SMALL).chain(1_000..1_000 + LARGE) {
            let seen = entries.get(Key::from_u128(key), &mut |record| {
                match record {
                    Record::Bytes(bytes) => assert_eq!(bytes, text(key)),
                    // What is inside a value's file is its codec's to check.
                    Record::File { file, .. } => assert_eq!(file.metadata().unwrap().len(), 70_000),
                    _ => unreachable!("a local store has files"),
                }
                Ok(())
            });
            match seen {
                Ok(seen) => *found += usize::from(seen),
                Err(error) => assert!(error.is_corrupt() && pass == 0, "pass {pass}: {error:?}"),
            }
        }
    }
    assert_eq!(found[0], found[1]);
    found[0]
}

/// Stores everything again and finds it.
fn repair(entries: &dyn FunctionStore) {
    for key in 0..SMALL {
        entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
    }
    for key in 0..LARGE {
        put_file(entries, 1_000 + key, &large(key));
    }
    assert_eq!(check(entries), (SMALL + LARGE) as usize);
    // A slot whose tag was damaged holds an entry that no key leads to: listing sorts those out.
    assert_eq!(entries.entries().unwrap().len() as u64, (SMALL + LARGE) as u64);
    assert_eq!(entries.stats().entries, (SMALL + LARGE) as u64);
    entries.clear().unwrap();
    assert_eq!(entries.stats().entries, 0);
}

fn files(store: &LocalStore) -> Vec<PathBuf> {
    let mut files = walk(&open(store, "f").dir().unwrap());
    files.sort();
    // Of the many record files of plain files a few will do.
    let step = (files.len() / 4).max(1).min(files.len() / 20 + 1);
    files.into_iter().step_by(step).collect()
}

/// Does `damage` to each file in turn, in a store of its own.
fn each_file(damage: impl Fn(&Path, &[u8]), least_found: usize) {
    for mode in MODES {
        let count = {
            let dir = fresh_dir();
            files(&fill(dir.path(), mode)).len()
        };
        for at in 0..count {
            let dir = fresh_dir();
            let path = files(&fill(dir.path(), mode)).swap_remove(at);
            damage(&path, &fs::read(&path).unwrap());
            let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
            let entries = open(&store, "f");
            let found = check(&*entries);
            assert!(found >= least_found, "{found} found after damage to {}", path.display());
            repair(&*entries);
        }
    }
}

#[test]
fn missing_files() {
    each_file(|path, _| fs::remove_file(path).unwrap(), 3);
}

#[test]
fn truncated_files() {
    for keep in [0.0, 0.5, 0.999] {
        each_file(|path, bytes| fs::write(path, &bytes[..(bytes.len() as f64 * keep) as usize]).unwrap(), 5);
    }
}

#[test]
fn files_of_zeroes_and_of_garbage() {
    each_file(|path, bytes| fs::write(path, vec![0; bytes.len()]).unwrap(), 3);
    let garbage = |path: &Path, bytes: &[u8]| {
        let mut state = 1u32;
        let noise = bytes.iter().map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        });
        fs::write(path, noise.collect::<Vec<_>>()).unwrap();
    };
    each_file(garbage, 3);
}

#[test]
fn flipped_bits() {
    for seed in 0..3usize {
        let flip = |path: &Path, bytes: &[u8]| {
            let mut bytes = bytes.to_vec();
            for n in 1..20 {
                if let Some(at) = (seed * 7_919 + n * n * 104_729).checked_rem(bytes.len()) {
                    bytes[at] ^= 1 << (n % 8);
                }
            }
            fs::write(path, bytes).unwrap();
        };
        each_file(flip, 3);
    }
}

#[test]
fn damage_beneath_an_open_store_is_seen_by_the_checksum() {
    let dir = fresh_dir();
    let store = fill(dir.path(), Layout::Packed);
    let entries = open(&store, "f");
    assert_eq!(check(&*entries), (SMALL + LARGE) as usize);
    for path in walk(&entries.dir().unwrap()) {
        if path.file_name().unwrap().to_string_lossy().starts_with("seg-") {
            let mut file = fs::OpenOptions::new().write(true).open(&path).unwrap();
            for at in (200..file.metadata().unwrap().len()).step_by(1_997) {
                file.seek(SeekFrom::Start(at)).unwrap();
                file.write_all(&[0x5A; 16]).unwrap();
            }
        }
    }
    let found = check(&*entries);
    assert!(found > 5 && found < SMALL as usize, "{found}");
    repair(&*entries);
}

#[test]
fn a_lost_index_is_built_anew_from_the_segments() {
    let dir = fresh_dir();
    let store = fill(dir.path(), Layout::Packed);
    let entries = open(&store, "f");
    entries.put(Key::from_u128(5), &meta(1), b"former").unwrap();
    entries.put(Key::from_u128(5), &meta(1), &text(5)).unwrap();
    assert!(entries.remove(Key::from_u128(7)).unwrap());
    for path in walk(&entries.dir().unwrap()) {
        if path.file_name().unwrap().to_string_lossy().starts_with("index.") {
            fs::remove_file(path).unwrap();
        }
    }
    let entries = open(&store, "f");
    // All but the removed one, and of the replaced one the newer.
    assert_eq!(check(&*entries), (SMALL + LARGE) as usize - 1);
    repair(&*entries);
}

#[test]
fn a_copied_and_a_merged_directory_hold_what_the_originals_held() {
    for mode in MODES {
        let [one, other, both] = [0, 1, 2].map(|_| fresh_dir());
        for (dir, keys) in [(&one, 0..20), (&other, 10..SMALL)] {
            let store = LocalOptions::new().layout(mode).open(dir.path()).unwrap();
            let entries = open(&store, "f");
            for key in keys {
                entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
            }
            put_file(&*entries, 1_000 + u128::from(dir.path() == one.path()), &large(1));
            let status = std::process::Command::new("cp")
                .arg("-r")
                .arg(dir.path().join("joblib-v2"))
                .arg(both.path())
                .status();
            assert!(status.unwrap().success());
        }
        let store = LocalOptions::new().layout(mode).open(both.path()).unwrap();
        let entries = open(&store, "f");
        assert_eq!(check(&*entries), SMALL as usize + 2, "{mode:?}");
        assert_eq!(store.layout(), mode);
    }
}

#[test]
fn a_directory_removed_by_other_means_is_made_again() {
    for mode in MODES {
        let dir = fresh_dir();
        let store = fill(dir.path(), mode);
        let entries = open(&store, "f");
        assert_eq!(check(&*entries), (SMALL + LARGE) as usize);
        fs::remove_dir_all(dir.path().join("joblib-v2")).unwrap();
        // Enough to need a new segment.
        for key in 0..SMALL * 40 {
            entries.put(Key::from_u128(key), &meta(1), &text(key)).unwrap();
        }
        let other = open(&LocalOptions::new().layout(mode).open(dir.path()).unwrap(), "f");
        assert!(other.contains(Key::from_u128(SMALL * 40 - 1)));
    }
}
