//! The digest of an array's bytes.
//!
//! The bytes are taken in parts of 1 MiB (the last may be shorter); the digest is the XXH3-128 of the parts'
//! XXH3-64 sums, 8 little-endian bytes each, in order. So parts can be summed in parallel, and as they are read.

use super::PART;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

/// Digests bytes that come in pieces of any size.
#[derive(Default)]
pub(crate) struct Digester {
    sums: Vec<u8>,
    part: Xxh3,
    part_len: usize,
}

impl Digester {
    pub(crate) fn update(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = PART - self.part_len;
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            if now.len() == PART {
                push_sum(&mut self.sums, xxh3_64(now));
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
        digest_of_sums(&self.sums)
    }

    fn end_part_if(&mut self, ended: bool) {
        if ended {
            push_sum(&mut self.sums, self.part.digest());
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

pub(super) fn push_sum(sums: &mut Vec<u8>, sum: u64) {
    sums.extend_from_slice(&sum.to_le_bytes());
}

pub(super) fn digest_of_sums(sums: &[u8]) -> u128 {
    xxhash_rust::xxh3::xxh3_128(sums)
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
        assert_eq!(digest(&[]), xxhash_rust::xxh3::xxh3_128(&[]));
    }
}
