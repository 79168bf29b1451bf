//! The names of the compression methods.

use super::registry;
use joblib_core::{Error, Result};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::ops::RangeInclusive;
use std::path::Path;
use std::str::FromStr;

/// A compression method.
///
/// All of them can be named in every build; using one whose feature is off is an error that says which
/// feature to enable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Method {
    /// Bytes as they are.
    #[default]
    None,
    /// zlib, `.z` (feature `zlib`, on by default)
    Zlib,
    /// gzip, `.gz` (feature `zlib`)
    Gzip,
    /// bzip2, `.bz2` (feature `bz2`)
    Bz2,
    /// LZMA2, `.xz` (feature `xz`)
    Xz,
    /// LZMA in the format before `.xz`, `.lzma` (feature `xz`)
    Lzma,
    /// LZ4, `.lz4` (feature `lz4`)
    Lz4,
    /// Zstandard, `.zst` (feature `zstd`, which needs a C compiler)
    Zstd,
    /// pco, for arrays of numbers only (feature `pco`); what is no array takes the default method
    Pco,
    /// One's own, by the name it was [registered](crate::register_compressor) under.
    Registered(&'static str),
}

impl Method {
    /// The built-in methods that compress, whether or not this build has them.
    ///
    /// ```
    /// use joblib::Method;
    ///
    /// let mut here = Method::ALL.iter().filter(|method| method.is_available());
    /// assert!(here.any(|&method| method == Method::Zlib));
    /// ```
    pub const ALL: &'static [Method] = &[
        Method::Zlib,
        Method::Gzip,
        Method::Bz2,
        Method::Xz,
        Method::Lzma,
        Method::Lz4,
        Method::Zstd,
        Method::Pco,
    ];

    /// The name, such as `"zlib"`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Method::None => "none",
            Method::Zlib => "zlib",
            Method::Gzip => "gzip",
            Method::Bz2 => "bz2",
            Method::Xz => "xz",
            Method::Lzma => "lzma",
            Method::Lz4 => "lz4",
            Method::Zstd => "zstd",
            Method::Pco => "pco",
            Method::Registered(name) => name,
        }
    }

    /// Whether this build can compress and decompress with it.
    #[must_use]
    pub fn is_available(self) -> bool {
        self == Method::None || registry::codec(self).is_ok()
    }

    /// The levels it knows; empty for [`Method::None`] and for a method that is not available.
    #[must_use]
    #[expect(clippy::reversed_empty_ranges, reason = "no levels: the range is to be empty")]
    pub fn levels(self) -> RangeInclusive<u8> {
        registry::codec(self).map_or(1..=0, |codec| codec.levels())
    }

    /// The method that `compress = true` stands for: Zstandard where it is built in, else LZ4, else zlib. [`Method::None`] where none
    /// of them is.
    #[must_use]
    pub fn preferred() -> Self {
        let built = |method: &Method| method.is_available();
        [Method::Zstd, Method::Lz4, Method::Zlib].into_iter().find(built).unwrap_or(Method::None)
    }

    /// The method whose files have `path`'s extension.
    #[must_use]
    pub fn from_extension(path: impl AsRef<Path>) -> Option<Self> {
        registry::by_extension(path.as_ref().extension()?.to_str()?)
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// By its name.
impl Serialize for Method {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for Method {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Method {
    type Err = Error;

    /// # Errors
    ///
    /// An unknown name; the message lists the known ones.
    fn from_str(name: &str) -> Result<Self> {
        registry::by_name(name).ok_or_else(|| {
            let known = registry::names().join(", ");
            Error::invalid(format!("unknown compression method `{name}`: it is one of {known}"))
        })
    }
}
