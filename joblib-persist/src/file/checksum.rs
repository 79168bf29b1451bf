//! The digest of an array's bytes.
//!
//! The bytes are taken in parts of 1 MiB (the last may be shorter); the digest is the XXH3-128 of the parts'
//! XXH3-64 sums, 8 little-endian bytes each, in order. So parts can be summed in parallel, and while they
//! are read.

use super::PART;
use xxhash_rust::xxh3::{Xxh3, xxh3_64, xxh3_128};

/// Digests bytes that come in pieces of any size.
#[derive(Default)]
pub(crate) struct Digester {
    sums: Vec<u64>,
    part: Xxh3,
    part_len: usize,
}

impl Digester {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = PART - self.part_len;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if now.len() == PART {
                self.sums.push(xxh3_64(now));
            } else {
                self.part.update(now);
                self.part_len += now.len();
                self.end_part_if(self.part_len == PART);
            }
            bytes = later;
        }
    }

    pub(crate) fn finish(mut self) -> u128 {
        self.end_part_if(self.part_len > 0);
        digest_of(self.sums)
    }

    fn end_part_if(&mut self, ended: bool) {
        if ended {
            self.sums.push(self.part.digest());
            self.part.reset();
            self.part_len = 0;
        }
    }
}

/// The digest of bytes in one piece.
pub(crate) fn digest(bytes: &[u8]) -> u128 {
    let mut digester = Digester::default();
    digester.update(bytes);
    digester.finish()
}

/// The digest of parts with these sums.
pub(crate) fn digest_of(sums: impl IntoIterator<Item = u64>) -> u128 {
    xxh3_128(&sums.into_iter().flat_map(u64::to_le_bytes).collect::<Vec<u8>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_do_not_matter() {
        let bytes: Vec<u8> = (0..3 * PART + 17).map(|i| (i * 7 % 251) as u8).collect();
        let whole = digest(&bytes);
        for piece in [1000, PART - 1, PART, PART + 1] {
            let mut digester = Digester::default();
            bytes.chunks(piece).for_each(|piece| digester.update(piece));
            assert_eq!(digester.finish(), whole);
        }
        assert_ne!(digest(&bytes[1..]), whole);
        assert_eq!(digest(&[]), xxh3_128(&[]));
    }
}
