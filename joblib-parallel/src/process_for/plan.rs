//! The options of one loop.

use crate::Parallel;
use crate::process::Placement;
use joblib_core::rt::parallel_for::Jobs;

/// How a loop shall run.
#[derive(Clone)]
#[must_use]
pub struct Plan {
    pub(super) parallel: Parallel,
    pub(super) placement: Placement,
    pub(super) blocks: bool,
}

impl Plan {
    /// The defaults. Workers do not start workers.
    #[allow(clippy::new_without_default, reason = "made by generated code only")]
    pub fn new() -> Self {
        // What leaves a loop looks like a failure: it is not to be tried again, whatever the configuration says.
        let parallel = Parallel::new().retries(0).parallel();
        Plan { parallel, placement: Placement::of_this_process(), blocks: false }
    }

    /// `n_jobs = ..`
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn n_jobs(mut self, n_jobs: impl Jobs) -> Self {
        let limit = n_jobs.limit().map_or(-1, |limit| isize::try_from(limit).unwrap_or(isize::MAX));
        self.parallel = self.parallel.n_jobs(limit);
        self
    }

    /// `chunk = ..`
    ///
    /// # Panics
    /// If it is zero.
    #[track_caller]
    pub fn chunk(mut self, chunk: usize) -> Self {
        assert!(chunk > 0, "`chunk` is the number of iterations handed out together: it must be 1 at least");
        self.parallel = self.parallel.batch_size(chunk);
        self
    }

    /// `if = ..`: otherwise the loop runs in this process, on this thread.
    pub fn only_if(mut self, condition: bool) -> Self {
        if !condition {
            self.placement = Placement::Here;
        }
        self
    }

    /// `progress`
    pub fn progress(mut self) -> Self {
        self.parallel = self.parallel.progress(true);
        self
    }

    /// Whether an accumulator's rounding depends on where it is merged, so that the places must be fixed.
    pub fn in_blocks(mut self, blocks: bool) -> Self {
        self.blocks |= blocks;
        self
    }
}
