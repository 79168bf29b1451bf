//! An array's bytes as independent blocks: each is compressed, checksummed and read on its own.

mod decode;
mod encode;
mod table;

pub(crate) use decode::{ReadAt, decode_blocks};
pub(crate) use encode::encode_blocks;
pub(crate) use table::BlockTable;

/// Bytes of a block before compression; the last block of an array may be shorter. As many as digests take at
/// a time.
pub(crate) const BLOCK: usize = crate::file::PART;

#[cfg(test)]
mod tests;
