//! What a worker and its parent tell each other without messages: numbers in shared memory.
//!
//! | cell | written by | meaning |
//! |---|---|---|
//! | 0 | worker | position of the task that runs, plus one; 0 between batches; with the highest bit while it reads what tasks share |
//! | 1 | worker | when it started, in nanoseconds of the machine's monotonic clock; kept only for runs with a time limit |
//! | 2 | parent | tasks from this position on are not needed; `u64::MAX` at first |
//! | 3 | worker | bytes of memory in use when it ended itself for using more than allowed; 0 otherwise |
//! | 4 | both | low half: tasks begun, of those sent since it last had none; high half: tasks that it may begin |
//! | 5 | worker | how often that task was tried, this time included |
//!
//! A parent takes tasks back by lowering the high half of cell 4 while it is above the low one. Since both
//! halves are one word, a task is either begun or taken back.

use super::Attachment;
use crate::{Error, Result};
use joblib_core::memmap::SharedCells;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const TASK: usize = 0;
const STARTED: usize = 1;
const WANTED: usize = 2;
const MEMORY: usize = 3;
const TASKS: usize = 4;
const ATTEMPTS: usize = 5;
const COUNT: usize = 6;

/// In the cell of the task.
const PREPARING: u64 = 1 << 63;

/// The status of one worker, as both sides see it.
#[derive(Debug)]
pub(in crate::process) struct Status(SharedCells);

/// What a worker is at, or was at when it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::process) enum At {
    /// Between batches.
    Rest,
    /// Reading what the tasks share, before this one.
    Preparing(usize),
    /// This task.
    Task(usize),
}

impl At {
    /// The task that fails if the worker ends now.
    pub(in crate::process) fn task(self) -> Option<usize> {
        match self {
            At::Rest => None,
            At::Preparing(task) | At::Task(task) => Some(task),
        }
    }
}

impl Status {
    pub(in crate::process) fn new() -> Result<Self> {
        let status = Self(SharedCells::new(COUNT)?);
        status.want_all();
        Ok(status)
    }

    /// That of this worker, from what came with its hello.
    pub(super) fn from_attachment(attachment: Attachment) -> Result<Self> {
        let file = attachment.into_file();
        let file = file.map_err(|error| Error::io("cannot use", Path::new("shared memory"), error))?;
        SharedCells::from_file(file, COUNT).map(Self)
    }

    /// What goes to the worker with its hello.
    pub(super) fn attachment(&self) -> std::io::Result<Attachment> {
        self.0.file().try_clone().map(Attachment::from)
    }

    /// Worker: a batch begins, before which so many tasks were sent.
    pub(in crate::process) fn begin_batch(&self, sent_before: u32) {
        self.update_tasks(|_, limit| Some((sent_before, limit)));
    }

    /// Worker: it reads what the tasks share, before the task at `index` is tried for the time of this
    /// number.
    pub(in crate::process) fn prepare(&self, index: usize, attempt: usize) {
        self.cell(ATTEMPTS).store(attempt as u64, Ordering::Relaxed);
        self.cell(TASK).store(PREPARING | (index as u64 + 1), Ordering::Release);
    }

    /// Worker: whether it may begin another task, which it then does.
    pub(in crate::process) fn take(&self) -> bool {
        let begin =
            |begun: u32, limit: u32| (ahead(begun, limit) > 0).then(|| (begun.wrapping_add(1), limit));
        self.update_tasks(begin).is_some()
    }

    /// Worker: the task at `index` starts, for the time of this number.
    pub(in crate::process) fn start(&self, index: usize, attempt: usize, timed: bool) {
        self.cell(ATTEMPTS).store(attempt as u64, Ordering::Relaxed);
        if timed {
            self.cell(STARTED).store(monotonic().as_nanos() as u64, Ordering::Relaxed);
        }
        self.cell(TASK).store(index as u64 + 1, Ordering::Release);
    }

    /// Worker: no task runs.
    pub(in crate::process) fn rest(&self) {
        self.cell(TASK).store(0, Ordering::Release);
    }

    /// What the worker is at.
    pub(in crate::process) fn at(&self) -> At {
        let cell = self.cell(TASK).load(Ordering::Acquire);
        match ((cell & !PREPARING) as usize).checked_sub(1) {
            None => At::Rest,
            Some(task) if cell & PREPARING > 0 => At::Preparing(task),
            Some(task) => At::Task(task),
        }
    }

    /// How often the task was tried that the worker is at, this time included.
    pub(super) fn attempts(&self) -> usize {
        usize::try_from(self.cell(ATTEMPTS).load(Ordering::Relaxed)).unwrap_or(usize::MAX)
    }

    /// The task that runs, and for how long; only in runs with a time limit.
    pub(super) fn running(&self) -> Option<(usize, Duration)> {
        let At::Task(task) = self.at() else { return None };
        let started = Duration::from_nanos(self.cell(STARTED).load(Ordering::Relaxed));
        // If the next task began in between, this one is not late.
        (self.at() == At::Task(task)).then(|| (task, monotonic().saturating_sub(started)))
    }

    /// Parent: all tasks are of use.
    pub(in crate::process) fn want_all(&self) {
        self.cell(WANTED).store(u64::MAX, Ordering::Release);
    }

    /// Parent: only tasks before `index` are of use.
    pub(in crate::process) fn want_before(&self, index: usize) {
        self.cell(WANTED).fetch_min(index as u64, Ordering::AcqRel);
    }

    /// Worker: whether the task at `index` is of use.
    pub(in crate::process) fn wants(&self, index: usize) -> bool {
        (index as u64) < self.cell(WANTED).load(Ordering::Acquire)
    }

    /// Parent: a worker that has no task may begin so many.
    pub(in crate::process) fn allow(&self, tasks: u32) {
        self.cell(TASKS).store(u64::from(tasks) << 32, Ordering::Release);
    }

    /// Parent: the worker may begin so many more.
    pub(super) fn allow_more(&self, tasks: u32) {
        self.update_tasks(|begun, limit| Some((begun, limit.wrapping_add(tasks))));
    }

    /// Parent: how many tasks the worker has not begun.
    pub(super) fn not_begun(&self) -> u32 {
        let (begun, limit) = halves(self.cell(TASKS).load(Ordering::Acquire));
        ahead(begun, limit)
    }

    /// Parent: takes back all tasks not begun but so many; how many these are.
    pub(super) fn take_back_but(&self, keep: u32) -> u32 {
        let lower =
            |begun: u32, limit: u32| (ahead(begun, limit) > keep).then(|| (begun, begun.wrapping_add(keep)));
        self.update_tasks(lower).map_or(0, |(begun, limit)| ahead(begun, limit) - keep)
    }

    /// Worker: it will end itself because it uses this much memory.
    pub(super) fn exceed(&self, bytes: u64) {
        self.cell(MEMORY).store(bytes, Ordering::Release);
    }

    /// How much memory the worker used when it ended itself for that reason.
    pub(super) fn exceeded(&self) -> Option<u64> {
        Some(self.cell(MEMORY).load(Ordering::Acquire)).filter(|&bytes| bytes > 0)
    }

    /// Changes the halves of the word; what they were, if `change` had something to change.
    fn update_tasks(&self, change: impl Fn(u32, u32) -> Option<(u32, u32)>) -> Option<(u32, u32)> {
        let change = |word| {
            let (begun, limit) = halves(word);
            change(begun, limit).map(|(begun, limit)| u64::from(limit) << 32 | u64::from(begun))
        };
        self.cell(TASKS).fetch_update(Ordering::AcqRel, Ordering::Acquire, change).ok().map(halves)
    }

    fn cell(&self, index: usize) -> &AtomicU64 {
        static NONE: AtomicU64 = AtomicU64::new(0);
        self.0.get(index).unwrap_or(&NONE)
    }
}

fn halves(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}

/// Tasks that may be begun; the numbers wrap around.
fn ahead(begun: u32, limit: u32) -> u32 {
    let ahead = limit.wrapping_sub(begun);
    // Behind, where a whole batch was taken back.
    if ahead > u32::MAX / 2 { 0 } else { ahead }
}

/// A clock that all processes of the machine read alike.
fn monotonic() -> Duration {
    joblib_core::sys::clock(libc::CLOCK_MONOTONIC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_is_either_begun_or_taken_back() {
        for round in 0..200 {
            let status = Status::new().unwrap();
            status.allow(1000);
            status.begin_batch(0);
            let (begun, taken) = std::thread::scope(|scope| {
                let worker = scope.spawn(|| (0..).take_while(|_| status.take()).count());
                (0..round).for_each(|_| std::hint::spin_loop());
                let mut taken = status.take_back_but(400);
                taken += status.take_back_but(0);
                (worker.join().unwrap(), taken as usize)
            });
            assert_eq!(begun + taken, 1000);
            assert_eq!(status.not_begun(), 0);
            // The next batch was taken back whole.
            status.begin_batch(1000);
            assert!(taken == 0 || !status.take());
        }
    }
}
