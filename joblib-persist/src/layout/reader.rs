//! A dump from a reader, front to back: a stream, or one file that a dump was written to; also compressed as
//! a whole.

use super::input::{Incoming, Opened, Settings};
use super::{archive, multi, segments};
use crate::compress::{Method, StreamReader};
use crate::file::{failed, take};
use crate::format::{frame, npy, zip_copy};
use crate::visit::Visiting;
use joblib_core::{Error, Result};
use std::io::Read;
use std::path::Path;
use std::sync::Arc;

/// Hands a decoder at the value's beginning to `visitor`. Nothing is read beyond the value, unless what is
/// read is compressed as a whole. `path` is what errors call the reader.
pub(crate) fn visit(
    reader: &mut dyn Read,
    path: &Path,
    settings: &Settings,
    visitor: &mut dyn Visiting,
) -> Result<()> {
    let mut reader = StreamReader::new(reader).map_err(failed)?;
    let method = reader.method();
    joblib_core::event!(DEBUG, compression = %method, "loading a stream");
    let is_compressed = method != Method::None;
    // By itself: of something foreign and short, that it is foreign is what matters.
    let magic = take(&mut reader)?;
    let mut incoming = Incoming { reader: &mut reader, magic, is_compressed };
    match &magic {
        &segments::MAGIC => segments::visit(&mut incoming, settings, visitor)?,
        &frame::MAGIC => multi::visit_alone(&mut incoming, settings, visitor)?,
        [b'P', b'K', 3, 4, ..] => archive::visit(&copied(&mut incoming, path, settings)?, settings, visitor)?,
        _ => return Err(foreign(&magic)),
    }
    if visitor.is_whole() && is_compressed {
        // To its end, where the method has its own checksum.
        reader.read(&mut [0]).map_err(failed)?;
    }
    Ok(())
}

/// The archive in a nameless file: where its main stream and its arrays are stands at its end.
fn copied(incoming: &mut Incoming<'_>, path: &Path, settings: &Settings) -> Result<Opened> {
    /// Beside the arrays' bytes: a member's header, name and extra field, and the `.npy` header.
    const BESIDE: u64 = 30 + 2 * 0xffff + npy::PREFIX as u64;
    let allowance = if incoming.is_compressed { 0 } else { BESIDE };
    let limit = zip_copy::CopyLimit { bytes: settings.limits.memory_limit, allowance };
    let file = joblib_core::nameless::file()
        .map_err(|error| Error::io("cannot create a temporary file in", std::env::temp_dir(), error))?;
    let file = zip_copy::copy(&incoming.magic, incoming.reader, file, limit)?;
    Ok(Opened { is_copy: true, ..Opened::new(Arc::new(file), path.into())? })
}

/// What other programs write is called by its name.
#[cold]
fn foreign(magic: &[u8; 8]) -> Error {
    Error::corrupt(match magic {
        [0x80, 2..=5, ..] => "not written by `dump`: a Python pickle, which only Python can read",
        [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => {
            "not written by `dump`: an array alone; if it belongs to a dump, load the main file"
        }
        _ => "not written by `dump`",
    })
}
