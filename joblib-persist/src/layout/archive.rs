//! One file: a ZIP archive of `.npy` members, or of compressed blocks, with the main stream as its last
//! member.
//!
//! The first member says what the archive is. The last one is the main stream, `main.msgpack`; if that is
//! compressed, it is preceded by its block table, `main.table`, and is called `main.blocks`.

use super::input::{Opened, Settings};
use super::{Plan, pack, unpack};
use crate::arrays::{Archive, ArchiveShelf, ArraySink, ArraySource};
use crate::file::read_whole;
use crate::format::zip_read::{self, Entry};
use crate::format::zip_write::ZipWriter;
use crate::stream::{Decoder, Encode, Encoder};
use crate::visit::Visiting;
use joblib_core::{Error, Result};
use std::fs::File;
use std::path::Path;

/// Arrays from this size on get a member of their own.
pub(crate) const LEAST: usize = 4096;

const MARKER: &str = "joblib.json";
const MARKER_TEXT: &str = "{\"format\": \"joblib\", \"version\": 2}\n";
const STREAM: &str = "main.msgpack";
const STREAM_BLOCKS: &str = "main.blocks";
const STREAM_TABLE: &str = "main.table";

/// Writes an archive to an empty file; gives its length.
pub(crate) fn write(value: &dyn Encode, file: &File, path: &Path, plan: &Plan) -> Result<u64> {
    let mut zip = ZipWriter::new(file, path);
    put(&mut zip, MARKER, MARKER_TEXT.as_bytes())?;
    let least = plan.least.unwrap_or(LEAST);
    let mut sink = ArraySink::new(ArchiveShelf::new(zip), plan.compression, least, plan.dedup);
    let mut encoder = Encoder::new(Vec::new(), usize::MAX, &mut sink).max_depth(plan.max_depth);
    value.encode(&mut encoder).map_err(|error| error.with_path(path))?;
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
pub(crate) fn visit(opened: &Opened, settings: &Settings, visitor: &mut dyn Visiting) -> Result<()> {
    let (archive, stream) = main_stream(opened, settings)?;
    let mut source = ArraySource::new(archive, settings.limits);
    visitor.visit(&mut Decoder::new(&stream, &mut source).max_depth(settings.max_depth))
}

/// The members of an archive and its main stream.
pub(crate) fn main_stream(opened: &Opened, settings: &Settings) -> Result<(Archive, Vec<u8>)> {
    let entries = zip_read::read(&opened.file, &opened.path, opened.len)?;
    let Opened { file, path, is_copy, .. } = opened;
    let archive = Archive { file: file.clone(), path: path.clone(), entries, is_copy: *is_copy };
    check_marker(&archive)?;
    let stream = match &archive.entries[..] {
        [.., table, blocks] if table.name == STREAM_TABLE && blocks.name == STREAM_BLOCKS => {
            let table = member(&archive, table)?;
            let (len, table) = table.split_first_chunk().ok_or_else(no_stream)?;
            let bytes = member(&archive, blocks)?;
            unpack(table, bytes, u64::from_le_bytes(*len), settings.limits.memory_limit)?
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

#[cfg(test)]
#[cfg(feature = "ndarray")]
mod tests {
    use super::*;
    use crate::{Dump, Loader, inspect};
    use ndarray::Array2;
    use serde::Serialize;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Layer {
        weights: Array2<f64>,
        bias: Box<Array2<f32>>,
        activation: Activation,
    }

    #[derive(Serialize)]
    enum Activation {
        Table(Vec<f64>),
        Spline { knots: Vec<f64> },
        Pair(u8, Vec<f64>),
    }

    #[derive(Serialize)]
    struct Model {
        name: &'static str,
        layers: Vec<Layer>,
        #[serde(flatten)]
        more: BTreeMap<&'static str, Vec<u32>>,
        by_number: BTreeMap<i32, Option<Vec<u16>>>,
        shared: std::sync::Arc<[f64]>,
        again: std::sync::Arc<[f64]>,
    }

    fn layer(activation: Activation) -> Layer {
        Layer { weights: Array2::ones((40, 40)), bias: Box::new(Array2::zeros((50, 50))), activation }
    }

    #[test]
    fn members_are_called_as_the_arrays_are() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.npz");
        let shared: std::sync::Arc<[f64]> = vec![1.5; 1000].into();
        let model = Model {
            name: "names",
            layers: vec![
                layer(Activation::Table(vec![0.5; 700])),
                layer(Activation::Spline { knots: vec![0.1; 800] }),
                layer(Activation::Pair(3, vec![0.2; 900])),
            ],
            more: BTreeMap::from([("../x", vec![7; 2000])]),
            by_number: BTreeMap::from([(-4, Some(vec![9; 4000])), (4, None)]),
            shared: shared.clone(),
            again: shared,
        };
        for dump in [Dump::new().single_file(true), Dump::new().compress(cfg!(feature = "zlib"))] {
            let files = dump.single_file(true).write(&model, &path).unwrap();
            assert_eq!(files, std::slice::from_ref(&path));
            let opened = Opened::open(path.as_path().into()).unwrap();
            let (archive, _) = main_stream(&opened, &Settings::default()).unwrap();
            let members: Vec<&str> =
                archive.entries.iter().filter_map(|entry| Some(entry.name.rsplit_once('.')?.0)).collect();
            let arrays = inspect(&path).unwrap().arrays;
            let mut names: Vec<&str> = arrays.iter().map(|array| array.name.as_str()).collect();
            assert_eq!(names.pop(), Some("again"), "written once, under its first name");
            assert_eq!(names[1..3], ["layers.0.bias", "layers.0.activation.Table"]);
            assert_eq!(names[5], "layers.1.activation.Spline.knots");
            assert_eq!(names[8], "layers.2.activation.Pair.1");
            assert_eq!(names[9..], ["\"../x\"", "by_number.-4", "shared"]);
            let expected: Vec<String> = names.iter().map(|name| name.replace("\"../x\"", "_._x")).collect();
            assert_eq!(members[1..=names.len()], expected);
            for name in ["layers.1.activation.Spline.knots", "layers.2.activation.Pair.1", "again"] {
                assert!(Loader::new().read_part::<Vec<f64>>(&path, name).unwrap().len() >= 800);
            }
        }
    }
}
