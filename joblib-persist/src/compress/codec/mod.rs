//! The built-in compression methods, one per file, each behind the feature of its name.

#[cfg(feature = "zlib")]
mod deflate;
#[cfg(feature = "zlib")]
mod probe;

#[cfg(feature = "bz2")]
mod bz2;
#[cfg(feature = "zlib")]
mod gzip;
#[cfg(feature = "lz4")]
mod lz4;
#[cfg(feature = "pco")]
mod pco;
#[cfg(feature = "xz")]
mod xz;
#[cfg(feature = "zlib")]
mod zlib;
#[cfg(feature = "zstd")]
mod zstd;

#[cfg(not(all(
    feature = "zlib",
    feature = "zstd",
    feature = "lz4",
    feature = "xz",
    feature = "bz2",
    feature = "pco"
)))]
mod absent;

use super::Method;
use super::compressor::Compressor;

/// A built-in method: what implements it, or in its absence what remembers its name.
pub(crate) struct BuiltIn {
    pub(crate) method: Method,
    pub(crate) codec: &'static dyn Compressor,
    pub(crate) feature: &'static str,
    pub(crate) is_built: bool,
}

macro_rules! built_in {
    ($method:ident, $feature:literal, $codec:expr, $extension:literal, $prefix:literal) => {{
        #[cfg(feature = $feature)]
        const CODEC: &dyn Compressor = &$codec;
        #[cfg(not(feature = $feature))]
        const CODEC: &dyn Compressor = &absent::Absent {
            name: Method::$method.name(),
            extension: $extension,
            prefix: $prefix,
            feature: $feature,
        };
        BuiltIn {
            method: Method::$method,
            codec: CODEC,
            feature: $feature,
            is_built: cfg!(feature = $feature),
        }
    }};
}

/// All of them. Those with the longer prefixes come first, as streams are recognised in this order.
pub(crate) static BUILT_IN: [BuiltIn; 8] = [
    built_in!(Xz, "xz", xz::Lzma2::Xz, ".xz", b"\xfd7zXZ\x00"),
    built_in!(Zstd, "zstd", zstd::Zstd, ".zst", b"\x28\xb5\x2f\xfd"),
    built_in!(Lz4, "lz4", lz4::Lz4, ".lz4", b"\x04\x22\x4d\x18"),
    built_in!(Bz2, "bz2", bz2::Bz2, ".bz2", b"BZh"),
    built_in!(Lzma, "xz", xz::Lzma2::Alone, ".lzma", b"\x5d\x00\x00"),
    built_in!(Gzip, "zlib", gzip::Gzip, ".gz", b"\x1f\x8b"),
    built_in!(Zlib, "zlib", zlib::Zlib, ".z", b"\x78"),
    built_in!(Pco, "pco", pco::Pco, "", b""),
];
