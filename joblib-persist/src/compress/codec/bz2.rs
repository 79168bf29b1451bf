//! bzip2, in Rust (libbz2-rs): `.bz2`.

use crate::compress::compressor::{Compressor, Speed, StreamWriter, fit};
use crate::compress::stream::{Joined, PieceWriter};
use bzip2::Compression;
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use joblib_core::array::DType;
use std::io::{self, Read, Write};

pub(crate) struct Bz2;

impl Compressor for Bz2 {
    fn name(&self) -> &str {
        "bz2"
    }

    fn default_level(&self) -> u8 {
        9
    }

    fn speed(&self, _level: u8) -> Speed {
        Speed::Slow
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        // The format's own blocks have 100 kB per level.
        let piece_len = usize::from(level) * 100_000;
        Ok(Box::new(PieceWriter::new(sink, Joined { piece_len, level, compress: stream })))
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(Box::new(MultiBzDecoder::new(source)))
    }

    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        Ok(fit(&stream(raw, level)?, packed))
    }
}

/// A whole `.bz2` stream.
fn stream(raw: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(u32::from(level)));
    encoder.write_all(raw)?;
    encoder.finish()
}
