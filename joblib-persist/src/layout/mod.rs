//! The ways in which a value lies in files: a main file with side files, one archive, or a stream.

pub(crate) mod archive;
pub(crate) mod input;
pub(crate) mod multi;
pub(crate) mod reader;
pub(crate) mod segments;

use crate::compress::{BlockTable, Compression, ReadAt, decode_blocks, encode_blocks};
use crate::payload::Payload;
use crate::stream::uninit;
use joblib_core::array::{Container, DType};
use joblib_core::{Error, Result};
use std::cmp::Ordering;

/// The options of a dump, settled.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) compression: Compression,
    pub(crate) durable: bool,
    pub(crate) dedup: bool,
    pub(crate) least: Option<usize>,
    pub(crate) max_depth: usize,
}

/// Main streams shorter than this are not worth compressing.
const LEAST_COMPRESSED: usize = 4096;

/// Compresses a main stream if asked to: returns its block table, empty if it stays as it is, and its bytes.
pub(crate) fn pack(stream: Vec<u8>, compression: &Compression) -> Result<(Vec<u8>, Vec<u8>)> {
    if compression.is_none() || stream.len() < LEAST_COMPRESSED {
        return Ok((Vec::new(), stream));
    }
    let (mut table, mut bytes) = (Vec::new(), Vec::new());
    let shape = [stream.len()];
    let payload = Payload::collected(DType::U8, Container::Sequence, &shape, &stream);
    let (blocks, _) = encode_blocks(DType::U8, &payload, compression, &mut |block| {
        bytes.extend_from_slice(block);
        Ok(())
    })?;
    blocks.encode(&mut table);
    Ok((table, bytes))
}

/// The main stream, of `stream_len` bytes, from which [`pack`] made this table and these bytes.
pub(crate) fn unpack(table: &[u8], bytes: Vec<u8>, stream_len: u64, memory_limit: u64) -> Result<Vec<u8>> {
    let blocks = if table.is_empty() { None } else { Some(BlockTable::decode(table, stream_len)?) };
    match (bytes.len() as u64).cmp(&blocks.as_ref().map_or(stream_len, BlockTable::stored_len)) {
        Ordering::Equal => {}
        Ordering::Less => return Err(Error::corrupt("the main stream is cut off")),
        Ordering::Greater => {
            let message =
                "bytes follow the dump: values written one behind the other are read by `load_from`";
            return Err(Error::corrupt(message));
        }
    }
    let Some(table) = blocks else { return Ok(bytes) };
    if stream_len > memory_limit {
        return Err(Error::limit(format!("the main stream takes more than `memory_limit` = {memory_limit}")));
    }
    let len = usize::try_from(stream_len).map_err(|_| too_large())?;
    uninit::zeroed_vec(len, |stream| decode_blocks(&table, DType::U8, &SliceReader(&bytes), stream))
}

#[cold]
fn too_large() -> Error {
    Error::limit("the main stream is larger than this machine's memory")
}

struct SliceReader<'b>(&'b [u8]);

impl ReadAt for SliceReader<'_> {
    fn read_exact_at(&self, dst: &mut [u8], offset: u64) -> Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let source = self.0.get(start..).and_then(|rest| rest.get(..dst.len()));
        dst.copy_from_slice(source.ok_or_else(|| Error::corrupt("the main stream is cut off"))?);
        Ok(())
    }
}
