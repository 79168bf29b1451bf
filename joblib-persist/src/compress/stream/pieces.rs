//! Whole streams, compressed on all cores: pieces that are compressed independently and joined in order.

use crate::compress::compressor::StreamWriter;
use crate::parallel;
use joblib_core::pool::Site;
use std::io::{self, Write};

/// How a format is put together from independent pieces.
pub(crate) trait Framing: Sync {
    /// Bytes of raw data per piece.
    fn piece_len(&self) -> usize {
        1 << 20
    }

    /// What stands before the first piece.
    fn start(&self) -> Vec<u8> {
        Vec::new()
    }

    /// Compresses one piece; runs on any thread.
    fn compress(&self, raw: &[u8]) -> io::Result<Piece>;

    /// Takes note of a piece that was written; called in order.
    fn append(&mut self, _piece: &Piece) {}

    /// What stands after the last piece.
    fn end(&self) -> Vec<u8> {
        Vec::new()
    }
}

/// A compressed piece of a stream.
pub(crate) struct Piece {
    pub(crate) packed: Vec<u8>,
    pub(crate) raw_len: usize,
    /// Of the raw bytes, in formats that have one checksum for the whole stream; 0 in others.
    pub(crate) checksum: u32,
}

static SITE: Site = Site::new();

/// Collects pieces, compresses a batch of them at a time in parallel, and writes them in order.
pub(crate) struct PieceWriter<'w, F> {
    sink: Box<dyn Write + 'w>,
    framing: F,
    pending: Vec<u8>,
    batch_len: usize,
    started: bool,
}

impl<'w, F: Framing> PieceWriter<'w, F> {
    pub(crate) fn new(sink: Box<dyn Write + 'w>, framing: F) -> Self {
        let batch_len = framing.piece_len() * parallel::width(framing.piece_len());
        Self { sink, framing, pending: Vec::new(), batch_len, started: false }
    }

    /// Writes all of `raw` as pieces; one empty piece where there is nothing at all, as some formats need.
    fn emit(&mut self, raw: &[u8]) -> io::Result<()> {
        if !self.started {
            self.started = true;
            self.sink.write_all(&self.framing.start())?;
        }
        let parts: Vec<&[u8]> = match raw {
            [] => vec![raw],
            _ => raw.chunks(self.framing.piece_len()).collect(),
        };
        let framing = &self.framing;
        let pieces = parallel::map(&SITE, parts, |part| framing.compress(part));
        for piece in pieces {
            let piece = piece?;
            self.framing.append(&piece);
            self.sink.write_all(&piece.packed)?;
        }
        Ok(())
    }

    fn emit_pending(&mut self) -> io::Result<()> {
        let mut pending = std::mem::take(&mut self.pending);
        let result = self.emit(&pending);
        pending.clear();
        self.pending = pending;
        result
    }
}

impl<F: Framing> Write for PieceWriter<'_, F> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.pending.is_empty() && bytes.len() >= self.batch_len {
            self.emit(&bytes[..self.batch_len])?;
            return Ok(self.batch_len);
        }
        let taken = bytes.len().min(self.batch_len - self.pending.len());
        // Allocated once and exactly: growing by doubling would take up to three batches.
        self.pending.reserve_exact(self.batch_len - self.pending.len());
        self.pending.extend_from_slice(&bytes[..taken]);
        if self.pending.len() == self.batch_len {
            self.emit_pending()?;
        }
        Ok(taken)
    }

    /// Flushes only what is already compressed: a piece ends where it is full, not at a flush.
    fn flush(&mut self) -> io::Result<()> {
        self.sink.flush()
    }
}

impl<F: Framing> StreamWriter for PieceWriter<'_, F> {
    fn finish(mut self: Box<Self>) -> io::Result<()> {
        if !self.pending.is_empty() || !self.started {
            self.emit_pending()?;
        }
        self.sink.write_all(&self.framing.end())?;
        self.sink.flush()
    }
}
