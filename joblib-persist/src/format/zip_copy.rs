//! Taking a ZIP archive from a reader: its directory comes last, but the members' own headers say how long
//! they are.

use super::zip_write::{CENTRAL, END, END_64, EXTRA_64, LOCAL, LOCATOR_64};
use crate::file::{PART, cut_off, failed, take, take_bytes};
use joblib_core::{Error, Result};
use std::fs::File;
use std::io::{BufWriter, Read, Write};

/// What may be copied.
#[derive(Clone, Copy)]
pub(crate) struct CopyLimit {
    pub(crate) bytes: u64,
    /// Additional bytes for each member and its entry in the directory.
    pub(crate) allowance: u64,
}

/// Copies the archive that `reader` is at into `out`, up to its end and no further. Its `magic` has already
/// been read.
///
/// # Errors
///
/// Errors of the reader, archives of another form than [`super::zip_write`] gives them, and more than `limit`
/// allows.
pub(crate) fn copy(magic: &[u8; 8], reader: &mut dyn Read, out: File, limit: CopyLimit) -> Result<File> {
    let out = BufWriter::with_capacity(PART, out);
    let mut copier = Copier { reader: &mut magic.chain(reader), out, left: limit.bytes, limit };
    while copier.record()? {}
    copier.out.into_inner().map_err(|error| cannot_copy(error.into_error()))
}

struct Copier<'r> {
    reader: &'r mut dyn Read,
    out: BufWriter<File>,
    left: u64,
    limit: CopyLimit,
}

impl Copier<'_> {
    /// Copies a header or record and what belongs to it; `false` after the last one.
    fn record(&mut self) -> Result<bool> {
        let signature = u32::from_le_bytes(self.fixed()?);
        match signature {
            LOCAL => {
                self.left = self.left.saturating_add(self.limit.allowance);
                let header: [u8; 26] = self.fixed()?;
                let (size, name_len, extra_len) =
                    (u32_at(&header, 14), u16_at(&header, 22), u16_at(&header, 24));
                self.variable(name_len.into())?;
                let extra = self.variable(extra_len.into())?;
                let wide = match extra.first_chunk::<12>() {
                    Some(wide) if size == u32::MAX && u16_at(wide, 0) == EXTRA_64 => Some(wide),
                    _ => None,
                };
                self.data(wide.map_or(u64::from(size), |wide| u64_at(wide, 4)))?;
            }
            CENTRAL => {
                self.left = self.left.saturating_add(self.limit.allowance);
                let header: [u8; 42] = self.fixed()?;
                let lens = [24, 26, 28].map(|at| u64::from(u16_at(&header, at)));
                self.data(lens.iter().sum())?;
            }
            END_64 => {
                let len = u64::from_le_bytes(self.fixed()?);
                self.data(len)?;
            }
            LOCATOR_64 => self.data(16)?,
            END => {
                let record: [u8; 18] = self.fixed()?;
                self.data(u16_at(&record, 16).into())?;
            }
            _ => return Err(Error::corrupt("the archive is damaged, or was not written by `dump`")),
        }
        Ok(signature != END)
    }

    fn fixed<const N: usize>(&mut self) -> Result<[u8; N]> {
        let bytes = take::<N>(self.reader)?;
        self.put(&bytes)?;
        Ok(bytes)
    }

    fn variable(&mut self, len: u64) -> Result<Vec<u8>> {
        let bytes = take_bytes(self.reader, len)?;
        self.put(&bytes)?;
        Ok(bytes)
    }

    fn data(&mut self, len: u64) -> Result<()> {
        let mut buffer = vec![0; len.min(PART as u64) as usize];
        let mut left = len;
        while left > 0 {
            let room = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
            let read = match self.reader.read(&mut buffer[..room]) {
                Ok(0) => return Err(cut_off()),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            self.put(&buffer[..read])?;
            left -= read as u64;
        }
        Ok(())
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        let max = self.limit.bytes;
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| Error::limit(format!("the archive takes more than `memory_limit` = {max}")))?;
        self.out.write_all(bytes).map_err(cannot_copy)
    }
}

#[cold]
fn cannot_copy(error: std::io::Error) -> Error {
    Error::io("cannot copy an archive to a temporary file in", std::env::temp_dir(), error)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from(u16_at(bytes, at)) | u32::from(u16_at(bytes, at + 2)) << 16
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from(u32_at(bytes, at)) | u64::from(u32_at(bytes, at + 4)) << 32
}
