//! One file: a ZIP archive of `.npy` members, or of compressed blocks, with the main stream as its last member.
//!
//! The first member says what the archive is. The last one is the main stream, `main.msgpack`; if that is
//! compressed, it is preceded by its block table, `main.table`, and is called `main.blocks`.

use super::{pack, unpack};
use crate::arrays::{Archive, ArchiveShelf, ArraySink, ArraySource};
use crate::dump::Plan;
use crate::file::read_whole;
use crate::format::zip_read::{self, Entry};
use crate::format::zip_write::ZipWriter;
use crate::load::{Opened, Settings};
use crate::stream::{Decoder, Encoder};
use crate::visit::Visit;
use joblib_core::{Error, Result};
use serde::Serialize;
use std::fs::File;
use std::path::Path;

/// Arrays from this size on get a member of their own.
pub(crate) const LEAST: usize = 4096;

const MARKER: &str = "joblib.json";
const MARKER_TEXT: &str = "{\"format\": \"joblib\", \"version\": 1}\n";
const STREAM: &str = "main.msgpack";
const STREAM_BLOCKS: &str = "main.blocks";
const STREAM_TABLE: &str = "main.table";

/// Writes an archive to an empty file; gives its length.
pub(crate) fn write<T: Serialize + ?Sized>(value: &T, file: &File, path: &Path, plan: &Plan) -> Result<u64> {
    let mut zip = ZipWriter::new(file, path);
    put(&mut zip, MARKER, MARKER_TEXT.as_bytes())?;
    let least = plan.least.unwrap_or(LEAST);
    let mut sink = ArraySink::new(ArchiveShelf::new(zip), plan.compression, least, plan.dedup);
    let mut encoder = Encoder::new(Vec::new(), usize::MAX, &mut sink).max_depth(plan.max_depth);
    encoder.value(value).map_err(|error| error.with_path(path))?;
    let stream = encoder.into_output();
    let mut zip = sink.into_shelf().into_zip();
    let stream_len = stream.len() as u64;
    let (table, bytes) = pack(stream, &plan.compression)?;
    if table.is_empty() {
        put(&mut zip, STREAM, &bytes)?;
    } else {
        put(&mut zip, STREAM_TABLE, &[&stream_len.to_le_bytes(), &table[..]].concat())?;
        put(&mut zip, STREAM_BLOCKS, &bytes)?;
    }
    zip.finish()
}

fn put(zip: &mut ZipWriter<'_>, name: &str, bytes: &[u8]) -> Result<()> {
    zip.member(name.to_owned(), 1, &[], bytes.len() as u64, |member| member.write(bytes))
}

/// Hands a decoder at the value's beginning to `visitor`.
pub(crate) fn visit<V: Visit>(opened: &Opened, settings: &Settings, visitor: V) -> Result<V::Output> {
    let (archive, stream) = main_stream(opened, settings)?;
    let mut source = ArraySource::new(archive, settings.limits);
    visitor.visit(&mut Decoder::new(&stream, &mut source).max_depth(settings.max_depth))
}

/// The members of an archive and its main stream.
pub(crate) fn main_stream(opened: &Opened, settings: &Settings) -> Result<(Archive, Vec<u8>)> {
    let entries = zip_read::read(&opened.file, &opened.path, opened.len)?;
    let archive = Archive { file: opened.file.clone(), path: opened.path.clone(), entries };
    check_marker(&archive)?;
    let stream = match &archive.entries[..] {
        [.., table, blocks] if table.name == STREAM_TABLE && blocks.name == STREAM_BLOCKS => {
            let table = member(&archive, table)?;
            let (len, table) = table.split_first_chunk().ok_or_else(no_stream)?;
            let bytes = member(&archive, blocks)?;
            unpack(table, bytes, u64::from_le_bytes(*len), settings.limits.max_bytes)?
        }
        [.., stream] if stream.name == STREAM => member(&archive, stream)?,
        _ => return Err(no_stream()),
    };
    Ok((archive, stream))
}

fn check_marker(archive: &Archive) -> Result<()> {
    let Some(marker) = archive.entries.first().filter(|entry| entry.name == MARKER && entry.len < 1024)
    else {
        return Err(Error::corrupt("a ZIP archive that `dump` did not write"));
    };
    let text = member(archive, marker)?;
    if text == MARKER_TEXT.as_bytes() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&text).trim_end().to_owned();
    Err(Error::unsupported(format!("a dump of another format version: {text}")))
}

/// A whole member, its sum checked.
fn member(archive: &Archive, entry: &Entry) -> Result<Vec<u8>> {
    let len = usize::try_from(entry.len).map_err(|_| super::too_large())?;
    let bytes = read_whole(&archive.file, &archive.path, entry.offset, len)?;
    if crc32fast::hash(&bytes) == entry.crc {
        return Ok(bytes);
    }
    Err(Error::corrupt(format!("the checksum of member {} is wrong", entry.name)).with_offset(entry.offset))
}

#[cold]
fn no_stream() -> Error {
    Error::corrupt("the archive has no main stream")
}
