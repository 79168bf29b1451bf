//! A part of a file in which an array lies.

use crate::compress::ReadAt;
use crate::file::{PART, Verify, read_at, read_exact_at};
use joblib_core::memmap::MappedFile;
use joblib_core::{Error, MmapMode, Result};
use std::fs::File;
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
