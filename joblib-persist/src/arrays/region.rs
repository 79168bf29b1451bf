//! A part of a file in which an array lies.

use crate::compress::ReadAt;
use crate::file::{PART, Verify, read_at, read_exact_at, write_all_at};
use crate::format::npy;
use joblib_core::memmap::{FileId, MappedFile};
use joblib_core::{Error, MmapMode, Result};
use std::fs::{File, OpenOptions};
use std::mem::MaybeUninit;
use std::path::Path;
use std::sync::Arc;

/// Bytes `offset` to `offset + len` of an open file.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    pub(crate) file: Arc<File>,
    pub(crate) path: Arc<Path>,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Region {
    /// The same without its first `len` bytes.
    pub(crate) fn skip(&self, len: u64) -> Result<Self> {
        let rest = self.len.checked_sub(len).ok_or_else(|| self.corrupt("an array's header is cut off"))?;
        Ok(Self { offset: self.offset + len, len: rest, ..self.clone() })
    }

    /// The first `len` bytes, fewer if the region is shorter.
    pub(crate) fn prefix(&self, len: usize) -> Result<Vec<u8>> {
        let len = usize::try_from(self.len).map_or(len, |all| all.min(len));
        let mut bytes = vec![0; len];
        read_exact_at(&self.file, &self.path, &mut bytes, self.offset)?;
        Ok(bytes)
    }

    /// Fills `dst`, as long as the region.
    pub(crate) fn read<'b>(&self, dst: &'b mut [MaybeUninit<u8>], verify: Verify) -> Result<&'b mut [u8]> {
        read_at(&self.file, &self.path, self.offset, dst, verify)
    }

    /// Checks the bytes against their digest without keeping them.
    pub(crate) fn verify(&self, digest: u128) -> Result<()> {
        let mut digester = crate::file::Digester::default();
        let mut buffer = vec![0; PART];
        let mut done = 0;
        while done < self.len {
            let part = &mut buffer[..PART.min((self.len - done) as usize)];
            read_exact_at(&self.file, &self.path, part, self.offset + done)?;
            digester.update(part);
            done += part.len() as u64;
        }
        if digester.finish() == digest { Ok(()) } else { Err(self.corrupt("an array's checksum is wrong")) }
    }

    /// Maps the whole file that the region is in.
    pub(crate) fn map(&self, mode: MmapMode) -> Result<MappedFile> {
        MappedFile::of(&self.file, &self.path, mode)
    }

    /// Marks the `.npy` header that the region starts with: its file is mapped for writing as `map`, so the
    /// data may no longer match their checksum.
    pub(crate) fn mark_written(&self, map: &MappedFile) -> Result<()> {
        if !npy::can_be_marked(&self.prefix(npy::MARK + 1)?) {
            return Err(Error::unsupported(
                "an array that `dump` has not written cannot be mapped for writing",
            )
            .with_path(&self.path));
        }
        let failed = |error| Error::io("cannot write", &self.path, error);
        let file = OpenOptions::new().write(true).open(&self.path).map_err(failed)?;
        if FileId::of(&file.metadata().map_err(failed)?, map.path()) != map.id() {
            return Err(
                Error::not_found("the file was replaced while it was being loaded").with_path(&self.path)
            );
        }
        write_all_at(&file, &self.path, &[npy::MARKED], self.offset + npy::MARK as u64)?;
        // Written before any of the data: after a power failure both or only the mark may be there.
        file.sync_data().map_err(failed)
    }

    #[cold]
    pub(crate) fn corrupt(&self, message: &str) -> Error {
        Error::corrupt(message).with_path(&self.path).with_offset(self.offset)
    }
}

/// Reads a region's blocks for decompression.
pub(crate) struct RegionReader<'r>(pub(crate) &'r Region);

impl ReadAt for RegionReader<'_> {
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> Result<()> {
        let Region { file, path, offset: start, len } = self.0;
        if offset.checked_add(dst.len() as u64).is_none_or(|end| end > *len) {
            return Err(self.0.corrupt("a compressed block is cut off"));
        }
        read_exact_at(file, path, dst, start + offset)
    }
}
