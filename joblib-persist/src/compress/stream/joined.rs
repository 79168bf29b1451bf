//! Formats whose streams may simply follow each other.

use super::pieces::{Framing, Piece};
use std::io;

/// A format whose readers take joined streams as one: every piece is a stream of its own.
pub(crate) struct Joined {
    pub(crate) piece_len: usize,
    pub(crate) level: u8,
    /// A whole stream of these bytes, at this level.
    pub(crate) compress: fn(&[u8], u8) -> io::Result<Vec<u8>>,
}

impl Framing for Joined {
    fn piece_len(&self) -> usize {
        self.piece_len
    }

    fn compress(&self, raw: &[u8]) -> io::Result<Piece> {
        Ok(Piece { packed: (self.compress)(raw, self.level)?, raw_len: raw.len(), checksum: 0 })
    }
}
