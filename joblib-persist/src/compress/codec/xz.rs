//! LZMA2: bare in blocks, as `.xz` in streams; and the older `.lzma` streams.

use crate::compress::compressor::{Compressor, Speed, StreamWriter, damaged, read_exactly};
use crate::compress::stream::{Joined, PieceWriter};
use joblib_core::array::DType;
use lzma_rust2::{
    Lzma2Options, Lzma2Reader, Lzma2Writer, LzmaOptions, LzmaReader, LzmaWriter, XzOptions, XzReader,
    XzWriter,
};
use std::io::{self, Cursor, Read, Write};

/// The two formats of whole streams; blocks are the same.
pub(crate) enum Lzma2 {
    Xz,
    /// `.lzma`, the format before `.xz`: no checksum, one core.
    Alone,
}

/// Beyond this a stream's declared dictionary is refused: `xz -9` needs 64 MiB.
const MAX_DECODER_KIB: u32 = 128 * 1024;

/// Long enough for LZMA to find distant matches, short enough to use every core within bounded memory.
const PIECE: usize = 2 << 20;

impl Compressor for Lzma2 {
    fn name(&self) -> &str {
        match self {
            Lzma2::Xz => "xz",
            Lzma2::Alone => "lzma",
        }
    }

    fn default_level(&self) -> u8 {
        6
    }

    fn speed(&self, _level: u8) -> Speed {
        Speed::Slow
    }

    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>> {
        Ok(match self {
            Lzma2::Xz => {
                Box::new(PieceWriter::new(sink, Joined { piece_len: PIECE, level, compress: stream }))
            }
            Lzma2::Alone => {
                let options = LzmaOptions::with_preset(u32::from(level));
                Box::new(LzmaStream(LzmaWriter::new_use_header(sink, &options, None)?))
            }
        })
    }

    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>> {
        Ok(match self {
            Lzma2::Xz => Box::new(XzReader::new_mem_limit(source, true, MAX_DECODER_KIB)),
            Lzma2::Alone => Box::new(LzmaReader::new_mem_limit(source, MAX_DECODER_KIB, None)?),
        })
    }

    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        compress_lzma2(raw, level, packed)
    }

    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        decompress_lzma2(packed, raw)
    }
}

/// The preset's options with a dictionary no larger than the data: it costs memory ten times its size.
fn options(level: u8, raw_len: usize) -> LzmaOptions {
    let mut options = LzmaOptions::with_preset(u32::from(level));
    let needed = u32::try_from(raw_len).unwrap_or(u32::MAX).max(64 * 1024);
    options.dict_size = options.dict_size.min(needed);
    options
}

fn compress_lzma2(raw: &[u8], level: u8, packed: &mut [u8]) -> io::Result<Option<usize>> {
    let options = Lzma2Options { lzma_options: options(level, raw.len()), ..Lzma2Options::default() };
    let mut writer = Lzma2Writer::new(Cursor::new(packed), options);
    let written = writer.write_all(raw).and_then(|()| writer.finish());
    match written {
        Ok(end) => Ok(Some(end.position() as usize)),
        Err(error) if error.kind() == io::ErrorKind::WriteZero => Ok(None),
        Err(error) => Err(error),
    }
}

fn decompress_lzma2(packed: &[u8], raw: &mut [u8]) -> io::Result<()> {
    let dictionary = u32::try_from(raw.len()).map_err(|_| damaged("an LZMA block is too large"))?;
    read_exactly(Lzma2Reader::new(packed, dictionary.max(64 * 1024), None), raw)
}

/// A whole `.xz` stream.
fn stream(raw: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut xz = XzOptions::with_preset(u32::from(level));
    xz.lzma_options = options(level, raw.len());
    let mut writer = XzWriter::new(Vec::new(), xz)?;
    writer.write_all(raw)?;
    writer.finish()
}

struct LzmaStream<W: Write>(LzmaWriter<W>);

impl<W: Write> Write for LzmaStream<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

impl<W: Write> StreamWriter for LzmaStream<W> {
    fn finish(self: Box<Self>) -> io::Result<()> {
        self.0.finish()?.flush()
    }
}
