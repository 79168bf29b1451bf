//! Whole streams that other tools read and write: `gzip -d`, `xz -d`, Python's joblib.

#[cfg(any(feature = "bz2", feature = "lz4", feature = "xz", feature = "zstd"))]
mod joined;
#[cfg(any(feature = "zlib", feature = "bz2", feature = "lz4", feature = "xz", feature = "zstd"))]
mod pieces;
mod reader;

#[cfg(any(feature = "bz2", feature = "lz4", feature = "xz", feature = "zstd"))]
pub(crate) use joined::Joined;
#[cfg(any(feature = "zlib", feature = "bz2", feature = "lz4", feature = "xz", feature = "zstd"))]
pub(crate) use pieces::PieceWriter;
#[cfg(feature = "zlib")]
pub(crate) use pieces::{Framing, Piece};
pub(crate) use reader::StreamReader;

use super::{Compression, StreamWriter, registry};
use joblib_core::{Error, Result};
use std::io::{ErrorKind, Write};

/// A writer that compresses everything written to it into `sink`, as one file of the method's own format.
///
/// # Errors
///
/// A method that is not available or has no such format, a level it does not know, and errors of `sink`.
pub(crate) fn stream_writer<'w>(
    compression: &Compression,
    sink: impl Write + 'w,
) -> Result<Box<dyn StreamWriter + 'w>> {
    let level = compression.checked_level()?;
    let codec = registry::codec(compression.method())?;
    codec.writer(Box::new(sink), level).map_err(|error| match error.kind() {
        ErrorKind::Unsupported | ErrorKind::InvalidInput => Error::unsupported(error.to_string()),
        _ => Error::stream("cannot write", error),
    })
}

#[cfg(test)]
mod tests;
