//! An owner in its shared loop: its worker slot, for which a thread from elsewhere registers as a guest, and
//! its place inside the loop.
#![allow(unsafe_code)]

use super::job::Job;
use super::sharing::Sharing;
use super::team::{Team, TeamCell};
use crate::pool::current::{self, Entered};
use crate::pool::threads::WorkerThread;
use std::ptr;

/// Ends when dropped: the thread is out of the loop, and a guest out of the pool.
pub(super) struct Registration<'r> {
    // First, so that the thread is out of the loop before its slot is given away.
    _inside: Entered,
    pub(super) worker: WorkerThread<'r>,
    pub(super) team: &'r Team<'r>,
}

impl<'r> Registration<'r> {
    /// Gives the calling thread a slot and shares the units of `job` from `first` on. `None` if no slot is
    /// free.
    pub(super) fn new(
        job: &'r Job<'r>,
        cell: &'r TeamCell<'r>,
        first: u32,
        sharing: Sharing,
    ) -> Option<Self> {
        let registry = job.pool.registry();
        let frame = current::frame();
        let (worker, index, outer) = if ptr::eq(frame.registry, registry) {
            // SAFETY: the thread has the slot, as its frame says, until it leaves the loop it is in.
            let worker = unsafe { WorkerThread::new(registry.slot(frame.worker)) };
            (worker, frame.worker, (frame.team.cast(), frame.slot))
        } else {
            let index = registry.reserve_guest()?;
            // SAFETY: just reserved.
            let worker = unsafe { WorkerThread::guest(registry.slot(index)) };
            (worker, index, (ptr::null(), 0))
        };
        let team = cell.form(job, first, index, outer);
        let _inside = team.open(&worker, sharing);
        Some(Self { _inside, worker, team })
    }
}
