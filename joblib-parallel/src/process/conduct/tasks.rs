//! The typed side of a run: packing items, unpacking results.

use super::supervisor::{Packing, Tasks};
use crate::Error;
use crate::process::job::Job;
use crate::process::message::{Outcomes, Packed, Sharing};
use crate::process::outcome::{Judge, Outcome};
use crate::progress::Progress;
use crate::run::{ChunkSizer, Failure, Pulled, Sink, Source, Verdict};
use std::time::{Duration, Instant};

pub(super) struct Typed<'r, J: Job, O, I: Iterator, S> {
    pub(super) source: &'r Source<I>,
    pub(super) sink: &'r S,
    pub(super) verdict: &'r Verdict<J::Failure>,
    pub(super) sizer: &'r ChunkSizer,
    pub(super) n_jobs: usize,
    pub(super) sharing: &'r Sharing,
    pub(super) progress: &'r Progress,
    /// Most tasks that may be under way, if that is bounded.
    pub(super) bound: Option<usize>,
    pub(super) finished: usize,
    pub(super) judge: Judge<J::Output, J::Failure, O>,
    pub(super) items: Vec<I::Item>,
    /// Takes the items that were packed.
    pub(super) keep: &'r dyn Fn(usize, I::Item),
}

impl<J, O, I, S> Tasks for Typed<'_, J, O, I, S>
where
    J: Job,
    I: Iterator<Item: serde::Serialize>,
    S: Sink<O>,
{
    fn pack(&mut self) -> Packing {
        let bound = self.bound.map(|bound| bound + self.finished);
        let wanted = |next, left| {
            let room = bound.map_or(usize::MAX, |bound| bound.saturating_sub(next)).min(self.sink.room(next));
            self.sizer.next(left, self.n_jobs).min(room)
        };
        let first = match self.source.pull(&mut self.items, wanted) {
            Pulled::From(first) => first,
            Pulled::Full => return Packing::Full,
            Pulled::Ended => return Packing::Ended,
            Pulled::Panicked { at, payload } => {
                self.verdict.fail(at, Failure::Panic(payload));
                at - self.items.len()
            }
        };
        let (batch, packed) = Packed::new(first, self.items.drain(..), self.sharing, self.keep);
        if let Err(error) = packed {
            self.verdict.fail(error.task_index().unwrap_or(first), Failure::Run(error));
        }
        if batch.len() == 0 { Packing::Ended } else { Packing::Batch(batch) }
    }

    fn unpack(&mut self, first: usize, worker: usize, mut outcomes: Outcomes, elapsed: Duration) {
        let (ended, done) = (Instant::now(), outcomes.len());
        if done == 0 {
            return;
        }
        let mut results = S::batch(done);
        self.sink.weigh(outcomes.nbytes() / done);
        for index in first..first + done {
            let Some(outcome) = outcomes.next::<J>() else { break };
            match (self.judge)(index, outcome) {
                Ok(result) => self.sink.put(index, result, &mut results),
                Err(failure) => {
                    self.verdict.fail(index, failure);
                    // What comes after it is not needed, and would take its place.
                    break;
                }
            }
        }
        if self.verdict.failed_at().is_none_or(|index| index > first) {
            self.sink.accept(first, results);
        }
        self.finished += done;
        self.sizer.record(done, elapsed);
        self.progress.batch(worker, first, done, ended.checked_sub(elapsed).unwrap_or(ended), ended);
    }

    fn fail(&mut self, index: usize, error: Error) {
        match (self.judge)(index, Outcome::Lost(error)) {
            Ok(result) => {
                let mut single = S::batch(1);
                self.sink.put(index, result, &mut single);
                self.sink.accept(index, single);
            }
            Err(failure) => self.verdict.fail(index, failure),
        }
        self.finished += 1;
    }

    fn unwanted_from(&self) -> Option<usize> {
        let signal = self.verdict.signal();
        if signal.is_stopped() {
            self.verdict.skipped();
            return Some(0);
        }
        signal.lowest_failed()
    }
}
