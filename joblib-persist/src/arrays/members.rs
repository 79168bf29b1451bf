//! Members of an archive: one per array, the main stream last.

use super::member_names::MemberNames;
use super::region::Region;
use super::sink::Shelf;
use super::source::Regions;
use crate::compress::{BlockTable, Compression, encode_blocks};
use crate::format::npy;
use crate::format::zip_read::Entry;
use crate::format::zip_write::ZipWriter;
use crate::payload::Payload;
use joblib_core::{Error, Result};
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Arrays smaller than this share pages with their neighbours when mapped.
const PAGE_ALIGNED: usize = 64 * 1024;

/// Writes arrays as members of an archive.
pub(crate) struct ArchiveShelf<'f> {
    zip: ZipWriter<'f>,
    names: MemberNames,
}

impl<'f> ArchiveShelf<'f> {
    pub(crate) fn new(zip: ZipWriter<'f>) -> Self {
        Self { zip, names: MemberNames::default() }
    }

    pub(crate) fn into_zip(self) -> ZipWriter<'f> {
        self.zip
    }
}

impl Shelf for ArchiveShelf<'_> {
    fn store(&mut self, name: &str, payload: &Payload<'_>) -> Result<(u64, u128)> {
        let index = self.zip.len() as u64;
        let header = npy::write(payload.dtype(), payload.order(), payload.shape());
        let alignment = if payload.nbytes() < PAGE_ALIGNED { npy::ALIGNMENT as u16 } else { 4096 };
        let name = format!("{}.npy", self.names.give(name));
        let digest = self.zip.member(name, alignment, &header, payload.nbytes() as u64, |member| {
            member.write_payload(payload)
        })?;
        Ok((index, digest))
    }

    fn compress(
        &mut self,
        name: &str,
        payload: &Payload<'_>,
        compression: &Compression,
    ) -> Result<(u64, BlockTable, u128)> {
        let index = self.zip.len() as u64;
        let name = format!("{}.blocks", self.names.give(name));
        let (table, digest) = self.zip.member(name, 1, &[], payload.nbytes() as u64, |member| {
            encode_blocks(payload.dtype(), payload, compression, &mut |bytes| member.write(bytes))
        })?;
        Ok((index, table, digest))
    }
}

/// Finds arrays in an archive.
pub(crate) struct Archive {
    pub(crate) file: Arc<File>,
    pub(crate) path: Arc<Path>,
    pub(crate) entries: Vec<Entry>,
    /// See [`Opened`](crate::layout::input::Opened).
    pub(crate) is_copy: bool,
}

impl Archive {
    pub(crate) fn entry(&self, entry: &Entry) -> Region {
        Region { file: self.file.clone(), path: self.path.clone(), offset: entry.offset, len: entry.len }
    }
}

impl Regions for Archive {
    const IN_ONE_FILE: bool = true;

    fn path(&self) -> &Path {
        &self.path
    }

    fn can_be_found(&self) -> bool {
        !self.is_copy
    }

    fn region(&mut self, index: u64, compressed: bool) -> Result<Region> {
        let extension = if compressed { ".blocks" } else { ".npy" };
        let entry = usize::try_from(index).ok().and_then(|index| self.entries.get(index));
        match entry {
            Some(entry) if entry.name.ends_with(extension) => Ok(self.entry(entry)),
            _ => Err(Error::corrupt("an array refers to a member that the archive does not have")),
        }
    }
}
