//! Writing at any position, an array's bytes on several threads, with checksums taken on the way.
//!
//! Of 800 MB on ext4 and two cores, beside one preallocated `write` of all bytes without sums (110 ms):
//! without preallocation 0.70 of its speed; with sums, part by part behind a header of 128 bytes, 0.72; the
//! same with parts that end at page borders 0.82; on two threads, half and half 0.95, part by part in turn
//! 1.0, which is what is done here.

use super::checksum::digest_of;
use super::{Digester, PART};
use crate::parallel;
use crate::payload::Payload;
use joblib_core::pool::Site;
use joblib_core::{Error, Result};
use std::fs::File;
use std::io;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// What was computed from an array's bytes while they were written.
pub(crate) struct Sums {
    /// As [`super::digest`] computes it.
    pub(crate) digest: u128,
    /// ZIP's, if it was asked for.
    pub(crate) crc: Option<crc32fast::Hasher>,
}

/// From here on writing is spread over the cores: while one copies into the page cache, which only one can do
/// to a file at a time, another computes sums.
const PARALLEL: usize = 4 << 20;

/// A part that ends inside a page makes the system touch that page twice.
const PAGE: u64 = 4096;

static SITE: Site = Site::new();

/// Writes the bytes of `payload` to `file` from `offset` on.
pub(crate) fn write_payload(
    file: &File,
    path: &Path,
    offset: u64,
    payload: &Payload<'_>,
    with_crc: bool,
) -> Result<Sums> {
    match payload.as_slice() {
        Some(bytes) if bytes.len() >= PARALLEL => write_slice(file, path, offset, bytes, with_crc),
        _ => write_chunks(file, path, offset, payload, with_crc),
    }
}

fn write_chunks(
    file: &File,
    path: &Path,
    mut offset: u64,
    payload: &Payload<'_>,
    with_crc: bool,
) -> Result<Sums> {
    let mut digester = Digester::default();
    let mut crc = with_crc.then(crc32fast::Hasher::new);
    payload.for_each_chunk(|chunk| {
        for part in chunk.chunks(PART) {
            digester.update(part);
            if let Some(crc) = &mut crc {
                crc.update(part);
            }
            write_all_at(file, path, part, offset)?;
            offset += part.len() as u64;
        }
        Ok(())
    })?;
    Ok(Sums { digest: digester.finish(), crc })
}

/// A part of a slice, and what is found of it.
struct Part<'b> {
    bytes: &'b [u8],
    sum: u64,
    crc: Option<crc32fast::Hasher>,
}

fn write_slice(file: &File, path: &Path, offset: u64, bytes: &[u8], with_crc: bool) -> Result<Sums> {
    let mut parts: Vec<Part<'_>> =
        bytes.chunks(PART).map(|bytes| Part { bytes, sum: 0, crc: None }).collect();
    // Sums are of whole parts; the ranges written begin and end earlier, at page borders.
    let early = (offset % PAGE) as usize;
    let items = parts.iter_mut().enumerate().collect();
    parallel::try_for_each(
        &SITE,
        items,
        || (),
        |(), (index, part): (usize, &mut Part<'_>)| {
            part.sum = xxh3_64(part.bytes);
            part.crc = with_crc.then(|| {
                let mut crc = crc32fast::Hasher::new();
                crc.update(part.bytes);
                crc
            });
            let start = index * PART;
            let end = start + part.bytes.len();
            let start = if start == 0 { 0 } else { start - early };
            let end = if end == bytes.len() { end } else { end - early };
            write_all_at(file, path, &bytes[start..end], offset + start as u64)
        },
    )?;
    let crc = parts.iter_mut().filter_map(|part| part.crc.take()).reduce(|mut before, part| {
        before.combine(&part);
        before
    });
    Ok(Sums { digest: digest_of(parts.iter().map(|part| part.sum)), crc })
}

/// Writes all `bytes` from `offset` on.
pub(crate) fn write_all_at(file: &File, path: &Path, bytes: &[u8], offset: u64) -> Result<()> {
    put(file, bytes, offset).map_err(|error| Error::io("cannot write", path, error))
}

#[cfg(unix)]
fn put(file: &File, bytes: &[u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::write_all_at(file, bytes, offset)
}

#[cfg(windows)]
fn put(file: &File, mut bytes: &[u8], mut offset: u64) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = std::os::windows::fs::FileExt::seek_write(file, bytes, offset)?;
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        bytes = &bytes[written..];
        offset += written as u64;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::digest;
    use joblib_core::array::{Container, DType};

    #[test]
    fn threads_write_what_one_writes() {
        let bytes: Vec<u8> = (0..PARALLEL + 3 * PART + 77).map(|i| (i * 7 % 251) as u8).collect();
        for (len, offset) in [(bytes.len(), 128), (bytes.len(), 4096), (PARALLEL, 5000), (100, 3), (0, 9)] {
            let bytes = &bytes[..len];
            let path = tempfile::NamedTempFile::new().unwrap().into_temp_path();
            let file = File::create(&path).unwrap();
            let shape = [len];
            let payload = Payload::collected(DType::U8, Container::Sequence, &shape, bytes);
            let sums = write_payload(&file, &path, offset, &payload, true).unwrap();
            assert_eq!(sums.digest, digest(bytes));
            assert_eq!(sums.crc.unwrap().finalize(), crc32fast::hash(bytes));
            let written = std::fs::read(&path).unwrap();
            assert_eq!(written.get(offset as usize..).unwrap_or_default(), bytes);
        }
    }
}
