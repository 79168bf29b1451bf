//! Reading a value from a stream.

use super::{ARRAY, BLOCKS, END, HEADER, MAGIC, MAIN};
use crate::compress::{BlockTable, decode_blocks};
use crate::file::{Digester, cut_off, failed, take, take_bytes};
use crate::format::VERSION;
use crate::layout::SliceReader;
use crate::layout::input::{Incoming, Settings};
use crate::stream::{ArrayExt, Decoder, Place, Reference, Source, uninit};
use crate::visit::Visiting;
use joblib_core::{Error, Result};
use std::cell::OnceCell;
use std::io::Read;
use std::mem::MaybeUninit;
use xxhash_rust::xxh3::xxh3_64;

/// Hands a decoder at the value's beginning to `visitor`.
pub(crate) fn visit(
    incoming: &mut Incoming<'_>,
    settings: &Settings,
    visitor: &mut dyn Visiting,
) -> Result<()> {
    let arena = Arena::default();
    let mut source = StreamSource {
        reader: incoming.reader,
        is_compressed: incoming.is_compressed,
        tail: &arena.first,
        settings,
        left: settings.limits.memory_limit,
        array: None,
        part: Vec::new(),
        part_read: 0,
    };
    source.header()?;
    visitor.visit(&mut Decoder::new(&[], &mut source).max_depth(settings.max_depth))?;
    if visitor.is_whole() {
        source.end()?;
    }
    Ok(())
}

/// The segments of a main stream, kept until its value is read: strings are borrowed from them.
#[derive(Default)]
struct Arena {
    first: OnceCell<Box<Segment>>,
}

struct Segment {
    bytes: Vec<u8>,
    next: OnceCell<Box<Segment>>,
}

impl Drop for Arena {
    /// One by one: a long chain dropped recursively would overflow the stack.
    fn drop(&mut self) {
        let mut next = self.first.take();
        while let Some(mut segment) = next {
            next = segment.next.take();
        }
    }
}

struct StreamSource<'r, 'de> {
    reader: &'r mut dyn Read,
    /// As a whole: then its length does not bound the main stream's.
    is_compressed: bool,
    tail: &'de OnceCell<Box<Segment>>,
    settings: &'r Settings,
    left: u64,
    /// The array being read, in order.
    array: Option<Reading>,
    /// A decompressed part of it.
    part: Vec<u8>,
    part_read: usize,
}

struct Reading {
    left: u64,
    /// Of an array that is stored as it is.
    digester: Option<Digester>,
}

impl StreamSource<'_, '_> {
    fn header(&mut self) -> Result<()> {
        let rest: [u8; HEADER - MAGIC.len()] = self.take()?;
        let version = u16::from_le_bytes([rest[0], rest[1]]);
        if version != VERSION || rest[2..].iter().any(|&byte| byte != 0) {
            let message = format!("stream format version {version}; this build reads version {VERSION}");
            return Err(Error::unsupported(message));
        }
        Ok(())
    }

    fn head(&mut self) -> Result<(u8, u64)> {
        let head: [u8; 9] = self.take()?;
        let (kind, len) = (head[0], u64::from_le_bytes(head[1..].try_into().unwrap_or_default()));
        Ok((kind, len))
    }

    fn end(&mut self) -> Result<()> {
        if self.head()? == (END, 0) {
            Ok(())
        } else {
            Err(Error::corrupt("the stream goes on after its value"))
        }
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N]> {
        take(self.reader)
    }

    fn bytes(&mut self, len: u64) -> Result<Vec<u8>> {
        take_bytes(self.reader, len)
    }

    /// Begins the array that follows.
    fn begin(&mut self, array: &ArrayExt<'_>) -> Result<()> {
        let left = array.nbytes as u64;
        let (kind, len) = self.head()?;
        match kind {
            ARRAY if len == left => self.array = Some(Reading { left, digester: Some(Digester::default()) }),
            BLOCKS => {
                self.array = Some(Reading { left, digester: None });
                self.part_of(array, len)?;
            }
            _ => return Err(Error::corrupt("an array is missing from the stream, or has another length")),
        }
        Ok(())
    }

    /// Reads and decompresses a part, whose head says it has `len` bytes.
    fn part_of(&mut self, array: &ArrayExt<'_>, len: u64) -> Result<()> {
        let left = self.array.as_ref().map_or(0, |reading| reading.left);
        let raw_len = u64::from_le_bytes(self.take()?);
        let table_len = u64::from(u32::from_le_bytes(self.take()?));
        let stored = len.checked_sub(12 + table_len);
        if raw_len == 0 || raw_len > left || stored.is_none() {
            return Err(Error::corrupt("a part of an array is longer than the array"));
        }
        let table = self.bytes(table_len)?;
        let table = BlockTable::decode(&table, raw_len)?;
        if Some(table.stored_len()) != stored {
            return Err(Error::corrupt("a part of an array has another length than its blocks"));
        }
        let blocks = self.bytes(table.stored_len())?;
        // Of an array that is passed over, too.
        if raw_len > self.settings.limits.memory_limit {
            return Err(self.too_much());
        }
        let raw_len = usize::try_from(raw_len).map_err(|_| crate::layout::too_large())?;
        self.part_read = 0;
        if raw_len <= self.part.capacity() {
            self.part.resize(raw_len, 0);
            return decode_blocks(&table, array.dtype, &SliceReader(&blocks), &mut self.part);
        }
        // Memory is allocated as blocks turn out to be real.
        let decode = |dst: &mut [u8]| decode_blocks(&table, array.dtype, &SliceReader(&blocks), dst);
        self.part = uninit::zeroed_vec(raw_len, decode)?;
        Ok(())
    }

    #[cold]
    fn too_much(&self) -> Error {
        let max = self.settings.limits.memory_limit;
        Error::limit(format!("the value takes more than `memory_limit` = {max}"))
    }

    /// Fills `dst` with the next bytes of the array.
    fn continue_array(&mut self, array: &ArrayExt<'_>, dst: &mut [u8]) -> Result<()> {
        if self.array.is_none() {
            self.begin(array)?;
        }
        let mut dst = dst;
        while !dst.is_empty() {
            let Some(reading) = &mut self.array else { return Err(cut_off()) };
            let count = match &mut reading.digester {
                Some(digester) => {
                    self.reader.read_exact(dst).map_err(failed)?;
                    digester.update(dst);
                    dst.len()
                }
                None if self.part_read == self.part.len() => {
                    match self.head()? {
                        (BLOCKS, len) => self.part_of(array, len)?,
                        _ => return Err(cut_off()),
                    }
                    continue;
                }
                None => {
                    let part = &self.part[self.part_read..];
                    let count = part.len().min(dst.len());
                    dst[..count].copy_from_slice(&part[..count]);
                    self.part_read += count;
                    count
                }
            };
            dst = &mut dst[count..];
            self.advance(count as u64)?;
        }
        Ok(())
    }

    /// Notes that `count` bytes of the array were read; after the last one, its digest follows.
    fn advance(&mut self, count: u64) -> Result<()> {
        let Some(reading) = &mut self.array else { return Ok(()) };
        reading.left -= count;
        if reading.left > 0 {
            return Ok(());
        }
        let digester = self.array.take().and_then(|reading| reading.digester);
        let Some(digester) = digester else { return Ok(()) };
        let expected = u128::from_le_bytes(self.take()?);
        if digester.finish() == expected || self.settings.limits.verify == Some(false) {
            Ok(())
        } else {
            Err(Error::corrupt("an array's checksum is wrong"))
        }
    }
}

impl<'de> Source<'de> for StreamSource<'_, 'de> {
    fn more(&mut self) -> Result<Option<&'de [u8]>> {
        let (kind, len) = self.head()?;
        if kind != MAIN {
            return Err(Error::corrupt("the stream has no more of the value"));
        }
        if self.is_compressed {
            self.left = self.left.checked_sub(len).ok_or_else(|| self.too_much())?;
        }
        let bytes = self.bytes(len)?;
        if xxh3_64(&bytes) != u64::from_le_bytes(self.take()?) {
            return Err(Error::corrupt("a segment's checksum is wrong"));
        }
        let segment = self.tail.get_or_init(|| Box::new(Segment { bytes, next: OnceCell::new() }));
        self.tail = &segment.next;
        Ok(Some(&segment.bytes))
    }

    fn check(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        match array.place {
            Place::Elsewhere(Reference::Follows) if array.nbytes > 0 => Ok(()),
            _ => Err(Error::corrupt("an array refers to a file, which a stream does not have")),
        }
    }

    fn reserve(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        self.left = self.left.checked_sub(array.nbytes as u64).ok_or_else(|| self.too_much())?;
        Ok(())
    }

    fn fill<'b>(&mut self, array: &ArrayExt<'de>, dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        let dst = uninit::zeroed(dst);
        self.continue_array(array, dst)?;
        Ok(dst)
    }

    fn skip(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        let mut buffer = vec![0; array.nbytes.min(crate::file::PART)];
        let mut left = array.nbytes;
        while left > 0 {
            let part = left.min(buffer.len());
            self.continue_array(array, &mut buffer[..part])?;
            left -= part;
        }
        Ok(())
    }
}
