//! Where batches run.

use crate::Error;
use crate::Result;
use crate::process::message::{Outcomes, Packed};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Runs batches: in worker processes of this machine, on the calling thread, or wherever else there are
/// processors.
///
/// It does not know what the tasks are: the supervisor keeps each batch until it is over, and has the tasks
/// that did not end run again.
pub(in crate::process) trait Place {
    /// How long batches are to take.
    fn pace(&self) -> Pace;

    /// How many more batches it would take now.
    fn room(&mut self) -> usize;

    /// Takes a batch under a number that is used once.
    ///
    /// # Errors
    ///
    /// What ends the run: no batch could be taken.
    fn send(&mut self, number: u32, batch: &Packed) -> Result<()>;

    /// Waits until something has happened, a [`Waker`] is called, or the time is over.
    ///
    /// # Errors
    ///
    /// What ends the run.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<Event>>;

    /// Tasks from this position on are not needed.
    fn want_before(&mut self, index: usize);

    /// Takes back tasks that were not begun, if a worker would have nothing to do otherwise: for each batch
    /// their positions, at its end.
    fn take_back(&mut self) -> Vec<(u32, Range<usize>)> {
        Vec::new()
    }

    /// The run is over. What still runs is not needed; workers may be kept for another run if `keep` says so.
    fn finish(self: Box<Self>, keep: bool);
}

/// What happened at a place.
pub(in crate::process) enum Event {
    /// How the next tasks of a batch ended.
    Results { batch: u32, worker: usize, outcomes: Outcomes, elapsed: Duration },
    /// Nothing more will come from the batch. Tasks whose end was not reported are to run again, the lost one
    /// only if it may be tried again.
    Over { batch: u32, at: Option<Lost> },
}

/// A task that did not end because its place failed.
pub(in crate::process) struct Lost {
    pub(in crate::process) task: usize,
    /// How often it was tried so far.
    pub(in crate::process) attempts: usize,
    pub(in crate::process) error: Error,
}

/// How long a batch is to take, and how many times larger than the last a batch may be.
#[derive(Clone, Copy, Debug)]
pub(in crate::process) struct Pace {
    pub(in crate::process) target: Duration,
    pub(in crate::process) growth: usize,
}

/// Ends the waiting of a place.
#[derive(Clone)]
pub(in crate::process) struct Waker(Arc<dyn Fn() + Send + Sync>);

impl Waker {
    pub(in crate::process) fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Arc::new(wake))
    }

    pub(in crate::process) fn wake(&self) {
        (self.0)();
    }
}

impl fmt::Debug for Waker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Waker")
    }
}
