//! bzip2, in Rust (libbz2-rs): `.bz2`.

use crate::compress::compressor::{Compressor, Speed, StreamWriter, damaged};
use crate::compress::stream::{Joined, PieceWriter};
use bzip2::read::MultiBzDecoder;
use bzip2::write::BzEncoder;
use bzip2::{Action, Compress, Compression, Decompress, Status};
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
        if packed.is_empty() {
            return Ok(None);
        }
        let mut encoder = Compress::new(Compression::new(u32::from(level)), 0);
        loop {
            let (read, written) = (encoder.total_in() as usize, encoder.total_out() as usize);
            let status = encoder
                .compress(&raw[read..], &mut packed[written..], Action::Finish)
                .map_err(io::Error::other)?;
            if status == Status::StreamEnd {
                return Ok(Some(encoder.total_out() as usize));
            }
            if encoder.total_out() as usize == packed.len() {
                return Ok(None);
            }
        }
    }

    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        let mut decoder = Decompress::new(false);
        loop {
            let (read, written) = (decoder.total_in() as usize, decoder.total_out() as usize);
            let status = decoder
                .decompress(&packed[read..], &mut raw[written..])
                .map_err(|error| damaged(error.to_string()))?;
            let (read_now, written_now) = (decoder.total_in() as usize, decoder.total_out() as usize);
            if status == Status::StreamEnd && read_now == packed.len() && written_now == raw.len() {
                return Ok(());
            }
            if status == Status::StreamEnd || (read_now, written_now) == (read, written) {
                return Err(damaged("a bzip2 block does not have its declared size"));
            }
        }
    }
}

/// A whole `.bz2` stream.
fn stream(raw: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut encoder = BzEncoder::new(Vec::new(), Compression::new(u32::from(level)));
    encoder.write_all(raw)?;
    encoder.finish()
}
