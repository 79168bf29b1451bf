//! Whole streams: with ourselves, with the standard tools, and with what Python's joblib wrote.

use super::*;
use crate::compress::method::BUILT_IN;
use crate::compress::registry::by_content;
use crate::compress::{Compression, Method};
use proptest::prelude::*;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const STREAMS: [Method; 7] =
    [Method::Zlib, Method::Gzip, Method::Bz2, Method::Xz, Method::Lzma, Method::Lz4, Method::Zstd];

fn available() -> impl Iterator<Item = Method> {
    STREAMS.into_iter().filter(|method| method.is_available())
}

fn compress(method: Method, bytes: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut writer = stream_writer(&Compression::new(method), &mut packed).unwrap();
    writer.write_all(bytes).unwrap();
    writer.finish().unwrap();
    packed
}

fn decompress(packed: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut reader = StreamReader::new(packed)?;
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Some megabytes in which all methods find something.
fn sample() -> Vec<u8> {
    (0..250_000u32).flat_map(|i| (i.wrapping_mul(i) / 77).to_le_bytes()).collect()
}

fn file_of(method: Method) -> PathBuf {
    let extension = BUILT_IN.iter().find(|row| row.method == method).unwrap().extension;
    PathBuf::from(format!("sample{extension}"))
}

#[test]
fn every_method_comes_back_and_is_recognised() {
    for method in available() {
        for bytes in [&b""[..], b"x", b"some bytes", &sample()] {
            let packed = compress(method, bytes);
            assert_eq!(by_content(&packed), Some(method));
            assert!(decompress(&packed).unwrap() == bytes, "{method}, {} bytes", bytes.len());
        }
    }
}

#[test]
fn plain_bytes_pass_through() {
    for bytes in [&b""[..], b"x", b"xylophone: no zlib stream", b"P\x4b\x03\x04"] {
        let mut reader = StreamReader::new(bytes).unwrap();
        assert_eq!(reader.method(), Method::None);
        let mut read = Vec::new();
        reader.read_to_end(&mut read).unwrap();
        assert_eq!(read, bytes);
    }
}

#[test]
fn a_cut_stream_is_an_error() {
    for method in available() {
        let packed = compress(method, &sample()[..100_000]);
        for len in [packed.len() / 2, packed.len() - 1] {
            assert!(decompress(&packed[..len]).is_err(), "{method}: {len} of {}", packed.len());
        }
    }
}

#[test]
fn damage_is_an_error() {
    let bytes = &sample()[..100_000];
    // The format before .xz has no checksum.
    for method in available().filter(|method| *method != Method::Lzma) {
        let packed = compress(method, bytes);
        for position in (HEADER..packed.len()).step_by(packed.len() / 40) {
            let mut damaged = packed.clone();
            damaged[position] ^= 0x10;
            assert!(decompress(&damaged).is_err(), "{method}: byte {position} of {}", packed.len());
        }
    }
}

/// Bytes of a stream's header that may change without harm, such as gzip's time.
const HEADER: usize = 12;

#[test]
fn python_joblib_s_files_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/joblib");
    let plain = fs::read(folder.join("mixed.joblib")).unwrap();
    for method in available().filter(|method| *method != Method::Zstd) {
        let name = file_of(method).to_string_lossy().replace("sample", "mixed.joblib");
        let packed = fs::read(folder.join(name)).unwrap();
        let mut reader = StreamReader::new(&packed[..]).unwrap();
        assert_eq!(reader.method(), method);
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).unwrap();
        assert!(bytes == plain, "{method}");
    }
}

#[test]
fn standard_tools_unpack_what_has_their_extension() {
    let bytes = sample();
    for method in available() {
        let tool: &[&str] = match method {
            Method::Gzip => &["gzip", "-dc"],
            Method::Bz2 => &["bzip2", "-dc"],
            Method::Xz | Method::Lzma => &["xz", "-dc"],
            Method::Lz4 => &["lz4", "-dc"],
            Method::Zstd => &["zstd", "-dc"],
            _ => &[
                "python3",
                "-c",
                "import sys,zlib;sys.stdout.buffer.write(zlib.decompress(open(sys.argv[1],'rb').read()))",
            ],
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file_of(method));
        fs::write(&path, compress(method, &bytes)).unwrap();
        let output = Command::new(tool[0]).args(&tool[1..]).arg(&path).stderr(Stdio::inherit()).output();
        match output {
            Err(error) => println!("skipped: {} cannot be run: {error}", tool[0]),
            Ok(output) => {
                assert!(output.status.success(), "{method}: {:?}", output.status);
                assert!(output.stdout == bytes, "{method}");
            }
        }
    }
}

#[test]
fn standard_tools_output_is_read() {
    let bytes = sample();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sample");
    fs::write(&path, &bytes).unwrap();
    for method in available() {
        let tool: &[&str] = match method {
            Method::Gzip => &["gzip", "-c1"],
            Method::Bz2 => &["bzip2", "-c1"],
            Method::Xz => &["xz", "-c1"],
            Method::Lzma => &["xz", "-c1", "--format=lzma"],
            Method::Lz4 => &["lz4", "-c1"],
            Method::Zstd => &["zstd", "-c1"],
            _ => continue,
        };
        match Command::new(tool[0]).args(&tool[1..]).arg(&path).output() {
            Err(error) => println!("skipped: {} cannot be run: {error}", tool[0]),
            Ok(output) => {
                assert!(output.status.success(), "{method}: {output:?}");
                let twice = [&output.stdout[..], &output.stdout].concat();
                assert!(decompress(&output.stdout).unwrap() == bytes, "{method}");
                // Two files one after the other are one, where the tools say so.
                if method != Method::Lzma {
                    assert!(decompress(&twice).unwrap() == bytes.repeat(2), "{method}, twice");
                }
            }
        }
    }
}

#[test]
fn python_inflates_gzip_and_zlib_as_one_stream() {
    let script = "import sys,gzip,zlib
d=open(sys.argv[1],'rb').read(); o=zlib.decompressobj(int(sys.argv[2])); r=o.decompress(d)
assert o.eof and not o.unused_data; sys.stdout.buffer.write(r)";
    let bytes = sample();
    for (method, window_bits) in [(Method::Zlib, "15"), (Method::Gzip, "31")] {
        if !method.is_available() {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(file_of(method));
        fs::write(&path, compress(method, &bytes)).unwrap();
        match Command::new("python3").args(["-c", script]).arg(&path).arg(window_bits).output() {
            Err(error) => println!("skipped: python3 cannot be run: {error}"),
            Ok(output) => assert!(output.status.success() && output.stdout == bytes, "{method}: {output:?}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn any_bytes_in_any_writes_come_back(
        parts in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..3000), 0..8),
        method in proptest::sample::select(available().collect::<Vec<_>>()),
    ) {
        let mut packed = Vec::new();
        let mut writer = stream_writer(&Compression::new(method), &mut packed).unwrap();
        for part in &parts {
            writer.write_all(part).unwrap();
            writer.flush().unwrap();
        }
        writer.finish().unwrap();
        prop_assert_eq!(decompress(&packed).unwrap(), parts.concat());
    }

    #[test]
    fn any_damage_returns(
        bytes in proptest::collection::vec(0u8..4, 0..3000),
        edits in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<proptest::sample::Index>(),
        method in proptest::sample::select(available().collect::<Vec<_>>()),
    ) {
        let mut packed = compress(method, &bytes);
        for (position, value) in edits {
            let position = position.index(packed.len());
            packed[position] = value;
        }
        packed.truncate(cut.index(packed.len()) + 1);
        let mut limited = Vec::new();
        if let Ok(reader) = StreamReader::new(&packed[..]) {
            let _ = reader.take(1 << 20).read_to_end(&mut limited);
        }
    }
}
