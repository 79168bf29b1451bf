//! The options of one run with all defaults filled in.

use super::{ChunkSizer, Tails};
use crate::backend::Backend;
use crate::cancel::CancelToken;
use crate::options::BatchSize;
use crate::progress::{Progress, Reporter};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::Duration;

/// The options of a run on threads, complete.
pub(crate) struct Plan {
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) backend_name: String,
    pub(crate) reporters: Vec<Arc<dyn Reporter>>,
    /// At least 1.
    pub(crate) n_jobs: usize,
    pub(crate) batch_size: BatchSize,
    /// `None` if unbounded or left to the run.
    pub(crate) pre_dispatch: Option<NonZeroUsize>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) cancel: Option<CancelToken>,
}

impl Plan {
    /// How long a batch is to take: much longer than a lock, much shorter than what users notice.
    const BATCH: Duration = Duration::from_micros(50);

    /// How much larger the next batch may be.
    pub(crate) const GROWTH: usize = 2;

    /// No batch is larger, whatever its tasks cost: its items and results are in memory.
    const LARGEST_BATCH: usize = 8192;

    /// The progress of a run that begins now.
    pub(crate) fn begin(&self, n_jobs: usize, total: Option<usize>) -> Progress {
        Progress::begin(&self.reporters, &self.backend_name, n_jobs, total)
    }

    /// Workers for an input of known length: not more than tasks that may be out at once.
    pub(crate) fn workers(&self, known: Option<usize>) -> usize {
        let bound = self.pre_dispatch.map_or(usize::MAX, NonZeroUsize::get);
        self.n_jobs.min(bound).min(known.unwrap_or(usize::MAX)).max(1)
    }

    /// Of batches on threads.
    pub(crate) fn sizer(&self, n_jobs: usize) -> ChunkSizer {
        ChunkSizer::new(self.batch_size, Self::BATCH, Self::GROWTH, self.batch_limit(n_jobs))
    }

    /// A batch of a size that was asked for stays whole.
    pub(crate) fn tails<T>(&self, n_jobs: usize) -> Tails<T> {
        Tails::new(if self.batch_size == BatchSize::Auto { n_jobs } else { 1 })
    }

    /// Tasks in a batch such that all workers' batches together stay within `pre_dispatch`.
    pub(crate) fn batch_limit(&self, n_jobs: usize) -> usize {
        match self.pre_dispatch {
            Some(bound) => (bound.get() / n_jobs).clamp(1, Self::LARGEST_BATCH),
            None => Self::LARGEST_BATCH,
        }
    }
}
