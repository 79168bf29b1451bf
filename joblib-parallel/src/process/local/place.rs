//! Worker processes of this machine as a place where batches run.
//!
//! A worker has one batch, or two where batches are short, so that it need not wait for the next. When one
//! ends, the task that it was running has failed; the rest of what it had is handed back for others to run.

use super::idle;
use super::socket::{events, poll};
use super::spawn::{Settings, Worker, is_gone};
use super::status::At;
use super::wake::WakeReceiver;
use crate::process::message::{
    Message, Order, Outcomes, Packed, Parcel, Payload, ResultsHead, RunHead, ToParent, ToWorker,
};
use crate::process::place::{Event, Lost, Pace, Place};
use crate::{Error, Result};
use std::collections::VecDeque;
use std::io;
use std::ops::Range;
use std::os::fd::AsFd;
use std::time::{Duration, Instant};

/// The workers of a run: what they are started with and told.
pub(in crate::process) struct Workers {
    pub(in crate::process) settings: Settings,
    pub(in crate::process) n_jobs: usize,
    pub(in crate::process) timeout: Option<Duration>,
    pub(in crate::process) order: Order,
    /// Digest of the positions where the run was asked for.
    pub(in crate::process) positions: [u64; 2],
    /// The value that all tasks share.
    pub(in crate::process) shared: (Payload, Parcel),
}

/// Runs batches in worker processes.
pub(in crate::process) struct Local {
    run: Workers,
    wake: WakeReceiver,
    workers: Vec<Assigned>,
    /// Tasks from this position on are not needed.
    wanted: usize,
    /// Workers that have ended, with no task to blame, since results last arrived.
    unblamed_ends: usize,
    /// Whether batches take so little time that a worker should have two.
    are_short: bool,
    events: Vec<Event>,
}

/// A worker and what it has to do.
struct Assigned {
    worker: Worker,
    /// Its place in the run.
    number: usize,
    /// Batches whose results have not come.
    batches: VecDeque<Sent>,
    /// When it was last given a batch or sent results.
    since: Instant,
    /// Whether tasks of its batches were taken back: it gets no more until it is done with them.
    is_cut: bool,
}

struct Sent {
    batch: u32,
    tasks: Range<usize>,
    /// Tasks that the worker was sent before.
    sent_before: u32,
}

/// Workers that end in a row, none of them at a task, before the run is given up.
const MAX_UNBLAMED_ENDS: usize = 5;

/// A worker that would wait for its next task longer than a small part of this has two batches.
const SHORT: Duration = Duration::from_micros(500);

/// A worker that has been silent for this long, many times as long as a batch is to take, may lose tasks to
/// one that has none.
const PATIENCE: Duration = Duration::from_millis(10);

impl Local {
    pub(in crate::process) fn new(run: Workers, wake: WakeReceiver) -> Self {
        Self {
            run,
            wake,
            workers: Vec::new(),
            wanted: usize::MAX,
            unblamed_ends: 0,
            are_short: false,
            events: Vec::new(),
        }
    }

    /// Workers without a batch, counting those that are not started yet.
    fn unoccupied(&self) -> usize {
        let idle = self.workers.iter().filter(|assigned| assigned.batches.is_empty()).count();
        idle + self.run.n_jobs.saturating_sub(self.workers.len())
    }

    /// The worker that should have the next batch; it may have to be started first.
    fn next_worker(&mut self) -> Result<usize> {
        if let Some(idle) = self.workers.iter().position(|assigned| assigned.batches.is_empty()) {
            return Ok(idle);
        }
        if self.workers.len() < self.run.n_jobs {
            let number = (0..).find(|number| self.workers.iter().all(|assigned| assigned.number != *number));
            let assigned = self.start_worker(number.unwrap_or_default())?;
            self.workers.push(assigned);
            return Ok(self.workers.len() - 1);
        }
        let free = self.workers.iter().enumerate().filter(|(_, assigned)| !assigned.is_cut);
        let least = free.min_by_key(|(_, assigned)| assigned.batches.len());
        least.map(|(index, _)| index).ok_or_else(|| Error::message("a batch for which there is no worker"))
    }

    fn start_worker(&self, number: usize) -> Result<Assigned> {
        let mut worker = idle::take(&self.run.settings)?;
        if self.wanted != usize::MAX {
            worker.status.want_before(self.wanted);
        }
        let (payload, parcel) = &self.run.shared;
        let (manifest, attachments) = parcel.describe()?;
        let head = RunHead { order: self.run.order.clone(), positions: self.run.positions, manifest };
        let message = Message { control: ToWorker::Run(head), payload: payload.clone(), attachments };
        match worker.channel.queue(message) {
            // If it is gone already, that is noticed when receiving.
            Err(error) if !is_gone(&error) => {
                return Err(Error::message_from("what the tasks share cannot be sent to a worker", error));
            }
            _ => {}
        }
        Ok(Assigned { worker, number, batches: VecDeque::new(), since: Instant::now(), is_cut: false })
    }

    /// Takes in what workers have sent, and deals with those that are gone.
    fn receive_all(&mut self) -> Result<()> {
        let mut index = 0;
        while index < self.workers.len() {
            match self.receive_from(index) {
                Ok(()) => index += 1,
                Err(Gone::Refused(reason)) => {
                    return Err(Error::backend("a worker process cannot serve", reason));
                }
                Err(Gone::Closed) => {
                    let mut assigned = self.workers.swap_remove(index);
                    let end = assigned.worker.wait_for_end();
                    // One with nothing to do may end when it has been idle too long.
                    if !assigned.worker.is_ready || !assigned.batches.is_empty() {
                        self.ended(assigned, &end, None)?;
                    }
                }
                Err(Gone::Broken(error)) => {
                    let mut assigned = self.workers.swap_remove(index);
                    let end = assigned.worker.end(&format!("ended because {error}"));
                    self.ended(assigned, &end, None)?;
                }
            }
        }
        Ok(())
    }

    /// Everything that one worker has sent.
    fn receive_from(&mut self, index: usize) -> Result<(), Gone> {
        let Self { run, workers, events, unblamed_ends, are_short, .. } = self;
        let assigned = &mut workers[index];
        // Nothing that it sent before it ended is lost.
        let was_sending = assigned.worker.channel.is_sending();
        let flushed = assigned.worker.channel.flush();
        if was_sending && !assigned.worker.channel.is_sending() {
            // It has the whole message now.
            assigned.since = Instant::now();
        }
        loop {
            let message = match assigned.worker.channel.receive() {
                Ok(message) => message,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || is_gone(&error) => {
                    return Err(Gone::Closed);
                }
                Err(error) => return Err(Gone::Broken(format!("its message cannot be read: {error}"))),
            };
            match message.control {
                ToParent::Ready => {
                    assigned.worker.is_ready = true;
                    assigned.since = Instant::now();
                }
                ToParent::Refused(reason) => return Err(Gone::Refused(reason)),
                ToParent::Results(ResultsHead { run: of, nanoseconds, endings, manifest }) => {
                    let is_asked_for = |sent: &Sent| of == run.order.run && endings.len() <= sent.tasks.len();
                    if !assigned.batches.front().is_some_and(is_asked_for) {
                        return Err(Gone::Broken("it sent results of what it was not asked for".into()));
                    }
                    let Some(sent) = assigned.batches.pop_front() else { continue };
                    assigned.since = Instant::now();
                    assigned.is_cut &= !assigned.batches.is_empty();
                    *unblamed_ends = 0;
                    let (batch, worker, elapsed) =
                        (sent.batch, assigned.number, Duration::from_nanos(nanoseconds));
                    let told = u32::try_from(endings.len()).unwrap_or(u32::MAX).max(1);
                    *are_short = elapsed / told < SHORT;
                    let outcomes = Outcomes::new(endings, manifest, message.payload, message.attachments);
                    events.push(Event::Results { batch, worker, outcomes, elapsed });
                    events.push(Event::Over { batch, at: None });
                }
            }
        }
        match flushed {
            Err(error) if is_gone(&error) => Err(Gone::Closed),
            Err(error) => Err(Gone::Broken(format!("a message cannot be sent to it: {error}"))),
            Ok(()) => Ok(()),
        }
    }

    /// Ends workers whose task is out of time.
    fn end_late_tasks(&mut self) -> Result<()> {
        let Some(limit) = self.run.timeout else { return Ok(()) };
        let mut index = 0;
        while let Some(assigned) = self.workers.get(index) {
            let late = assigned.worker.status.running().filter(|(task, so_far)| {
                *so_far >= limit && assigned.batches.iter().any(|sent| sent.tasks.contains(task))
            });
            match late {
                None => index += 1,
                Some((task, _)) => {
                    let mut assigned = self.workers.swap_remove(index);
                    let end = assigned.worker.end(&format!("ended by the time limit of {limit:?}"));
                    self.ended(assigned, &end, Some(Error::timeout(task, limit)))?;
                }
            }
        }
        Ok(())
    }

    /// A worker is gone: the task that it was running failed, for `reason` if there is one; others are to do
    /// the rest of what it had.
    fn ended(&mut self, assigned: Assigned, end: &str, mut reason: Option<Error>) -> Result<()> {
        let Assigned { worker, batches, .. } = assigned;
        let (at, attempts) = (worker.status.at().task(), worker.status.attempts());
        let (number, pid) = (worker.number, worker.pid());
        joblib_core::event!(WARN, worker = number, pid, task = at, end, "worker process ended");
        let mut is_blamed = false;
        for sent in batches {
            let at = at.filter(|task| sent.tasks.contains(task));
            is_blamed |= at.is_some();
            let at = at.map(|task| {
                let error = reason.take().unwrap_or_else(|| cause(&worker, end).of_task(task));
                Lost { task, attempts, error }
            });
            self.events.push(Event::Over { batch: sent.batch, at });
        }
        self.unblamed_ends = if is_blamed { 0 } else { self.unblamed_ends + 1 };
        if self.unblamed_ends >= MAX_UNBLAMED_ENDS {
            return Err(cause(&worker, end));
        }
        Ok(())
    }

    /// How long to wait at most.
    fn next_look(&self) -> Option<Duration> {
        let busy = || self.workers.iter().filter(|assigned| !assigned.batches.is_empty());
        let timeout = self.run.timeout.map(|limit| {
            let left = busy().map(|assigned| {
                let so_far = assigned.worker.status.running().map_or(Duration::ZERO, |(_, so_far)| so_far);
                limit.saturating_sub(so_far)
            });
            left.min().unwrap_or(limit)
        });
        let waiting = busy().filter(|assigned| assigned.worker.status.not_begun() > 0);
        let patience = waiting.map(|assigned| match PATIENCE.checked_sub(assigned.since.elapsed()) {
            Some(left) => left,
            None if assigned.could_spare() => Duration::ZERO,
            None => PATIENCE,
        });
        let patience = patience.min().filter(|_| self.unoccupied() > 0 && self.wanted == usize::MAX);
        timeout.into_iter().chain(patience).min()
    }
}

impl Assigned {
    /// Whether tasks wait behind the one that it runs. A worker that has begun none yet keeps what it has, so
    /// that nothing is handed around forever.
    fn could_spare(&self) -> bool {
        let Worker { channel, status, .. } = &self.worker;
        let is_at_work = !self.batches.is_empty() && matches!(status.at(), At::Task(_));
        is_at_work && !channel.is_sending() && status.not_begun() > 0
    }
}

enum Gone {
    Closed,
    /// It does not keep to the protocol.
    Broken(String),
    Refused(String),
}

impl Place for Local {
    fn pace(&self) -> Pace {
        Pace { target: Duration::from_millis(1), growth: 2 }
    }

    fn room(&mut self) -> usize {
        let second =
            || self.workers.iter().filter(|assigned| assigned.batches.len() == 1 && !assigned.is_cut).count();
        self.unoccupied() + if self.are_short { second() } else { 0 }
    }

    fn send(&mut self, number: u32, batch: &Packed) -> Result<()> {
        let index = self.next_worker()?;
        let assigned = &mut self.workers[index];
        let tasks = u32::try_from(batch.len()).unwrap_or(u32::MAX);
        let sent_before = match assigned.batches.back() {
            Some(last) => last.sent_before.wrapping_add(u32::try_from(last.tasks.len()).unwrap_or(u32::MAX)),
            None => 0,
        };
        let message = batch.message(&self.run.order, sent_before)?;
        match assigned.batches.is_empty() {
            true => assigned.worker.status.allow(tasks),
            false => assigned.worker.status.allow_more(tasks),
        }
        assigned.batches.push_back(Sent { batch: number, tasks: batch.range(), sent_before });
        assigned.since = Instant::now();
        match assigned.worker.channel.send(message) {
            Err(error) if !is_gone(&error) => {
                let mut assigned = self.workers.swap_remove(index);
                let end =
                    assigned.worker.end(&format!("ended because a message cannot be sent to it: {error}"));
                let error = Error::message_from("its argument cannot be sent to a worker", error);
                assigned.batches.pop_back();
                let (task, attempts) = (batch.first, batch.attempts + 1);
                let lost = Lost { task, attempts, error: error.of_task(task) };
                self.events.push(Event::Over { batch: number, at: Some(lost) });
                self.ended(assigned, &end, None)
            }
            // If it is gone, that is noticed when receiving.
            _ => Ok(()),
        }
    }

    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<Event>> {
        if self.events.is_empty() {
            let limit = limit.into_iter().chain(self.next_look()).min();
            let mut polled = Vec::with_capacity(self.workers.len() + 1);
            polled.push(events(self.wake.as_fd(), libc::POLLIN));
            for assigned in &self.workers {
                let channel = &assigned.worker.channel;
                let sending = if channel.is_sending() { libc::POLLOUT } else { 0 };
                polled.push(events(channel.socket(), libc::POLLIN | sending));
            }
            match poll(&mut polled, limit) {
                Err(error) if error.kind() != io::ErrorKind::Interrupted => {
                    return Err(Error::backend("cannot wait for workers", error));
                }
                _ => {}
            }
            if polled[0].revents & libc::POLLIN != 0 {
                self.wake.clear();
            }
        }
        self.receive_all()?;
        self.end_late_tasks()?;
        Ok(std::mem::take(&mut self.events))
    }

    fn want_before(&mut self, index: usize) {
        self.wanted = self.wanted.min(index);
        self.workers.iter().for_each(|assigned| assigned.worker.status.want_before(index));
    }

    fn take_back(&mut self) -> Vec<(u32, Range<usize>)> {
        let idle = u32::try_from(self.unoccupied()).unwrap_or(u32::MAX);
        if idle == 0 || self.wanted != usize::MAX {
            return Vec::new();
        }
        let silent = self
            .workers
            .iter_mut()
            .filter(|assigned| assigned.could_spare() && assigned.since.elapsed() >= PATIENCE);
        let Some(assigned) = silent.max_by_key(|assigned| assigned.worker.status.not_begun()) else {
            return Vec::new();
        };
        // It keeps its share.
        let keep = assigned.worker.status.not_begun() / idle.saturating_add(1);
        let mut left = assigned.worker.status.take_back_but(keep) as usize;
        let mut taken = Vec::new();
        assigned.is_cut |= left > 0;
        for sent in assigned.batches.iter_mut().rev() {
            let tasks = left.min(sent.tasks.len());
            if tasks > 0 {
                let from = sent.tasks.end - tasks;
                taken.push((sent.batch, from..sent.tasks.end));
                sent.tasks.end = from;
                left -= tasks;
            }
        }
        taken
    }

    fn finish(self: Box<Self>, keep: bool) {
        for mut assigned in self.workers {
            if keep
                && assigned.batches.is_empty()
                && assigned.worker.is_ready
                && assigned.worker.channel.send(Message::of(ToWorker::End)).is_ok()
            {
                assigned.worker.status.want_all();
                idle::give_back(assigned.worker);
            }
        }
    }
}

/// Why a worker ended, as an error.
fn cause(worker: &Worker, end: &str) -> Error {
    let (number, pid) = (worker.number, worker.pid());
    let during = match worker.status.at() {
        At::Task(task) => format!("while running task {task}"),
        At::Preparing(task) => format!("while reading what the tasks share, before task {task}"),
        At::Rest if !worker.is_ready => "before it was ready".to_owned(),
        At::Rest => "between tasks".to_owned(),
    };
    match (worker.status.exceeded(), worker.settings.memory_limit) {
        (Some(used), Some(limit)) => Error::memory_limit(format!(
            "worker {number} (process {pid}) used {used} bytes of memory, more than the {limit} allowed, {during}"
        )),
        _ => Error::worker_died(format!("worker {number} (process {pid}) died {during}: {end}")),
    }
}
