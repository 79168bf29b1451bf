//! What `compress = ..` takes: a method, a level and whether bytes are shuffled first.

use joblib_core::{Error, Result};
use std::path::Path;

/// How arrays and streams are compressed: nothing by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Compression {
    method: Method,
    level: Option<u8>,
    shuffle: Shuffle,
}

/// The algorithm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Bytes as they are.
    #[default]
    None,
    /// Deflate, RFC 1950 where a whole stream is written.
    Zlib,
}

/// Whether the bytes of an array's elements are transposed before compression.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Shuffle {
    /// Decided per array, by compressing a sample both ways.
    #[default]
    Auto,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Compression {
    /// Compression by `method` at its default level.
    #[must_use]
    pub const fn new(method: Method) -> Self {
        Self { method, level: None, shuffle: Shuffle::Auto }
    }

    /// The algorithm.
    #[must_use]
    pub const fn method(&self) -> Method {
        self.method
    }

    /// Whether bytes are stored as they are.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        matches!(self.method, Method::None)
    }

    /// The whole-stream compression that a file's extension asks for, if it names one.
    #[must_use]
    pub fn from_extension(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "z" => Some(Self::new(Method::Zlib)),
            _ => None,
        }
    }
}

/// Anything that says how to compress: `true`, a level, `"zstd"`, `("zlib", 3)`, a [`Compression`].
pub trait IntoCompression {
    /// The compression that is meant.
    ///
    /// # Errors
    ///
    /// Unknown methods and levels out of range.
    fn into_compression(self) -> Result<Compression>;
}

impl IntoCompression for Compression {
    fn into_compression(self) -> Result<Compression> {
        Ok(self)
    }
}

impl IntoCompression for &str {
    fn into_compression(self) -> Result<Compression> {
        match self {
            "none" => Ok(Compression::default()),
            "zlib" => Ok(Compression::new(Method::Zlib)),
            other => Err(Error::invalid(format!("unknown compression method `{other}`"))),
        }
    }
}
