//! Files of every format version stay readable, and the present version stays what it is.
//!
//! `tests/golden/v2` was written by this test with `JOBLIB_BLESS=1` set. Files of a version are never written
//! again once that version is released; a new version gets a directory of its own.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use half::{bf16, f16};
use joblib_core::{Codec as _, MappedArray, MmapMode};
use joblib_persist::{Codec, Dump, Loader, load};
use ndarray::{Array0, Array1, Array2, ArrayD, Ix2, IxDyn, ShapeBuilder, arr0, array};
use num_complex::Complex;
use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::tempdir;

#[derive(Serialize, Deserialize, Debug, PartialEq)]
enum Kind {
    Unit,
    Newtype(u8),
    Tuple(i8, String),
    Struct { x: f32, y: Option<Option<u8>> },
}

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Everything {
    name: String,
    numbers: (u8, i64, u128, i128, f32, f64, bool, char),
    kinds: Vec<Kind>,
    options: Vec<Option<Option<()>>>,
    map: BTreeMap<String, Vec<u16>>,
    c_order: Array2<f64>,
    fortran: Array2<f32>,
    scalar: Array0<i32>,
    empty: Array1<u8>,
    dynamic: ArrayD<u64>,
    flags: Vec<bool>,
    halves: Vec<f16>,
    complex: Array1<Complex<f64>>,
    wide: Vec<i128>,
    mapped: MappedArray<i16, Ix2>,
    compressible: Vec<u32>,
}

fn everything() -> Everything {
    Everything {
        name: "every kind of value".to_owned(),
        numbers: (200, -1 << 40, u128::MAX, -5, 1.5, -0.0, true, 'λ'),
        kinds: vec![
            Kind::Unit,
            Kind::Newtype(7),
            Kind::Tuple(-100, "t".to_owned()),
            Kind::Struct { x: 0.5, y: Some(None) },
        ],
        options: vec![None, Some(None), Some(Some(()))],
        map: [("a".to_owned(), vec![1, 2, 300]), ("b".to_owned(), vec![])].into(),
        c_order: array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]],
        fortran: Array2::from_shape_fn((2, 3).f(), |(i, j)| (10 * i + j) as f32),
        scalar: arr0(-7),
        empty: Array1::zeros(0),
        dynamic: ArrayD::from_shape_fn(IxDyn(&[2, 1, 2]), |index| index[0] as u64),
        flags: vec![true, false, true],
        halves: vec![f16::from_f32(0.5), f16::MAX],
        complex: array![Complex::new(1.0, -1.0)],
        wide: vec![i128::MIN, 1],
        mapped: array![[1i16, 2], [3, 4]].into(),
        compressible: vec![77; 300],
    }
}

/// What the format has got since.
#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Later {
    brains: Array2<bf16>,
    mapped: MappedArray<bf16, Ix2>,
}

fn later() -> Later {
    let brains = array![[bf16::ONE, bf16::MIN], [bf16::EPSILON, bf16::NEG_INFINITY]];
    Later { mapped: brains.t().to_owned().into(), brains }
}

fn golden(version: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(version)
}

/// The files of the present version: name, and how it is written.
fn present() -> Vec<(&'static str, Dump)> {
    let every = || Dump::new().side_file_bytes(1);
    vec![
        ("multi.jl", every()),
        ("compressed_multi.jl", every().compress(("zlib", 3)).single_file(false)),
        ("single.jl", every().single_file(true)),
        ("compressed.jl", every().compress(("zlib", 3))),
        ("stream.jl.gz", every()),
        ("inline.jl", Dump::new()),
    ]
}

fn memory() -> Vec<u8> {
    let mut bytes = Vec::new();
    Codec.encode(&everything(), &mut bytes, usize::MAX, &Default::default()).unwrap();
    bytes
}

fn stream() -> Vec<u8> {
    let mut bytes = Vec::new();
    Dump::new().side_file_bytes(1).write_to(&everything(), &mut bytes).unwrap();
    bytes
}

#[test]
fn files_of_version_2_are_read() {
    let dir = golden("v2");
    if std::env::var_os("JOBLIB_BLESS").is_some() {
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        for (name, dump) in present() {
            dump.write(&everything(), dir.join(name)).unwrap();
        }
        Dump::new().single_file(true).side_file_bytes(1).write(&later(), dir.join("later.jl")).unwrap();
        fs::write(dir.join("stream.bin"), stream()).unwrap();
        fs::write(dir.join("memory.bin"), memory()).unwrap();
    }
    for (name, _) in present() {
        assert_eq!(load::<Everything>(dir.join(name)).unwrap(), everything(), "{name}");
        let mapped: Everything = Loader::new().mmap_mode(MmapMode::Read).read(dir.join(name)).unwrap();
        assert_eq!(mapped, everything(), "{name}");
        assert_eq!(mapped.mapped.is_mapped(), name == "multi.jl" || name == "single.jl", "{name}");
    }
    assert_eq!(load::<Everything>(dir.join("stream.bin")).unwrap(), everything());
    let bytes = fs::read(dir.join("memory.bin")).unwrap();
    assert_eq!(Codec.decode::<Everything>(&bytes).unwrap(), everything());
}

#[test]
fn the_present_version_writes_the_same_bytes() {
    let dir = golden("v2");
    assert_eq!(fs::read(dir.join("memory.bin")).unwrap(), memory());
    assert_eq!(fs::read(dir.join("stream.bin")).unwrap(), stream());
    let fresh = tempdir().unwrap();
    for name in ["single.jl", "inline.jl", "multi.jl"] {
        let (_, dump) = present().into_iter().find(|(present, _)| *present == name).unwrap();
        let mut files = dump.write(&everything(), fresh.path().join(name)).unwrap();
        let new = fs::read(&files[0]).unwrap();
        let old = fs::read(dir.join(name)).unwrap();
        if name == "single.jl" {
            assert!(new == old, "{name}");
            continue;
        }
        // All but the generation, and the checksum of the header, which covers it.
        let same = |range: std::ops::Range<usize>| new[range.clone()] == old[range];
        assert!(same(0..16) && same(24..56) && new[64..] == old[64..], "{name}");
        let mut golden_files: Vec<_> = fs::read_dir(&dir)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&format!("{name}_")))
            .collect();
        golden_files.sort();
        files.remove(0);
        assert_eq!(files.len(), golden_files.len(), "{name}");
        for (new, old) in files.iter().zip(&golden_files) {
            assert_eq!(fs::read(new).unwrap(), fs::read(old).unwrap(), "{}", old.display());
        }
    }
}

#[test]
fn what_came_later_is_read_and_written_too() {
    let path = golden("v2").join("later.jl");
    assert_eq!(load::<Later>(&path).unwrap(), later());
    let mapped: Later = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
    assert!(mapped.mapped.is_mapped() && mapped == later());
    let dir = tempdir().unwrap();
    let files = Dump::new().single_file(true).side_file_bytes(1).write(&later(), dir.path().join("later.jl"));
    assert!(fs::read(&files.unwrap()[0]).unwrap() == fs::read(path).unwrap());
}

/// Copies the golden files, with one of them changed.
fn with_changed(name: &str, change: impl FnOnce(&mut Vec<u8>)) -> tempfile::TempDir {
    let dir = tempdir().unwrap();
    for entry in fs::read_dir(golden("v2")).unwrap() {
        let path = entry.unwrap().path();
        let file = path.file_name().unwrap().to_str().unwrap();
        if file.starts_with(name) {
            fs::copy(&path, dir.path().join(file)).unwrap();
        }
    }
    let mut bytes = fs::read(golden("v2").join(name)).unwrap();
    change(&mut bytes);
    fs::write(dir.path().join(name), bytes).unwrap();
    dir
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_flipped_bit_gives_the_value_or_an_error(file in 0usize..6, at: prop::sample::Index, bit in 0u8..8) {
        let (name, _) = present().swap_remove(file);
        let dir = with_changed(name, |bytes| {
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
        });
        for loader in [Loader::new(), Loader::new().mmap_mode(MmapMode::Read)] {
            match loader.read::<Everything>(dir.path().join(name)) {
                // Bytes that carry nothing: dates, padding, attributes.
                Ok(value) => prop_assert_eq!(value, everything()),
                Err(error) => prop_assert!(error.path().is_some() || error.is_not_found(), "{}", error),
            }
        }
        let _ = joblib_persist::inspect(dir.path().join(name));
    }

    #[test]
    fn a_cut_file_is_an_error(file in 0usize..6, at: prop::sample::Index) {
        let (name, _) = present().swap_remove(file);
        let dir = with_changed(name, |bytes| bytes.truncate(at.index(bytes.len())));
        let result = load::<Everything>(dir.path().join(name)).map(|_| "loads").map_err(|error| error.is_corrupt());
        prop_assert_eq!(result, Err(true), "{}", name);
    }

    #[test]
    fn garbage_in_the_middle_never_panics(
        file in 0usize..6,
        at: prop::sample::Index,
        garbage in proptest::collection::vec(any::<u8>(), 1..40),
    ) {
        let (name, _) = present().swap_remove(file);
        let dir = with_changed(name, |bytes| {
            let at = at.index(bytes.len());
            let end = (at + garbage.len()).min(bytes.len());
            bytes[at..end].copy_from_slice(&garbage[..end - at]);
        });
        let _ = load::<Everything>(dir.path().join(name));
        let _ = Loader::new().verify(false).memory_limit(1 << 20).read::<serde_json::Value>(dir.path().join(name));
        let _ = joblib_persist::inspect(dir.path().join(name));
    }
}
