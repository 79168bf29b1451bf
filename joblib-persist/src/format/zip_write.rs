//! Writing a ZIP archive of stored members, with 64-bit sizes where they are needed.
//!
//! The members' data is aligned, by an extra field as Android's `zipalign` uses it (id 0xD935). Sums and
//! sizes are put into a member's header once its data is written. Layout: PKWARE's APPNOTE 6.3, sections 4.3
//! and 4.5.

use crate::file::{preallocate, write_all_at, write_payload};
use crate::payload::Payload;
use joblib_core::Result;
use std::fs::File;
use std::path::Path;

pub(super) const LOCAL: u32 = 0x0403_4b50;
pub(super) const CENTRAL: u32 = 0x0201_4b50;
pub(super) const END: u32 = 0x0605_4b50;
pub(super) const END_64: u32 = 0x0606_4b50;
pub(super) const LOCATOR_64: u32 = 0x0706_4b50;
pub(super) const EXTRA_64: u16 = 1;
const EXTRA_ALIGNMENT: u16 = 0xd935;
pub(super) const LOCAL_FIXED: u64 = 30;
const UTF8_NAMES: u16 = 1 << 11;
/// 1 January 1980: the same value gives the same bytes at any time.
const DATE: u16 = 0x21;
const LIMIT_32: u64 = 0xffff_ffff;

/// An archive being written to a file from its beginning.
pub(crate) struct ZipWriter<'f> {
    file: &'f File,
    path: &'f Path,
    position: u64,
    members: Vec<Member>,
}

struct Member {
    name: String,
    offset: u64,
    len: u64,
    crc: u32,
}

impl<'f> ZipWriter<'f> {
    pub(crate) fn new(file: &'f File, path: &'f Path) -> Self {
        Self { file, path, position: 0, members: Vec::new() }
    }

    /// How many members there are; the next one gets this number.
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// Writes a member whose data begins at a multiple of `alignment`, after `lead` bytes that are written
    /// first.
    ///
    /// `expected` is the length of the data, or more.
    pub(crate) fn member<R>(
        &mut self,
        name: String,
        alignment: u16,
        lead: &[u8],
        expected: u64,
        write: impl FnOnce(&mut MemberWriter<'_>) -> Result<R>,
    ) -> Result<R> {
        let offset = self.position;
        let large = expected.saturating_add(lead.len() as u64) >= LIMIT_32;
        let header = local_header(&name, offset, alignment, lead.len() as u64, large);
        let start = offset + header.len() as u64;
        self.put(&header)?;
        let (file, path, crc) = (self.file, self.path, crc32fast::Hasher::new());
        let mut writer = MemberWriter { file, path, start, crc, len: 0 };
        writer.write(lead)?;
        let result = write(&mut writer)?;
        let (crc, len) = (writer.crc.finalize(), writer.len);
        self.position = start + len;
        self.patch(offset, name.len() as u64, crc, len, large)?;
        self.members.push(Member { name, offset, len, crc });
        Ok(result)
    }

    /// Puts sum and sizes into the local header of the member just written.
    fn patch(&self, offset: u64, name_len: u64, crc: u32, len: u64, large: bool) -> Result<()> {
        let short = if large { LIMIT_32 as u32 } else { len as u32 };
        let mut fixed = crc.to_le_bytes().to_vec();
        fixed.extend_from_slice(&short.to_le_bytes());
        fixed.extend_from_slice(&short.to_le_bytes());
        self.put_at(offset + 14, &fixed)?;
        if large {
            let sizes = [len.to_le_bytes(), len.to_le_bytes()].concat();
            self.put_at(offset + LOCAL_FIXED + name_len + 4, &sizes)?;
        }
        Ok(())
    }

    /// Writes the central directory; gives the length of the file.
    pub(crate) fn finish(mut self) -> Result<u64> {
        let start = self.position;
        let mut directory = Vec::new();
        for member in &self.members {
            central_header(&mut directory, member);
        }
        let len = directory.len() as u64;
        end_records(&mut directory, self.members.len() as u64, start, len);
        self.put(&directory)?;
        Ok(self.position)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.put_at(self.position, bytes)?;
        self.position += bytes.len() as u64;
        Ok(())
    }

    fn put_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        write_all_at(self.file, self.path, bytes, offset)
    }
}

/// Takes the data of one member.
pub(crate) struct MemberWriter<'f> {
    file: &'f File,
    path: &'f Path,
    /// Of the data in the archive.
    start: u64,
    crc: crc32fast::Hasher,
    len: u64,
}

impl MemberWriter<'_> {
    /// Writes the bytes of an array; gives their digest.
    pub(crate) fn write_payload(&mut self, payload: &Payload<'_>) -> Result<u128> {
        let (position, len) = (self.start + self.len, payload.nbytes() as u64);
        preallocate(self.file, position, len, self.path)?;
        let sums = write_payload(self.file, self.path, position, payload, true)?;
        if let Some(crc) = &sums.crc {
            self.crc.combine(crc);
        }
        self.len += len;
        Ok(sums.digest)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.crc.update(bytes);
        write_all_at(self.file, self.path, bytes, self.start + self.len)?;
        self.len += bytes.len() as u64;
        Ok(())
    }
}

fn local_header(name: &str, offset: u64, alignment: u16, lead: u64, large: bool) -> Vec<u8> {
    let mut header = Vec::new();
    put32(&mut header, LOCAL);
    for field in [if large { 45 } else { 20 }, UTF8_NAMES, 0, 0, DATE] {
        put16(&mut header, field);
    }
    for _ in 0..3 {
        put32(&mut header, 0);
    }
    let sizes = if large { 20 } else { 0 };
    let unpadded = LOCAL_FIXED + name.len() as u64 + sizes + 6;
    let end = offset + unpadded + lead;
    let padding = end.next_multiple_of(alignment.into()) - end;
    put16(&mut header, name.len() as u16);
    put16(&mut header, (sizes + 6 + padding) as u16);
    header.extend_from_slice(name.as_bytes());
    if large {
        put16(&mut header, EXTRA_64);
        put16(&mut header, 16);
        header.resize(header.len() + 16, 0);
    }
    put16(&mut header, EXTRA_ALIGNMENT);
    put16(&mut header, (2 + padding) as u16);
    put16(&mut header, alignment);
    header.resize(header.len() + padding as usize, 0);
    header
}

fn central_header(out: &mut Vec<u8>, member: &Member) {
    let mut wide = Vec::new();
    let mut narrow = |value: u64| {
        if value < LIMIT_32 {
            return value as u32;
        }
        wide.extend_from_slice(&value.to_le_bytes());
        LIMIT_32 as u32
    };
    let (len, _, offset) = (narrow(member.len), narrow(member.len), narrow(member.offset));
    let extra = if wide.is_empty() { 0 } else { 4 + wide.len() as u16 };
    put32(out, CENTRAL);
    for field in [0x0300 | 45, if extra > 0 { 45 } else { 20 }, UTF8_NAMES, 0, 0, DATE] {
        put16(out, field);
    }
    for field in [member.crc, len, len] {
        put32(out, field);
    }
    for field in [member.name.len() as u16, extra, 0, 0, 0] {
        put16(out, field);
    }
    put32(out, 0o100_644 << 16);
    put32(out, offset);
    out.extend_from_slice(member.name.as_bytes());
    if extra > 0 {
        put16(out, EXTRA_64);
        put16(out, wide.len() as u16);
        out.extend_from_slice(&wide);
    }
}

fn end_records(out: &mut Vec<u8>, count: u64, start: u64, len: u64) {
    let end = start + len;
    if count >= 0xffff || start >= LIMIT_32 || len >= LIMIT_32 {
        put32(out, END_64);
        out.extend_from_slice(&44u64.to_le_bytes());
        put16(out, 0x0300 | 45);
        put16(out, 45);
        put32(out, 0);
        put32(out, 0);
        for field in [count, count, len, start] {
            out.extend_from_slice(&field.to_le_bytes());
        }
        put32(out, LOCATOR_64);
        put32(out, 0);
        out.extend_from_slice(&end.to_le_bytes());
        put32(out, 1);
    }
    put32(out, END);
    for field in [0, 0, count.min(0xffff) as u16, count.min(0xffff) as u16] {
        put16(out, field);
    }
    put32(out, len.min(LIMIT_32) as u32);
    put32(out, start.min(LIMIT_32) as u32);
    put16(out, 0);
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}
