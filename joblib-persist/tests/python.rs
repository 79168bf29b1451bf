//! Other programs read our files: NumPy, Python's zipfile and msgpack, unzip, gzip. Skipped, with the reason
//! printed, where a program is missing.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_persist::{Dump, dump_to};
use ndarray::{Array2, ShapeBuilder};
use num_complex::Complex;
use serde::Serialize;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::tempdir;

#[derive(Serialize)]
struct Model {
    name: &'static str,
    weights: Array2<f64>,
    fortran: Array2<f32>,
    complex: Vec<Complex<f64>>,
    flags: Vec<bool>,
    small: Vec<u16>,
    records: Vec<(u8, &'static str)>,
    nested: Option<Option<u8>>,
    wide: (i128, u128),
    half: half::f16,
    brains: Vec<half::bf16>,
    bytes: Bytes,
}

struct Bytes(usize);

impl Serialize for Bytes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&vec![7; self.0])
    }
}

fn model() -> Model {
    Model {
        name: "model",
        weights: Array2::from_shape_fn((100, 200), |(i, j)| (i * 1000 + j) as f64),
        fortran: Array2::from_shape_fn((150, 160).f(), |(i, j)| (i * 1000 + j) as f32),
        complex: (0..5000).map(|i| Complex::new(f64::from(i), -1.0)).collect(),
        flags: (0..70_000).map(|i| i % 3 == 0).collect(),
        small: vec![1, 2, 300],
        records: vec![(1, "a"), (2, "b")],
        nested: Some(None),
        wide: (i128::MIN, u128::MAX),
        half: half::f16::from_f32(-0.5),
        brains: vec![half::bf16::ONE; 50_000],
        bytes: Bytes(300),
    }
}

/// Whether the program runs; prints why a test is skipped if not.
fn available(program: &str, arguments: &[&str]) -> bool {
    let runs = Command::new(program).args(arguments).output().is_ok_and(|output| output.status.success());
    if !runs {
        eprintln!("skipped: `{program} {}` does not run here", arguments.join(" "));
    }
    runs
}

fn succeed(program: &str, arguments: &[&str]) -> Output {
    let output = Command::new(program).args(arguments).output().unwrap();
    let (out, error) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{program} {arguments:?}\n{out}\n{error}");
    output
}

/// Checks `model()` as loaded by the documentation's reader into `m`.
const CHECK: &str = r#"
m = load(sys.argv[1])
assert m["name"] == "model" and m["records"] == [[1, "a"], [2, "b"]] and m["nested"] is None
assert m["weights"].shape == (100, 200) and m["weights"][3, 4] == 3004.0 and m["weights"].dtype == numpy.float64
assert m["fortran"].shape == (150, 160) and m["fortran"][3, 4] == 3004.0 and m["fortran"].flags.f_contiguous
assert m["complex"][7] == 7 - 1j and m["flags"].dtype == bool and m["flags"].sum() == 23334
assert m["small"].tolist() == [1, 2, 300] and m["small"].dtype == numpy.uint16
assert m["brains"].view("u2").tolist() == [0x3f80] * 50_000
assert m["wide"] == [-2**127, 2**128 - 1] and m["half"] == -0.5 and m["bytes"] == bytes([7] * 300)
"#;

#[test]
fn the_documented_reader_reads_both_layouts() {
    if !available("python3", &["-c", "import numpy, msgpack"]) {
        return;
    }
    let format = include_str!("../docs/FORMAT.md");
    let (_, reader) = format.split_once("```python\n").unwrap();
    let (reader, _) = reader.split_once("```").unwrap();
    let script = format!("import sys\n{reader}\n{CHECK}");
    let dir = tempdir().unwrap();
    for (name, dump) in [("multi.jl", Dump::new()), ("single.jl", Dump::new().single_file(true))] {
        let path = dir.path().join(name);
        dump.write(&model(), &path).unwrap();
        succeed("python3", &["-c", &script, path.to_str().unwrap()]);
    }
}

#[test]
fn numpy_opens_and_maps_side_files() {
    if !available("python3", &["-c", "import numpy"]) {
        return;
    }
    let dir = tempdir().unwrap();
    let files = Dump::new().write(&model(), dir.path().join("m.jl")).unwrap();
    let script = r#"
import numpy, sys
a, b, c, d, e = [numpy.load(f, mmap_mode="r") for f in sys.argv[1:]]
assert a[99, 199] == 99199 and b[149, 159] == 149159 and b.flags.f_contiguous
assert c.dtype == numpy.complex128 and d.dtype == bool and e.view("u2")[7] == 0x3f80
assert a.ctypes.data % 64 == 0
"#;
    let mut arguments = vec!["-c", script];
    arguments.extend(files[1..].iter().map(|file| file.to_str().unwrap()));
    succeed("python3", &arguments);
}

#[test]
fn archives_are_valid_for_other_tools() {
    let dir = tempdir().unwrap();
    for (name, dump) in
        [("single.npz", Dump::new().single_file(true)), ("compressed.jl", Dump::new().compress("zlib"))]
    {
        let path = dir.path().join(name);
        dump.write(&model(), &path).unwrap();
        let path = path.to_str().unwrap();
        if available("python3", &["-c", "pass"]) {
            let output = succeed("python3", &["-m", "zipfile", "-t", path]);
            assert!(!String::from_utf8_lossy(&output.stdout).contains("corrupted"));
        }
        if available("unzip", &["-v"]) {
            succeed("unzip", &["-tq", path]);
        }
    }
    if available("python3", &["-c", "import numpy"]) {
        let script = "import numpy, sys\na = numpy.load(sys.argv[1])\nassert a['weights'][3, 4] == 3004.0";
        succeed("python3", &["-c", script, dir.path().join("single.npz").to_str().unwrap()]);
    }
}

#[test]
fn gzip_unpacks_what_its_extension_promises() {
    if !available("gzip", &["--version"]) {
        return;
    }
    let dir = tempdir().unwrap();
    let path = dir.path().join("m.jl.gz");
    Dump::new().write(&model(), &path).unwrap();
    succeed("gzip", &["-d", path.to_str().unwrap()]);
    let mut stream = Vec::new();
    dump_to(&model(), &mut stream).unwrap();
    assert!(fs::read(Path::new(&path).with_extension("")).unwrap() == stream);
}
