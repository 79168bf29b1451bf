//! The control data of messages. They are serde types, written as the caches write values; both sides are the
//! same executable, so no version of them is ever read by another.

use super::Sharing;
use super::endings::Endings;
use super::parcel::Manifest;
use crate::process::executable;
use crate::{Error, Result};
use joblib_core::{impl_serde_enum, impl_serde_struct};

/// Parent to worker.
#[derive(Debug)]
pub(in crate::process) enum ToWorker {
    /// Who it is and what it may use; with the status cells.
    Hello(Hello),
    /// A run begins; with the value that all its tasks share.
    Run(RunHead),
    /// Tasks, with their items.
    Batch(BatchHead),
    /// The run is over: what was shared can go.
    End,
}

impl_serde_enum!(ToWorker { Hello(head), Run(head), Batch(head), End });

/// Worker to parent.
#[derive(Debug)]
pub(in crate::process) enum ToParent {
    /// It is prepared.
    Ready,
    /// It cannot serve, and why.
    Refused(String),
    /// How the first tasks of a batch ended, with their values. There may be fewer than in the batch: the
    /// others were taken back, or are not needed.
    Results(ResultsHead),
}

impl_serde_enum!(ToParent { Ready, Refused(why), Results(head) });

#[derive(Debug)]
pub(in crate::process) struct Hello {
    build_id: [u64; 4],
    pub(in crate::process) memory_limit: Option<u64>,
    pub(in crate::process) idle_timeout_ms: u64,
    /// The function to be called first, as [`code::offset_of`](crate::process::code::offset_of) it.
    pub(in crate::process) initializer: Option<u64>,
}

impl_serde_struct!(Hello { build_id, memory_limit, idle_timeout_ms, initializer });

impl Hello {
    pub(in crate::process) fn new(
        memory_limit: Option<u64>,
        idle_timeout_ms: u64,
        initializer: Option<u64>,
    ) -> Result<Self> {
        Ok(Self { build_id: executable::build_id()?, memory_limit, idle_timeout_ms, initializer })
    }

    /// Whether the sender is the same executable, so that what messages say about code means the same here.
    pub(in crate::process) fn check(&self) -> Result<()> {
        if self.build_id == executable::build_id()? {
            return Ok(());
        }
        Err(Error::message("the parent is another build of this program"))
    }
}

#[derive(Clone, Debug)]
pub(in crate::process) struct RunHead {
    pub(in crate::process) order: Order,
    /// Digest of the positions where the run was asked for.
    pub(in crate::process) positions: [u64; 2],
    pub(in crate::process) manifest: Manifest,
}

impl_serde_struct!(RunHead { order, positions, manifest });

/// What is the same for all batches of a run.
#[derive(Clone, Debug)]
pub(in crate::process) struct Order {
    pub(in crate::process) run: u64,
    /// The code of the tasks, as [`code::offset_of`](crate::process::code::offset_of) it.
    pub(in crate::process) entry: u64,
    /// Whether tasks have a time limit.
    pub(in crate::process) timed: bool,
    /// How often a task may be tried again.
    pub(in crate::process) retries: usize,
    /// Whether a cached function that is being computed depends on the run.
    pub(in crate::process) is_awaited: bool,
    pub(in crate::process) sharing: Sharing,
}

impl_serde_struct!(Order { run, entry, timed, retries, is_awaited, sharing });

#[derive(Debug)]
pub(in crate::process) struct BatchHead {
    pub(in crate::process) run: u64,
    /// Position of the first task.
    pub(in crate::process) first: usize,
    /// How often that one was tried before.
    pub(in crate::process) tried: usize,
    /// How many tasks the worker was sent before; by this count it may be told not to begin all of these.
    pub(in crate::process) sent_before: u32,
    pub(in crate::process) tasks: usize,
    pub(in crate::process) manifest: Manifest,
}

impl_serde_struct!(BatchHead { run, first, tried, sent_before, tasks, manifest });

#[derive(Debug)]
pub(in crate::process) struct ResultsHead {
    pub(in crate::process) run: u64,
    pub(in crate::process) nanoseconds: u64,
    pub(in crate::process) endings: Endings,
    pub(in crate::process) manifest: Manifest,
}

impl_serde_struct!(ResultsHead { run, nanoseconds, endings, manifest });
