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
        (FileLayout::SingleFile, "f.jl", Dump::new().single_file(true).side_file_bytes(u64::MAX)),
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
        let weights: Array2<f32> = loader.read_part(&path, "layers.1.weights").unwrap();
        assert_eq!((weights.dim(), weights[[0, 0]]), ((200, 300), 200.0), "{name}");
        assert_eq!(loader.read_part::<String>(&path, "name").unwrap(), "net");
        assert_eq!(loader.read_part::<Vec<i64>>(&path, "by_id.9").unwrap(), [0, 0]);
        assert_eq!(loader.read_part::<(bool, Vec<u8>)>(&path, "last").unwrap(), network().last);
        assert_eq!(loader.read_part::<Option<Vec<f32>>>(&path, "layers.1.bias").unwrap(), None);
        for missing in ["none", "layers.2", "layers.x", "layers.0.weights.0", "name.x", "by_id.4"] {
            let error = loader.read_part::<u8>(&path, missing).unwrap_err();
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
    assert_eq!(Loader::new().read_part::<Vec<f64>>(&path, "a").unwrap(), value["a"]);
    let mapped: MappedArray<f64, ndarray::Ix1> =
        Loader::new().mmap_mode(MmapMode::Read).read_part(&path, "a").unwrap();
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
    let digest = |byte: &str| format!("by_digest.(uint8 {})", byte.repeat(32));
    assert_eq!(names, [&digest("00"), &digest("01"), &digest("02"), "last"]);
    assert_eq!(Loader::new().read_part::<Vec<f64>>(&path, "last").unwrap(), [7.0; 10_000]);
    assert_eq!(Loader::new().read_part::<Vec<f64>>(&path, &digest("02")).unwrap(), [2.0; 10_000]);
}

/// A key of any kind.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord, Clone)]
#[serde(untagged)]
enum Key {
    Nothing,
    Flag(bool),
    Number(i64),
    Text(&'static str),
    Pair(&'static str, Option<u8>),
    Nested(Vec<(u8, char)>),
    Fields { x: u8, y: () },
    Bytes(#[serde(serialize_with = "as_bytes")] &'static [u8]),
    Digest([u8; 20]),
    Long(Vec<u8>),
    Half(#[serde(serialize_with = "as_half")] u8),
}

fn as_bytes<S: serde::Serializer>(bytes: &&'static [u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(bytes)
}

fn as_half<S: serde::Serializer>(twice: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_f64(f64::from(*twice) / 2.0)
}

/// Keys and fields whose names could be taken for each other.
#[derive(Serialize)]
struct Names {
    #[serde(rename = "a.b")]
    dotted: Vec<f64>,
    a: BTreeMap<Key, Vec<f64>>,
    #[serde(rename = "")]
    empty: Vec<f64>,
    #[serde(rename = "a#2")]
    numbered: Vec<f64>,
    arr_0: (Vec<f64>, [Vec<f64>; 2]),
    main: Vec<f64>,
    #[serde(flatten)]
    more: BTreeMap<&'static str, Vec<f64>>,
}

#[test]
fn every_array_is_found_by_the_name_it_is_listed_with() {
    let keys = [
        (Key::Text("b"), "a.b"),
        (Key::Text(""), "a.\"\""),
        (Key::Text("b.c"), "a.\"b.c\""),
        (Key::Text("say \"x.\\\""), "a.\"say \\\"x.\\\\\\\"\""),
        (Key::Text("(1)"), "a.\"(1)\""),
        (Key::Text("3#2"), "a.\"3#2\""),
        (Key::Text("c#"), "a.c#"),
        (Key::Text("3"), "a.3#2"),
        (Key::Number(3), "a.3"),
        (Key::Number(-3), "a.-3"),
        (Key::Flag(true), "a.true"),
        (Key::Nothing, "a.(null)"),
        (Key::Pair("x.y", Some(1)), "a.(\"x.y\",1)"),
        (Key::Pair("x.y", None), "a.(\"x.y\",null)"),
        (Key::Nested(vec![(1, 'a'), (2, '.')]), "a.((1,\"a\"),(2,\".\"))"),
        (Key::Fields { x: 1, y: () }, "a.({\"x\":1,\"y\":null})"),
        (Key::Bytes(b"\x00."), "a.(b\"\\x00.\")"),
        (Key::Digest([7; 20]), "a.(uint8 0707070707070707070707070707070707070707)"),
        (Key::Long(vec![1; 100_000]), ""),
        (Key::Long(vec![2; 100_000]), ""),
        (Key::Half(3), "a.(1.5)"),
    ];
    let mut numbers = (1..).map(|number| vec![f64::from(number); 10_000]);
    let mut array = || numbers.next().unwrap();
    let names = Names {
        dotted: array(),
        a: keys.iter().map(|(key, _)| (key.clone(), array())).collect(),
        empty: array(),
        numbered: array(),
        arr_0: (array(), [array(), array()]),
        main: array(),
        more: [("main", array()), ("x.0", array()), ("arr_0", array())].into(),
    };
    let mut expected: Vec<(&str, f64)> = vec![("\"a.b\"", names.dotted[0])];
    expected.extend(keys.iter().map(|(key, name)| (*name, names.a[key][0])));
    expected.extend([("\"\"", names.empty[0]), ("\"a#2\"", names.numbered[0])]);
    expected.extend([("arr_0.0", names.arr_0.0[0]), ("arr_0.1.1", names.arr_0.1[1][0])]);
    expected.extend([("main", names.main[0]), ("main#2", names.more["main"][0])]);
    expected.extend([("\"x.0\"", names.more["x.0"][0]), ("arr_0#2", names.more["arr_0"][0])]);
    for (_, name, dump) in dumps() {
        let dir = tempdir().unwrap();
        let path = dir.path().join(name);
        dump.write(&names, &path).unwrap();
        let loader = Loader::new();
        let listed = inspect(&path).unwrap().arrays;
        let mut found = BTreeMap::new();
        for listed in &listed {
            let value: Vec<f64> =
                loader.read_part(&path, &listed.name).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(found.insert(listed.name.as_str(), value[0]).is_none(), "{name}: {} twice", listed.name);
        }
        let mut values: Vec<f64> = found.values().copied().collect();
        values.sort_by(f64::total_cmp);
        assert!(values.iter().eq((1..=listed.len()).map(|number| number as f64).collect::<Vec<_>>().iter()));
        for (listed, value) in expected.iter().filter(|(listed, _)| !listed.is_empty()) {
            assert_eq!(found.get(listed), Some(value), "{name}: {listed}");
        }
        for missing in ["a.", ".a", "a..b", "a.b.", "a.3#3", "a.3#1x", "\"a.b", "arr_0.01x", "a.(1.5", "x.0"]
        {
            assert!(
                loader.read_part::<Vec<f64>>(&path, missing).unwrap_err().is_not_found(),
                "{name}: {missing}"
            );
        }
    }
}
