//! The compression methods: one row each.

use super::compressor::Compressor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A row is a method: its name, the extension of its files, how they may begin, the feature that brings it
/// in, and what implements it then.
macro_rules! methods {
    ($(
        $(#[doc = $doc:literal])+
        $method:ident = $name:literal, $extension:literal, $prefixes:expr, if $feature:literal $($codec:ident)::+;
    )+) => {
        /// A compression method.
        ///
        /// All of them can be named in every build; using one whose feature is off is an error that says
        /// which feature to enable.
        ///
        /// # Which to take
        ///
        /// Bytes of arrays are rearranged before they are compressed, so that the methods differ less in size
        /// than in speed. Ratios, and GB/s of `dump` and `load` on two cores:
        ///
        /// | | `i64`, deviation 1000 | `f64` of two decimals | `f64`, a sine | `i64` near multiples |
        /// |---|---|---|---|---|
        /// | zstd 1 | 5.1; 0.8, 1.3 | 4.9; 0.7, 1.3 | 8.4; 0.6, 1.0 | 3.2; 0.2, 0.5 |
        /// | zlib 6 | 5.1; 0.17, 0.5 | 4.9; 0.22, 0.6 | 8.9; 0.16, 0.6 | 3.4; 0.2, 1.0 |
        /// | pco 4 | 5.2; 0.26, 0.9 | 4.6; 0.09, 0.9 | 4.0; 0.12, 0.8 | 5.5; 0.17, 1.1 |
        /// | xz 6 | 5.0; 0.01, 0.1 | 4.7; 0.01, 0.1 | 11.4; 0.01, 0.2 | 4.7; 0.005, 0.1 |
        /// | bz2 9 | 5.0; 0.01, 0.01 | 4.6; 0.01, 0.05 | 11.7; 0.02, 0.1 | 5.0; 0.01, 0.01 |
        ///
        /// So zstd (`compress(true)`), and LZ4 where time counts most; zlib and gzip without C; pco for
        /// integers that lie near multiples of one number, such as times in milliseconds of events once a
        /// second; xz and bz2 for files that other tools must read, or that are written once and sent often.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Method {
            /// Bytes as they are.
            #[default]
            None,
            $($(#[doc = $doc])+ $method,)+
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
            pub const ALL: &'static [Method] = &[$(Method::$method),+];

            /// The name, such as `"zlib"`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    Method::None => "none",
                    $(Method::$method => $name,)+
                    Method::Registered(name) => name,
                }
            }
        }

        /// All of them, whether or not this build has them.
        pub(super) static BUILT_IN: &[BuiltIn] = &[$(BuiltIn {
            method: Method::$method,
            extension: $extension,
            prefixes: &$prefixes,
            feature: $feature,
            #[cfg(feature = $feature)]
            codec: Some(&super::codec::$($codec)::+),
            #[cfg(not(feature = $feature))]
            codec: None,
        }),+];
    };
}

methods! {
    /// zlib, `.z` (feature `zlib`, pure Rust)
    Zlib = "zlib", ".z", [b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"], if "zlib" zlib::Deflate::Zlib;
    /// gzip, `.gz` (feature `zlib`)
    Gzip = "gzip", ".gz", [b"\x1f\x8b"], if "zlib" zlib::Deflate::Gzip;
    /// bzip2, `.bz2` (feature `bz2`)
    Bz2 = "bz2", ".bz2", [b"BZh"], if "bz2" bz2::Bz2;
    /// LZMA2, `.xz` (feature `xz`)
    Xz = "xz", ".xz", [b"\xfd7zXZ\x00"], if "xz" xz::Lzma2::Xz;
    /// LZMA in the format before `.xz`, `.lzma` (feature `xz`)
    Lzma = "lzma", ".lzma", [b"\x5d\x00\x00"], if "xz" xz::Lzma2::Alone;
    /// LZ4, `.lz4` (feature `lz4`)
    Lz4 = "lz4", ".lz4", [b"\x04\x22\x4d\x18"], if "lz4" lz4::Lz4;
    /// Zstandard, `.zst` (feature `zstd`, which needs a C compiler)
    Zstd = "zstd", ".zst", [b"\x28\xb5\x2f\xfd"], if "zstd" zstd::Zstd;
    /// pco, for arrays of numbers only (feature `pco`); what is no array takes the default method
    Pco = "pco", "", [], if "pco" pco::Pco;
}

/// A row.
pub(super) struct BuiltIn {
    pub(super) method: Method,
    pub(super) extension: &'static str,
    /// None where there is no format of whole streams.
    pub(super) prefixes: &'static [&'static [u8]],
    pub(super) feature: &'static str,
    /// `None` where the feature is off.
    pub(super) codec: Option<&'static dyn Compressor>,
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
