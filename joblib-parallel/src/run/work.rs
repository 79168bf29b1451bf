//! What one worker of a run does: take a batch, run it, hand its results over, again.

use super::chunk_sizer::ChunkSizer;
use super::deadline::{Deadlines, Timed};
use super::source::{Pulled, Source};
use super::verdict::{Failure, Verdict};
use super::{Observer, Sink};
use crate::cancel::Entered;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Everything the workers of one run share.
pub(crate) struct Work<'r, I: Iterator, E, N, C, S> {
    pub(crate) source: &'r Source<I>,
    /// Makes what a worker keeps from task to task.
    pub(crate) init: &'r N,
    pub(crate) call: &'r C,
    pub(crate) sink: &'r S,
    pub(crate) verdict: &'r Verdict<E>,
    pub(crate) sizer: &'r ChunkSizer,
    pub(crate) n_jobs: usize,
    pub(crate) deadlines: Option<&'r Deadlines>,
    pub(crate) observer: &'r dyn Observer,
    pub(crate) spent: &'r Spent,
}

/// Why a worker stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing is left to be done.
    Done,
    /// The sink wants no more at present.
    Full,
    /// It worked as long as it was allowed to.
    OutOfBudget,
}

/// Time and tasks of a run, summed over its workers.
#[derive(Default)]
pub(crate) struct Spent {
    nanoseconds: AtomicU64,
    tasks: AtomicU64,
}

impl Spent {
    /// Mean time of a task; `None` if none ran.
    pub(crate) fn per_task(&self) -> Option<f64> {
        let tasks = self.tasks.load(Ordering::Relaxed);
        (tasks > 0).then(|| self.nanoseconds.load(Ordering::Relaxed) as f64 / tasks as f64)
    }

    fn add(&self, tasks: usize, elapsed: Duration) {
        self.nanoseconds.fetch_add(elapsed.as_nanos() as u64, Ordering::Relaxed);
        self.tasks.fetch_add(tasks as u64, Ordering::Relaxed);
    }
}

impl<I, R, E, W, N, C, S> Work<'_, I, E, N, C, S>
where
    I: Iterator,
    N: Fn() -> W,
    C: Fn(&mut W, I::Item) -> Result<R, E>,
    S: Sink<R>,
{
    /// Works as worker `slot` until there is nothing left, the sink has no room, or `budget` is used up.
    pub(crate) fn run(&self, slot: usize, budget: Option<Duration>) -> Ended {
        let entered = self.verdict.signal().enter();
        let (mut items, mut scratch, begun) = (Vec::new(), None, Instant::now());
        let mut now = begun;
        while budget.is_none_or(|budget| now - begun <= budget) {
            if !self.verdict.is_open() {
                if self.source.remaining() != Some(0) {
                    self.verdict.skipped();
                }
                return Ended::Done;
            }
            let first = match self.source.pull(&mut items, |next, left| self.wanted(next, left)) {
                Pulled::From(first) => first,
                Pulled::Full => return Ended::Full,
                Pulled::Ended => return Ended::Done,
                Pulled::Panicked { at, payload } => {
                    self.verdict.fail(at, Failure::Panic(payload));
                    at - items.len()
                }
            };
            let (tasks, started) = (items.len(), Instant::now());
            let mut results = S::batch(items.len());
            let state = scratch.get_or_insert_with(self.init);
            let done = self.batch(&entered, slot, first, &mut items, state, &mut results);
            entered.rest();
            // A fold runs the user's code, too.
            if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.sink.accept(first, results))) {
                self.verdict.fail(first, Failure::Panic(payload));
            }
            now = Instant::now();
            self.sizer.record(done, now - started);
            self.spent.add(tasks, now - started);
            self.observer.batch(slot, first, done, started, now);
        }
        Ended::OutOfBudget
    }

    fn wanted(&self, next: usize, left: Option<usize>) -> usize {
        self.sizer.next(left, self.n_jobs).min(self.sink.room(next))
    }

    /// Runs consecutive tasks up to the first that fails or is not wanted. How many came to their end.
    fn batch(
        &self,
        entered: &Entered,
        slot: usize,
        first: usize,
        items: &mut Vec<I::Item>,
        state: &mut W,
        results: &mut Vec<R>,
    ) -> usize {
        let mut done = 0;
        for (index, item) in (first..).zip(items.drain(..)) {
            if !self.verdict.signal().wants(index) {
                self.verdict.skipped();
                break;
            }
            entered.begin(index);
            let timed = self.deadlines.map(|deadlines| deadlines.start(slot, index));
            // A panic is re-thrown by whoever asked for the run, after which nothing of it is looked at.
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.call)(state, item)));
            if let Some(Err(late)) = timed.map(Timed::finish) {
                self.verdict.fail(index, Failure::Run(late));
                break;
            }
            match outcome {
                Ok(Ok(result)) => {
                    self.sink.put(index, result, results);
                    done += 1;
                }
                Ok(Err(error)) => {
                    self.verdict.fail(index, Failure::Task(error));
                    break;
                }
                Err(payload) => {
                    self.verdict.fail(index, Failure::Panic(payload));
                    break;
                }
            }
        }
        done
    }
}
