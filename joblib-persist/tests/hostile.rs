//! Files that are damaged anywhere: an error or the same value, never a panic, never a wrong value.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_persist::{Dump, Loader, load};
use ndarray::{Array1, Array2};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Value {
    name: String,
    numbers: Vec<(u8, f32)>,
    field: Array2<f64>,
    steps: Array1<i32>,
}

fn value() -> Value {
    Value {
        name: "hostile".into(),
        numbers: (0..9).map(|i| (i, f32::from(i) / 4.0)).collect(),
        field: Array2::from_shape_fn((6, 7), |(i, j)| (i * j) as f64 / 3.0),
        steps: (0..40).collect(),
    }
}

/// Every layout, written to a folder; the files each consists of.
fn dumps(folder: &Path) -> Vec<(PathBuf, Vec<PathBuf>)> {
    let small = || Dump::new().side_file_bytes(64);
    [
        ("multi.jl", small().single_file(false)),
        ("single.jl", small().single_file(true)),
        ("one.jl", Dump::new()),
        ("packed.jl", small().compress(true)),
        ("packed-multi.jl", small().compress(true).single_file(false)),
        ("whole.z", Dump::new()),
        ("whole.gz", Dump::new()),
    ]
    .into_iter()
    .filter(|(name, _)| cfg!(feature = "zlib") || !name.contains("whole"))
    .map(|(name, dump)| {
        let path = folder.join(name);
        let files = dump.write(&value(), &path).unwrap();
        (path, files)
    })
    .collect()
}

fn check(path: &Path, what: impl Fn() -> String) {
    if let Ok(read) = Loader::new().memory_limit(1 << 20).read::<Value>(path) {
        assert_eq!(read, value(), "{}", what());
    }
}

#[test]
fn any_changed_byte() {
    let folder = tempdir().unwrap();
    for (path, files) in dumps(folder.path()) {
        for file in &files {
            let whole = fs::read(file).unwrap();
            for position in 0..whole.len() {
                let mut changed = whole.clone();
                changed[position] ^= 1 << (position % 8);
                fs::write(file, &changed).unwrap();
                check(&path, || format!("{} changed at {position}", file.display()));
            }
            fs::write(file, &whole).unwrap();
        }
        assert_eq!(load::<Value>(&path).unwrap(), value());
    }
}

#[test]
fn any_length() {
    let folder = tempdir().unwrap();
    for (path, files) in dumps(folder.path()) {
        for file in &files {
            let whole = fs::read(file).unwrap();
            for len in 0..whole.len() {
                fs::write(file, &whole[..len]).unwrap();
                let read = Loader::new().memory_limit(1 << 20).read::<Value>(&path);
                assert!(read.is_err(), "{} cut to {len} of {}", file.display(), whole.len());
            }
            let mut longer = whole.clone();
            longer.extend_from_slice(&[0; 100]);
            fs::write(file, &longer).unwrap();
            check(&path, || format!("{} with bytes after its end", file.display()));
            fs::write(file, &whole).unwrap();
        }
    }
}

#[test]
fn parts_of_files_in_each_other_s_place() {
    let folder = tempdir().unwrap();
    let dumps = dumps(folder.path());
    for (path, _) in &dumps {
        let whole = fs::read(path).unwrap();
        for other in &dumps {
            let foreign = fs::read(&other.0).unwrap();
            for cut in [16, 64, 100, whole.len() / 2] {
                let cut = cut.min(whole.len()).min(foreign.len());
                let mixed = [&whole[..cut], &foreign[cut..]].concat();
                fs::write(path, mixed).unwrap();
                check(path, || format!("{} continued as {}", path.display(), other.0.display()));
            }
        }
        fs::write(path, &whole).unwrap();
    }
}

#[test]
fn a_short_foreign_file_is_called_foreign_and_named() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let foreign: [(&[u8], &str); 3] = [
        (b"garbage garbage", "not written by `dump` ["),
        (b"\x80\x05\x95\x07\0\0\0\0\0\0\0]\x94.", "not written by `dump`: a Python pickle"),
        (b"\x93NUMPY\x01\0v\0{'descr': '<f8'", "not written by `dump`: an array alone"),
    ];
    for (bytes, message) in foreign {
        fs::write(&path, bytes).unwrap();
        let error = load::<Value>(&path).unwrap_err();
        assert!(error.is_corrupt(), "{error}");
        assert_eq!(error.path(), Some(&*path));
        assert!(error.to_string().starts_with(message), "{error}");
    }
}

/// A list of nothing but `Some` is no container, and has an end all the same.
#[test]
fn a_list_of_somes_is_an_error_and_no_overflow() {
    #[derive(serde::Serialize, serde::Deserialize)]
    struct Link(Option<Box<Link>>);
    let list = |length: usize| (0..length).fold(Link(None), |list, _| Link(Some(Box::new(list))));
    let mut bytes = Vec::new();
    joblib_persist::dump_to(&list(200), &mut bytes).unwrap();
    let mut length = 0;
    let mut link = &joblib_persist::load_from::<Link>(&bytes[..]).unwrap();
    while let Some(next) = &link.0 {
        (link, length) = (next, length + 1);
    }
    assert_eq!(length, 200);
    let long = list(100_000);
    assert!(joblib_persist::dump_to(&long, &mut bytes).unwrap_err().is_limit());
    // Its own drop recurses.
    std::mem::forget(long);
}
