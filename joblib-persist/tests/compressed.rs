//! Compressed dumps: every method and level, chosen by name or extension and recognised by content.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Compression, Dump, Loader, Method, Shuffle, dump, inspect, load};
use ndarray::{Array1, Array2, Ix1, ShapeBuilder};
use serde::{Deserialize, Serialize};
use std::fs;
use std::process::Command;
use tempfile::tempdir;

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Value {
    title: String,
    pairs: Vec<(i32, Option<String>)>,
    field: Array2<f64>,
    turned: Array2<f32>,
    empty: Array1<u16>,
    counts: Vec<u32>,
}

fn value() -> Value {
    Value {
        title: "compressed".into(),
        pairs: (0..300).map(|i| (i, (i % 2 == 0).then(|| format!("pair {i}")))).collect(),
        field: Array2::from_shape_fn((90, 110), |(i, j)| (i as f64 * 0.1).sin() + j as f64),
        turned: Array2::from_shape_fn((50, 60).f(), |(i, j)| (i * j) as f32),
        empty: Array1::zeros(0),
        counts: (0..30_000).map(|i| i / 5).collect(),
    }
}

fn available() -> impl Iterator<Item = Method> {
    Method::ALL.iter().copied().filter(|method| method.is_available())
}

#[test]
fn every_method_and_level_round_trips() {
    let folder = tempdir().unwrap();
    let value = value();
    let path = folder.path().join("value.jl");
    for method in available() {
        for level in [*method.levels().start(), 3, *method.levels().end().min(&9)] {
            for single in [true, false] {
                let compression = Compression::new(method).level(level);
                Dump::new().compress(compression).single_file(single).write(&value, &path).unwrap();
                assert_eq!(load::<Value>(&path).unwrap(), value, "{method} {level} {single}");
            }
        }
        for shuffle in [Shuffle::On, Shuffle::Off] {
            Dump::new().compress(Compression::new(method).shuffle(shuffle)).write(&value, &path).unwrap();
            assert_eq!(load::<Value>(&path).unwrap(), value, "{method} {shuffle:?}");
        }
    }
}

#[test]
fn the_extension_chooses_and_the_content_decides() {
    let folder = tempdir().unwrap();
    let value = value();
    for (extension, method) in [
        ("z", Method::Zlib),
        ("gz", Method::Gzip),
        ("bz2", Method::Bz2),
        ("xz", Method::Xz),
        ("lz4", Method::Lz4),
    ] {
        if !method.is_available() {
            continue;
        }
        let path = folder.path().join(format!("value.{extension}"));
        assert_eq!(dump(&value, &path).unwrap(), std::slice::from_ref(&path));
        assert_eq!(load::<Value>(&path).unwrap(), value);
        let renamed = folder.path().join("value.of-no-known-kind");
        fs::rename(&path, &renamed).unwrap();
        assert_eq!(load::<Value>(&renamed).unwrap(), value, "{extension}, renamed");
    }
    let misnamed = folder.path().join("plain.gz");
    dump(&value, folder.path().join("plain.jl")).unwrap();
    fs::rename(folder.path().join("plain.jl"), &misnamed).unwrap();
    assert_eq!(load::<Value>(&misnamed).unwrap(), value);
}

#[test]
fn standard_tools_unpack_dumps() {
    let folder = tempdir().unwrap();
    let value = value();
    for (extension, tool) in [("gz", "gzip"), ("bz2", "bzip2"), ("xz", "xz"), ("lz4", "lz4"), ("zst", "zstd")]
    {
        let path = folder.path().join(format!("value.jl.{extension}"));
        if !Method::from_extension(&path).unwrap().is_available() {
            continue;
        }
        dump(&value, &path).unwrap();
        match Command::new(tool).arg("-dc").arg(&path).output() {
            Err(error) => println!("skipped: {tool} cannot be run: {error}"),
            Ok(output) => {
                assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
                let unpacked = folder.path().join("unpacked");
                fs::write(&unpacked, &output.stdout).unwrap();
                assert_eq!(load::<Value>(&unpacked).unwrap(), value, "{tool}");
            }
        }
    }
}

#[test]
fn archives_are_sound_for_unzip_and_python() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("value.npz");
    for dump in [Dump::new().single_file(true), Dump::new().compress(true)] {
        dump.write(&value(), &path).unwrap();
        for (tool, arguments) in [("unzip", &["-tq"][..]), ("python3", &["-m", "zipfile", "-t"])] {
            match Command::new(tool).args(arguments).arg(&path).output() {
                Err(error) => println!("skipped: {tool} cannot be run: {error}"),
                Ok(output) => assert!(output.status.success(), "{tool}: {output:?}"),
            }
        }
    }
}

#[test]
fn compressed_arrays_are_read_where_mapping_is_asked_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.jl");
    let array = Array1::linspace(0.0, 1.0, 50_000);
    Dump::new().compress(true).write(&array, &path).unwrap();
    let loader = Loader::new().mmap_mode(MmapMode::Read);
    let read: MappedArray<f64, Ix1> = loader.read(&path).unwrap();
    assert!(!read.is_mapped());
    assert_eq!(read.view(), array);
}

#[test]
fn smooth_fields_shrink_and_noise_does_not_grow() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("array.jl");
    let smooth =
        Array2::from_shape_fn((400, 500), |(i, j)| (i as f64 * 0.01).sin() * (j as f64 * 0.02).cos());
    let mut state = 1u64;
    let noise = Array1::from_shape_simple_fn(200_000, || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state ^ (state >> 29)
    });
    for method in available() {
        Dump::new().compress(method).write(&smooth, &path).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 800_000, "{method}");
        Dump::new().compress(method).write(&noise, &path).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1_610_000, "{method}");
    }
}

/// A file of kilobytes that unpacks to more than is allowed is refused.
#[test]
fn bombs_stop_at_the_limit() {
    let folder = tempdir().unwrap();
    let zeros = vec![0u64; 1 << 18];
    for method in available() {
        let path = folder.path().join("zeros.jl");
        Dump::new().compress(method).write(&zeros, &path).unwrap();
        assert!(fs::metadata(&path).unwrap().len() < 1 << 20, "{method}");
        let error = Loader::new().memory_limit(1 << 20).read::<Vec<u64>>(&path).unwrap_err();
        assert!(error.to_string().contains("memory_limit"), "{method}: {error}");
        assert_eq!(load::<Vec<u64>>(&path).unwrap().len(), zeros.len());
    }
    for extension in ["z", "gz", "bz2", "xz", "lzma", "lz4", "zst"] {
        let path = folder.path().join(format!("zeros.{extension}"));
        if Method::from_extension(&path).unwrap().is_available() {
            dump(&zeros, &path).unwrap();
            let error = Loader::new().memory_limit(1 << 20).read::<Vec<u64>>(&path).unwrap_err();
            assert!(error.to_string().contains("memory_limit"), "{extension}: {error}");
        }
    }
}

#[test]
fn the_method_can_be_asked_for() {
    let folder = tempdir().unwrap();
    let path = folder.path().join("value.jl");
    for method in available().filter(|method| *method != Method::Pco) {
        Dump::new().compress(method).write(&value(), &path).unwrap();
        let listed = format!("{:?}", inspect(&path).unwrap());
        assert!(listed.to_lowercase().contains(method.name()), "{method}: {listed}");
    }
}
