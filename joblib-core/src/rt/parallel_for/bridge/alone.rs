//! A loop on the calling thread alone, like the plain loop.

use std::ops::Range;
use std::rc::Rc;

use super::batch::MAX_BATCH;
use super::lazy::{Keeper, Lazy, Origin};

/// Where the only participant is.
pub(super) struct Alone<I> {
    keeper: Rc<Keeper<I>>,
    /// The index of the next item.
    next: usize,
    /// The most items of the next part.
    longest: usize,
    /// Each item is a part.
    single: bool,
    /// Whether the iterator has.
    ended: bool,
}

impl<I: Iterator> Alone<I> {
    /// With the iterator that is kept.
    pub(super) fn new(keeper: Rc<Keeper<I>>, single: bool) -> Self {
        Alone { keeper, next: 0, longest: 1, single, ended: false }
    }

    /// The last part is done: how many items it had.
    pub(super) fn finish(&mut self) -> usize {
        self.ended |= self.keeper.missing() > 0;
        let given = self.keeper.take_given();
        self.next += given;
        given
    }

    /// The next part, after [`finish`](Self::finish). Parts become longer: a collected value may need memory
    /// for as many items as there may be.
    pub(super) fn next(&mut self, bound: usize, most: usize, position: &mut Range<usize>) -> Option<Lazy<I>> {
        if self.ended || self.next >= bound {
            return None;
        }
        let longest = self.longest.min(most);
        if !self.single {
            self.longest = (2 * self.longest).min(MAX_BATCH);
        }
        // Where a panic in `next` belongs.
        *position = self.next..self.next;
        let part = Lazy::begin(Origin::Own(self.keeper.take_iter()), longest, &self.keeper);
        self.ended = part.is_none();
        position.end += longest;
        part
    }

    pub(super) fn missing(&self) -> usize {
        self.keeper.missing()
    }

    /// The iterator, the index of its next item, and whether it has ended.
    pub(super) fn give_up(&self) -> (Option<I>, usize, bool) {
        (self.keeper.take_iter(), self.next, self.ended)
    }
}
