//! A main file and one side file per large array.
//!
//! The side files are written first, under names that no earlier dump used; renaming the main file is the
//! commit. Then the side files of the dump that was replaced are removed. The main file says from the start
//! which side files are its own, so that those of a process that was killed are found.

use super::input::{Incoming, Opened, Settings};
use super::{Plan, pack, unpack};
use crate::arrays::{ArraySink, ArraySource, EXTENSIONS, SideFiles, SideShelf};
use crate::compress::BlockTable;
use crate::file::{
    NewFile, digest, read_exact_at, read_whole, take, take_bytes, unique_number, write_all_at,
};
use crate::format::frame::{self, FIXED, Frame, LONGEST};
use crate::stream::{Decoder, Encode, Encoder};
use crate::visit::Visiting;
use joblib_core::{Error, Result};
use std::fs::{self, File};
use std::path::{Path, PathBuf};

/// Arrays from this size on get a file of their own.
pub(crate) const LEAST: usize = 64 * 1024;

pub(crate) fn write(value: &dyn Encode, path: &Path, plan: &Plan) -> Result<Vec<PathBuf>> {
    let main = NewFile::create(path, side_files)?;
    let generation = unique_number();
    let stem = stem(main.target());
    // Before there is any side file, so that all can be found if this process is killed.
    let mut frame = Frame { stem, generation, side_files: 0, table_len: 0, stream_len: 0, digest: 0 };
    write_all_at(main.file(), path, &frame.encode(), 0)?;
    let shelf = SideShelf::new(&main, frame.stem.clone(), generation, plan.durable);
    let mut sink = ArraySink::new(shelf, plan.compression, plan.least.unwrap_or(LEAST), plan.dedup);
    let mut encoder = Encoder::new(Vec::new(), usize::MAX, &mut sink).max_depth(plan.max_depth);
    value.encode(&mut encoder).map_err(|error| error.with_path(path))?;
    let stream = encoder.into_output();
    let shelf = sink.into_shelf();
    (frame.stream_len, frame.digest) = (stream.len() as u64, digest(&stream));
    let (table, bytes) = pack(stream, &plan.compression)?;
    (frame.side_files, frame.table_len) = (shelf.len() as u32, table.len() as u32);
    let mut position = 0;
    for bytes in [&frame.encode(), &table, &bytes] {
        write_all_at(main.file(), path, bytes, position)?;
        position += bytes.len() as u64;
    }
    let published = main.publish(plan.durable)?;
    let mut files = vec![path.to_owned()];
    files.extend(shelf.keep());
    published.settle()?;
    Ok(files)
}

/// What the side files' names begin with: the main file's name where it can stand in the main file, as much
/// as leaves room for the rest.
fn stem(main: &Path) -> String {
    /// File systems allow 143 bytes or more, of which what follows takes up to 45.
    const ROOM: usize = 96;
    let name = main.file_name().and_then(|name| name.to_str()).filter(|name| frame::is_file_name(name));
    let start = name.and_then(|name| (1..=ROOM).rev().find_map(|end| name.get(..end)));
    start.unwrap_or("dump").to_owned()
}

/// The side files of the dump whose main file, finished or not, is at `main`.
pub(crate) fn side_files(main: &Path) -> Vec<PathBuf> {
    /// Of a dump that is not finished, it is not known how many there are.
    const MISSING: u64 = 16;
    let Ok(file) = File::open(main) else { return Vec::new() };
    let Ok(metadata) = file.metadata() else { return Vec::new() };
    let Ok((frame, _)) = read_frame(&file, main, metadata.len()) else { return Vec::new() };
    let (mut found, mut index) = (Vec::new(), 0);
    let mut last = MISSING;
    while index < last {
        index += 1;
        for extension in EXTENSIONS {
            let path = main.with_file_name(frame.side_file(index, extension));
            if fs::symlink_metadata(&path).is_ok() {
                found.push(path);
                last = index + MISSING;
            }
        }
    }
    found
}

fn read_frame(file: &File, path: &Path, file_len: u64) -> Result<(Frame, usize)> {
    let mut head = vec![0; file_len.min(LONGEST as u64) as usize];
    read_exact_at(file, path, &mut head, 0)?;
    Frame::decode(&head)
}

/// Hands a decoder at the value's beginning to `visitor`.
pub(crate) fn visit(opened: &Opened, settings: &Settings, visitor: &mut dyn Visiting) -> Result<()> {
    let (frame, stream) = main_stream(opened, settings)?;
    let mut source = ArraySource::new(SideFiles::new(opened.path.clone(), frame), settings.limits);
    visitor.visit(&mut Decoder::new(&stream, &mut source).max_depth(settings.max_depth))
}

/// Hands a decoder to `visitor` where there is no more to the dump than its main file.
pub(crate) fn visit_alone(
    incoming: &mut Incoming<'_>,
    settings: &Settings,
    visitor: &mut dyn Visiting,
) -> Result<()> {
    let mut head = incoming.magic.to_vec();
    head.extend(take::<{ FIXED - 8 }>(incoming.reader)?);
    head.extend(take_bytes(incoming.reader, Frame::stem_len(&head)?)?);
    let (frame, _) = Frame::decode(&head)?;
    if frame.side_files > 0 {
        let count = frame.side_files;
        return Err(Error::unsupported(format!(
            "a dump's main file, whose arrays are in {count} files beside it: unpack it if it is compressed, and read it by its path with `load`"
        )));
    }
    let table = take_bytes(incoming.reader, frame.table_len.into())?;
    let stored = match &table[..] {
        [] => frame.stream_len,
        table => BlockTable::decode(table, frame.stream_len)?.stored_len(),
    };
    let max = settings.limits.memory_limit;
    if incoming.is_compressed && stored > max {
        return Err(Error::limit(format!("the main stream takes more than `memory_limit` = {max}")));
    }
    let stream = stream_of(&frame, &table, take_bytes(incoming.reader, stored)?, settings)?;
    let mut source = ArraySource::new(SideFiles::new(Path::new("").into(), frame), settings.limits);
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
    let stream = stream_of(&frame, &table, bytes, settings)?;
    Ok((frame, stream))
}

fn stream_of(frame: &Frame, table: &[u8], bytes: Vec<u8>, settings: &Settings) -> Result<Vec<u8>> {
    let stream = unpack(table, bytes, frame.stream_len, settings.limits.memory_limit)?;
    if digest(&stream) == frame.digest {
        Ok(stream)
    } else {
        Err(Error::corrupt("the main stream's checksum is wrong"))
    }
}
