//! Items that are pulled as the body asks for them.

use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;

use super::together::Desk;

/// What became of the last part.
#[derive(Default)]
pub(super) struct Outcome {
    /// How many items it gave.
    given: Cell<usize>,
    /// How many it gave less than it might have, because it was cut short.
    missing: Cell<usize>,
}

impl Outcome {
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
    /// The iterator, and where it is kept between two parts.
    Own(Option<I>, Rc<Cell<Option<I>>>),
    /// The desk, as long as nobody else takes what has this index.
    Desk(Arc<Desk<I>>, usize),
}

impl<I: Iterator> Origin<I> {
    #[inline]
    fn pull(&mut self) -> Option<I::Item> {
        match self {
            Origin::Own(iter, _) => iter.as_mut()?.next(),
            Origin::Desk(desk, index) => {
                let item = desk.pull_one(*index)?;
                *index += 1;
                Some(item)
            }
        }
    }
}

impl<I: Iterator> Drop for Origin<I> {
    fn drop(&mut self) {
        if let Origin::Own(iter, home) = self {
            home.set(iter.take());
        }
    }
}

/// A part whose number of items is known when they have been given: until then its length says how many there may be.
pub struct Lazy<I: Iterator> {
    origin: Origin<I>,
    first: Option<I::Item>,
    left: usize,
    given: usize,
    outcome: Rc<Outcome>,
}

impl<I: Iterator> Lazy<I> {
    /// A part of one item at least and `longest` at most; `None` if there is none.
    pub(super) fn begin(mut origin: Origin<I>, longest: usize, outcome: &Rc<Outcome>) -> Option<Self> {
        let first = Some(origin.pull()?);
        Some(Lazy { origin, first, left: longest, given: 0, outcome: outcome.clone() })
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
            self.outcome.missing.set(self.left);
            self.left = 0;
        }
        item
    }
}

impl<I: Iterator> Drop for Lazy<I> {
    fn drop(&mut self) {
        self.outcome.given.set(self.given);
    }
}
