//! Items that one participant pulled together.
//!
//! While it pulls them, others may take some from the front: `together.rs` says when.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::mem;
use std::ptr;
use std::rc::Rc;

/// The most items pulled at once.
pub(super) const MAX_BATCH: usize = 1024;

/// Where a batch leaves its memory for the next one: a fresh large block for each would have the allocator
/// tidy up each time.
pub(super) type Memory<T> = Rc<Cell<Vec<T>>>;

/// Items in a row.
pub struct Batch<T> {
    /// Memory alone: its length is zero.
    memory: Vec<T>,
    front: usize,
    back: usize,
    home: Memory<T>,
}

impl<T> Batch<T> {
    /// No items yet, and room for `room`.
    pub(super) fn new(home: &Memory<T>, room: usize) -> Self {
        let mut memory = home.take();
        memory.reserve_exact(room);
        Batch { memory, front: 0, back: 0, home: home.clone() }
    }

    pub(super) fn len(&self) -> usize {
        self.back - self.front
    }

    /// Where its first item is, or was.
    pub(super) fn base(&self) -> *const T {
        self.memory.as_ptr()
    }

    pub(super) fn is_full(&self) -> bool {
        self.back == self.memory.capacity()
    }

    /// Moves the items to memory with room for twice as many. Returns where the first is, or was.
    pub(super) fn grow(&mut self) -> *const T {
        let mut larger = Vec::with_capacity(2 * self.back.max(1));
        // SAFETY: both have room for `back` items. What others took is copied, too, and is nobody's.
        unsafe { ptr::copy_nonoverlapping(self.memory.as_ptr(), larger.as_mut_ptr(), self.back) };
        self.memory = larger;
        self.base()
    }

    /// Adds an item to a batch that is not full.
    #[inline]
    pub(super) fn push(&mut self, item: T) {
        debug_assert!(!self.is_full());
        // SAFETY: the memory has room for one more.
        unsafe { self.memory.as_mut_ptr().add(self.back).write(item) };
        self.back += 1;
    }

    /// # Safety
    /// The first `count` items ever pushed were moved out by others, and those are all that were.
    pub(super) unsafe fn were_taken(&mut self, count: usize) {
        self.front = count;
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<T> {
        if self.front == self.back {
            return None;
        }
        self.front += 1;
        // SAFETY: items from `front` to `back` are there; this one is nobody else's from now on.
        Some(unsafe { self.memory.as_ptr().add(self.front - 1).read() })
    }
}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        let left = ptr::slice_from_raw_parts_mut(
            self.memory.as_mut_ptr().wrapping_add(self.front),
            self.back - self.front,
        );
        self.back = self.front;
        self.home.set(mem::take(&mut self.memory));
        // SAFETY: these items are there and nobody else's; their memory is kept by `home`, which is this
        // thread's.
        unsafe { ptr::drop_in_place(left) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_given_taken_or_dropped_once() {
        let home = Memory::default();
        let counted = Rc::new(());
        for (pushed, taken, given) in [(0, 0, 0), (1, 1, 0), (5, 0, 5), (9, 3, 2), (40, 0, 1)] {
            let mut batch = Batch::new(&home, 2);
            for i in 0..pushed {
                if batch.is_full() {
                    batch.grow();
                }
                batch.push((i, counted.clone()));
            }
            // SAFETY: these are in the memory, and said to be gone below.
            let others: Vec<_> = (0..taken).map(|i| unsafe { batch.base().add(i).read() }).collect();
            // SAFETY: as many were taken.
            unsafe { batch.were_taken(taken) };
            assert_eq!(batch.len(), pushed - taken);
            for i in taken..taken + given {
                assert_eq!(batch.next().map(|item| item.0), Some(i));
            }
            assert_eq!(Rc::strong_count(&counted), 1 + pushed - given);
            drop(batch);
            assert_eq!(Rc::strong_count(&counted), 1 + others.len());
        }
        assert_eq!(Rc::strong_count(&counted), 1);
    }
}
