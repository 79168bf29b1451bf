//! What one worker of a run does: take a batch, run it, hand its results over, again.

use super::Sink;
use super::chunk_sizer::ChunkSizer;
use super::deadline::{Deadlines, Timed};
use super::source::{Pulled, Source};
use super::tails::Tails;
use super::verdict::{Failure, Verdict};
use crate::cancel::Entered;
use crate::progress::Progress;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// Everything the workers of one run share.
pub(crate) struct Work<'r, I: Iterator, E, N, C, S> {
    pub(crate) source: &'r Source<I>,
    /// Makes what a worker keeps from task to task.
    pub(crate) init: &'r N,
    pub(crate) call: &'r C,
    pub(crate) sink: &'r S,
    pub(crate) verdict: &'r Verdict<E>,
    pub(crate) tails: &'r Tails<I::Item>,
    pub(crate) sizer: &'r ChunkSizer,
    pub(crate) n_jobs: usize,
    pub(crate) deadlines: Option<&'r Deadlines>,
    pub(crate) progress: &'r Progress,
    pub(crate) spent: &'r Spent,
}

/// One worker of a run.
struct Worker<W, T> {
    entered: Entered,
    slot: usize,
    /// What it keeps from task to task.
    lent: Option<W>,
    /// What it has in hand.
    items: Vec<T>,
}

/// How long a worker must not have come back for more of its batch before others help it.
const HELD_UP: Duration = Duration::from_micros(20);

/// After so many tasks it is known what one takes.
const KNOWN: u64 = 1000;

/// Tasks that take less are taken several at once, even of a small batch.
const QUICK: Duration = Duration::from_micros(3);

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
        let mut worker = self.worker(slot);
        let begun = Instant::now();
        let mut now = begun;
        while budget.is_none_or(|budget| now - begun <= budget) {
            if !self.verdict.is_open() {
                if self.source.remaining() != Some(0) {
                    self.verdict.skipped();
                }
                self.help(&mut worker);
                return Ended::Done;
            }
            // A worker with a budget is alone.
            let open = |first, items: &mut Vec<_>| {
                if items.len() > 1 && budget.is_none() {
                    self.tails.open(slot, first, items, self.least_piece());
                }
            };
            let wanted = |next, left| self.sizer.next(left, self.n_jobs).min(self.sink.room(next));
            let first = match self.source.pull_and(&mut worker.items, wanted, open) {
                Pulled::From(first) => first,
                Pulled::Full => return Ended::Full,
                Pulled::Ended => {
                    self.help(&mut worker);
                    return Ended::Done;
                }
                Pulled::Panicked { at, payload } => {
                    self.verdict.fail(at, Failure::Panic(payload));
                    at - worker.items.len()
                }
            };
            now = self.work_off(&mut worker, slot, first);
        }
        Ended::OutOfBudget
    }

    /// Runs, as worker `slot`, what waits behind a task that takes long.
    pub(crate) fn help_out(&self, slot: usize) {
        if self.tails.longest().is_some() {
            self.help(&mut self.worker(slot));
        }
    }

    /// Where tasks have long been quick, they are not looked after one by one.
    fn least_piece(&self) -> usize {
        match self.spent.tasks.load(Ordering::Relaxed) {
            KNOWN.. => self.sizer.tasks_in(QUICK).unwrap_or(1).max(1),
            _ => 1,
        }
    }

    fn worker(&self, slot: usize) -> Worker<W, I::Item> {
        Worker { entered: self.verdict.signal().enter(), slot, lent: None, items: Vec::new() }
    }

    /// Takes from batches whose worker is held up, until all that is left of them is taken.
    fn help(&self, worker: &mut Worker<W, I::Item>) {
        while let Some(of) = self.tails.longest() {
            let (left, since) = (self.tails.left(of), Instant::now());
            while self.tails.left(of) == left && since.elapsed() < HELD_UP {
                thread::yield_now();
            }
            if self.tails.left(of) == left
                && let Some(first) = self.tails.take(of, &mut worker.items)
            {
                self.work_off(worker, of, first);
            }
        }
    }

    /// Runs the items in hand, which start with the task at `next`, and what can be had of the batch of
    /// worker `of`. Returns the time.
    #[inline(always)]
    fn work_off(&self, worker: &mut Worker<W, I::Item>, of: usize, mut next: usize) -> Instant {
        let (mut first, mut started) = (next, Instant::now());
        let mut results = self.batch(worker, of);
        loop {
            let tasks = worker.items.len();
            let done = self.run_tasks(worker, next, &mut results);
            next += done;
            let after = if done == tasks {
                self.tails.take(of, &mut worker.items)
            } else {
                // They come after a task that failed, or nothing is needed.
                self.tails.clear(of);
                None
            };
            if after == Some(next) {
                continue;
            }
            let ended = self.hand_over(worker, first..next, results, started);
            let Some(after) = after else { return ended };
            (first, next, started) = (after, after, ended);
            results = self.batch(worker, of);
        }
    }

    /// Where results go of what is in hand and, for the worker whose batch it is, of the rest.
    fn batch(&self, worker: &Worker<W, I::Item>, of: usize) -> Vec<R> {
        let rest = if worker.slot == of { self.tails.left(of) } else { 0 };
        S::batch(worker.items.len() + rest)
    }

    /// Reports tasks that ran. Returns the time.
    #[inline(always)]
    fn hand_over(
        &self,
        worker: &Worker<W, I::Item>,
        tasks: Range<usize>,
        results: Vec<R>,
        started: Instant,
    ) -> Instant {
        worker.entered.rest();
        // A fold runs the user's code, too.
        if let Err(payload) = catch_unwind(AssertUnwindSafe(|| self.sink.accept(tasks.start, results))) {
            self.verdict.fail(tasks.start, Failure::Panic(payload));
        }
        let ended = Instant::now();
        self.sizer.record(tasks.len(), ended - started);
        self.spent.add(tasks.len(), ended - started);
        self.progress.batch(worker.slot, tasks.start, tasks.len(), started, ended);
        ended
    }

    /// Runs the items in hand up to the first that fails or is not wanted. How many came to their end.
    fn run_tasks(&self, worker: &mut Worker<W, I::Item>, first: usize, results: &mut Vec<R>) -> usize {
        let Worker { entered, slot, lent, items } = worker;
        let mut done = 0;
        let lent = lent.get_or_insert_with(self.init);
        for (index, item) in (first..).zip(items.drain(..)) {
            if !self.verdict.signal().wants(index) {
                self.verdict.skipped();
                break;
            }
            entered.begin(index);
            let timed = self.deadlines.map(|deadlines| deadlines.start(*slot, index));
            // A panic is re-thrown by whoever asked for the run, after which nothing of it is looked at.
            let outcome = catch_unwind(AssertUnwindSafe(|| (self.call)(lent, item)));
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
