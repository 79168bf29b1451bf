//! Loops over any other iterator: one participant at a time has it and pulls.
//!
//! A participant that is the only one runs each item before it pulls the next. Where there are several, each
//! pulls a batch and runs it at once, so the iterator is never ahead of the bodies by more than one batch per
//! participant.
#![allow(unsafe_code)]

mod alone;
mod batch;
mod desk;
mod end;
mod lazy;
mod part;
mod together;

use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;

use self::alone::Alone;
use self::batch::MAX_BATCH;
use self::desk::Desk;
use self::end::End;
use self::lazy::Keeper;
use self::part::Part;
use self::together::Together;
use super::plan::Plan;
use super::source::{BodyOfAParallelLoop, Panicked, Source};
use crate::pool;

/// An iterator that several threads pull from, one at a time.
pub struct Bridge<I: Iterator> {
    desk: Arc<Desk<I>>,
    end: End,
}

// SAFETY: one thread at a time has the iterator, and one each item. All are `Send`: asked where the bridge is
// made, and only there, it is one error at the user's own expression.
unsafe impl<I: Iterator> Sync for Bridge<I> {}

/// Where a participant is.
pub struct BridgeFeed<'f, I: Iterator> {
    course: Course<'f, I>,
    position: Range<usize>,
}

enum Course<'f, I: Iterator> {
    /// It is the only one there can be.
    Alone(Alone<I>),
    /// There may be others.
    Together(Together<'f, I>),
}

impl<I: Iterator> Source for Bridge<I> {
    type Item = I::Item;
    type Part = Part<I>;
    type Feed<'f> = BridgeFeed<'f, I>;

    fn known_len(&self) -> Option<usize> {
        None
    }

    fn try_run<P>(&self, plan: &Plan<'_>, participant: P) -> Result<(), Panicked>
    where
        P: Fn(&mut BridgeFeed<'_, I>) -> BodyOfAParallelLoop + Sync,
    {
        pool::with_current(|pool| {
            let n_jobs = plan.jobs().unwrap_or_else(|| pool.num_threads());
            if n_jobs == 1 {
                let alone = Alone::new(Keeper::new(self.desk.take_out()), plan.has_blocks());
                self.participate(Course::Alone(alone), &participant);
            } else {
                pool.gather(n_jobs, Some(plan.site()), |_slot, others| {
                    self.participate(
                        Course::Together(Together::join(&self.desk, plan, others)),
                        &participant,
                    );
                });
            }
        });
        self.end.earliest_panic()
    }

    #[inline]
    fn next(&self, feed: &mut BridgeFeed<'_, I>) -> Option<Part<I>> {
        let part = match &mut feed.course {
            Course::Alone(alone) => {
                alone.finish();
                alone.next(self.end.bound(), MAX_BATCH, &mut feed.position).map(Part::Lazy)
            }
            Course::Together(together) => together.next(&self.end, &mut feed.position),
        };
        if part.is_none() {
            feed.position = usize::MAX..usize::MAX;
        }
        part
    }

    #[inline]
    fn position(&self, feed: &BridgeFeed<'_, I>) -> Range<usize> {
        // Now that it has run, it may turn out to have had fewer.
        let missing = match &feed.course {
            Course::Alone(alone) => alone.missing(),
            Course::Together(together) => together.missing(),
        };
        feed.position.start..feed.position.end - missing
    }

    fn leave(&self, feed: &mut BridgeFeed<'_, I>, remaining: usize) -> usize {
        let index = feed.position.end - remaining - 1;
        self.end.leave(index);
        feed.course.wake_all();
        index
    }
}

impl<I: Iterator> Bridge<I> {
    /// For an iterator that is `Send`, as are its items.
    pub(super) fn new(iter: I) -> Self {
        Bridge { desk: Arc::new(Desk::new(iter)), end: End::new() }
    }

    /// A panic ends this participant; the others finish what is earlier in loop order.
    fn participate<'f>(
        &'f self,
        course: Course<'f, I>,
        participant: &impl Fn(&mut BridgeFeed<'_, I>) -> BodyOfAParallelLoop,
    ) {
        let mut feed = BridgeFeed { course, position: 0..0 };
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| participant(&mut feed)));
        if let Err(payload) = outcome {
            self.end.panic(feed.position.start, payload);
            feed.course.wake_all();
        }
        match &mut feed.course {
            Course::Alone(alone) => self.desk.put_back(alone.give_up().0),
            Course::Together(together) => together.part(),
        }
    }
}

impl<I: Iterator> Course<'_, I> {
    /// The loop has an end: nobody has to wait for an iteration behind it.
    fn wake_all(&self) {
        if let Course::Together(together) = self {
            together.wake_all();
        }
    }
}
