//! gzip (RFC 1952): `.gz`.

use super::deflate;
use crate::compress::compressor::{Compressor, StreamWriter};
use crate::compress::stream::{Framing, Piece, PieceWriter};
use joblib_core::array::DType;
use std::io::{self, Read, Write};
use zlib_rs::crc32::{crc32, crc32_combine};

pub(crate) struct Gzip;

impl Compressor for Gzip {
    fn name(&self) -> &str {
        "gzip"
    }

    fn extension(&self) -> &str {
        ".gz"
    }

    fn prefix(&self) -> &[u8] {
        b"\x1f\x8b"
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Ok(Box::new(PieceWriter::new(sink, GzipFraming { level, crc: 0, raw_len: 0 })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(Box::new(flate2::read::MultiGzDecoder::new(source)))
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

/// One gzip member of pieces that end in a full flush: Python's joblib reads no second member.
struct GzipFraming {
    level: u8,
    crc: u32,
    raw_len: u64,
}

impl Framing for GzipFraming {
    /// No name, no time: equal values give equal files.
    fn start(&self) -> Vec<u8> {
        const OS_UNKNOWN: u8 = 255;
        vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, OS_UNKNOWN]
    }

    fn compress(&self, raw: &[u8]) -> io::Result<Piece> {
        let packed = deflate::compress_part(raw, self.level)?;
        Ok(Piece { packed, raw_len: raw.len(), checksum: crc32(0, raw) })
    }

    fn append(&mut self, piece: &Piece) {
        self.crc = crc32_combine(self.crc, piece.checksum, piece.raw_len as u64);
        self.raw_len += piece.raw_len as u64;
    }

    fn end(&self) -> Vec<u8> {
        let len_mod_4_gib = self.raw_len as u32;
        [&deflate::FINAL_BLOCK[..], &self.crc.to_le_bytes(), &len_mod_4_gib.to_le_bytes()].concat()
    }
}
