//! Long runs of bytes as a tree of two levels: fixed leaves, hashed on their own, so that several threads can.

use super::stream::Stream;
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Bytes per leaf. Part of the key format.
pub(super) const LEAF: usize = 1 << 20;

/// Feeds `bytes`, whose length the stream already states: as they are, or as their leaves' hashes if over one leaf.
pub(super) fn put_bytes(stream: &mut Stream, bytes: &[u8]) {
    if bytes.len() <= LEAF {
        stream.put(bytes);
    } else {
        for leaf in bytes.chunks(LEAF) {
            stream.put(&xxh3_128(leaf).to_le_bytes());
        }
    }
}

/// The same for bytes that arrive in pieces of any length.
pub(super) struct Pieces<'a> {
    stream: &'a mut Stream,
    leaf: Option<Box<Xxh3>>,
    filled: usize,
}

impl<'a> Pieces<'a> {
    /// For `total` bytes in all.
    pub(super) fn new(stream: &'a mut Stream, total: usize) -> Self {
        Self { stream, leaf: (total > LEAF).then(|| Box::new(Xxh3::new())), filled: 0 }
    }

    pub(super) fn put(&mut self, mut bytes: &[u8]) {
        let Some(leaf) = &mut self.leaf else {
            return self.stream.put(bytes);
        };
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(LEAF - self.filled));
            leaf.update(now);
            self.filled += now.len();
            if self.filled == LEAF {
                self.stream.put(&leaf.digest128().to_le_bytes());
                leaf.reset();
                self.filled = 0;
            }
            bytes = later;
        }
    }

    /// Closes the last leaf.
    pub(super) fn finish(self) {
        if let Some(leaf) = self.leaf
            && self.filled > 0
        {
            self.stream.put(&leaf.digest128().to_le_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_hash_like_the_whole() {
        for total in [0, 1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, 2 * LEAF + 77] {
            let bytes: Vec<u8> = (0..total).map(|i| (i % 251) as u8).collect();
            let mut whole = Stream::new();
            put_bytes(&mut whole, &bytes);
            let mut cut = Stream::new();
            let mut pieces = Pieces::new(&mut cut, total);
            bytes.chunks(60_001).for_each(|chunk| pieces.put(chunk));
            pieces.finish();
            assert_eq!(whole.take_digest(), cut.take_digest(), "{total} bytes");
        }
    }
}
