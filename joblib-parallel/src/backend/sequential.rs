//! No threads at all.

use super::Backend;
use crate::Result;

/// Runs every task on the caller's thread, in order: for debugging, and what `n_jobs = 1` means everywhere.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sequential;

impl Backend for Sequential {
    fn broadcast(&self, _: usize, work: &(dyn Fn(usize) + Sync)) -> Result<()> {
        work(0);
        Ok(())
    }

    fn effective_n_jobs(&self, n_jobs: isize) -> Result<usize> {
        joblib_core::effective_n_jobs(n_jobs).map(|_| 1)
    }
}
