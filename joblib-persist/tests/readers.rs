//! What `dump` wrote to files, from readers, and what `dump_to` wrote, from files.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod trickle;

use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Dump, FileLayout, Loader, dump, inspect, load, load_from};
use ndarray::{Array2, Ix2, ShapeBuilder};
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use tempfile::tempdir;
use trickle::Trickle;

#[derive(Serialize, Deserialize, Debug, PartialEq)]
struct Model {
    name: String,
    weights: Array2<f64>,
    labels: Vec<u16>,
    notes: Vec<String>,
}

fn model(notes: usize) -> Model {
    Model {
        name: "model".to_owned(),
        weights: Array2::from_shape_fn((70, 90).f(), |(i, j)| (i * 100 + j) as f64),
        labels: (0..30_000).map(|i| i % 9).collect(),
        notes: (0..notes).map(|i| format!("note {i}")).collect(),
    }
}

/// All that is in one file.
fn single_files() -> [Dump; 5] {
    [
        Dump::new().side_file_bytes(u64::MAX),
        Dump::new().compress("zlib").single_file(false).side_file_bytes(u64::MAX),
        Dump::new().single_file(true),
        Dump::new().single_file(true).side_file_bytes(0),
        Dump::new().compress("zlib").single_file(true),
    ]
}

#[test]
fn single_files_are_read_from_readers_one_after_the_other() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let mut all = tempfile::tempfile().unwrap();
    for dump in single_files() {
        for notes in [0, 5000] {
            dump.write(&model(notes), &path).unwrap();
            assert_eq!(load_from::<Model>(File::open(&path).unwrap()).unwrap(), model(notes));
            all.write_all(&fs::read(&path).unwrap()).unwrap();
            dump.write_to(&"between", &all).unwrap();
        }
    }
    all.write_all(b"the end").unwrap();
    all.seek(SeekFrom::Start(0)).unwrap();
    let mut reader = Trickle(&all, 0);
    for _ in single_files() {
        for notes in [0, 5000] {
            assert_eq!(load_from::<Model>(&mut reader).unwrap(), model(notes));
            assert_eq!(load_from::<String>(&mut reader).unwrap(), "between");
        }
    }
    let mut rest = String::new();
    reader.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "the end");
}

#[test]
fn small_values_are_single_files_by_themselves() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&[1, 2, 3], &path).unwrap();
    assert_eq!(load_from::<Vec<i32>>(File::open(&path).unwrap()).unwrap(), [1, 2, 3]);
}

#[test]
fn a_main_file_without_its_side_files_says_what_to_call() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let side_files = dump(&(vec![0.5f64; 10_000], vec![1u8; 100_000]), &path).unwrap().len() - 1;
    let error = load_from::<(Vec<f64>, Vec<u8>)>(File::open(&path).unwrap()).unwrap_err();
    assert!(error.is_unsupported(), "{error:?}");
    let text = error.to_string();
    assert!(text.contains(&format!("{side_files} files beside it")) && text.contains("`load`"), "{text}");
}

#[test]
fn damage_and_limits_are_noticed() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    for dump in single_files() {
        dump.write(&model(3000), &path).unwrap();
        let bytes = fs::read(&path).unwrap();
        for len in (0..bytes.len()).step_by(bytes.len() / 50) {
            let error = load_from::<Model>(&bytes[..len]).unwrap_err();
            assert!(error.is_corrupt(), "{len} of {}: {error:?}", bytes.len());
        }
        for at in (8..bytes.len()).step_by(bytes.len() / 200) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x10;
            if let Ok(value) = load_from::<Model>(&damaged[..]) {
                assert_eq!(value, model(3000), "byte {at}");
            }
        }
        for (limit, fits) in [(1000, false), (1 << 20, true)] {
            let loaded = Loader::new().memory_limit(limit).read_from::<Model>(&bytes[..]);
            let inline = inspect(&path).unwrap().arrays.iter().all(|array| array.location.is_none());
            match loaded {
                Ok(value) => assert!((fits || inline) && value == model(3000)),
                Err(error) => assert!(!fits && error.is_limit(), "{error:?}"),
            }
        }
    }
}

/// Of a reader that does not end, no more is copied than the arrays may take.
#[test]
fn an_archive_without_end_is_a_limit() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    Dump::new().single_file(true).write(&vec![0u8; 1 << 20], &path).unwrap();
    let mut bytes = fs::read(&path).unwrap();
    let header = bytes.windows(4).enumerate().filter(|(_, four)| four == b"PK\x03\x04").nth(1).unwrap().0;
    bytes[header + 18..header + 26].fill(0xfe);
    let endless = bytes[..1 << 20].chain(io::repeat(7));
    assert!(Loader::new().memory_limit(2 << 20).read_from::<Vec<u8>>(endless).unwrap_err().is_limit());
}

#[test]
fn streams_are_files_like_any_other() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.stream");
    for dump in [Dump::new(), single_files()[4].clone()] {
        dump.write_to(&model(9), File::create(&path).unwrap()).unwrap();
        assert_eq!(load::<Model>(&path).unwrap(), model(9));
        assert_eq!(Loader::new().read_part::<Vec<u16>>(&path, "labels").unwrap(), model(9).labels);
        let inspection = inspect(&path).unwrap();
        assert_eq!(inspection.layout, FileLayout::Stream);
        let names: Vec<&str> = inspection.arrays.iter().map(|array| array.name.as_str()).collect();
        assert_eq!(names, ["weights", "labels"]);
    }
}

#[test]
fn what_a_reader_gives_is_not_mapped() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    Dump::new().single_file(true).write(&model(0).weights, &path).unwrap();
    let loader = |mode| Loader::new().mmap_mode(mode);
    let read: MappedArray<f64, Ix2> = loader(MmapMode::Read).read_from(File::open(&path).unwrap()).unwrap();
    assert!(!read.is_mapped() && read.view() == model(0).weights);
    let refused = loader(MmapMode::ReadWrite).read_from::<MappedArray<f64, Ix2>>(File::open(&path).unwrap());
    assert!(refused.unwrap_err().is_unsupported());
}
