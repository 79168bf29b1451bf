//! LZ4: the block format in blocks, the frame format in streams (`.lz4`).

use crate::compress::compressor::{Compressor, Speed, StreamWriter, damaged};
use crate::compress::stream::{Joined, PieceWriter};
use joblib_core::array::DType;
use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use lz4_flex::frame::{BlockMode, BlockSize, FrameDecoder, FrameEncoder, FrameInfo};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::ops::RangeInclusive;

pub(crate) struct Lz4;

impl Compressor for Lz4 {
    fn name(&self) -> &str {
        "lz4"
    }

    /// Python's levels; the encoder has one speed, so all of them mean the same.
    fn levels(&self) -> RangeInclusive<u8> {
        1..=16
    }

    fn default_level(&self) -> u8 {
        1
    }

    fn speed(&self, _level: u8) -> Speed {
        Speed::Fast
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        let piece_len = 4 << 20;
        Ok(Box::new(PieceWriter::new(sink, Joined { piece_len, level, compress: frame })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(Box::new(FramesReader(FrameDecoder::new(BufReader::with_capacity(64 * 1024, source)))))
    }

    fn block_bound(&self, raw_len: usize) -> usize {
        get_maximum_output_size(raw_len)
    }

    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        _level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        Ok(compress_into(raw, packed).ok())
    }

    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        match decompress_into(packed, raw) {
            Ok(len) if len == raw.len() => Ok(()),
            Ok(_) => Err(damaged("an LZ4 block does not have its declared size")),
            Err(error) => Err(damaged(error.to_string())),
        }
    }
}

/// A frame with a checksum: `lz4 -d` and Python read joined frames as one.
fn frame(raw: &[u8], _level: u8) -> io::Result<Vec<u8>> {
    let info = FrameInfo::new()
        .block_size(BlockSize::Max4MB)
        .block_mode(BlockMode::Independent)
        .content_checksum(true)
        .content_size(Some(raw.len() as u64));
    let mut encoder = FrameEncoder::with_frame_info(info, Vec::new());
    encoder.write_all(raw)?;
    encoder.finish().map_err(io::Error::other)
}

/// Reads frame after frame; the decoder itself reports an end after each.
struct FramesReader<'r>(FrameDecoder<BufReader<Box<dyn Read + 'r>>>);

impl Read for FramesReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.0.read(buffer)?;
            if read > 0 || buffer.is_empty() || self.0.get_mut().fill_buf()?.is_empty() {
                return Ok(read);
            }
        }
    }
}
