//! Reading at any position, from several threads, into memory that need not be initialised.

use super::PART;
use super::checksum::digest_of;
use crate::parallel;
use crate::stream::uninit::{self, Filled};
use joblib_core::pool::Site;
use joblib_core::{Error, Result};
use std::fs::{File, Metadata};
use std::io;
use std::mem::MaybeUninit;
use std::path::Path;
use xxhash_rust::xxh3::xxh3_64;

/// What the bytes must be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Verify {
    Nothing,
    /// Their digest, as [`super::digest`] computes it.
    Digest(u128),
}

/// From here on reading is spread over the cores: they fault in and copy pages faster than one.
const PARALLEL: usize = 4 << 20;

/// One thread reads this much in a row: two that fill one huge page wait for each other.
const SHARE: usize = 4 * PART;

static SITE: Site = Site::new();

/// Fills `dst` with the bytes of `file` from `offset` on.
///
/// # Errors
///
/// If the file ends earlier, or the bytes are not what `verify` says.
pub(crate) fn read_at<'b>(
    file: &File,
    path: &Path,
    offset: u64,
    dst: &'b mut [MaybeUninit<u8>],
    verify: Verify,
) -> Result<&'b mut [u8]> {
    let summing = matches!(verify, Verify::Digest(_));
    let shares = if dst.len() < PARALLEL {
        vec![read_share(file, path, offset, dst, summing)?]
    } else {
        let len = dst.len();
        let mut shares: Vec<Share> = (0..len.div_ceil(SHARE)).map(|_| Share::default()).collect();
        let items = dst.chunks_mut(SHARE).zip((offset..).step_by(SHARE)).zip(&mut shares).collect();
        parallel::try_for_each(
            &SITE,
            items,
            || (),
            |(), ((dst, offset), share)| {
                *share = read_share(file, path, offset, dst, summing)?;
                Ok(())
            },
        )?;
        shares
    };
    if let Verify::Digest(expected) = verify
        && digest_of(shares.iter().flat_map(|share| share.sums.iter().copied())) != expected
    {
        return Err(Error::corrupt("an array's checksum is wrong").with_path(path).with_offset(offset));
    }
    let filled: Vec<Filled> = shares.into_iter().flat_map(|share| share.filled).collect();
    uninit::joined(dst, &filled)
}

/// What was read in a row.
#[derive(Default)]
struct Share {
    filled: Vec<Filled>,
    sums: Vec<u64>,
}

fn read_share(
    file: &File,
    path: &Path,
    offset: u64,
    dst: &mut [MaybeUninit<u8>],
    summing: bool,
) -> Result<Share> {
    let mut filled = Vec::with_capacity(dst.len().div_ceil(PART));
    let mut sums = Vec::new();
    for (part, offset) in dst.chunks_mut(PART).zip((offset..).step_by(PART)) {
        let len = part.len();
        let bytes = read_part(file, offset, part).map_err(|error| describe(error, path, offset))?;
        if bytes.len() != len {
            return Err(Error::corrupt("the file is shorter than it says")
                .with_path(path)
                .with_offset(offset));
        }
        if summing {
            sums.push(xxh3_64(bytes));
        }
        filled.push(Filled::of(bytes));
    }
    Ok(Share { filled, sums })
}

#[cold]
fn describe(error: io::Error, path: &Path, offset: u64) -> Error {
    if error.kind() == io::ErrorKind::UnexpectedEof {
        return Error::corrupt("the file is shorter than it says").with_path(path).with_offset(offset);
    }
    Error::io("cannot read", path, error).with_offset(offset)
}

/// Fills `dst` or fails.
#[cfg(unix)]
fn read_part<'b>(file: &File, offset: u64, dst: &'b mut [MaybeUninit<u8>]) -> io::Result<&'b mut [u8]> {
    let mut parts = Vec::with_capacity(1);
    let mut at = offset;
    let mut rest = &mut *dst;
    while !rest.is_empty() {
        match joblib_core::sys::read_at(file, &mut *rest, at) {
            Ok([]) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(read) => {
                let filled = Filled::of(read);
                let len = filled.len();
                parts.push(filled);
                at += len as u64;
                rest = &mut rest[len..];
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    uninit::joined(dst, &parts).map_err(io::Error::other)
}

#[cfg(not(unix))]
fn read_part<'b>(file: &File, offset: u64, dst: &'b mut [MaybeUninit<u8>]) -> io::Result<&'b mut [u8]> {
    let dst = uninit::zeroed(dst);
    fill(file, dst, offset)?;
    Ok(dst)
}

/// Fills `dst` with the bytes from `offset` on.
pub(crate) fn read_exact_at(file: &File, path: &Path, dst: &mut [u8], offset: u64) -> Result<()> {
    fill(file, dst, offset).map_err(|error| describe(error, path, offset))
}

#[cfg(unix)]
fn fill(file: &File, dst: &mut [u8], offset: u64) -> io::Result<()> {
    std::os::unix::fs::FileExt::read_exact_at(file, dst, offset)
}

#[cfg(windows)]
fn fill(file: &File, mut dst: &mut [u8], mut offset: u64) -> io::Result<()> {
    while !dst.is_empty() {
        let read = std::os::windows::fs::FileExt::seek_read(file, dst, offset)?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        dst = &mut dst[read..];
        offset += read as u64;
    }
    Ok(())
}

/// All `len` bytes from `offset` on; the caller has checked `len` against the file's own length.
pub(crate) fn read_whole(file: &File, path: &Path, offset: u64, len: usize) -> Result<Vec<u8>> {
    uninit::filled_vec(len, |dst| read_at(file, path, offset, dst, Verify::Nothing))
}

/// Whether two open files are the same one.
#[cfg(unix)]
pub(crate) fn same_file(a: &Metadata, b: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt;
    (a.dev(), a.ino()) == (b.dev(), b.ino())
}

#[cfg(not(unix))]
pub(crate) fn same_file(a: &Metadata, b: &Metadata) -> bool {
    a.len() == b.len() && a.created().ok() == b.created().ok() && a.modified().ok() == b.modified().ok()
}
