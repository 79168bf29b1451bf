//! Long runs of bytes as a tree of two levels: leaves of fixed size, hashed on their own, by as many threads
//! as there are.

use super::stream::Stream;
use crate::pool::{self, Region, Site};
use xxhash_rust::xxh3::{Xxh3, xxh3_128};

/// Bytes per leaf. Part of the key format.
pub(super) const LEAF: usize = 1 << 20;

/// From this length on, waking other threads may be worth it.
const SHARED: usize = 4 * LEAF;

/// Feeds `bytes`, whose length is already in the stream: as they are, or as their leaves' hashes if they
/// exceed one leaf.
#[inline]
pub(super) fn put_bytes(stream: &mut Stream, bytes: &[u8]) {
    if bytes.len() <= LEAF {
        stream.put(bytes);
    } else {
        put_leaves(stream, bytes);
    }
}

#[cold]
fn put_leaves(stream: &mut Stream, bytes: &[u8]) {
    if bytes.len() < SHARED {
        for leaf in bytes.chunks(LEAF) {
            stream.put(&xxh3_128(leaf).to_le_bytes());
        }
        return;
    }
    static SITE: Site = Site::new();
    let region = Region::new(bytes.len().div_ceil(LEAF)).site(&SITE);
    let leaves = pool::map(&region, |index| {
        let start = index * LEAF;
        xxh3_128(&bytes[start..bytes.len().min(start + LEAF)])
    });
    leaves.iter().for_each(|leaf| stream.put(&leaf.to_le_bytes()));
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
    use crate::pool::Pool;

    fn sample(total: usize) -> Vec<u8> {
        (0..total).map(|i| (i % 251) as u8).collect()
    }

    fn digest(bytes: &[u8]) -> u128 {
        let mut stream = Stream::new();
        put_bytes(&mut stream, bytes);
        stream.take_digest()
    }

    #[test]
    fn pieces_hash_like_the_whole() {
        for total in [0, 1, LEAF - 1, LEAF, LEAF + 1, 2 * LEAF, SHARED - 1, SHARED + 77] {
            let bytes = sample(total);
            let mut cut = Stream::new();
            let mut pieces = Pieces::new(&mut cut, total);
            bytes.chunks(60_001).for_each(|chunk| pieces.put(chunk));
            pieces.finish();
            assert_eq!(digest(&bytes), cut.take_digest(), "{total} bytes");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter() {
        let bytes = sample(SHARED + 3 * LEAF + 5);
        let alone = digest(&bytes);
        for threads in [1, 2, 5] {
            let pool = Pool::builder().num_threads(threads).build().unwrap();
            assert_eq!(pool.install(|| digest(&bytes)), alone, "{threads} threads");
        }
    }
}
