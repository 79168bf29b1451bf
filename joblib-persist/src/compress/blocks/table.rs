//! Where the blocks of an array lie and how each is encoded.
//!
//! | bytes | content |
//! |---|---|
//! | 1 | length *n* of the method's name |
//! | *n* | the name, such as `zstd` |
//! | 4 | raw bytes per block, but for the last one: a power of two from 64 KiB to 64 MiB |
//! | 13 per block | form (0 stored, 1 compressed, 2 shuffled and compressed, 3 to 8 the same after taking differences 1 to 6 times over; plus 16 times 1 to 15 for 0 to 14 decimals); bytes in the file (4); XXH3-64 of these bytes, seeded with the block's index plus 2^56 times its form (8) |
//!
//! All little-endian. The blocks themselves follow each other without gaps. How many there are follows from
//! the array's own size, which stands elsewhere.

use crate::compress::filter::{MAX_DECIMALS, MAX_ORDER};
use crate::compress::{Method, registry};
use joblib_core::{Error, Result};
use std::ops::Range;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const ENTRY: usize = 13;
const BLOCK_LENS: std::ops::RangeInclusive<usize> = 1 << 16..=1 << 26;

/// The blocks of one array; stored in the dump's main stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockTable {
    pub(super) method: Method,
    pub(super) block_len: usize,
    pub(super) blocks: Vec<Block>,
    raw_len: u64,
    stored_len: u64,
}

/// One block as it lies in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) form: Form,
    pub(super) stored_len: u32,
    pub(super) checksum: u64,
}

/// What the bytes of a block are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Stored,
    Compressed,
    /// As whole numbers if `decimals` says so, differences taken `order` times over, then shuffled and
    /// compressed.
    Shuffled {
        order: u8,
        decimals: Option<u8>,
    },
}

impl Form {
    fn code(self) -> u8 {
        match self {
            Form::Stored => 0,
            Form::Compressed => 1,
            Form::Shuffled { order, decimals } => {
                2 + order + decimals.map_or(0, |decimals| 16 * (1 + decimals))
            }
        }
    }

    fn from_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Form::Stored),
            1 => Some(Form::Compressed),
            _ => {
                let order = (code & 15).checked_sub(2).filter(|&order| order <= MAX_ORDER)?;
                let decimals = (code >> 4).checked_sub(1);
                decimals
                    .is_none_or(|decimals| decimals <= MAX_DECIMALS)
                    .then_some(Form::Shuffled { order, decimals })
            }
        }
    }
}

/// The checksum of a block's bytes in the file: a block in another's place or of another form is noticed,
/// too.
pub(super) fn checksum(stored: &[u8], index: usize, form: Form) -> u64 {
    xxh3_64_with_seed(stored, index as u64 | u64::from(form.code()) << 56)
}

/// Whether a block is what was written.
pub(super) fn is_intact(block: Block, stored: &[u8], index: usize) -> bool {
    checksum(stored, index, block.form) == block.checksum
}

impl BlockTable {
    pub(super) fn new(method: Method, block_len: usize) -> Self {
        Self { method, block_len, blocks: Vec::new(), raw_len: 0, stored_len: 0 }
    }

    pub(super) fn push(&mut self, block: Block, raw_len: usize) {
        self.blocks.push(block);
        self.raw_len += raw_len as u64;
        self.stored_len += u64::from(block.stored_len);
    }

    /// The method of those blocks that are compressed.
    pub(crate) fn method(&self) -> Method {
        self.method
    }

    /// Bytes of the array itself.
    pub(crate) fn raw_len(&self) -> u64 {
        self.raw_len
    }

    /// Bytes that the blocks take in the file.
    pub(crate) fn stored_len(&self) -> u64 {
        self.stored_len
    }

    /// Where each block lies, counted from the first byte of the first one.
    pub(super) fn places(&self) -> impl Iterator<Item = (Block, Range<u64>)> {
        self.blocks.iter().scan(0, |next, &block| {
            let start = *next;
            *next += u64::from(block.stored_len);
            Some((block, start..*next))
        })
    }

    /// Appends the table to the main stream.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        let name = self.method.name();
        out.push(name.len() as u8);
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(&(self.block_len as u32).to_le_bytes());
        for block in &self.blocks {
            out.push(block.form.code());
            out.extend_from_slice(&block.stored_len.to_le_bytes());
            out.extend_from_slice(&block.checksum.to_le_bytes());
        }
    }

    /// Reads a table that takes exactly `bytes`, for an array of `raw_len` bytes; everything in it is
    /// checked, so that decoding need not.
    ///
    /// # Errors
    ///
    /// A damaged table, and a method that this process does not know.
    pub(crate) fn decode(bytes: &[u8], raw_len: u64) -> Result<Self> {
        let (&name_len, rest) = bytes.split_first().ok_or_else(cut_short)?;
        let (name, rest) = rest.split_at_checked(usize::from(name_len)).ok_or_else(cut_short)?;
        let (block_len, rest) = rest.split_first_chunk::<4>().ok_or_else(cut_short)?;
        let name =
            std::str::from_utf8(name).map_err(|_| Error::corrupt("a compressor's name is not UTF-8"))?;
        let method = registry::by_name(name).ok_or_else(|| registry::not_registered(name))?;
        let block_len = u32::from_le_bytes(*block_len) as usize;
        if !BLOCK_LENS.contains(&block_len) || !block_len.is_power_of_two() {
            return Err(Error::corrupt(format!("blocks of {block_len} bytes")));
        }
        let (entries, rest) = rest.as_chunks::<ENTRY>();
        if !rest.is_empty() || entries.len() as u64 != raw_len.div_ceil(block_len as u64) {
            return Err(Error::corrupt("the block table does not fit the array's size"));
        }
        let mut table = Self::new(method, block_len);
        table.blocks.reserve_exact(entries.len());
        for entry in entries {
            let raw = (raw_len - table.raw_len).min(block_len as u64) as usize;
            table.push(Block::decode(entry, raw)?, raw);
        }
        Ok(table)
    }
}

impl Block {
    /// A block is never longer than its `raw_len` bytes: it would have been stored.
    fn decode(entry: &[u8; ENTRY], raw_len: usize) -> Result<Self> {
        let [form, s0, s1, s2, s3, checksum @ ..] = *entry;
        let form = Form::from_code(form)
            .ok_or_else(|| Error::corrupt(format!("a block of the unknown form {form}")))?;
        let stored_len = u32::from_le_bytes([s0, s1, s2, s3]);
        let len = stored_len as usize;
        let fits = if form == Form::Stored { len == raw_len } else { (1..raw_len).contains(&len) };
        if !fits {
            return Err(Error::corrupt(format!("a block of {len} bytes for {raw_len}")));
        }
        Ok(Self { form, stored_len, checksum: u64::from_le_bytes(checksum) })
    }
}

#[cold]
fn cut_short() -> Error {
    Error::corrupt("the block table is cut short")
}
