//! Loops over sources that are cut by index: ranges come from the pool.
#![allow(unsafe_code)]

use std::ops::Range;

use super::indexed::{Indexed, Share, too_long};
use super::plan::Plan;
use super::source::{BodyOfAParallelLoop, Feed, Panicked, Source};
use crate::pool::{self, Participant};

/// A source cut by index.
#[derive(Debug)]
pub struct Cut<S> {
    indexed: S,
}

// SAFETY: made from a `Send` value by `IntoIndexed`, which promises that its source can then be shared. Asked where the
// source is made, and only there, it is one error at the user's own expression.
unsafe impl<S> Sync for Cut<S> {}

impl<S: Indexed> Cut<S> {
    /// Of what `Send` values were made into.
    #[inline]
    pub(super) fn new(indexed: S) -> Self {
        Cut { indexed }
    }

    /// The number of iterations, as far as it can be counted.
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
    type Hand<'h>
        = CutHand<'h>
    where
        Self: 'h;

    const RUNS_CODE: bool = S::RUNS_CODE;

    #[inline]
    fn known_len(&self) -> Option<usize> {
        Some(self.len())
    }

    #[inline]
    fn try_run<P>(&self, plan: &Plan<'_>, participant: P) -> Result<(), Panicked>
    where
        P: Fn(&mut Feed<'_, Self>) -> BodyOfAParallelLoop + Sync,
    {
        let len = self.len();
        let block = plan.part_len(len).min(self.indexed.longest_share());
        let region = plan.region(len);
        let outcome = pool::with_current(|pool| {
            pool.try_run(&region, |ranges| {
                let hand = CutHand { ranges, rest: 0..0, block };
                let BodyOfAParallelLoop = participant(&mut Feed::new(self, hand));
            })
        });
        outcome.map_err(Panicked::new)
    }

    #[inline]
    fn next(&self, hand: &mut CutHand<'_>, position: &mut Range<usize>) -> Option<S::Part> {
        if hand.rest.is_empty() || hand.rest.start >= hand.ranges.bound() {
            let Some(range) = hand.ranges.next() else {
                *position = usize::MAX..usize::MAX;
                return None;
            };
            hand.rest = range;
        } else {
            hand.ranges.resume_at(hand.rest.start);
        }
        // Ranges start at a multiple of the block length, so do the blocks.
        let end = hand.rest.end.min(hand.rest.start.saturating_add(hand.block));
        // The end of what can be counted is for an iteration of its own, which must not be reached.
        let end = if end == usize::MAX && end - hand.rest.start > 1 { end - 1 } else { end };
        if hand.rest.start == usize::MAX - 1 && self.indexed.len() > usize::MAX as u128 {
            too_long();
        }
        *position = hand.rest.start..end;
        hand.rest.start = end;
        Some(self.indexed.part(Share::new(position.clone())))
    }

    fn leave(&self, hand: &mut CutHand<'_>, index: usize) {
        hand.ranges.leave_at(index);
        hand.rest = 0..0;
    }
}

/// Where a participant is in its ranges.
pub struct CutHand<'h> {
    ranges: &'h mut (dyn Participant + 'h),
    /// What is left of the range in hand when it is given block by block.
    rest: Range<usize>,
    /// The length of a block; endless where parts may be of any length.
    block: usize,
}
