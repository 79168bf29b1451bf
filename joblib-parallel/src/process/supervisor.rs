//! The parent's side of a run: one thread that feeds all workers, takes their results, and replaces those that die.
//!
//! A worker has one batch, or two where batches are short, so that it need not wait for the next. What was sent is
//! kept until its results are there. When a worker dies, the task that it was running is lost, which fails it or, if
//! it may be tried again, queues it; the other tasks of its batches are queued.

use super::batch::{Order, Packed};
use super::channel::Frame;
use super::idle;
use super::parcel::Unpacker;
use super::protocol::{BATCH, END, READY, REFUSED, RESULTS, SHARED};
use super::spawn::{Settings, Worker};
use super::wire::Body;
use crate::{Error, Result};
use joblib_core::fork::Process;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::collections::VecDeque;
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// The tasks of a run, whatever their types.
pub(super) trait Tasks {
    /// The next batch of the input.
    fn pack(&mut self) -> Packing;

    /// Takes in the results of consecutive tasks from the worker of this number in the run; how many there were.
    fn unpack(
        &mut self,
        batch: &Packed,
        worker: usize,
        body: Body<'_>,
        inbox: Unpacker,
        elapsed: Duration,
    ) -> usize;

    /// The task at `index` failed for a reason of ours.
    fn fail(&mut self, index: usize, error: Error);

    /// The position of the earliest failure so far; 0 if the run was ended from outside.
    fn unwanted_from(&self) -> Option<usize>;

    /// Whether batches take so little time that a worker should have two.
    fn are_short(&self) -> bool;
}

/// What [`Tasks::pack`] found.
pub(super) enum Packing {
    Batch(Packed),
    /// None is wanted at present.
    Full,
    /// There are no more.
    Ended,
}

/// What a run needs besides its tasks.
pub(super) struct Conduct {
    pub(super) settings: Settings,
    pub(super) order: Order,
    pub(super) n_jobs: usize,
    pub(super) timeout: Option<Duration>,
    /// What all tasks share: the message's body and its files, made anew for each worker.
    pub(super) shared: SharedMessage,
}

/// Makes a message's body and the files that go along.
pub(super) type SharedMessage = Box<dyn Fn() -> Result<(Vec<u8>, Vec<OwnedFd>)> + Send>;

/// Workers that die before they have done anything, in a row, before the run is given up.
const HOPELESS: usize = 5;

/// How long a worker whose task is of no use may take to notice before it is ended.
const GRACE: Duration = Duration::from_millis(20);

pub(super) struct Supervisor<'t> {
    conduct: Conduct,
    tasks: &'t mut dyn Tasks,
    workers: Vec<Worker>,
    again: VecDeque<Packed>,
    ended: bool,
    still_born: usize,
    /// When it was seen that nothing that runs is of use.
    useless_since: Option<Instant>,
}

impl<'t> Supervisor<'t> {
    pub(super) fn new(conduct: Conduct, tasks: &'t mut dyn Tasks) -> Self {
        Self {
            conduct,
            tasks,
            workers: Vec::new(),
            again: VecDeque::new(),
            ended: false,
            still_born: 0,
            useless_since: None,
        }
    }

    /// Runs all tasks. `wake` becomes readable when something has changed outside: room for results, or a cancelled run.
    pub(super) fn run(mut self, wake: BorrowedFd<'_>) -> Result<()> {
        let outcome = self.supervise(wake);
        for mut worker in self.workers.drain(..) {
            let end = Frame { kind: END, body: Vec::new(), files: Vec::new() };
            if outcome.is_ok()
                && worker.in_flight.is_empty()
                && worker.is_ready
                && worker.channel.send(end).is_ok()
            {
                worker.status.want_all();
                idle::give_back(worker);
            }
        }
        outcome
    }

    fn supervise(&mut self, wake: BorrowedFd<'_>) -> Result<()> {
        let process = Process::current();
        loop {
            self.feed()?;
            if !process.is_current() {
                // The input or a fold has forked, and this is the child: the workers are its parent's.
                return Err(Error::backend(
                    "the run cannot be finished",
                    "this process was forked inside of it",
                ));
            }
            let busy = self.workers.iter().any(|worker| !worker.in_flight.is_empty());
            if !busy && self.again.is_empty() && (self.ended || self.tasks.unwanted_from().is_some()) {
                return Ok(());
            }
            self.abandon();
            if self.useless_since.is_some_and(|since| since.elapsed() >= GRACE) {
                // What they do is of no use: they are ended with the run.
                self.workers.retain(|worker| worker.in_flight.is_empty());
                continue;
            }
            self.wait(wake)?;
            self.listen()?;
            self.end_late_tasks()?;
        }
    }

    /// Gives every worker that has too little to do a batch, and starts workers while there are fewer than may be.
    fn feed(&mut self) -> Result<()> {
        let depth = if self.tasks.are_short() { 2 } else { 1 };
        for level in 0..depth {
            for index in 0..self.conduct.n_jobs {
                if self.workers.get(index).is_some_and(|worker| worker.in_flight.len() != level) {
                    continue;
                }
                let Some(batch) = self.next_batch() else { return Ok(()) };
                if index >= self.workers.len() {
                    let worker = self.hire()?;
                    self.workers.push(worker);
                }
                self.hand_over(index, batch)?;
            }
        }
        Ok(())
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

    fn hire(&self) -> Result<Worker> {
        let mut worker = idle::take(&self.conduct.settings)?;
        let (body, files) = (self.conduct.shared)()?;
        // If it is gone already, that is noticed when listening.
        let _ = worker.channel.send(Frame { kind: SHARED, body, files });
        Ok(worker)
    }

    fn hand_over(&mut self, index: usize, batch: Packed) -> Result<()> {
        let (body, files) = batch.write(&self.conduct.order)?;
        if let Some(worker) = self.workers.get_mut(index) {
            let _ = worker.channel.send(Frame { kind: BATCH, body, files });
            worker.in_flight.push_back(batch);
        }
        Ok(())
    }

    /// Tells workers whose tasks are of no use to stop.
    fn abandon(&mut self) {
        let Some(from) = self.tasks.unwanted_from() else { return };
        let mut any_of_use = false;
        for worker in &self.workers {
            worker.status.want_before(from);
            any_of_use |= worker.in_flight.iter().any(|batch| batch.first < from);
        }
        if !any_of_use && self.again.iter().all(|batch| batch.first >= from) {
            self.useless_since.get_or_insert_with(Instant::now);
        }
    }

    /// Waits until a worker or `wake` has something to say, or until a task may be out of time.
    fn wait(&mut self, wake: BorrowedFd<'_>) -> Result<()> {
        let limit = self.next_look().map(|limit| Timespec {
            tv_sec: limit.as_secs() as i64,
            tv_nsec: limit.subsec_nanos().max(1) as _,
        });
        let mut ears: Vec<PollFd<'_>> = Vec::with_capacity(self.workers.len() + 1);
        ears.push(PollFd::from_borrowed_fd(wake, PollFlags::IN));
        for worker in &self.workers {
            let sending = if worker.channel.is_sending() { PollFlags::OUT } else { PollFlags::empty() };
            ears.push(PollFd::from_borrowed_fd(worker.channel.socket(), PollFlags::IN | sending));
        }
        match poll(&mut ears, limit.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::backend("cannot wait for workers", io::Error::from(error))),
        }
        if ears[0].revents().contains(PollFlags::IN) {
            let mut scrap = [0u8; 64];
            while matches!(rustix::io::read(wake, &mut scrap), Ok(read) if read == scrap.len()) {}
        }
        Ok(())
    }

    /// How long to wait at most.
    fn next_look(&self) -> Option<Duration> {
        let grace = self.useless_since.map(|since| GRACE.saturating_sub(since.elapsed()));
        let timeout = self.conduct.timeout.map(|limit| {
            let busy = self.workers.iter().filter(|worker| !worker.in_flight.is_empty());
            let left = busy.map(|worker| {
                limit.saturating_sub(worker.status.running().map_or(Duration::ZERO, |(_, so_far)| so_far))
            });
            left.min().unwrap_or(limit)
        });
        grace.into_iter().chain(timeout).min()
    }

    /// Takes in what workers have sent, and deals with those that are gone.
    fn listen(&mut self) -> Result<()> {
        let mut index = 0;
        while index < self.workers.len() {
            match self.hear(index) {
                Ok(()) => index += 1,
                Err(Gone::Dead) => {
                    let mut worker = self.workers.swap_remove(index);
                    let end = worker.bury();
                    self.mourn(worker, &end, None)?;
                }
                Err(Gone::Refused(reason)) => {
                    return Err(Error::backend("a worker process cannot serve", reason));
                }
            }
        }
        Ok(())
    }

    /// Everything that one worker has sent.
    fn hear(&mut self, index: usize) -> Result<(), Gone> {
        let worker = &mut self.workers[index];
        worker.channel.flush().map_err(|_| Gone::Dead)?;
        loop {
            let frame = match worker.channel.receive() {
                Ok(frame) => frame,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(_) => return Err(Gone::Dead),
            };
            match frame.kind {
                READY => worker.is_ready = true,
                REFUSED => return Err(Gone::Refused(String::from_utf8_lossy(&frame.body).into_owned())),
                RESULTS => {
                    self.still_born = 0;
                    let Some(batch) = worker.in_flight.pop_front() else { return Err(Gone::Dead) };
                    self.again.extend(take_results(self.tasks, &self.conduct.order, batch, index, frame));
                }
                _ => return Err(Gone::Dead),
            }
        }
    }

    /// Ends workers whose task is out of time.
    fn end_late_tasks(&mut self) -> Result<()> {
        let Some(limit) = self.conduct.timeout else { return Ok(()) };
        let mut index = 0;
        while let Some(worker) = self.workers.get(index) {
            let late = worker.status.running().filter(|(task, so_far)| {
                *so_far >= limit && worker.in_flight.iter().any(|batch| batch.contains(*task))
            });
            match late {
                None => index += 1,
                Some((task, _)) => {
                    let mut worker = self.workers.swap_remove(index);
                    let end = worker.end(&format!("ended by the time limit of {limit:?}"));
                    self.mourn(worker, &end, Some(Error::timeout(task, limit)))?;
                }
            }
        }
        Ok(())
    }

    /// A worker is gone: its task failed or is to be tried again, the rest of what it had is to be done by others.
    fn mourn(&mut self, mut worker: Worker, end: &str, mut reason: Option<Error>) -> Result<()> {
        let at_work = worker.status.task();
        let (number, pid) = (worker.number, worker.pid());
        joblib_core::event!(WARN, worker = number, pid, task = at_work, end, "worker process ended");
        if !worker.is_ready {
            self.still_born += 1;
            if self.still_born >= HOPELESS {
                return Err(Error::worker_died(format!("worker processes end before they are ready: {end}")));
            }
        }
        for batch in std::mem::take(&mut worker.in_flight) {
            let Some(task) = at_work.filter(|&task| batch.contains(task)) else {
                self.again.push_back(batch);
                continue;
            };
            let lost = if task == batch.first { batch.lost + 1 } else { 1 };
            self.again.extend(batch.part(batch.first..task));
            if lost > self.conduct.order.retries {
                let error = reason.take().unwrap_or_else(|| died(&worker, task, end));
                self.tasks.fail(task, error);
            } else if let Some(mut single) = batch.part(task..task + 1) {
                single.lost = lost;
                self.again.push_back(single);
            }
            self.again.extend(batch.part(task + 1..batch.first + batch.len()));
        }
        Ok(())
    }
}

enum Gone {
    Dead,
    Refused(String),
}

/// Takes in a batch's results; what is left of the batch if the worker stopped in between.
pub(super) fn take_results(
    tasks: &mut dyn Tasks,
    order: &Order,
    batch: Packed,
    worker: usize,
    frame: Frame,
) -> Option<Packed> {
    let mut body = Body(&frame.body);
    let read = |body: &mut Body<'_>, files| {
        let (run, elapsed) = (body.u64()?, Duration::from_nanos(body.u64()?));
        let inbox = Unpacker::read(body, files)?;
        if run == order.run { Ok((elapsed, inbox)) } else { Err(Error::message("results of another run")) }
    };
    match read(&mut body, frame.files) {
        Ok((elapsed, inbox)) => {
            let done = tasks.unpack(&batch, worker, body, inbox, elapsed);
            batch.part(batch.first + done..batch.first + batch.len())
        }
        Err(error) => {
            tasks.fail(batch.first, error.of_task(batch.first));
            None
        }
    }
}

fn died(worker: &Worker, task: usize, end: &str) -> Error {
    let (number, pid) = (worker.number, worker.pid());
    let error = match (worker.status.exceeded(), worker.settings.memory_limit) {
        (Some(used), Some(limit)) => Error::memory_limit(format!(
            "worker {number} (process {pid}) used {used} bytes of memory, more than the {limit} allowed, while running task {task}"
        )),
        _ => Error::worker_died(format!(
            "worker {number} (process {pid}) died while running task {task}: {end}"
        )),
    };
    error.of_task(task)
}
