//! What `compress = ..` takes, and what it says about what it does not take.

#![allow(clippy::unwrap_used, reason = "a test may fail by panic")]

use joblib_persist::{
    Compression, Compressor, Dump, IntoCompression, Method, StreamWriter, register_compressor,
};
use std::io::{self, Read, Write};
use std::path::Path;

fn message(choice: impl IntoCompression) -> String {
    choice.into_compression().unwrap_err().to_string()
}

#[cfg(feature = "zlib")]
#[test]
fn everything_python_takes() {
    assert!(false.into_compression().unwrap().is_none());
    assert!(0.into_compression().unwrap().is_none());
    assert!(("zlib", 0).into_compression().unwrap().is_none());
    assert!("none".into_compression().unwrap().is_none());
    assert_eq!(true.into_compression().unwrap().method(), Method::preferred());
    assert_eq!(3.into_compression().unwrap().method(), Method::preferred());
    assert_eq!("zlib".into_compression().unwrap(), Compression::new(Method::Zlib));
    assert_eq!(("gzip", 9).into_compression().unwrap(), Compression::new(Method::Gzip).level(9));
    assert_eq!((Method::Zlib, 1u8).into_compression().unwrap(), Compression::new(Method::Zlib).level(1));
}

#[cfg(not(any(feature = "zlib", feature = "lz4", feature = "zstd")))]
#[test]
fn without_a_default_method_nothing_is_left_uncompressed_in_silence() {
    let said = "no default method of compression is built in: name another, or enable the feature `zlib`, `lz4` or `zstd`";
    assert_eq!(message(true), said);
    assert_eq!(message(3), said);
    assert!(false.into_compression().unwrap().is_none());
    assert!(0.into_compression().unwrap().is_none());
}

#[test]
fn a_default_method_is_there_or_an_error() {
    assert!(false.into_compression().unwrap().is_none() && 0.into_compression().unwrap().is_none());
    if Method::preferred() != Method::None {
        let path = Path::new("model.gz");
        assert_eq!(true.into_compression().unwrap().for_path(path), Some(Compression::new(Method::Gzip)));
        assert_eq!(
            5.into_compression().unwrap().for_path(path),
            Some(Compression::new(Method::Gzip).level(5))
        );
        return;
    }
    for says in [message(true), message(3), message(10)] {
        assert!(says.contains("feature `zstd`, `lz4` or `zlib`"), "{says}");
    }
    let error = Dump::new().compress(9).write(&1, "never-written").unwrap_err();
    assert!(error.is_unsupported() && error.to_string().starts_with("compress: no general "), "{error}");
}

#[test]
fn extensions_choose_unless_a_method_was_named() {
    let path = Path::new("model.gz");
    let by_extension = |choice: Compression| choice.for_path(path).map(|compression| compression.method());
    assert_eq!(by_extension(Compression::default()), Some(Method::Gzip));
    #[cfg(feature = "zlib")]
    {
        assert_eq!(by_extension(true.into_compression().unwrap()), Some(Method::Gzip));
        assert_eq!(
            5.into_compression().unwrap().for_path(path),
            Some(Compression::new(Method::Gzip).level(5))
        );
    }
    assert_eq!(by_extension(Compression::new(Method::Zlib)), None);
    for (name, method) in [
        ("a.z", Some(Method::Zlib)),
        ("a.gz", Some(Method::Gzip)),
        ("a.bz2", Some(Method::Bz2)),
        ("a.xz", Some(Method::Xz)),
        ("a.lzma", Some(Method::Lzma)),
        ("a.lz4", Some(Method::Lz4)),
        ("a.zst", Some(Method::Zstd)),
        ("a.jl", None),
        ("gz", None),
        ("", None),
    ] {
        assert_eq!(Method::from_extension(name), method, "{name}");
    }
}

#[cfg(feature = "zlib")]
#[test]
fn mistakes_say_what_is_valid() {
    let unknown = message("zlip");
    assert!(unknown.contains("`zlip`") && unknown.contains("zlib") && unknown.contains("zstd"), "{unknown}");
    assert!("zlip".into_compression().unwrap_err().is_invalid());
    assert!(Dump::new().compress("zlip").write(&1, "never-written").unwrap_err().is_invalid());
    let level = message(("zlib", 12));
    assert!(level.contains("1 to 9") && level.contains("12"), "{level}");
    assert!(message(("zlib", -1)).contains("-1"));
    assert!(message(Compression::new(Method::Gzip).level(0)).contains("1 to 9"));
    assert!(message(("zlib", 256)).contains("256"));
}

#[test]
fn a_missing_feature_is_named() {
    let features =
        [("zstd", "zstd"), ("lz4", "lz4"), ("xz", "xz"), ("lzma", "xz"), ("bz2", "bz2"), ("pco", "pco")];
    for (name, feature) in features {
        let method: Method = name.parse().unwrap();
        match name.into_compression() {
            Ok(compression) => assert!(method.is_available() && compression.method() == method),
            Err(error) => {
                assert!(!method.is_available() && error.is_unsupported());
                assert!(error.to_string().contains(&format!("feature `{feature}`")), "{error}");
                let dumped = Dump::new().compress(name).write(&1, "never-written").unwrap_err();
                assert!(dumped.is_unsupported());
            }
        }
    }
}

/// Stores bytes behind a prefix.
struct Plain(&'static str);

struct PlainWriter<'w>(Box<dyn Write + 'w>);

impl Compressor for Plain {
    fn name(&self) -> &str {
        self.0
    }

    fn extension(&self) -> &str {
        ".plain"
    }

    fn prefix(&self) -> &[u8] {
        b"PLAIN\0"
    }

    fn writer<'w>(
        &self,
        mut sink: Box<dyn Write + 'w>,
        _level: u8,
    ) -> io::Result<Box<dyn StreamWriter + 'w>> {
        sink.write_all(self.prefix())?;
        Ok(Box::new(PlainWriter(sink)))
    }

    fn reader<'r>(&self, mut source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        source.read_exact(&mut [0; 6])?;
        Ok(source)
    }
}

impl Write for PlainWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl StreamWriter for PlainWriter<'_> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.flush()
    }
}

#[test]
fn registration_refuses_duplicates_unless_forced() {
    let method = register_compressor(Plain("plain"), false).unwrap();
    assert_eq!(method.name(), "plain");
    assert_eq!("plain".into_compression().unwrap().method(), method);
    assert_eq!(Method::from_extension("a.plain"), Some(method));
    assert!(register_compressor(Plain("plain"), false).unwrap_err().to_string().contains("force"));
    assert_eq!(register_compressor(Plain("plain"), true).unwrap(), method);
    for built_in in ["zlib", "zstd", "none"] {
        assert!(register_compressor(Plain(built_in), true).unwrap_err().is_invalid());
    }
    for name in ["", "a name that is longer than thirty-two bytes"] {
        assert!(register_compressor(Plain(name), false).unwrap_err().is_invalid());
    }
}
