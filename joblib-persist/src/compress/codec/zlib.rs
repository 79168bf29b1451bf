//! zlib (RFC 1950): `.z`, Python joblib's default.

use super::deflate;
use crate::compress::compressor::{Compressor, StreamWriter};
use crate::compress::stream::{Framing, Piece, PieceWriter};
use joblib_core::array::DType;
use std::io::{self, Read, Write};
use zlib_rs::adler32::{adler32, adler32_combine};

pub(crate) struct Zlib;

impl Compressor for Zlib {
    fn name(&self) -> &str {
        "zlib"
    }

    fn extension(&self) -> &str {
        ".z"
    }

    fn prefix(&self) -> &[u8] {
        b"\x78"
    }

    /// The first byte alone is an ordinary `x`: the two bytes together are a multiple of 31.
    fn recognizes(&self, head: &[u8]) -> bool {
        matches!(head, [0x78, flags, ..] if (0x7800 + u32::from(*flags)) % 31 == 0)
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Ok(Box::new(PieceWriter::new(sink, ZlibFraming { level, adler: 1 })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(Box::new(flate2::read::ZlibDecoder::new(source)))
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

/// One zlib stream of pieces that end in a full flush: readable by everything, unlike joined zlib streams.
struct ZlibFraming {
    level: u8,
    adler: u32,
}

impl Framing for ZlibFraming {
    fn start(&self) -> Vec<u8> {
        let flags = match self.level {
            0..=2 => 0x01,
            3..=5 => 0x5e,
            6 => 0x9c,
            _ => 0xda,
        };
        vec![0x78, flags]
    }

    fn compress(&self, raw: &[u8]) -> io::Result<Piece> {
        let packed = deflate::compress_part(raw, self.level)?;
        Ok(Piece { packed, raw_len: raw.len(), checksum: adler32(1, raw) })
    }

    fn append(&mut self, piece: &Piece) {
        self.adler = adler32_combine(self.adler, piece.checksum, piece.raw_len as u64);
    }

    fn end(&self) -> Vec<u8> {
        [&deflate::FINAL_BLOCK[..], &self.adler.to_be_bytes()].concat()
    }
}
