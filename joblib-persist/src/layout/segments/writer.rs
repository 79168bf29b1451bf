//! Writing a value to a stream.

use super::{ARRAY, BLOCKS, END, HEADER, MAGIC, MAIN};
use crate::compress::{Compression, encode_blocks};
use crate::file::{Digester, PART};
use crate::format::VERSION;
use crate::layout::Plan;
use crate::payload::Payload;
use crate::stream::{Encode, Encoder, Reference, Sink, Steps, write_inline, write_reference};
use joblib_core::array::Container;
use joblib_core::{Error, Result};
use std::io::{self, Write};
use xxhash_rust::xxh3::xxh3_64;

/// Arrays from this size on are not copied into the main stream.
const LEAST: usize = 4096;

/// The main stream is passed on when it is longer than this.
const SEGMENT: usize = 256 * 1024;

/// Compressed arrays are passed on in parts of this many bytes before compression.
const COMPRESSED_PART: usize = 8 << 20;

/// Writes a value to a stream, its arrays compressed as the plan says.
pub(crate) fn write(value: &dyn Encode, writer: &mut dyn Write, plan: &Plan) -> Result<()> {
    let mut sink = StreamSink { writer, compression: plan.compression, least: plan.least.unwrap_or(LEAST) };
    let mut header = MAGIC.to_vec();
    header.extend_from_slice(&VERSION.to_le_bytes());
    header.resize(HEADER, 0);
    sink.put(&header)?;
    let mut encoder = Encoder::new(Vec::new(), SEGMENT, &mut sink).max_depth(plan.max_depth);
    value.encode(&mut encoder)?;
    let mut rest = encoder.into_output();
    sink.flush_main(&mut rest)?;
    sink.head(END, 0)?;
    sink.writer.flush().map_err(failed)
}

struct StreamSink<'w> {
    writer: &'w mut dyn Write,
    compression: Compression,
    least: usize,
}

impl StreamSink<'_> {
    fn put(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_all(bytes).map_err(failed)
    }

    fn head(&mut self, kind: u8, len: u64) -> Result<()> {
        let mut head = [kind; 9];
        head[1..].copy_from_slice(&len.to_le_bytes());
        self.put(&head)
    }

    fn flush_main(&mut self, out: &mut Vec<u8>) -> Result<()> {
        if !out.is_empty() {
            self.head(MAIN, out.len() as u64)?;
            self.put(out)?;
            self.put(&xxh3_64(out).to_le_bytes())?;
            out.clear();
        }
        Ok(())
    }

    fn store(&mut self, payload: &Payload<'_>) -> Result<()> {
        self.head(ARRAY, payload.nbytes() as u64)?;
        let mut digester = Digester::default();
        payload.for_each_chunk(|chunk| {
            chunk.chunks(PART).try_for_each(|part| {
                digester.update(part);
                self.put(part)
            })
        })?;
        self.put(&digester.finish().to_le_bytes())
    }

    fn compress(&mut self, payload: &Payload<'_>) -> Result<()> {
        let mut pending = Vec::new();
        payload.for_each_chunk(|mut chunk| {
            // Data that is already a slice is not copied first.
            while pending.is_empty() && chunk.len() >= COMPRESSED_PART {
                let (part, rest) = chunk.split_at(COMPRESSED_PART);
                self.compress_part(payload, part)?;
                chunk = rest;
            }
            pending.extend_from_slice(chunk);
            if pending.len() >= COMPRESSED_PART {
                self.compress_part(payload, &pending)?;
                pending.clear();
            }
            Ok(())
        })?;
        if pending.is_empty() { Ok(()) } else { self.compress_part(payload, &pending) }
    }

    fn compress_part(&mut self, payload: &Payload<'_>, part: &[u8]) -> Result<()> {
        let dtype = payload.dtype();
        let shape = [part.len() / dtype.size()];
        let part = Payload::collected(dtype, Container::Sequence, &shape, part);
        let mut blocks = Vec::new();
        let (blocks_table, _) = encode_blocks(dtype, &part, &self.compression, &mut |block| {
            blocks.extend_from_slice(block);
            Ok(())
        })?;
        let mut table = Vec::new();
        blocks_table.encode(&mut table);
        self.head(BLOCKS, (12 + table.len() + blocks.len()) as u64)?;
        self.put(&(part.nbytes() as u64).to_le_bytes())?;
        self.put(&(table.len() as u32).to_le_bytes())?;
        self.put(&table)?;
        self.put(&blocks)
    }
}

impl Sink for StreamSink<'_> {
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, _: Steps<'_>, open: bool) -> Result<()> {
        if open || payload.nbytes() < self.least.max(1) {
            return write_inline(out, payload);
        }
        write_reference(out, payload, &Reference::Follows);
        self.flush_main(out)?;
        if self.compression.is_none() { self.store(payload) } else { self.compress(payload) }
    }

    fn overflow(&mut self, out: &mut Vec<u8>) -> Result<()> {
        self.flush_main(out)
    }
}

#[cold]
fn failed(error: io::Error) -> Error {
    // The writer may itself use this library.
    error.downcast::<Error>().unwrap_or_else(|error| Error::stream("cannot write", error))
}
