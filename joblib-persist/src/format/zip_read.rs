//! Reading the directory of a ZIP archive, as strictly as [`super::zip_write`] writes it: members are stored,
//! do not overlap, and lie inside the file.

use super::zip_write::{CENTRAL, END, END_64, EXTRA_64, LOCAL, LOCAL_FIXED, LOCATOR_64};
use crate::file::{read_exact_at, read_whole};
use joblib_core::{Error, Result};
use std::borrow::Cow;
use std::fs::File;
use std::path::Path;

/// A member of an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) name: String,
    /// Of its data in the archive.
    pub(crate) offset: u64,
    pub(crate) len: u64,
    pub(crate) crc: u32,
}

const END_LEN: u64 = 22;
/// How much of the end is read at once.
const END_READ: u64 = 2048;
const CENTRAL_LEN: usize = 46;

/// All members, in the order of the directory, which is that of their data.
///
/// # Errors
///
/// I/O errors, and anything that is not such an archive.
pub(crate) fn read(file: &File, path: &Path, file_len: u64) -> Result<Vec<Entry>> {
    let archive = Archive::open(file, path, file_len)?;
    let (count, start, len) = archive.directory(file_len)?;
    let bytes = archive.bytes(start, usize::try_from(len).map_err(|_| damaged())?)?;
    let mut rest = &bytes[..];
    let mut entries = Vec::new();
    let mut free_from = 0;
    for _ in 0..count {
        let (name, header, len, crc) = central(&mut rest)?;
        if header < free_from {
            return Err(damaged());
        }
        let offset = archive.data_offset(header, &name, start)?;
        free_from = offset.checked_add(len).filter(|&end| end <= start).ok_or_else(damaged)?;
        entries.push(Entry { name, offset, len, crc });
    }
    if rest.is_empty() { Ok(entries) } else { Err(damaged()) }
}

/// An archive being read. Its end is read at once: the directory of a few members is there, and what is read
/// before it.
struct Archive<'f> {
    file: &'f File,
    path: &'f Path,
    end: Vec<u8>,
    end_start: u64,
}

impl<'f> Archive<'f> {
    fn open(file: &'f File, path: &'f Path, file_len: u64) -> Result<Self> {
        let len = file_len.min(END_READ);
        let mut end = vec![0; len as usize];
        read_exact_at(file, path, &mut end, file_len - len)?;
        Ok(Self { file, path, end, end_start: file_len - len })
    }

    fn bytes(&self, offset: u64, len: usize) -> Result<Cow<'_, [u8]>> {
        let here =
            offset.checked_sub(self.end_start).and_then(|at| self.end.get(usize::try_from(at).ok()?..));
        if let Some(bytes) = here.and_then(|rest| rest.get(..len)) {
            return Ok(Cow::Borrowed(bytes));
        }
        read_whole(self.file, self.path, offset, len).map(Cow::Owned)
    }

    /// Number of entries, start and length of the central directory.
    fn directory(&self, file_len: u64) -> Result<(u64, u64, u64)> {
        let end = file_len.checked_sub(END_LEN).ok_or_else(damaged)?;
        let record = self.bytes(end, END_LEN as usize)?;
        let mut fields = &record[..];
        if u32_of(&mut fields)? != END || u32_of(&mut fields)? != 0 {
            return Err(damaged());
        }
        let (count, again) = (u16_of(&mut fields)?, u16_of(&mut fields)?);
        let (len, start) = (u32_of(&mut fields)?, u32_of(&mut fields)?);
        if count != again || u16_of(&mut fields)? != 0 {
            return Err(damaged());
        }
        let (count, start, len, directory_end) = if count == 0xffff || start == u32::MAX || len == u32::MAX {
            self.directory_64(end)?
        } else {
            (u64::from(count), u64::from(start), u64::from(len), end)
        };
        let inside = start.checked_add(len) == Some(directory_end);
        if inside && count.checked_mul(CENTRAL_LEN as u64).is_some_and(|least| least <= len) {
            Ok((count, start, len))
        } else {
            Err(damaged())
        }
    }

    fn directory_64(&self, end: u64) -> Result<(u64, u64, u64, u64)> {
        let at = end.checked_sub(76).ok_or_else(damaged)?;
        let records = self.bytes(at, 76)?;
        let mut fields = &records[..];
        if u32_of(&mut fields)? != END_64 || u64_of(&mut fields)? != 44 {
            return Err(damaged());
        }
        fields = &fields[12..];
        let (count, again) = (u64_of(&mut fields)?, u64_of(&mut fields)?);
        let (len, start) = (u64_of(&mut fields)?, u64_of(&mut fields)?);
        let locator =
            (u32_of(&mut fields)?, u32_of(&mut fields)?, u64_of(&mut fields)?, u32_of(&mut fields)?);
        if count != again || locator != (LOCATOR_64, 0, at, 1) {
            return Err(damaged());
        }
        Ok((count, start, len, at))
    }

    /// Where a member's data starts, which only its local header says.
    fn data_offset(&self, header: u64, name: &str, limit: u64) -> Result<u64> {
        let name_end = header
            .checked_add(LOCAL_FIXED + name.len() as u64)
            .filter(|&end| end <= limit)
            .ok_or_else(damaged)?;
        let local = self.bytes(header, LOCAL_FIXED as usize + name.len())?;
        let mut fields = &local[..];
        if u32_of(&mut fields)? != LOCAL {
            return Err(damaged());
        }
        fields = &fields[22..];
        let (name_len, extra_len) = (u16_of(&mut fields)?, u16_of(&mut fields)?);
        if usize::from(name_len) != name.len() || fields != name.as_bytes() {
            return Err(damaged());
        }
        Ok(name_end + u64::from(extra_len))
    }
}

/// Takes one central header: name, offset of the local header, length, CRC-32.
fn central(rest: &mut &[u8]) -> Result<(String, u64, u64, u32)> {
    let (header, tail) = rest.split_at_checked(CENTRAL_LEN).ok_or_else(damaged)?;
    let mut fields = header;
    if u32_of(&mut fields)? != CENTRAL {
        return Err(damaged());
    }
    fields = &fields[4..];
    let (flags, method) = (u16_of(&mut fields)?, u16_of(&mut fields)?);
    if flags & !(1 << 11) != 0 || method != 0 {
        return Err(Error::unsupported("a ZIP archive that `dump` did not write: members are compressed"));
    }
    fields = &fields[4..];
    let crc = u32_of(&mut fields)?;
    let (stored, raw) = (u32_of(&mut fields)?, u32_of(&mut fields)?);
    let (name_len, extra_len) = (u16_of(&mut fields)?, u16_of(&mut fields)?);
    let comment_len = u16_of(&mut fields)?;
    fields = &fields[8..];
    let offset = u32_of(&mut fields)?;
    let (name, tail) = tail.split_at_checked(name_len.into()).ok_or_else(damaged)?;
    let (extra, tail) = tail.split_at_checked(extra_len.into()).ok_or_else(damaged)?;
    *rest = tail;
    let name = std::str::from_utf8(name).map_err(|_| damaged())?.to_owned();
    if stored != raw || comment_len != 0 {
        return Err(damaged());
    }
    let mut wide = extra;
    if !extra.is_empty() && (u16_of(&mut wide)?, usize::from(u16_of(&mut wide)?)) != (EXTRA_64, wide.len()) {
        return Err(damaged());
    }
    let mut widen = |narrow: u32| if narrow == u32::MAX { u64_of(&mut wide) } else { Ok(u64::from(narrow)) };
    let (len, again, offset) = (widen(raw)?, widen(stored)?, widen(offset)?);
    if len == again && wide.is_empty() { Ok((name, offset, len, crc)) } else { Err(damaged()) }
}

#[cold]
fn damaged() -> Error {
    Error::corrupt("the archive's directory is damaged or cut off")
}

fn bytes_of<const N: usize>(fields: &mut &[u8]) -> Result<[u8; N]> {
    let (bytes, rest) = fields.split_first_chunk().ok_or_else(damaged)?;
    *fields = rest;
    Ok(*bytes)
}

fn u16_of(fields: &mut &[u8]) -> Result<u16> {
    bytes_of(fields).map(u16::from_le_bytes)
}

fn u32_of(fields: &mut &[u8]) -> Result<u32> {
    bytes_of(fields).map(u32::from_le_bytes)
}

fn u64_of(fields: &mut &[u8]) -> Result<u64> {
    bytes_of(fields).map(u64::from_le_bytes)
}
