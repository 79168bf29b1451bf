//! Whole streams that other tools read and write: `gzip -d`, `xz -d`, Python's joblib.

// What no codec of a build needs stays unused there.
#[allow(dead_code)]
mod joined;
#[allow(dead_code)]
mod pieces;
mod reader;

pub(crate) use reader::StreamReader;
#[allow(unused_imports)]
pub(crate) use {
    joined::Joined,
    pieces::{Framing, Piece, PieceWriter},
};

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
