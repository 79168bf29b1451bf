//! Items that are pulled as the body asks for them.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::desk::Desk;

/// What is kept between two parts: the iterator, if it is the participant's own, and how the last part ended.
pub(super) struct Keeper<I> {
    iter: Cell<Option<I>>,
    /// How many items it gave.
    given: Cell<usize>,
    /// How many fewer it gave than it might have, because it was cut short.
    missing: Cell<usize>,
}

impl<I> Keeper<I> {
    pub(super) fn new(iter: Option<I>) -> Rc<Self> {
        Rc::new(Keeper { iter: Cell::new(iter), given: Cell::new(0), missing: Cell::new(0) })
    }

    pub(super) fn take_iter(&self) -> Option<I> {
        self.iter.take()
    }

    /// How many items it gave; to be asked once.
    pub(super) fn take_given(&self) -> usize {
        self.missing.set(0);
        self.given.take()
    }

    pub(super) fn missing(&self) -> usize {
        self.missing.get()
    }
}

/// Where a part gets its items from.
pub(super) enum Origin<I: Iterator> {
    /// The iterator itself, which the keeper gets back.
    Own(Option<I>),
    /// The desk, as long as nobody else takes what has this index.
    Desk(Arc<Desk<I>>, usize),
}

impl<I: Iterator> Origin<I> {
    #[inline]
    fn pull(&mut self) -> Option<I::Item> {
        match self {
            Origin::Own(iter) => iter.as_mut()?.next(),
            Origin::Desk(desk, index) => {
                let item = desk.pull_one(*index)?;
                *index += 1;
                Some(item)
            }
        }
    }
}

/// A part whose number of items is known when they have been given: until then its length says how many there
/// may be.
pub struct Lazy<I: Iterator> {
    origin: Origin<I>,
    first: Option<I::Item>,
    left: usize,
    given: usize,
    keeper: Rc<Keeper<I>>,
}

impl<I: Iterator> Lazy<I> {
    /// A part of at least one item and at most `longest`; `None` if there is none.
    pub(super) fn begin(origin: Origin<I>, longest: usize, keeper: &Rc<Keeper<I>>) -> Option<Self> {
        let mut part = Lazy { origin, first: None, left: longest, given: 0, keeper: keeper.clone() };
        part.first = part.origin.pull();
        part.first.is_some().then_some(part)
    }

    pub(super) fn len(&self) -> usize {
        self.left
    }

    #[inline]
    pub(super) fn next(&mut self) -> Option<I::Item> {
        if self.left == 0 {
            return None;
        }
        let item = self.first.take().or_else(|| self.origin.pull());
        if item.is_some() {
            self.left -= 1;
            self.given += 1;
        } else {
            self.keeper.missing.set(self.left);
            self.left = 0;
        }
        item
    }
}

impl<I: Iterator> Drop for Lazy<I> {
    fn drop(&mut self) {
        self.keeper.given.set(self.given);
        if let Origin::Own(iter) = &mut self.origin {
            self.keeper.iter.set(iter.take());
        }
    }
}
