//! Where batches run.

use crate::Error;
use crate::Result;
use crate::process::message::{Outcomes, Packed};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

/// Runs batches: in worker processes of this machine, on the thread that asks, or wherever an engine has processors.
///
/// It knows nothing of what the tasks are: the supervisor keeps each batch until it is over, and has those tasks run again that
/// came to no end.
pub(in crate::process) trait Place {
    /// How long batches shall be.
    fn pace(&self) -> Pace;

    /// How many more batches it would take now.
    fn room(&mut self) -> usize;

    /// Takes a batch under a number that is used once.
    ///
    /// # Errors
    ///
    /// What ends the run: no batch could be taken.
    fn send(&mut self, number: u32, batch: &Packed) -> Result<()>;

    /// Waits until something has happened, somebody wants it to look up, or the time is over.
    ///
    /// # Errors
    ///
    /// What ends the run.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<Event>>;

    /// Tasks from this position on are of no use.
    fn want_before(&mut self, index: usize);

    /// Takes back tasks that were not begun, where somebody else would have nothing to do: for each batch the positions, at its end.
    fn take_back(&mut self) -> Vec<(u32, Range<usize>)> {
        Vec::new()
    }

    /// The run is over. What still runs is of no use; the rest may be kept for another run if `keep` says so.
    fn finish(self: Box<Self>, keep: bool);
}

/// What happened at a place.
pub(in crate::process) enum Event {
    /// How the first tasks of a batch ended that had not been told of.
    Results { batch: u32, worker: usize, outcomes: Outcomes, elapsed: Duration },
    /// Nothing more will come of the batch. Tasks not told of are to be run again; but the lost one only if it may be tried again.
    Over { batch: u32, at: Option<Lost> },
}

/// A task that a place could not bring to its end.
pub(in crate::process) struct Lost {
    pub(in crate::process) task: usize,
    /// How often it was tried so far.
    pub(in crate::process) attempts: usize,
    pub(in crate::process) error: Error,
}

/// How long a batch shall take, and by how much a batch may be larger than the one before.
#[derive(Clone, Copy, Debug)]
pub(in crate::process) struct Pace {
    pub(in crate::process) target: Duration,
    pub(in crate::process) growth: usize,
}

/// Makes a place look up that waits.
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
