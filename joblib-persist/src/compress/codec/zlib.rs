//! zlib (RFC 1950): `.z`, Python joblib's default; and gzip (RFC 1952): `.gz`. Blocks are the same.

use super::deflate;
use crate::compress::compressor::{Compressor, StreamWriter};
use crate::compress::stream::{Framing, Piece, PieceWriter};
use flate2::read::{MultiGzDecoder, ZlibDecoder};
use joblib_core::array::DType;
use std::io::{self, Read, Write};
use zlib_rs::adler32::{adler32, adler32_combine};
use zlib_rs::crc32::{crc32, crc32_combine};

/// The two formats of whole streams.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deflate {
    Zlib,
    Gzip,
}

impl Compressor for Deflate {
    fn name(&self) -> &str {
        match self {
            Deflate::Zlib => "zlib",
            Deflate::Gzip => "gzip",
        }
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        let sum = if *self == Deflate::Zlib { 1 } else { 0 };
        Ok(Box::new(PieceWriter::new(sink, OneStream { format: *self, level, sum, raw_len: 0 })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(match self {
            Deflate::Zlib => Box::new(ZlibDecoder::new(source)),
            Deflate::Gzip => Box::new(MultiGzDecoder::new(source)),
        })
    }

    fn block_bound(&self, raw_len: usize) -> usize {
        deflate::bound(raw_len)
    }

    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        deflate::compress(raw, level, packed)
    }

    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        deflate::decompress(packed, raw)
    }
}

/// One zlib stream or gzip member of pieces that end in a full flush: readable by everything, unlike joined
/// zlib streams; and Python's joblib reads no second member.
struct OneStream {
    format: Deflate,
    level: u8,
    /// Adler-32 or CRC-32.
    sum: u32,
    raw_len: u64,
}

impl Framing for OneStream {
    fn start(&self) -> Vec<u8> {
        /// No name, no time: equal values give equal files.
        const GZIP: [u8; 10] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, OS_UNKNOWN];
        const OS_UNKNOWN: u8 = 255;
        match (self.format, self.level) {
            (Deflate::Zlib, 0..=2) => vec![0x78, 0x01],
            (Deflate::Zlib, 3..=5) => vec![0x78, 0x5e],
            (Deflate::Zlib, 6) => vec![0x78, 0x9c],
            (Deflate::Zlib, _) => vec![0x78, 0xda],
            (Deflate::Gzip, _) => GZIP.to_vec(),
        }
    }

    fn compress(&self, raw: &[u8]) -> io::Result<Piece> {
        let packed = deflate::compress_part(raw, self.level)?;
        let checksum = match self.format {
            Deflate::Zlib => adler32(1, raw),
            Deflate::Gzip => crc32(0, raw),
        };
        Ok(Piece { packed, raw_len: raw.len(), checksum })
    }

    fn append(&mut self, piece: &Piece) {
        let combine = if self.format == Deflate::Zlib { adler32_combine } else { crc32_combine };
        self.sum = combine(self.sum, piece.checksum, piece.raw_len as u64);
        self.raw_len += piece.raw_len as u64;
    }

    fn end(&self) -> Vec<u8> {
        let len_mod_4_gib = self.raw_len as u32;
        match self.format {
            Deflate::Zlib => [&deflate::FINAL_BLOCK[..], &self.sum.to_be_bytes()].concat(),
            Deflate::Gzip => {
                [&deflate::FINAL_BLOCK[..], &self.sum.to_le_bytes(), &len_mod_4_gib.to_le_bytes()].concat()
            }
        }
    }
}
