//! The built-in compression methods, each behind the feature of its name; the rows of `methods!` say which
//! there are.

#[cfg(feature = "bz2")]
pub(super) mod bz2;
#[cfg(feature = "zlib")]
mod deflate;
#[cfg(feature = "lz4")]
pub(super) mod lz4;
#[cfg(feature = "pco")]
pub(super) mod pco;
#[cfg(feature = "zlib")]
mod probe;
#[cfg(feature = "xz")]
pub(super) mod xz;
#[cfg(feature = "zlib")]
pub(super) mod zlib;
#[cfg(feature = "zstd")]
pub(super) mod zstd;
