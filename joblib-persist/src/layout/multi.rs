//! A main file and one side file per large array.
//!
//! The side files are written first, under names that no earlier dump used; renaming the main file is the commit.
//! Then the side files of the dump that was replaced are removed.

use super::{pack, unpack};
use crate::arrays::{ArraySink, ArraySource, SideFiles, SideShelf};
use crate::dump::Plan;
use crate::file::{NewFile, digest, read_exact_at, read_whole, unique_number};
use crate::format::frame::{self, Frame};
use crate::load::{Opened, Settings};
use crate::stream::{Decoder, Encoder};
use crate::visit::Visit;
use joblib_core::{Error, Result};
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Arrays from this size on get a file of their own.
pub(crate) const LEAST: usize = 64 * 1024;

pub(crate) fn write<T: Serialize + ?Sized>(value: &T, path: &Path, plan: &Plan) -> Result<Vec<PathBuf>> {
    let main = NewFile::create(path)?;
    let generation = unique_number();
    let stem = stem(main.target());
    let shelf = SideShelf::new(main.target(), stem.clone(), generation, plan.durable);
    let mut sink = ArraySink::new(shelf, plan.compression, plan.least.unwrap_or(LEAST), plan.dedup);
    let mut encoder = Encoder::new(Vec::new(), usize::MAX, &mut sink).max_depth(plan.max_depth);
    encoder.value(value).map_err(|error| error.with_path(path))?;
    let stream = encoder.into_output();
    let shelf = sink.into_shelf();
    let (stream_len, digest) = (stream.len() as u64, digest(&stream));
    let (table, bytes) = pack(stream, &plan.compression)?;
    let frame = Frame {
        stem,
        generation,
        side_files: shelf.len() as u32,
        table_len: table.len() as u32,
        stream_len,
        digest,
    };
    let mut file = main.file();
    for bytes in [&frame.encode(), &table, &bytes] {
        file.write_all(bytes).map_err(|error| Error::io("cannot write", path, error))?;
    }
    commit(main, plan.durable)?;
    let mut files = vec![path.to_owned()];
    files.extend(shelf.keep());
    Ok(files)
}

/// Puts a new file in the place of a dump, and removes the side files of that.
pub(crate) fn commit(new: NewFile, durable: bool) -> Result<()> {
    let replaced = replaced_side_files(new.target());
    new.commit(durable)?;
    for old in replaced {
        // A reader may have it open or mapped: it keeps it. If it cannot be removed, it is only left over.
        let _ = fs::remove_file(old);
    }
    Ok(())
}

/// What the side files' names begin with: the main file's name where it can stand in the main file.
fn stem(main: &Path) -> String {
    let name = main.file_name().and_then(|name| name.to_str());
    name.filter(|name| frame::is_file_name(name)).unwrap_or("dump").to_owned()
}

/// The side files of the dump at `main`, if there is one.
fn replaced_side_files(main: &Path) -> Vec<PathBuf> {
    let Ok(file) = File::open(main) else { return Vec::new() };
    let Ok(metadata) = file.metadata() else { return Vec::new() };
    let Ok((frame, _)) = read_frame(&file, main, metadata.len()) else { return Vec::new() };
    let directory = main.parent().map(Path::to_owned).unwrap_or_default();
    let prefix = format!("{}_", frame.stem);
    let generation = format!("-{:016x}.", frame.generation);
    let Ok(entries) =
        fs::read_dir(if directory.as_os_str().is_empty() { Path::new(".") } else { &directory })
    else {
        return Vec::new();
    };
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names
        .filter(|name| name.starts_with(&prefix) && name[prefix.len()..].contains(&generation))
        .map(|name| directory.join(name))
        .collect()
}

fn read_frame(file: &File, path: &Path, file_len: u64) -> Result<(Frame, usize)> {
    let mut head = vec![0; file_len.min(4096) as usize];
    read_exact_at(file, path, &mut head, 0)?;
    Frame::decode(&head)
}

/// Hands a decoder at the value's beginning to `visitor`.
pub(crate) fn visit<V: Visit>(opened: &Opened, settings: &Settings, visitor: V) -> Result<V::Output> {
    let (frame, stream) = main_stream(opened, settings)?;
    let mut source = ArraySource::new(SideFiles::new(&opened.path, frame), settings.limits);
    visitor.visit(&mut Decoder::new(&stream, &mut source).max_depth(settings.max_depth))
}

/// The frame of a main file and its main stream.
pub(crate) fn main_stream(opened: &Opened, settings: &Settings) -> Result<(Frame, Vec<u8>)> {
    let (frame, frame_len) = read_frame(&opened.file, &opened.path, opened.len)?;
    let table_end = frame_len as u64 + u64::from(frame.table_len);
    let stored =
        opened.len.checked_sub(table_end).ok_or_else(|| Error::corrupt("the main file is cut off"))?;
    let stored = usize::try_from(stored).map_err(|_| super::too_large())?;
    let table = read_whole(&opened.file, &opened.path, frame_len as u64, frame.table_len as usize)?;
    let bytes = read_whole(&opened.file, &opened.path, table_end, stored)?;
    let stream = unpack(&table, bytes, frame.stream_len, settings.limits.max_bytes)?;
    if digest(&stream) == frame.digest {
        Ok((frame, stream))
    } else {
        Err(Error::corrupt("the main stream's checksum is wrong"))
    }
}
