//! How many items to do next, so that they last about as long as intended.

use super::clock;

/// Finds the size of the next chunk from the time the last one took.
#[derive(Clone, Debug)]
pub(crate) struct ChunkSizer {
    size: usize,
    /// How long a chunk is to take, in ticks.
    target: u64,
    /// A chunk has at most this many times the items of the last.
    growth: usize,
    most: usize,
    /// When the chunk in hand began; zero if there is none.
    started: u64,
}

impl ChunkSizer {
    /// For chunks that take `target` ticks, the first of `size` items; each at most `growth` times the one
    /// before, and of at most `most` items.
    pub(super) const fn in_ticks(target: u64, size: usize, growth: usize, most: usize) -> Self {
        Self { size, target, growth, most, started: 0 }
    }

    /// The same in nanoseconds.
    pub(crate) fn new(target: f64, size: usize, growth: usize, most: usize) -> Self {
        Self::in_ticks(clock::ticks_in(target), size, growth, most)
    }

    /// Items for the next chunk.
    #[inline]
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// A chunk begins.
    #[inline]
    pub(crate) fn begin(&mut self) {
        self.started = clock::ticks().max(1);
    }

    /// The chunk, of `items` items, is done, and the next one begins. Returns the ticks it took.
    #[inline]
    pub(crate) fn lap(&mut self, items: usize) -> u64 {
        let now = clock::ticks();
        let ticks = now.saturating_sub(self.started);
        self.started = now;
        let aim = items as f32 * (self.target as f32 / ticks.max(1) as f32);
        self.size = (aim as usize).min(self.size.saturating_mul(self.growth)).min(self.most).max(1);
        ticks
    }

    /// The chunk, of `items` items, is done, if one was begun.
    pub(crate) fn end(&mut self, items: usize) {
        if self.started != 0 {
            self.lap(items);
            self.started = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::ChunkSizer;

    #[test]
    fn sizes_follow_the_time_taken() {
        let mut sizer = ChunkSizer::in_ticks(u64::MAX, 1, 2, 5);
        for size in [1, 2, 4, 5, 5] {
            assert_eq!(sizer.size(), size);
            sizer.begin();
            sizer.end(size);
        }
        // Nothing was begun.
        sizer.end(0);
        assert_eq!(sizer.size(), 5);
        let mut slow = ChunkSizer::in_ticks(0, 5, 2, 5);
        slow.begin();
        slow.lap(5);
        assert_eq!(slow.size(), 1);
    }
}
