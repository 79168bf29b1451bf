//! What the Python original's users rely on.

use joblib::{
    Compression, Compressor, Dump, IntoCompression, Loader, MappedArray, Method, MmapMode, StreamWriter,
    dump, dump_to, inspect, load, load_from, load_into, register_compressor,
};
use ndarray::{Array1, Array2, Ix2};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Seek, Write};
use tempfile::tempdir;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Fitted {
    coefficients: Array2<f64>,
    classes: Vec<String>,
    history: HashMap<u32, (f32, Option<bool>)>,
    seen: HashSet<i64>,
    text: Box<str>,
    unit: (),
}

fn fitted() -> Fitted {
    Fitted {
        coefficients: Array2::from_shape_fn((120, 90), |(i, j)| (i as f64).sin() * j as f64),
        classes: vec!["a".to_owned(), "ß".to_owned(), String::new()],
        history: (0..50).map(|i| (i, (i as f32 * 0.5, (i % 2 == 0).then_some(true)))).collect(),
        seen: (-20..20).collect(),
        text: "text".into(),
        unit: (),
    }
}

#[test]
fn every_method_and_level_round_trips() {
    let methods =
        [Method::Zlib, Method::Gzip, Method::Bz2, Method::Xz, Method::Lz4, Method::Zstd, Method::Pco];
    for method in methods.into_iter().filter(|method| method.is_available()) {
        for level in method.levels() {
            let dir = tempdir().unwrap();
            let path = dir.path().join("fitted.jl");
            Dump::new().compress((method, u32::from(level))).write(&fitted(), &path).unwrap();
            assert_eq!(load::<Fitted>(&path).unwrap(), fitted(), "{method} {level}");
        }
    }
}

#[test]
fn content_decides_how_a_file_is_read() {
    let dir = tempdir().unwrap();
    let (plain, zipped) = (dir.path().join("plain.gz"), dir.path().join("zipped"));
    Dump::new().compress("zlib").write(&fitted(), &plain).unwrap();
    assert_eq!(load::<Fitted>(&plain).unwrap(), fitted());
    let mut gz = plain.clone();
    gz.set_file_name("fitted.jl.gz");
    dump(&fitted(), &gz).unwrap();
    fs::rename(&gz, &zipped).unwrap();
    assert_eq!(load::<Fitted>(&zipped).unwrap(), fitted());
}

#[test]
fn gzip_and_zlib_files_are_those_of_the_ordinary_tools() {
    let dir = tempdir().unwrap();
    let mut streamed = Vec::new();
    dump_to(&fitted().coefficients, &mut streamed).unwrap();
    for (name, level) in [("a.jl.gz", 1), ("a.jl.gz", 9), ("a.jl.z", 3)] {
        let path = dir.path().join(name);
        Dump::new().compress(level).write(&fitted().coefficients, &path).unwrap();
        let (file, mut bytes) = (File::open(&path).unwrap(), Vec::new());
        if name.ends_with("gz") {
            flate2::read::GzDecoder::new(file).read_to_end(&mut bytes).unwrap();
        } else {
            flate2::read::ZlibDecoder::new(file).read_to_end(&mut bytes).unwrap();
        }
        assert!(bytes == streamed, "{name} {level}");
    }
}

/// Whatever is in it.
#[test]
fn files_compressed_by_other_tools_are_read() {
    let dir = tempdir().unwrap();
    let (path, zipped) = (dir.path().join("a.jl"), dir.path().join("a.jl.gz"));
    for options in
        [Dump::new().single_file(true), Dump::new().compress("zlib"), Dump::new().side_file_bytes(u64::MAX)]
    {
        options.write(&fitted(), &path).unwrap();
        let mut writer =
            flate2::write::GzEncoder::new(File::create(&zipped).unwrap(), flate2::Compression::fast());
        writer.write_all(&fs::read(&path).unwrap()).unwrap();
        writer.finish().unwrap();
        assert_eq!(load::<Fitted>(&zipped).unwrap(), fitted());
        assert_eq!(load_from::<Fitted>(File::open(&zipped).unwrap()).unwrap(), fitted());
        assert_eq!(
            Loader::new().read_part::<Array2<f64>>(&zipped, "coefficients").unwrap(),
            fitted().coefficients
        );
        let inspection = inspect(&zipped).unwrap();
        assert_eq!(inspection.arrays[0].name, "coefficients");
        assert_eq!(inspection.arrays[0].location, None, "nobody else finds it there");
        let limited = Loader::new().memory_limit(2000).read::<Fitted>(&zipped);
        assert!(limited.unwrap_err().is_limit());
        let mut damaged = fs::read(&zipped).unwrap();
        let checksum = damaged.len() - 8;
        damaged[checksum] ^= 1;
        fs::write(&zipped, damaged).unwrap();
        assert!(load::<Fitted>(&zipped).unwrap_err().is_corrupt());
    }
}

#[test]
fn wrong_options_are_clear_errors() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    for (options, reason) in [
        (Dump::new().compress("zip"), "zip"),
        (Dump::new().compress(("zlib", 10)), "10"),
        (Dump::new().compress(-1), "-1"),
        (Dump::new().compress(("no", 3)), "no"),
    ] {
        let error = options.write(&1, &path).unwrap_err();
        assert!(error.is_invalid() && error.to_string().contains(reason), "{error}");
    }
    assert!(!path.exists());
    assert!(("zlib", 0).into_compression().unwrap().is_none());
    assert_eq!(false.into_compression().unwrap(), Compression::default());
    assert!("rw".parse::<MmapMode>().unwrap_err().is_invalid());
}

#[test]
fn several_values_in_one_open_file() {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(b"own header").unwrap();
    for i in 0..3u8 {
        dump_to(&(i, Array1::from_elem(10_000, i)), &file).unwrap();
    }
    file.seek(io::SeekFrom::Start(10)).unwrap();
    for i in 0..3u8 {
        let (number, array): (u8, Array1<u8>) = load_from(&file).unwrap();
        assert_eq!((number, array), (i, Array1::from_elem(10_000, i)));
    }
}

#[test]
fn maps_of_plain_dumps_and_owned_arrays_of_compressed_ones() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    let value = BTreeMap::from([("a", Array2::<f64>::ones((100, 100))), ("b", Array2::zeros((100, 100)))]);
    type Mapped = BTreeMap<String, MappedArray<f64, Ix2>>;
    dump(&value, &path).unwrap();
    for mode in ["r", "r+", "w+", "c"] {
        let loaded: Mapped = Loader::new().mmap_mode(mode.parse().unwrap()).read(&path).unwrap();
        assert!(loaded.values().all(MappedArray::is_mapped), "{mode}");
        assert_eq!(loaded["a"].sum(), 10_000.0);
        assert_eq!(loaded["a"].as_ptr().addr() % 64, 0);
    }
    Dump::new().compress(true).write(&value, &path).unwrap();
    let loaded: Mapped = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
    assert!(!loaded["a"].is_mapped() && loaded["a"].sum() == 10_000.0);
}

#[test]
fn a_copy_on_write_map_leaves_the_file() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    dump(&Array2::<f64>::ones((100, 100)), &path).unwrap();
    let mut mapped: MappedArray<f64, Ix2> =
        Loader::new().mmap_mode(MmapMode::CopyOnWrite).read(&path).unwrap();
    mapped.view_mut().unwrap().fill(2.0);
    assert_eq!(mapped.sum(), 20_000.0);
    assert_eq!(load::<Array2<f64>>(&path).unwrap().sum(), 10_000.0);
    let mut read: MappedArray<f64, Ix2> = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
    assert!(read.view_mut().unwrap_err().is_read_only());
}

#[test]
fn a_mapped_array_is_dumped_where_it_is_mapped_from() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("a.jl");
    for single in [false, true] {
        Dump::new().single_file(single).write(&Array2::<f64>::ones((100, 100)), &path).unwrap();
        let mapped: MappedArray<f64, Ix2> = Loader::new().mmap_mode(MmapMode::Read).read(&path).unwrap();
        Dump::new().single_file(single).write(&mapped, &path).unwrap();
        assert_eq!(mapped.sum(), 10_000.0);
        assert_eq!(load::<Array2<f64>>(&path).unwrap().sum(), 10_000.0);
    }
}

#[test]
fn parts_and_inspection() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("fitted.jl");
    dump(&fitted(), &path).unwrap();
    assert_eq!(inspect(&path).unwrap().arrays[0].name, "coefficients");
    let mut target = Array2::<f64>::zeros((120, 90));
    Loader::new().read_into(&path, "coefficients", &mut target).unwrap();
    assert_eq!(target, fitted().coefficients);
    dump(&target, &path).unwrap();
    load_into(&path, &mut target.t().to_owned()).unwrap_err();
    let classes: Vec<String> = {
        dump(&fitted(), &path).unwrap();
        Loader::new().read_part(&path, "classes").unwrap()
    };
    assert_eq!(classes, fitted().classes);
}

/// Adds one to every byte.
struct PlusOne;

struct PlusOneStream<S>(S);

impl<W: Write> Write for PlusOneStream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let shifted: Vec<u8> = bytes.iter().map(|byte| byte.wrapping_add(1)).collect();
        self.0.write_all(&shifted)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> StreamWriter for PlusOneStream<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}

impl<R: Read> Read for PlusOneStream<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.0.read(buffer)?;
        buffer[..len].iter_mut().for_each(|byte| *byte = byte.wrapping_sub(1));
        Ok(len)
    }
}

impl Compressor for PlusOne {
    fn name(&self) -> &str {
        "plus-one"
    }

    fn extension(&self) -> &str {
        ".plus"
    }

    fn prefix(&self) -> &[u8] {
        b"\x94KPCTFH"
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, _level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Ok(Box::new(PlusOneStream(sink)))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(Box::new(PlusOneStream(source)))
    }
}

#[test]
fn a_compressor_of_ones_own() {
    register_compressor(PlusOne, false).unwrap();
    assert!(register_compressor(PlusOne, false).is_err());
    let dir = tempdir().unwrap();
    let path = dir.path().join("fitted.plus");
    dump(&fitted(), &path).unwrap();
    assert!(fs::read(&path).unwrap().starts_with(b"\x94KPC"));
    assert_eq!(load::<Fitted>(&path).unwrap(), fitted());
    Dump::new().compress("plus-one").write(&fitted(), dir.path().join("b.jl")).unwrap();
    assert_eq!(load::<Fitted>(dir.path().join("b.jl")).unwrap(), fitted());
}
