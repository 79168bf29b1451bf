//! Zstandard (RFC 8878) through the reference library: `.zst`.

use crate::compress::compressor::{Compressor, Speed, StreamWriter};
use crate::compress::stream::{Joined, PieceWriter};
use joblib_core::array::DType;
use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;
use zstd::bulk::{Compressor as Context, Decompressor};

pub(crate) struct Zstd;

thread_local! {
    /// A context takes longer to set up than a block to compress.
    static CONTEXT: RefCell<Option<(u8, Context<'static>)>> = const { RefCell::new(None) };
    static DECOMPRESSOR: RefCell<Option<Decompressor<'static>>> = const { RefCell::new(None) };
}

impl Compressor for Zstd {
    fn name(&self) -> &str {
        "zstd"
    }

    fn levels(&self) -> RangeInclusive<u8> {
        1..=22
    }

    fn default_level(&self) -> u8 {
        1
    }

    fn speed(&self, level: u8) -> Speed {
        if level <= 2 { Speed::Fast } else { Speed::Moderate }
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        let piece_len = 4 << 20;
        Ok(Box::new(PieceWriter::new(sink, Joined { piece_len, level, compress: frame })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        let mut decoder = zstd::stream::read::Decoder::new(source)?;
        decoder.window_log_max(27)?;
        Ok(Box::new(decoder))
    }

    fn block_bound(&self, raw_len: usize) -> usize {
        zstd::zstd_safe::compress_bound(raw_len)
    }

    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        CONTEXT.with_borrow_mut(|slot| {
            let context = match slot {
                Some((current, context)) if *current == level => context,
                _ => &mut slot.insert((level, Context::new(i32::from(level))?)).1,
            };
            context.compress_to_buffer(raw, packed).map(Some)
        })
    }

    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        DECOMPRESSOR.with_borrow_mut(|slot| {
            let context = match slot {
                Some(context) => context,
                None => slot.insert(Decompressor::new()?),
            };
            match context.decompress_to_buffer(packed, raw)? {
                len if len == raw.len() => Ok(()),
                _ => {
                    Err(crate::compress::compressor::damaged("a zstd block does not have its declared size"))
                }
            }
        })
    }
}

/// A frame with a checksum.
fn frame(raw: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut context = Context::new(i32::from(level))?;
    context.include_checksum(true)?;
    context.compress(raw)
}
