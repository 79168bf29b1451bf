//! Loops over any other iterator: one participant at a time has it and pulls.
//!
//! A participant that is the only one runs each item before it pulls the next. Where there are several, each
//! pulls a batch and runs it at once, so the iterator is never ahead of the bodies by more than one batch per
//! participant.
#![allow(unsafe_code)]

mod alone;
mod batch;
mod desk;
mod lazy;
mod together;

use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use self::alone::Alone;
use self::batch::Batch;
use self::desk::Desk;
use self::lazy::Lazy;
use self::together::Together;
use super::plan::Plan;
use super::source::{BodyOfAParallelLoop, Panicked, Source};
use crate::pool::{self, Payload};

/// The most items pulled at once.
const MAX_BATCH: usize = 1024;

/// An iterator that several threads pull from, one at a time.
pub struct Bridge<I: Iterator> {
    desk: Arc<Desk<I>>,
    /// No iteration from this one on needs to be started.
    bound: AtomicUsize,
    /// The earliest iteration that left the loop.
    left_at: AtomicUsize,
    /// The earliest panic.
    panic: Mutex<Option<(usize, Payload)>>,
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

/// What a participant runs in one piece.
pub enum Part<I: Iterator> {
    /// A single item.
    One(Option<I::Item>),
    /// Items that were pulled together.
    Batch(Batch<I::Item>),
    /// Items that are pulled as the body asks for them.
    Lazy(Lazy<I>),
}

impl<I: Iterator> Iterator for Part<I> {
    type Item = I::Item;

    #[inline]
    fn next(&mut self) -> Option<I::Item> {
        match self {
            Part::One(item) => item.take(),
            Part::Batch(batch) => batch.next(),
            Part::Lazy(lazy) => lazy.next(),
        }
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let len = match self {
            Part::One(item) => usize::from(item.is_some()),
            Part::Batch(batch) => batch.len(),
            Part::Lazy(lazy) => lazy.len(),
        };
        (len, Some(len))
    }
}

impl<I: Iterator> ExactSizeIterator for Part<I> {}

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
                self.participate(Course::Alone(self.alone(plan)), &participant);
            } else {
                pool.gather(n_jobs, Some(plan.site()), |_slot, others| {
                    self.participate(Course::Together(self.join(plan, others)), &participant);
                });
            }
        });
        self.earliest_panic()
    }

    #[inline]
    fn next(&self, feed: &mut BridgeFeed<'_, I>) -> Option<Part<I>> {
        let part = match &mut feed.course {
            Course::Alone(alone) => {
                alone.finish();
                alone.next(self.bound(), MAX_BATCH, &mut feed.position).map(Part::Lazy)
            }
            Course::Together(together) => self.next_together(together, &mut feed.position),
        };
        if part.is_none() {
            feed.position = usize::MAX..usize::MAX;
        }
        part
    }

    #[inline]
    fn position(&self, feed: &BridgeFeed<'_, I>) -> Range<usize> {
        // Now that it has run, it may turn out not to have had them all.
        let missing = match &feed.course {
            Course::Alone(alone) => alone.missing(),
            Course::Together(together) => together.missing(),
        };
        feed.position.start..feed.position.end - missing
    }

    fn leave(&self, feed: &mut BridgeFeed<'_, I>, remaining: usize) -> usize {
        let index = feed.position.end - remaining - 1;
        self.left_at.fetch_min(index, Ordering::Relaxed);
        self.end_at(&feed.course, index);
        index
    }
}

impl<I: Iterator> Bridge<I> {
    /// Of an iterator that is `Send`, and so are its items.
    pub(super) fn new(iter: I) -> Self {
        Bridge {
            desk: Arc::new(Desk::new(iter)),
            bound: AtomicUsize::new(usize::MAX),
            left_at: AtomicUsize::new(usize::MAX),
            panic: Mutex::new(None),
        }
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
            pool::keep_first_panic(&self.panic, feed.position.start, payload);
            self.end_at(&feed.course, feed.position.start);
        }
        match &mut feed.course {
            Course::Alone(alone) => self.desk.put_back(alone.give_up().0),
            Course::Together(together) => self.part(together),
        }
    }

    fn bound(&self) -> usize {
        self.bound.load(Ordering::Relaxed)
    }

    /// No iteration from `index` on needs to be started: nobody has to wait for one.
    fn end_at(&self, course: &Course<'_, I>, index: usize) {
        self.bound.fetch_min(index, Ordering::Relaxed);
        if let Course::Together(together) = course {
            together.wake_all();
        }
    }

    /// The earliest panic, unless an earlier iteration left the loop.
    fn earliest_panic(&self) -> Result<(), Panicked> {
        let left_at = self.left_at.load(Ordering::Relaxed);
        match self.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((at, payload)) if at != usize::MAX && at >= left_at => pool::discard(payload),
            Some(panic) => return Err(Panicked::new(panic)),
            None => {}
        }
        Ok(())
    }
}
