//! Reading: blocks are fetched, verified and decompressed on all cores, each straight to its place.

use super::table::{Block, BlockTable, Form, is_intact};
use crate::compress::compressor::Compressor;
use crate::compress::filter::Filter;
use crate::compress::registry;
use crate::parallel;
use joblib_core::array::DType;
use joblib_core::pool::Site;
use joblib_core::{Error, Result};
use std::ops::Range;

/// Bytes that can be read at any position, from several threads.
pub(crate) trait ReadAt: Sync {
    /// Fills `dst` from `offset` on, counted from the first byte of the blocks.
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> Result<()>;
}

/// Fills `dst` (`table.raw_len()` bytes) from the blocks that `source` holds, on all cores; verifies each
/// block.
///
/// # Errors
///
/// A damaged block, a method that is not built in, and the first error of `source`.
pub(crate) fn decode_blocks(
    table: &BlockTable,
    dtype: DType,
    source: &dyn ReadAt,
    dst: &mut [u8],
) -> Result<()> {
    if dst.len() as u64 != table.raw_len() {
        return Err(Error::invalid(format!("{} bytes for an array of {}", dst.len(), table.raw_len())));
    }
    let needs_codec = table.blocks.iter().any(|block| block.form != Form::Stored);
    let codec = if needs_codec { Some(registry::codec(table.method)?) } else { None };
    let decoder = BlockDecoder { codec, dtype, source };
    let places = table.places().zip(dst.chunks_mut(table.block_len)).enumerate().collect();
    parallel::try_for_each(&SITE, places, Scratch::default, |scratch, (index, ((block, place), raw))| {
        decoder.decode(block, place, index, raw, scratch)
    })
}

static SITE: Site = Site::new();

struct BlockDecoder<'a> {
    codec: Option<&'static dyn Compressor>,
    dtype: DType,
    source: &'a dyn ReadAt,
}

/// The buffers of one thread.
#[derive(Default)]
struct Scratch {
    packed: Vec<u8>,
    planes: Vec<u8>,
}

impl BlockDecoder<'_> {
    fn decode(
        &self,
        block: Block,
        place: Range<u64>,
        index: usize,
        raw: &mut [u8],
        scratch: &mut Scratch,
    ) -> Result<()> {
        let Scratch { packed, planes } = scratch;
        let codec = match self.codec {
            Some(codec) if block.form != Form::Stored => codec,
            _ => {
                self.source.read_exact_at(raw, place.start)?;
                return verify(block, raw, index);
            }
        };
        packed.resize(block.stored_len as usize, 0);
        self.source.read_exact_at(packed, place.start)?;
        verify(block, packed, index)?;
        let result = if let Form::Shuffled { order, decimals } = block.form {
            let unit = self.dtype.unit();
            if decimals.is_some() && !matches!(unit, 4 | 8) {
                return Err(Error::corrupt(format!("block {index} has decimals of elements that have none")));
            }
            planes.resize(raw.len(), 0);
            let result = codec.decompress_block(packed, self.dtype, planes);
            Filter { unit, order, decimals }.undo(planes, raw);
            result
        } else {
            codec.decompress_block(packed, self.dtype, raw)
        };
        result.map_err(|error| Error::corrupt(format!("block {index} ({}): {error}", codec.name())))
    }
}

fn verify(block: Block, stored: &[u8], index: usize) -> Result<()> {
    if is_intact(block, stored, index) {
        return Ok(());
    }
    Err(Error::corrupt(format!("block {index} is damaged: its checksum differs")))
}
