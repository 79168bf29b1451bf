//! Loops over sources that are cut by index: ranges come from the pool.
#![allow(unsafe_code)]

use std::ops::Range;

use super::indexed::{Indexed, Share, too_long};
use super::plan::Plan;
use super::source::{BodyOfAParallelLoop, Panicked, Source};
use crate::pool::{self, Participant};

/// A source cut by index.
#[derive(Debug)]
pub struct Cut<S> {
    indexed: S,
}

// SAFETY: made from a `Send` value by `IntoIndexed`, which promises that its source can then be shared. Asked
// where the source is made, and only there, it is one error at the user's own expression.
unsafe impl<S> Sync for Cut<S> {}

impl<S: Indexed> Cut<S> {
    /// Of what `Send` values were made into.
    #[inline]
    pub(super) fn new(indexed: S) -> Self {
        Cut { indexed }
    }

    /// The number of iterations, at most `usize::MAX`.
    #[inline]
    fn len(&self) -> usize {
        usize::try_from(self.indexed.len()).unwrap_or(usize::MAX)
    }

    #[inline]
    pub(super) fn into_inner(self) -> S {
        self.indexed
    }
}

impl<S: Indexed> Source for Cut<S> {
    type Item = S::Item;
    type Part = S::Part;
    type Feed<'f> = CutFeed<'f>;

    const RUNS_CODE: bool = S::RUNS_CODE;

    #[inline]
    fn known_len(&self) -> Option<usize> {
        Some(self.len())
    }

    #[inline]
    fn try_run<P>(&self, plan: &Plan<'_>, participant: P) -> Result<(), Panicked>
    where
        P: Fn(&mut CutFeed<'_>) -> BodyOfAParallelLoop + Sync,
    {
        let len = self.len();
        let block = plan.part_len(len).min(self.indexed.longest_share());
        let region = plan.region(len);
        let outcome = pool::with_current(|pool| {
            pool.try_run(&region, |ranges| {
                let mut feed = CutFeed { ranges, rest: 0..0, block, position: 0..0 };
                let BodyOfAParallelLoop = participant(&mut feed);
            })
        });
        outcome.map_err(Panicked::new)
    }

    #[inline]
    fn next(&self, feed: &mut CutFeed<'_>) -> Option<S::Part> {
        let position = feed.next()?;
        if position.start == usize::MAX - 1 && self.indexed.len() > usize::MAX as u128 {
            too_long();
        }
        Some(self.indexed.part(Share::new(position)))
    }

    #[inline]
    fn position(&self, feed: &CutFeed<'_>) -> Range<usize> {
        feed.position.clone()
    }

    fn leave(&self, feed: &mut CutFeed<'_>, remaining: usize) -> usize {
        let index = feed.position.end - remaining - 1;
        feed.ranges.leave_at(index);
        feed.rest = 0..0;
        index
    }
}

/// Where a participant is in its ranges.
pub struct CutFeed<'f> {
    ranges: &'f mut (dyn Participant + 'f),
    /// What is left of the range in hand when it is given block by block.
    rest: Range<usize>,
    /// The length of a block; endless where parts may be of any length.
    block: usize,
    position: Range<usize>,
}

impl CutFeed<'_> {
    /// The iterations of the next part.
    #[inline]
    fn next(&mut self) -> Option<Range<usize>> {
        if self.rest.is_empty() || self.rest.start >= self.ranges.bound() {
            let Some(range) = self.ranges.next() else {
                self.position = usize::MAX..usize::MAX;
                return None;
            };
            self.rest = range;
        } else {
            self.ranges.resume_at(self.rest.start);
        }
        // Ranges start at a multiple of the block length, so do the blocks.
        let end = self.rest.end.min(self.rest.start.saturating_add(self.block));
        // The last index that can be counted is an iteration that must never be reached.
        let end = if end == usize::MAX && end - self.rest.start > 1 { end - 1 } else { end };
        self.position = self.rest.start..end;
        self.rest.start = end;
        Some(self.position.clone())
    }
}
