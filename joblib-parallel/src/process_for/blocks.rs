//! The tasks of a loop: its items, one each, or as many as make a block of a reduction whose rounding depends
//! on it, as for loops on threads.

use joblib_core::impl_serde_struct;
use joblib_core::rt::parallel_for::block_len;

/// Consecutive items.
#[derive(Debug)]
pub(super) struct Block<T> {
    pub(super) items: Vec<T>,
    /// The iteration of the first.
    pub(super) start: usize,
}

impl_serde_struct!(Block<T> { items, start });

/// Cuts an iterator into blocks.
pub(super) struct Blocks<I> {
    iter: I,
    next: usize,
    len: usize,
}

impl<I: Iterator> Blocks<I> {
    /// Of one item each, unless `fixed` places are asked for and there are too many.
    pub(super) fn new(iter: I, fixed: bool) -> Self {
        let len = match iter.size_hint() {
            (least, Some(most)) if fixed && least == most => block_len(least),
            // More than can be counted.
            (usize::MAX, None) if fixed => block_len(usize::MAX),
            _ => 1,
        };
        Blocks { iter, next: 0, len }
    }
}

impl<I: Iterator> Iterator for Blocks<I> {
    type Item = Block<I::Item>;

    fn next(&mut self) -> Option<Block<I::Item>> {
        let items: Vec<I::Item> = self.iter.by_ref().take(self.len).collect();
        let start = self.next;
        self.next += items.len();
        (!items.is_empty()).then_some(Block { items, start })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let (least, most) = self.iter.size_hint();
        (least.div_ceil(self.len), most.map(|most| most.div_ceil(self.len)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lengths(iter: impl Iterator<Item = usize>, fixed: bool) -> Vec<usize> {
        let mut next = 0;
        let blocks = Blocks::new(iter, fixed);
        let lengths = blocks.map(|block| {
            assert_eq!(block.start, next);
            assert_eq!(block.items, (next..next + block.items.len()).collect::<Vec<_>>());
            next += block.items.len();
            block.items.len()
        });
        lengths.collect()
    }

    #[test]
    fn blocks_are_single_items_unless_places_are_fixed() {
        assert_eq!(lengths(0..5, false), [1; 5]);
        assert_eq!(lengths(0..5, true), [1; 5]);
        assert_eq!(Blocks::new(0..9000, true).size_hint(), (3000, Some(3000)));
        assert_eq!(lengths(0..9000, true), [3; 3000]);
        assert_eq!(Blocks::new(0..usize::MAX, true).next().map(|block| block.items.len()), Some(1024));
    }

    #[test]
    fn blocks_of_unknown_numbers_of_items_are_single_items() {
        assert_eq!(lengths((0..20_000).filter(|_| true), true), [1; 20_000]);
    }
}
