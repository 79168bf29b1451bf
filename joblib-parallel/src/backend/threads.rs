//! The threads of the process-wide pool.

use super::Backend;
use crate::Result;
use joblib_core::pool::with_current;

/// Runs tasks on the pool that `#[parallel_for]` loops use, so that nested parallelism shares one set of
/// threads.
///
/// For more jobs than the pool has threads, as for tasks that wait for something, threads are added for the
/// run: up to 1,024 for all runs together.
#[derive(Clone, Copy, Debug, Default)]
pub struct Threads;

impl Backend for Threads {
    fn broadcast(&self, workers: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        with_current(|pool| pool.broadcast(workers, work));
        Ok(())
    }
}
