//! What a worker and its parent tell each other without messages: numbers in shared memory.
//!
//! | cell | written by | meaning |
//! |---|---|---|
//! | 0 | worker | position of the task that runs, plus one; 0 between batches |
//! | 1 | worker | when it started, in nanoseconds of the machine's monotonic clock; kept only for runs with a time limit |
//! | 2 | parent | tasks from this position on are of no use; `u64::MAX` at first |
//! | 3 | worker | bytes of memory in use when it ended itself for using more than allowed; 0 otherwise |

use joblib_core::memmap::SharedCells;
use std::fs::File;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const TASK: usize = 0;
const STARTED: usize = 1;
const WANTED: usize = 2;
const MEMORY: usize = 3;
const COUNT: usize = 4;

/// The status of one worker, as both sides see it.
#[derive(Debug)]
pub(crate) struct Status(SharedCells);

impl Status {
    pub(super) fn new() -> joblib_core::Result<Self> {
        let status = Self(SharedCells::new(COUNT)?);
        status.want_all();
        Ok(status)
    }

    pub(super) fn from_file(file: File) -> joblib_core::Result<Self> {
        SharedCells::from_file(file, COUNT).map(Self)
    }

    pub(super) fn file(&self) -> &File {
        self.0.file()
    }

    /// Worker: the task at `index` starts.
    pub(super) fn start(&self, index: usize, timed: bool) {
        if timed {
            self.cell(STARTED).store(monotonic().as_nanos() as u64, Ordering::Relaxed);
        }
        self.cell(TASK).store(index as u64 + 1, Ordering::Release);
    }

    /// Worker: no task runs.
    pub(super) fn rest(&self) {
        self.cell(TASK).store(0, Ordering::Release);
    }

    /// The task that runs, or ran when the worker died.
    pub(super) fn task(&self) -> Option<usize> {
        (self.cell(TASK).load(Ordering::Acquire) as usize).checked_sub(1)
    }

    /// The task that runs, and for how long; only in runs with a time limit.
    pub(super) fn running(&self) -> Option<(usize, Duration)> {
        let task = self.task()?;
        let started = Duration::from_nanos(self.cell(STARTED).load(Ordering::Relaxed));
        // If the next task began in between, this one is not late.
        (self.task() == Some(task)).then(|| (task, monotonic().saturating_sub(started)))
    }

    /// Parent: all tasks are of use.
    pub(super) fn want_all(&self) {
        self.cell(WANTED).store(u64::MAX, Ordering::Release);
    }

    /// Parent: only tasks before `index` are of use.
    pub(super) fn want_before(&self, index: usize) {
        self.cell(WANTED).fetch_min(index as u64, Ordering::AcqRel);
    }

    /// Worker: whether the task at `index` is of use.
    pub(crate) fn wants(&self, index: usize) -> bool {
        (index as u64) < self.cell(WANTED).load(Ordering::Acquire)
    }

    /// Worker: it will end itself because it uses this much memory.
    pub(super) fn exceed(&self, bytes: u64) {
        self.cell(MEMORY).store(bytes, Ordering::Release);
    }

    /// How much memory the worker used when it ended itself for that reason.
    pub(super) fn exceeded(&self) -> Option<u64> {
        Some(self.cell(MEMORY).load(Ordering::Acquire)).filter(|&bytes| bytes > 0)
    }

    fn cell(&self, index: usize) -> &AtomicU64 {
        static NONE: AtomicU64 = AtomicU64::new(0);
        self.0.get(index).unwrap_or(&NONE)
    }
}

/// A clock that all processes of the machine read alike.
fn monotonic() -> Duration {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    Duration::new(now.tv_sec.unsigned_abs(), u32::try_from(now.tv_nsec).unwrap_or(0))
}
