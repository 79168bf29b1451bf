//! The typed side of a run: packing items, unpacking results.

use super::batch::{Packed, read_outcome};
use super::job::Job;
use super::outcome::{Judge, Outcome};
use super::parcel::{Sharing, Unpacker};
use super::supervisor::{Packing, Tasks};
use super::wire::Body;
use crate::Error;
use crate::run::{ChunkSizer, Failure, Observer, Pulled, Sink, Source, Verdict};
use std::time::{Duration, Instant};

pub(super) struct Typed<'r, J: Job, O, I: Iterator, S> {
    pub(super) source: &'r Source<I>,
    pub(super) sink: &'r S,
    pub(super) verdict: &'r Verdict<J::Failure>,
    pub(super) sizer: &'r ChunkSizer,
    pub(super) n_jobs: usize,
    pub(super) sharing: &'r Sharing,
    pub(super) observer: &'r dyn Observer,
    /// Most tasks that may be out, where that is bounded.
    pub(super) bound: Option<usize>,
    pub(super) finished: usize,
    pub(super) judge: Judge<J::Output, J::Failure, O>,
    pub(super) items: Vec<I::Item>,
    /// Takes the items that were packed.
    pub(super) keep: &'r dyn Fn(usize, I::Item),
    pub(super) per_task: Option<f64>,
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
        let mut batch = Packed::new(first);
        for (index, item) in (first..).zip(self.items.drain(..)) {
            if let Err(error) = batch.push(&item, self.sharing) {
                self.verdict.fail(index, Failure::Run(error.of_task(index)));
                break;
            }
            (self.keep)(index, item);
        }
        if batch.len() == 0 { Packing::Ended } else { Packing::Batch(batch) }
    }

    fn unpack(
        &mut self,
        batch: &Packed,
        worker: usize,
        mut body: Body<'_>,
        mut inbox: Unpacker,
        elapsed: Duration,
    ) -> usize {
        let ended = Instant::now();
        let mut results = S::batch(batch.len());
        self.sink.weigh((body.0.len() + inbox.bytes()) / batch.len().max(1));
        let mut done = 0;
        while done < batch.len() {
            let index = batch.first + done;
            match read_outcome::<J>(&mut body, &mut inbox) {
                Ok(Some(outcome)) => match (self.judge)(index, outcome) {
                    Ok(result) => self.sink.put(index, result, &mut results),
                    Err(failure) => self.verdict.fail(index, failure),
                },
                Ok(None) => break,
                Err(error) => {
                    self.verdict.fail(index, Failure::Run(error.of_task(index)));
                    done = batch.len();
                    break;
                }
            }
            done += 1;
        }
        if self.verdict.failed_at().is_none_or(|index| index > batch.first) {
            self.sink.accept(batch.first, results);
        }
        self.finished += done;
        self.sizer.record(done, elapsed);
        self.per_task = Some(elapsed.as_nanos() as f64 / done.max(1) as f64);
        self.observer.batch(worker, batch.first, done, ended.checked_sub(elapsed).unwrap_or(ended), ended);
        done
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

    fn are_short(&self) -> bool {
        // Until something is known, nobody waits long for a first task.
        self.per_task.is_some_and(|per_task| per_task < SHORT.as_nanos() as f64)
    }
}

/// A worker that would wait for its next task longer than a small part of this has two batches.
const SHORT: Duration = Duration::from_micros(500);
