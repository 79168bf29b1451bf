//! Owned items: vectors and arrays by value. Each item is given to the loop or dropped, exactly once.
#![allow(unsafe_code)]

use crate::sync::Mutex;
use std::mem::{self, ManuallyDrop};
use std::ops::Range;
use std::{array, ptr, vec};

use crate::rt::parallel_for::indexed::{Indexed, IntoIndexed, Share};

/// The items of a vector, of which shares are moved out.
#[derive(Debug)]
pub struct Owned<T> {
    /// The allocation; its length is zero, the items are tracked here.
    items: Vec<T>,
    len: usize,
    /// What was moved out, if items need dropping.
    taken: Mutex<Vec<Range<usize>>>,
}

// SAFETY: items only leave through shares, each to one thread; the list of shares is behind a lock.
unsafe impl<T: Send> Sync for Owned<T> {}

impl<T> Owned<T> {
    fn new(mut items: Vec<T>) -> Self {
        let len = items.len();
        // SAFETY: the items stay initialised; from here on `Owned` drops those not taken.
        unsafe { items.set_len(0) };
        Owned { items, len, taken: Mutex::new(Vec::new()) }
    }

    /// The share that starts at `start` was left with the items `rest`.
    #[cold]
    fn take_back(&self, start: usize, rest: &Range<usize>) {
        let mut taken = self.taken.lock();
        if let Some(share) = taken.iter_mut().rfind(|share| share.start == start) {
            let end = mem::replace(&mut share.end, rest.start);
            // Shares are found by their starts, which an empty one would take from another.
            if rest.end < end {
                taken.push(rest.end..end);
            }
        }
    }

    fn first(&self) -> *mut T {
        self.items.as_ptr().cast_mut()
    }
}

impl<T> Indexed for Owned<T> {
    type Item = T;
    type Part = OwnedPart<T>;

    const RUNS_CODE: bool = mem::needs_drop::<T>();

    #[inline]
    fn len(&self) -> u128 {
        self.len as u128
    }

    #[inline]
    fn part(&self, share: Share) -> OwnedPart<T> {
        let range = share.into_range();
        assert!(range.end <= self.len);
        if mem::needs_drop::<T>() && !range.is_empty() {
            self.taken.lock().push(range.clone());
        }
        OwnedPart { first: self.first(), start: range.start, range, source: self }
    }

    fn pass_by(&self, range: Range<u128>) {
        if mem::needs_drop::<T>() && !range.is_empty() {
            self.part(Share::new(range.start as usize..range.end as usize)).last();
        }
    }
}

impl<T> Drop for Owned<T> {
    fn drop(&mut self) {
        if !mem::needs_drop::<T>() {
            return;
        }
        let first = self.first();
        let taken = self.taken.get_mut();
        taken.sort_unstable_by_key(|range| (range.start, range.end));
        let ends = taken.iter().map(|range| range.end);
        let gaps =
            std::iter::once(0).chain(ends).zip(taken.iter().map(|range| range.start).chain([self.len]));
        for (start, end) in gaps {
            // SAFETY: these items were never moved out, and are dropped here only.
            unsafe { drop_range(first, start..end) };
        }
    }
}

/// Items moved out of an [`Owned`]; those not iterated over stay there, and are dropped with what else is
/// left of it.
#[derive(Debug)]
pub struct OwnedPart<T> {
    /// Of the source's allocation, which outlives its parts.
    first: *mut T,
    range: Range<usize>,
    /// Where the share starts.
    start: usize,
    source: *const Owned<T>,
}

impl<T> Iterator for OwnedPart<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        // SAFETY: the index is of this part's share, in bounds, and moved out once: the range has left it
        // behind.
        self.range.next().map(|index| unsafe { ptr::read(self.first.add(index)) })
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }

    #[inline]
    fn nth(&mut self, n: usize) -> Option<T> {
        let passed = self.range.start..self.range.start + n.min(self.range.len());
        self.range.start = passed.end;
        // SAFETY: as in `next`, of items that are dropped instead of moved out.
        unsafe { drop_range(self.first, passed) };
        self.next()
    }
}

impl<T> DoubleEndedIterator for OwnedPart<T> {
    #[inline]
    fn next_back(&mut self) -> Option<T> {
        // SAFETY: as in `next`.
        self.range.next_back().map(|index| unsafe { ptr::read(self.first.add(index)) })
    }

    #[inline]
    fn nth_back(&mut self, n: usize) -> Option<T> {
        let passed = self.range.end - n.min(self.range.len())..self.range.end;
        self.range.end = passed.start;
        // SAFETY: as in `nth`.
        unsafe { drop_range(self.first, passed) };
        self.next_back()
    }
}

impl<T> ExactSizeIterator for OwnedPart<T> {}

impl<T> Drop for OwnedPart<T> {
    #[inline]
    fn drop(&mut self) {
        if mem::needs_drop::<T>() && !self.range.is_empty() {
            // SAFETY: the source outlives its parts, and is shared.
            unsafe { &*self.source }.take_back(self.start, &self.range);
        }
    }
}

/// Drops the items `range` of the array at `first`.
///
/// # Safety
/// They must be initialised and never used again.
unsafe fn drop_range<T>(first: *mut T, range: Range<usize>) {
    if !range.is_empty() {
        let items = ptr::slice_from_raw_parts_mut(first.wrapping_add(range.start), range.len());
        // SAFETY: by the caller's promise.
        unsafe { ptr::drop_in_place(items) };
    }
}

impl<T> IntoIndexed for Vec<T> {
    type Indexed = Owned<T>;

    #[inline]
    fn into_indexed(self) -> Owned<T> {
        Owned::new(self)
    }
}

impl<T> IntoIndexed for vec::IntoIter<T> {
    type Indexed = Owned<T>;

    #[inline]
    fn into_indexed(self) -> Owned<T> {
        // Std gives the same allocation back, unless most of it has been consumed already.
        Owned::new(self.collect())
    }
}

impl<T> IntoIndexed for Box<[T]> {
    type Indexed = Owned<T>;

    #[inline]
    fn into_indexed(self) -> Owned<T> {
        Owned::new(self.into_vec())
    }
}

impl<T, const N: usize> IntoIndexed for [T; N] {
    type Indexed = Owned<T>;

    #[inline]
    fn into_indexed(self) -> Owned<T> {
        let items = ManuallyDrop::new(self);
        let mut vec = Vec::with_capacity(N);
        // SAFETY: room for N items; the array is never used or dropped after this move.
        unsafe {
            ptr::copy_nonoverlapping(items.as_ptr(), vec.as_mut_ptr(), N);
            vec.set_len(N);
        }
        Owned::new(vec)
    }
}

impl<T, const N: usize> IntoIndexed for array::IntoIter<T, N> {
    type Indexed = Owned<T>;

    #[inline]
    fn into_indexed(self) -> Owned<T> {
        Owned::new(self.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    struct Counted<'a>(&'a Cell<usize>);

    impl Drop for Counted<'_> {
        fn drop(&mut self) {
            self.0.set(self.0.get() + 1);
        }
    }

    #[test]
    fn every_item_is_dropped_once() {
        let drops: Vec<Cell<usize>> = vec![Cell::new(0); 10];
        let source = drops.iter().map(Counted).collect::<Vec<_>>().into_indexed();
        let mut kept = Vec::new();
        // Shares out of order; one read to its end, one abandoned, one never iterated.
        let mut part = source.part(Share::new(6..9));
        kept.push(part.next());
        kept.push(part.next_back());
        drop(part);
        drop(source.part(Share::new(1..3)));
        source.pass_by(3..5);
        assert_eq!(drops.iter().map(Cell::get).collect::<Vec<_>>(), [0, 0, 0, 1, 1, 0, 0, 0, 0, 0]);
        drop(source);
        assert_eq!(drops.iter().map(Cell::get).collect::<Vec<_>>(), [1, 1, 1, 1, 1, 1, 0, 1, 0, 1]);
        drop(kept);
        assert!(drops.iter().all(|count| count.get() == 1));
    }

    #[test]
    fn a_half_consumed_vector_keeps_its_rest() {
        let mut iter = vec![String::from("a"), String::from("b"), String::from("c")].into_iter();
        iter.next();
        let source = iter.into_indexed();
        assert_eq!(source.part(Share::new(0..2)).collect::<String>(), "bc");
    }

    #[test]
    fn arrays_move_into_the_source() {
        let source = [Box::new(1), Box::new(2)].into_indexed();
        assert_eq!(source.part(Share::new(1..2)).map(|b| *b).sum::<i32>(), 2);
    }
}
