//! Values in streams: written and read front to back, compressed or not, in turn.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

mod trickle;

use joblib_persist::{Dump, Loader, Method, dump_to, load, load_from};
use ndarray::{Array2, ShapeBuilder, s};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io::{self, Read};
use tempfile::tempdir;
use trickle::Trickle;

#[derive(Serialize, Deserialize, Debug, PartialEq, Clone)]
struct Batch {
    id: u64,
    samples: Array2<f64>,
    labels: Vec<u16>,
    notes: Vec<String>,
    #[serde(flatten)]
    extra: std::collections::BTreeMap<String, Vec<f32>>,
}

fn batch(id: u64) -> Batch {
    Batch {
        id,
        samples: Array2::from_shape_fn((90, 200).f(), |(i, j)| (i * j) as f64 + id as f64),
        labels: (0..20_000).map(|i| i % 7).collect(),
        notes: (0..30_000).map(|i| format!("note {i}")).collect(),
        extra: [("trace".to_owned(), vec![0.5; 5000])].into(),
    }
}

fn streamed(value: &impl Serialize, dump: &Dump) -> Vec<u8> {
    let mut bytes = Vec::new();
    dump.write_to(value, &mut bytes).unwrap();
    bytes
}

#[test]
fn values_come_one_after_the_other() {
    for dump in [Dump::new(), Dump::new().compress("zlib"), Dump::new().side_file_bytes(0)] {
        let mut bytes = Vec::new();
        for id in 0..3 {
            dump.write_to(&batch(id), &mut bytes).unwrap();
            dump.write_to(&id, &mut bytes).unwrap();
        }
        bytes.extend(b"the end");
        let mut reader = Trickle(&bytes[..], 0);
        for id in 0..3 {
            assert_eq!(load_from::<Batch>(&mut reader).unwrap(), batch(id));
            assert_eq!(load_from::<u64>(&mut reader).unwrap(), id);
        }
        let mut rest = String::new();
        reader.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "the end", "nothing is read ahead");
    }
}

#[test]
fn every_layout_of_memory() {
    let base = Array2::from_shape_fn((300, 400), |(i, j)| (i * 1000 + j) as i32);
    let views = (base.slice(s![..;2, ..;-1]), base.view().reversed_axes(), base.slice(s![.., 0..0]));
    for dump in [Dump::new(), Dump::new().compress(1), Dump::new().side_file_bytes(0)] {
        let (a, b, c): (Array2<i32>, Array2<i32>, Array2<i32>) =
            load_from(&*streamed(&views, &dump)).unwrap();
        assert_eq!((a.view(), b.view(), c.view()), views);
    }
}

#[test]
fn arrays_larger_than_the_memory_grown_at_once() {
    let large: Vec<u32> = (0..5_000_000).collect();
    for dump in [Dump::new(), Dump::new().compress("zlib")] {
        let bytes = streamed(&large, &dump);
        assert!(load_from::<Vec<u32>>(&bytes[..]).unwrap() == large);
    }
}

#[test]
fn unwanted_arrays_are_passed_over() {
    #[derive(Deserialize, PartialEq, Debug)]
    struct Labels {
        id: u64,
        labels: Vec<u16>,
    }
    for dump in [Dump::new(), Dump::new().compress("zlib")] {
        let labels: Labels = load_from(&*streamed(&batch(4), &dump)).unwrap();
        assert_eq!(labels, Labels { id: 4, labels: batch(4).labels });
    }
}

#[test]
fn sockets() {
    use std::net::{TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let stream = TcpStream::connect(address).unwrap();
            dump_to(&batch(1), &stream).unwrap();
            dump_to(&"done", &stream).unwrap();
        });
        let (stream, _) = listener.accept().unwrap();
        assert_eq!(load_from::<Batch>(&stream).unwrap(), batch(1));
        assert_eq!(load_from::<String>(&stream).unwrap(), "done");
    });
}

#[test]
fn damage_is_noticed() {
    for dump in [Dump::new(), Dump::new().compress("zlib")] {
        let value = (vec![1.5f64; 2000], "text".repeat(100), vec![7u8; 5000]);
        let bytes = streamed(&value, &dump);
        type Value = (Vec<f64>, String, Vec<u8>);
        for at in 0..bytes.len() {
            if at % 97 == 0 || at < 100 {
                assert!(load_from::<Value>(&bytes[..at]).unwrap_err().is_corrupt(), "cut at {at}");
            }
            if at % 13 == 0 || at < 100 {
                let mut damaged = bytes.clone();
                damaged[at] ^= 0x10;
                let error = load_from::<Value>(&damaged[..]).err();
                assert!(error.is_some(), "byte {at}");
            }
        }
    }
    assert!(load_from::<u8>(&b""[..]).unwrap_err().is_corrupt());
    assert!(load_from::<u8>(&b"GIF89a and something more"[..]).unwrap_err().is_corrupt());
    let mut newer = streamed(&1u8, &Dump::new());
    newer[8] += 1;
    assert!(load_from::<u8>(&newer[..]).unwrap_err().is_unsupported());
}

#[test]
fn lengths_alone_allocate_nothing() {
    // 16 bytes of header, then a segment that claims 2^60 bytes.
    let mut bytes = streamed(&1u8, &Dump::new())[..16].to_vec();
    bytes.push(1);
    bytes.extend((1u64 << 60).to_le_bytes());
    assert!(load_from::<u8>(&bytes[..]).unwrap_err().is_corrupt());
    // An array that claims 2^50 bytes, and gives 100.
    let stream = [0xc7, 10, 0x4a, 14, 0xc1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01];
    let mut bytes = bytes[..16].to_vec();
    bytes.push(1);
    bytes.extend((stream.len() as u64).to_le_bytes());
    bytes.extend(stream);
    bytes.extend(xxhash_rust::xxh3::xxh3_64(&stream).to_le_bytes());
    bytes.push(2);
    bytes.extend((1u64 << 52).to_le_bytes());
    bytes.extend([0; 100]);
    assert!(load_from::<Vec<f64>>(&bytes[..]).unwrap_err().is_corrupt());
    assert!(load_from::<serde_json::Value>(&bytes[..]).unwrap_err().is_corrupt());
    let limited = Loader::new().memory_limit(1 << 30).read_from::<Vec<f64>>(&bytes[..]);
    // With 32 bits there are no such lengths at all.
    let error = limited.unwrap_err();
    assert!(if cfg!(target_pointer_width = "64") { error.is_limit() } else { error.is_corrupt() }, "{error}");
}

/// 64 GiB in 1024 blocks of a byte each: memory is not taken before a block turns out to be one.
#[test]
fn parts_alone_allocate_nothing() {
    let header = streamed(&1u8, &Dump::new())[..16].to_vec();
    let stream = [0xc7, 7, 0x4a, 14, 0xc1, 0x80, 0x80, 0x80, 0x80, 0x20];
    let mut table = b"\x04zlib".to_vec();
    table.extend((64u32 << 20).to_le_bytes());
    (0..1024).for_each(|_| table.extend([1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]));
    let mut bytes = header;
    bytes.push(1);
    bytes.extend((stream.len() as u64).to_le_bytes());
    bytes.extend(&stream);
    bytes.extend(xxhash_rust::xxh3::xxh3_64(&stream).to_le_bytes());
    bytes.push(3);
    bytes.extend((12 + table.len() as u64 + 1024).to_le_bytes());
    bytes.extend((64u64 << 30).to_le_bytes());
    bytes.extend((table.len() as u32).to_le_bytes());
    bytes.extend(&table);
    bytes.extend([0; 1024]);
    let error = load_from::<serde::de::IgnoredAny>(&bytes[..]).unwrap_err();
    assert!(error.is_corrupt() || error.is_limit(), "{error}");
    let error =
        Loader::new().memory_limit(1 << 20).read_from::<serde::de::IgnoredAny>(&bytes[..]).unwrap_err();
    assert!(error.is_limit(), "{error}");
}

#[test]
fn a_compressed_main_stream_is_limited_too() {
    let dir = tempdir().unwrap();
    let path = dir.path().join("text.jl.gz");
    Dump::new().write(&vec!["all the same"; 1_000_000], &path).unwrap();
    assert!(fs::metadata(&path).unwrap().len() < 1 << 20);
    let error = Loader::new().memory_limit(1 << 20).read::<Vec<String>>(&path).unwrap_err();
    assert!(error.is_limit(), "{error}");
    assert_eq!(Loader::new().memory_limit(1 << 25).read::<Vec<String>>(&path).unwrap().len(), 1_000_000);
}

#[test]
fn many_tiny_segments_do_not_overflow_the_stack() {
    let mut bytes = streamed(&1u8, &Dump::new())[..16].to_vec();
    let mut segment = |contents: &[u8]| {
        bytes.push(1);
        bytes.extend((contents.len() as u64).to_le_bytes());
        bytes.extend(contents);
        bytes.extend(xxhash_rust::xxh3::xxh3_64(contents).to_le_bytes());
    };
    let count = 200_000u32;
    segment(&[&[0xdd][..], &count.to_be_bytes()].concat());
    (0..count).for_each(|_| segment(&[0xc3]));
    bytes.extend([0; 9]);
    assert_eq!(load_from::<Vec<bool>>(&bytes[..]).unwrap(), vec![true; count as usize]);
}

#[test]
fn memory_and_errors_of_the_writer() {
    struct Full;
    impl io::Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    assert!(dump_to(&1u8, Full).unwrap_err().is_io());
}

#[test]
fn extensions_make_compressed_streams() {
    let methods = [Method::Zlib, Method::Gzip, Method::Bz2, Method::Xz, Method::Lz4, Method::Zstd];
    for method in methods.into_iter().filter(|method| method.is_available()) {
        let dir = tempdir().unwrap();
        let extension = match method {
            Method::Zlib => "z",
            Method::Gzip => "gz",
            Method::Bz2 => "bz2",
            Method::Xz => "xz",
            Method::Lz4 => "lz4",
            _ => "zst",
        };
        let path = dir.path().join(format!("batch.jl.{extension}"));
        assert_eq!(Dump::new().write(&batch(2), &path).unwrap(), std::slice::from_ref(&path));
        assert_eq!(load::<Batch>(&path).unwrap(), batch(2), "{method}");
        // Content decides, not the name.
        let renamed = dir.path().join("renamed.jl");
        fs::rename(&path, &renamed).unwrap();
        assert_eq!(load::<Batch>(&renamed).unwrap(), batch(2), "{method}");
        let bytes = fs::read(&renamed).unwrap();
        assert_eq!(load_from::<Batch>(&bytes[..]).unwrap(), batch(2), "{method}");
        for cut in (0..bytes.len()).step_by(bytes.len() / 6 + 1) {
            fs::write(&renamed, &bytes[..cut]).unwrap();
            let error = load::<Batch>(&renamed).unwrap_err();
            assert!(error.is_corrupt() && error.path() == Some(&renamed), "{method} cut at {cut}: {error}");
        }
        // A method named explicitly has precedence.
        Dump::new().compress("zlib").write(&batch(2), &path).unwrap();
        assert!(fs::read(&path).unwrap().starts_with(b"PK"), "{method}");
    }
}

/// The value in streams that are compressed as a whole, by every method that is built in.
fn compressed<T: Serialize>(value: &T) -> Vec<(&'static str, Vec<u8>)> {
    let dir = tempfile::tempdir().unwrap();
    let extensions = ["gz", "z", "bz2", "xz", "lzma", "lz4", "zst"];
    let written = extensions.into_iter().filter_map(|extension| {
        let path = dir.path().join(format!("value.jl.{extension}"));
        Dump::new().write(value, &path).ok()?;
        Some((extension, std::fs::read(path).unwrap()))
    });
    written.collect()
}

#[test]
fn damage_of_a_compressed_stream_is_called_so() {
    let value: Vec<String> = (0..3000).map(|i| format!("text {}", i * i)).collect();
    for (extension, bytes) in compressed(&value) {
        for at in (0..bytes.len()).step_by(97) {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x55;
            match load_from::<Vec<String>>(&damaged[..]) {
                Ok(read) => assert!(read == value, "{extension}, byte {at}"),
                Err(error) => assert!(error.is_corrupt(), "{extension}, byte {at}: {error:?}"),
            }
            assert!(
                load_from::<Vec<String>>(&bytes[..at]).unwrap_err().is_corrupt(),
                "{extension}, cut at {at}"
            );
        }
    }
}

#[test]
fn errors_of_the_reader_keep_their_kind() {
    struct Broken(Vec<u8>, fn() -> io::Error);
    impl Read for Broken {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            match (&self.0[..]).read(buffer)? {
                0 => Err((self.1)()),
                read => Ok(self.0.drain(..read).len()),
            }
        }
    }
    let plain = streamed(&batch(1), &Dump::new());
    let mut heads = [&plain[..0], &plain[..7], &plain[..100_000]].map(<[u8]>::to_vec).to_vec();
    if Method::Lzma.is_available() {
        // Too short for the method to begin.
        heads.push(b"\x5d\x00\x00".to_vec());
    }
    heads.extend(compressed(&batch(1)).into_iter().map(|(_, bytes)| bytes[..bytes.len() / 2].to_vec()));
    for head in &heads {
        let error = load_from::<Batch>(Broken(head.to_vec(), || io::ErrorKind::ConnectionReset.into()));
        let error = error.unwrap_err();
        assert_eq!(error.io_error().map(io::Error::kind), Some(io::ErrorKind::ConnectionReset), "{error:?}");
        let refused = || io::Error::other(joblib_core::Error::refused("no more"));
        assert!(load_from::<Batch>(Broken(head.to_vec(), refused)).unwrap_err().is_refused());
    }
}
