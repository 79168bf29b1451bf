//! Raw deflate, shared by zlib and gzip: single blocks, and pieces that may be joined into one stream.
//!
//! A cheap probe recognises bytes that cannot shrink, such as the lower mantissa planes of shuffled floats,
//! which are stored, and bytes without repeated strings, where only runs are looked for: time is spent only
//! where it pays.

use super::probe::{Texture, texture};
use crate::compress::compressor::damaged;
use std::io;
use std::ops::Range;
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Method, Status, Strategy};

/// The last, empty block of a stream.
pub(crate) const FINAL_BLOCK: [u8; 2] = [0x03, 0x00];

const WINDOW_BITS: u8 = 15;

/// Bytes are probed, and stored or deflated, in at least this many segments: two per byte plane of doubles.
const SEGMENTS: usize = 16;

/// A stored block's length field has 16 bits.
const STORED_MAX: usize = 0xffff;

/// Room for `raw_len` bytes in any case, the flushes and the final block included.
pub(crate) fn bound(raw_len: usize) -> usize {
    raw_len + raw_len / 1024 + 128
}

/// Compresses `raw` to a complete raw deflate stream. `None` where `packed` is too small.
pub(crate) fn compress(raw: &[u8], level: u8, packed: &mut [u8]) -> io::Result<Option<usize>> {
    let Some(used) = compress_open(raw, level, packed)? else { return Ok(None) };
    let Some(end) = packed.get_mut(used..used + FINAL_BLOCK.len()) else { return Ok(None) };
    end.copy_from_slice(&FINAL_BLOCK);
    Ok(Some(used + FINAL_BLOCK.len()))
}

/// Compresses `raw` to a part of a stream: parts may be joined, and a [`FINAL_BLOCK`] ends them.
pub(crate) fn compress_part(raw: &[u8], level: u8) -> io::Result<Vec<u8>> {
    let mut packed = vec![0; bound(raw.len())];
    let used = compress_open(raw, level, &mut packed)?.ok_or_else(|| io::Error::other("deflate grew"))?;
    packed.truncate(used);
    Ok(packed)
}

/// Blocks that end at a byte boundary and refer to nothing before them.
fn compress_open(raw: &[u8], level: u8, packed: &mut [u8]) -> io::Result<Option<usize>> {
    let mut encoders = Encoders { level, matching: None, runs: None };
    let mut used = 0;
    for (range, texture) in runs(raw) {
        let piece = &raw[range];
        let room = &mut packed[used..];
        let written = match texture {
            Texture::Noise => store(piece, room),
            Texture::Skewed => deflate(encoders.runs(), piece, room)?,
            Texture::Repeating => deflate(encoders.matching(), piece, room)?,
        };
        match written {
            Some(written) => used += written,
            None => return Ok(None),
        }
    }
    Ok(Some(used))
}

/// Decompresses a complete raw deflate stream, which must fill `raw` exactly and end where `packed` ends.
pub(crate) fn decompress(packed: &[u8], raw: &mut [u8]) -> io::Result<()> {
    let mut decoder = Inflate::new(false, WINDOW_BITS);
    let status = decoder.decompress(packed, raw, InflateFlush::Finish).map_err(|e| damaged(e.as_str()))?;
    let complete = status == Status::StreamEnd
        && decoder.total_out() == raw.len() as u64
        && decoder.total_in() == packed.len() as u64;
    if complete { Ok(()) } else { Err(damaged("a deflate block does not have its declared size")) }
}

/// zlib-rs's level 1 knows only fixed Huffman codes and expands floats: levels 1 and 2 stand one higher.
fn effort(level: u8) -> i32 {
    match level {
        0..=2 => i32::from(level.max(1)) + 1,
        _ => i32::from(level.min(9)),
    }
}

/// The encoders of one stream, each set up when first needed: that takes as long as some ten kilobytes.
struct Encoders {
    level: u8,
    matching: Option<Deflate>,
    runs: Option<Deflate>,
}

impl Encoders {
    fn matching(&mut self) -> &mut Deflate {
        self.matching.get_or_insert_with(|| Deflate::new(effort(self.level), false, WINDOW_BITS))
    }

    fn runs(&mut self) -> &mut Deflate {
        self.runs.get_or_insert_with(|| {
            Deflate::new_with_config(DeflateConfig {
                level: 6,
                method: Method::Deflated,
                window_bits: -i32::from(WINDOW_BITS),
                mem_level: 8,
                strategy: Strategy::Rle,
            })
        })
    }
}

/// Neighbouring segments of the same texture, joined.
fn runs(raw: &[u8]) -> Vec<(Range<usize>, Texture)> {
    let mut runs: Vec<(Range<usize>, Texture)> = Vec::new();
    let segment_len = (raw.len() / SEGMENTS).clamp(4 * 1024, 64 * 1024);
    for (index, segment) in raw.chunks(segment_len).enumerate() {
        let start = index * segment_len;
        let texture = texture(segment);
        match runs.last_mut() {
            Some((range, kind)) if *kind == texture => range.end = start + segment.len(),
            _ => runs.push((start..start + segment.len(), texture)),
        }
    }
    runs
}

/// Deflates `piece` up to a full flush, which forgets all history: the encoder may go on after a stored run.
fn deflate(encoder: &mut Deflate, piece: &[u8], packed: &mut [u8]) -> io::Result<Option<usize>> {
    let (before_in, before_out) = (encoder.total_in(), encoder.total_out());
    encoder.compress(piece, packed, DeflateFlush::FullFlush).map_err(|e| io::Error::other(e.as_str()))?;
    let written = (encoder.total_out() - before_out) as usize;
    let complete = encoder.total_in() - before_in == piece.len() as u64 && written < packed.len();
    Ok(complete.then_some(written))
}

fn store(piece: &[u8], packed: &mut [u8]) -> Option<usize> {
    let mut used = 0;
    for part in piece.chunks(STORED_MAX) {
        let end = used + 5 + part.len();
        let (header, body) = packed.get_mut(used..end)?.split_at_mut(5);
        let len = part.len() as u16;
        header[0] = 0;
        header[1..3].copy_from_slice(&len.to_le_bytes());
        header[3..5].copy_from_slice(&(!len).to_le_bytes());
        body.copy_from_slice(part);
        used = end;
    }
    Some(used)
}
