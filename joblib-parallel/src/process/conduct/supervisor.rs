//! The parent's side of a run: one thread that keeps a place busy, takes in results, and has lost tasks run
//! again.
//!
//! Each batch is kept until the place is done with it. A lost task fails or, if it may be tried again, is
//! queued; the other tasks of its batch are queued.

use crate::process::message::{Outcomes, Packed};
use crate::process::place::{Event, Lost, Place};
use crate::{Error, Result};
use joblib_core::fork::Process;
use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

/// The tasks of a run, whatever their types.
pub(super) trait Tasks {
    /// The next batch of the input.
    fn pack(&mut self) -> Packing;

    /// Takes in the results of consecutive tasks, the first of which is at `first`, from the worker of this
    /// number in the run.
    fn unpack(&mut self, first: usize, worker: usize, outcomes: Outcomes, elapsed: Duration);

    /// The task at `index` failed, not by its own code.
    fn fail(&mut self, index: usize, error: Error);

    /// The position of the earliest failure so far; 0 if the run was ended from outside.
    fn unwanted_from(&self) -> Option<usize>;
}

/// What [`Tasks::pack`] found.
pub(super) enum Packing {
    Batch(Packed),
    /// None is wanted at present.
    Full,
    /// There are no more.
    Ended,
}

/// How long tasks that are no longer needed have to notice it before they are ended.
const GRACE: Duration = Duration::from_millis(20);

pub(super) struct Supervisor<'t> {
    place: &'t mut dyn Place,
    tasks: &'t mut dyn Tasks,
    /// How often a task may be tried again.
    retries: usize,
    /// Batches at the place, by number: what they have left.
    out: BTreeMap<u32, Packed>,
    next_number: u32,
    again: VecDeque<Packed>,
    ended: bool,
    process: Process,
    /// When it was noticed that nothing that runs is still needed.
    useless_since: Option<Instant>,
}

/// Runs all tasks.
pub(super) fn supervise(mut place: Box<dyn Place + '_>, tasks: &mut dyn Tasks, retries: usize) -> Result<()> {
    let outcome = Supervisor {
        place: &mut *place,
        tasks,
        retries,
        out: BTreeMap::new(),
        next_number: 0,
        again: VecDeque::new(),
        ended: false,
        process: Process::current(),
        useless_since: None,
    }
    .run();
    place.finish(outcome.is_ok());
    outcome
}

impl Supervisor<'_> {
    fn run(&mut self) -> Result<()> {
        loop {
            self.feed()?;
            self.check_not_forked()?;
            let unwanted = self.tasks.unwanted_from();
            if self.out.is_empty() && self.again.is_empty() && (self.ended || unwanted.is_some()) {
                return Ok(());
            }
            let grace = unwanted.and_then(|from| self.abandon(from));
            if grace == Some(Duration::ZERO) {
                return Ok(());
            }
            for event in self.place.wait(grace)? {
                self.take_in(event);
            }
        }
    }

    /// Sends the place as many batches as it has room for.
    fn feed(&mut self) -> Result<()> {
        self.check_not_forked()?;
        while self.place.room() > 0 {
            let Some(batch) = self.next_batch() else {
                if self.tasks.unwanted_from().is_none() && !self.take_back() {
                    return Ok(());
                }
                match self.again.is_empty() {
                    true => return Ok(()),
                    false => continue,
                }
            };
            self.check_not_forked()?;
            let number = self.next_number;
            self.next_number = self.next_number.wrapping_add(1);
            self.place.send(number, &batch)?;
            self.out.insert(number, batch);
        }
        Ok(())
    }

    /// The input or a fold may have forked, and this may be the child: the place and its workers are the
    /// parent's.
    fn check_not_forked(&self) -> Result<()> {
        match self.process.is_current() {
            true => Ok(()),
            false => {
                Err(Error::backend("the run cannot be finished", "this process was forked inside of it"))
            }
        }
    }

    fn next_batch(&mut self) -> Option<Packed> {
        let unwanted = self.tasks.unwanted_from();
        while let Some(batch) = self.again.pop_front() {
            if unwanted.is_none_or(|from| batch.first < from) {
                return Some(batch);
            }
        }
        if self.ended || unwanted.is_some() {
            return None;
        }
        match self.tasks.pack() {
            Packing::Batch(batch) => Some(batch),
            Packing::Full => None,
            Packing::Ended => {
                self.ended = true;
                None
            }
        }
    }

    /// Queues what the place has not begun, for workers that have nothing to do. Says whether there was
    /// something.
    fn take_back(&mut self) -> bool {
        let room = self.place.room();
        for (number, tasks) in self.place.take_back() {
            let Some(batch) = self.out.get_mut(&number) else { continue };
            let Some(taken) = batch.part(tasks.clone()) else { continue };
            *batch = batch.part(batch.first..tasks.start).unwrap_or_else(|| batch.nothing());
            let share = taken.len().div_ceil(room.max(1));
            let starts = tasks.clone().step_by(share.max(1));
            self.again.extend(starts.filter_map(|start| taken.part(start..tasks.end.min(start + share))));
        }
        !self.again.is_empty()
    }

    /// Tells the place from where on tasks are no longer needed; returns how long it may still take, if it
    /// has none that are.
    fn abandon(&mut self, from: usize) -> Option<Duration> {
        self.place.want_before(from);
        if self.out.values().chain(&self.again).any(|batch| batch.len() > 0 && batch.first < from) {
            return None;
        }
        let since = *self.useless_since.get_or_insert_with(Instant::now);
        Some(GRACE.saturating_sub(since.elapsed()))
    }

    fn take_in(&mut self, event: Event) {
        match event {
            Event::Results { batch: number, worker, outcomes, elapsed } => {
                let Some(batch) = self.out.get_mut(&number) else { return };
                let (first, done) = (batch.first, outcomes.len().min(batch.len()));
                *batch = batch.part(first + done..first + batch.len()).unwrap_or_else(|| batch.nothing());
                self.tasks.unpack(first, worker, outcomes, elapsed);
            }
            Event::Over { batch: number, at } => {
                let Some(batch) = self.out.remove(&number).filter(|batch| batch.len() > 0) else { return };
                match at.filter(|lost| batch.range().contains(&lost.task)) {
                    None => self.again.push_back(batch),
                    Some(lost) => self.lost(&batch, lost),
                }
            }
        }
    }

    /// A task of this batch was lost.
    fn lost(&mut self, batch: &Packed, Lost { task, attempts, error }: Lost) {
        self.again.extend(batch.part(batch.first..task));
        if attempts > self.retries {
            self.tasks.fail(task, error);
        } else if let Some(mut single) = batch.part(task..task + 1) {
            single.attempts = attempts;
            self.again.push_back(single);
        }
        self.again.extend(batch.part(task + 1..batch.range().end));
    }
}
