//! A loop on its caller alone: what the plain loop does.

use std::cell::Cell;
use std::ops::Range;
use std::rc::Rc;

use super::lazy::{Lazy, Origin, Outcome};
use super::{Bridge, MAX_BATCH};
use crate::rt::parallel_for::plan::Plan;

/// Where the only participant is.
pub struct Alone<I> {
    iter: Rc<Cell<Option<I>>>,
    /// The index of the next item.
    next: usize,
    /// The most items of the next part.
    longest: usize,
    /// Each item is a part.
    single: bool,
    /// Whether the last part was cut short by the iterator's end.
    ended: bool,
    outcome: Rc<Outcome>,
}

impl<I: Iterator> Bridge<I> {
    pub(super) fn alone(&self, plan: &Plan<'_>) -> Alone<I> {
        let iter = Rc::new(Cell::new(self.desk.take_out()));
        let (single, outcome) = (plan.has_blocks(), Rc::default());
        Alone { iter, next: 0, longest: 1, single, ended: false, outcome }
    }
}

impl<I: Iterator> Alone<I> {
    /// The next part. Parts become longer: a collected value may need memory for as many items as there may be.
    pub(super) fn next(&mut self, bound: usize, position: &mut Range<usize>) -> Option<Lazy<I>> {
        self.ended |= self.outcome.missing() > 0;
        self.next += self.outcome.take_given();
        if self.ended || self.next >= bound {
            return None;
        }
        // Where a panic in `next` belongs.
        *position = self.next..self.next;
        let origin = Origin::Own(self.iter.take(), self.iter.clone());
        let Some(part) = Lazy::begin(origin, self.longest, &self.outcome) else {
            self.ended = true;
            return None;
        };
        position.end += self.longest;
        if !self.single {
            self.longest = (2 * self.longest).min(MAX_BATCH);
        }
        Some(part)
    }

    pub(super) fn missing(&self) -> usize {
        self.outcome.missing()
    }

    pub(super) fn take_iter(&self) -> Option<I> {
        self.iter.take()
    }
}
