//! Parts of a dump: listed, read alone, read into existing memory.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_core::array::{DType, Order};
use joblib_core::{MappedArray, MmapMode};
use joblib_persist::{Dump, FileLayout, Loader, Method, dump, inspect, load_into};
use ndarray::{Array1, Array2, Array3, ArrayD, IxDyn, ShapeBuilder, s};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use tempfile::tempdir;

#[derive(Serialize)]
struct Layer {
    weights: Array2<f32>,
    bias: Option<Vec<f32>>,
}

#[derive(Serialize)]
struct Network {
    name: &'static str,
    layers: Vec<Layer>,
    by_id: BTreeMap<u8, Array1<i64>>,
    last: (bool, Vec<u8>),
}

fn network() -> Network {
    let layer =
        |rows| Layer { weights: Array2::from_elem((rows, 300), rows as f32), bias: Some(vec![0.5; rows]) };
    Network {
        name: "net",
        layers: vec![layer(100), Layer { bias: None, ..layer(200) }],
        by_id: [(3, Array1::from_iter(0..20_000)), (9, Array1::zeros(2))].into(),
        last: (true, vec![7; 100_000]),
    }
}

fn dumps() -> [(FileLayout, &'static str, Dump); 6] {
    [
        (FileLayout::MultiFile, "a.jl", Dump::new()),
        (FileLayout::MultiFile, "b.jl", Dump::new().compress("zlib").single_file(false)),
        (FileLayout::SingleFile, "c.jl", Dump::new().single_file(true)),
        (FileLayout::SingleFile, "d.jl", Dump::new().compress("zlib")),
        (FileLayout::Stream, "e.jl.gz", Dump::new()),
        (FileLayout::SingleFile, "f.jl", Dump::new().single_file(true).side_file_bytes(usize::MAX)),
    ]
}

#[test]
fn every_array_is_listed_with_its_name() {
    for (layout, name, dump) in dumps() {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        let files = dump.write(&network(), &path).unwrap();
        let inspection = inspect(&path).unwrap();
        assert_eq!((inspection.layout, inspection.version), (layout, 1));
        let names: Vec<_> = inspection.arrays.iter().map(|array| array.name.as_str()).collect();
        let expected =
            ["layers.0.weights", "layers.0.bias", "layers.1.weights", "by_id.3", "by_id.9", "last.1"];
        assert_eq!(names, expected, "{name}");
        let first = &inspection.arrays[0];
        assert_eq!((first.dtype, &first.shape[..], first.order), (DType::F32, &[100, 300][..], Order::C));
        assert_eq!(first.bytes, 120_000);
        let compressed = name == "b.jl" || name == "d.jl";
        assert_eq!(first.compression == Method::Zlib, compressed, "{name}");
        if compressed {
            assert!(first.stored_bytes.unwrap() < first.bytes);
        }
        let inside = name == "e.jl.gz" || name == "f.jl";
        assert_eq!(first.location.is_none(), inside, "{name}");
        if let Some((file, _)) = &first.location {
            assert!(files.contains(file), "{name}: {}", file.display());
        }
        let text = inspection.to_string();
        assert!(text.contains("layers.1.weights: float32 [200, 300], 240000 bytes"), "{text}");
    }
}

#[test]
fn inspection_reads_no_data() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let files = dump(&network(), &path).unwrap();
    let good = fs::read(&files[1]).unwrap();
    let mut damaged = good.clone();
    *damaged.last_mut().unwrap() ^= 1;
    fs::write(&files[1], damaged).unwrap();
    assert!(inspect(&path).is_ok());
    fs::write(&files[1], &good[..good.len() - 1]).unwrap();
    assert!(inspect(&path).unwrap_err().is_corrupt());
    fs::remove_file(&files[1]).unwrap();
    assert!(inspect(&path).unwrap_err().is_not_found());
}

#[test]
fn parts_are_read_alone() {
    for (_, name, dump) in dumps() {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        dump.write(&network(), &path).unwrap();
        let loader = Loader::new();
        let weights: Array2<f32> = loader.array(&path, "layers.1.weights").unwrap();
        assert_eq!((weights.dim(), weights[[0, 0]]), ((200, 300), 200.0), "{name}");
        assert_eq!(loader.array::<String>(&path, "name").unwrap(), "net");
        assert_eq!(loader.array::<Vec<i64>>(&path, "by_id.9").unwrap(), [0, 0]);
        assert_eq!(loader.array::<(bool, Vec<u8>)>(&path, "last").unwrap(), network().last);
        assert_eq!(loader.array::<Option<Vec<f32>>>(&path, "layers.1.bias").unwrap(), None);
        for missing in ["none", "layers.2", "layers.x", "layers.0.weights.0", "name.x", "by_id.4"] {
            let error = loader.array::<u8>(&path, missing).unwrap_err();
            assert!(error.is_not_found() && error.path() == Some(&path), "{name} {missing}: {error}");
        }
    }
}

#[test]
fn other_files_of_a_dump_need_not_be_there() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let value = BTreeMap::from([("a", vec![1.0f64; 10_000]), ("b", vec![2.0; 10_000])]);
    let files = dump(&value, &path).unwrap();
    fs::remove_file(&files[2]).unwrap();
    assert_eq!(Loader::new().array::<Vec<f64>>(&path, "a").unwrap(), value["a"]);
    let mapped: MappedArray<f64, ndarray::Ix1> =
        Loader::new().mmap_mode(MmapMode::Read).array(&path, "a").unwrap();
    assert!(mapped.is_mapped());
}

#[test]
fn existing_arrays_are_filled() {
    let c = Array2::from_shape_fn((120, 130), |(i, j)| (i * 1000 + j) as f64);
    let f = Array2::from_shape_fn((120, 130).f(), |(i, j)| (i * 1000 + j) as f64);
    for (_, name, dump) in dumps() {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        for source in [&c, &f] {
            dump.write(source, &path).unwrap();
            for mut target in [Array2::zeros((120, 130)), Array2::zeros((120, 130).f())] {
                let memory = target.as_ptr();
                load_into(&path, &mut target).unwrap();
                assert_eq!((&target, target.as_ptr()), (&c, memory), "{name}");
            }
            let mut large = Array3::<f64>::zeros((3, 240, 130));
            let mut part = large.slice_mut(s![1, ..;2, ..;-1]);
            load_into(&path, &mut part).unwrap();
            assert_eq!(part, c);
            assert_eq!(large.sum(), c.sum());
            let mut dynamic = ArrayD::<f64>::zeros(IxDyn(&[120, 130]));
            load_into(&path, &mut dynamic).unwrap();
            assert_eq!(dynamic, c.clone().into_dyn());
        }
        assert!(load_into(&path, &mut Array2::<f64>::zeros((130, 120))).unwrap_err().is_codec());
        assert!(load_into(&path, &mut Array2::<f32>::zeros((120, 130))).unwrap_err().is_codec());
        dump.write(&"text", &path).unwrap();
        assert!(load_into(&path, &mut Array1::<u8>::zeros(4)).unwrap_err().is_codec());
    }
}

#[test]
fn parts_and_bools_into_existing_arrays() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let flags = Array2::from_shape_fn((300, 400), |(i, j)| (i + j) % 3 == 0);
    dump(&BTreeMap::from([("flags", &flags)]), &path).unwrap();
    let mut target = Array2::<bool>::default((300, 400));
    Loader::new().read_into(&path, "flags", &mut target).unwrap();
    assert_eq!(target, flags);
}

#[test]
fn keys_that_are_arrays_themselves_are_passed_over() {
    #[derive(Serialize)]
    struct Table {
        by_digest: BTreeMap<Vec<u8>, Vec<f64>>,
        last: Vec<f64>,
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("table.jl");
    let by_digest = (0..3u8).map(|n| (vec![n; 32], vec![f64::from(n); 10_000])).collect();
    dump(&Table { by_digest, last: vec![7.0; 10_000] }, &path).unwrap();
    let arrays = inspect(&path).unwrap().arrays;
    let names: Vec<_> = arrays.iter().map(|array| array.name.as_str()).collect();
    assert_eq!(names, ["by_digest.[..]", "by_digest.[..]", "by_digest.[..]", "last"]);
    assert_eq!(Loader::new().array::<Vec<f64>>(&path, "last").unwrap(), [7.0; 10_000]);
}
