//! What a compression method has to offer: a stream other tools can read, and independent blocks.

use joblib_core::array::DType;
use std::io::{self, Read, Write};
use std::ops::RangeInclusive;

/// A compression method: one of the built-in ones, or your own through
/// [`register_compressor`](super::register_compressor).
///
/// [`name`](Self::name), [`writer`](Self::writer) and [`reader`](Self::reader) are enough, and
/// [`prefix`](Self::prefix), by which files are recognised; the block methods then work through them.
/// Override those where the format has a leaner form.
pub trait Compressor: Send + Sync {
    /// The name users choose it by, such as `"zstd"`. Stored in the files, at most 32 bytes.
    fn name(&self) -> &str;

    /// The file extension that chooses it, with the dot, such as `".zst"`; empty for none.
    fn extension(&self) -> &str {
        ""
    }

    /// The first bytes of everything [`writer`](Self::writer) produces, by which files are recognised; empty
    /// for none.
    fn prefix(&self) -> &[u8] {
        b""
    }

    /// Whether a stream that begins with `head` is of this method.
    fn recognizes(&self, head: &[u8]) -> bool {
        !self.prefix().is_empty() && head.starts_with(self.prefix())
    }

    /// The levels it knows.
    fn levels(&self) -> RangeInclusive<u8> {
        1..=9
    }

    /// The level used where none is asked for.
    fn default_level(&self) -> u8 {
        3
    }

    /// A writer whose output, once finished, decompresses with the method's standard tool.
    ///
    /// # Errors
    ///
    /// If the method cannot write whole streams, or `sink` fails.
    fn writer<'w>(&self, sink: Box<dyn Write + 'w>, level: u8) -> io::Result<Box<dyn StreamWriter + 'w>>;

    /// A reader of such a stream, which ends where the compressed data ends.
    ///
    /// # Errors
    ///
    /// If the method cannot read whole streams, or `source` fails.
    fn reader<'r>(&self, source: Box<dyn Read + 'r>) -> io::Result<Box<dyn Read + 'r>>;

    /// Whether blocks of this kind of data are its business; others go to the default method.
    fn takes(&self, _dtype: DType) -> bool {
        true
    }

    /// How fast blocks are compressed at `level`: what else is worth doing for them depends on it.
    fn speed(&self, _level: u8) -> Speed {
        Speed::Moderate
    }

    /// Whether blocks are compressed by the values of their numbers. Their bytes are then left in place.
    fn reads_numbers(&self) -> bool {
        false
    }

    /// Room that [`compress_block`](Self::compress_block) needs for `raw_len` bytes.
    fn block_bound(&self, raw_len: usize) -> usize {
        raw_len
    }

    /// Compresses `raw`, the little-endian elements of an array (`U8` for plain bytes), into `packed`.
    ///
    /// Returns the number of bytes written, or `None` where they do not fit.
    ///
    /// # Errors
    ///
    /// If the compression fails for another reason.
    fn compress_block(
        &self,
        raw: &[u8],
        _dtype: DType,
        level: u8,
        packed: &mut [u8],
    ) -> io::Result<Option<usize>> {
        let mut bytes = Vec::new();
        let mut writer = self.writer(Box::new(&mut bytes), level)?;
        writer.write_all(raw)?;
        writer.finish()?;
        Ok(fit(&bytes, packed))
    }

    /// Decompresses a block into `raw`, which it must fill exactly.
    ///
    /// # Errors
    ///
    /// If `packed` is damaged, or holds fewer or more bytes than `raw`.
    fn decompress_block(&self, packed: &[u8], _dtype: DType, raw: &mut [u8]) -> io::Result<()> {
        read_exactly(self.reader(Box::new(packed))?, raw)
    }
}

/// How fast a method compresses, on one core.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Speed {
    /// Tens of MB/s or less, with memory of its own for every block under way. Blocks are compressed in
    /// smaller batches.
    Slow,
    /// Some 100 MB/s.
    Moderate,
    /// About as fast as bytes are rearranged, 0.5 GB/s and more. Bytes are rearranged where that saves much.
    Fast,
}

/// A compressing writer. What is written is complete only after [`finish`](Self::finish).
pub trait StreamWriter: Write {
    /// Writes what is still buffered, and the end of the stream.
    ///
    /// # Errors
    ///
    /// If compressing or writing fails.
    fn finish(self: Box<Self>) -> io::Result<()>;
}

/// Copies `bytes` to the start of `packed`, where they fit.
pub(crate) fn fit(bytes: &[u8], packed: &mut [u8]) -> Option<usize> {
    packed.get_mut(..bytes.len())?.copy_from_slice(bytes);
    Some(bytes.len())
}

/// Fills `raw` from `reader`, which must then be at its end.
pub(crate) fn read_exactly(mut reader: impl Read, raw: &mut [u8]) -> io::Result<()> {
    reader.read_exact(raw)?;
    match reader.read(&mut [0])? {
        0 => Ok(()),
        _ => Err(damaged("a block holds more than its declared size")),
    }
}

/// The error for compressed bytes that are not what their format says.
#[cold]
pub(crate) fn damaged(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}
