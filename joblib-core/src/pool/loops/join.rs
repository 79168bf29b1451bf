//! How threads get into a loop that lives on its owner's stack, and out again.
//!
//! The one unsafe idea here: a job reference is a pointer to a [`Team`] there. It may be followed while a
//! claim on the team's latch is held; the owner does not return before all claims are given back.
#![allow(unsafe_code)]

use super::job::Job;
use super::latch::Latch;
use super::sharing::Sharing;
use super::team::{Team, TeamCell};
use crate::pool::current::{self, Entered};
use crate::pool::threads::sync::Ordering;
use crate::pool::threads::{JobRef, Registry, WorkerThread};
use std::ptr;

/// An owner in its shared loop: its worker slot, for which a thread from elsewhere registers as a guest, and
/// its place inside the loop.
///
/// Ends when dropped: the thread is out of the loop, and a guest out of the pool.
pub(super) struct Registration<'r> {
    // Declared first, so that the thread is out of the loop before its slot is given away.
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

impl Team<'_> {
    /// Permission to join, together with one claim. The caller holds a claim, or owns the team.
    pub(super) fn job_ref(&self) -> JobRef {
        self.latch.add();
        // SAFETY: the claim keeps the team alive until `execute` gives it back, or who takes the reference
        // back does.
        unsafe { JobRef::new(self.erased().cast(), execute) }
    }

    /// The owner gives a claim back.
    pub(super) fn release(&self) {
        // SAFETY: only called with a claim in hand, by the owner, whose team it is.
        unsafe { Latch::release(&raw const self.latch, &self.registry().slot(self.owner).waiter) }
    }
}

/// Runs a participant of the team `job` on the thread with the worker slot `me`, if there is something left
/// for one, and gives the claim back.
///
/// # Safety
/// `job` points to a `Team`; the caller has a claim on it, which ends here, and the worker slot.
unsafe fn execute(job: *const (), me: usize) {
    let pointer = job.cast::<Team<'static>>();
    // SAFETY: the claim is held until it is released below.
    let team = unsafe { &*pointer };
    // It outlives the team: the thread that calls is one of its own.
    let registry = team.registry();
    // Worker 0 comes after the owner, who has slot 0: consecutive loops give a thread the same share.
    if let Some(slot) = team.join(me + 1) {
        // Each thread brings in another, except for threads beyond the pool's own, which the owner has sent.
        let more = !registry.is_guest(me) && team.joined.load(Ordering::Relaxed) < team.slots.len();
        // SAFETY: the thread has the slot.
        let worker = unsafe { WorkerThread::new(registry.slot(me)) };
        if more {
            worker.push(team.job_ref());
            registry.wake_one();
        }
        (team.participate)(team, slot, me);
        if more && worker.pop().is_some() {
            // SAFETY: the claim of the reference just taken back; another one is held.
            unsafe { release(pointer, registry) };
        }
    }
    // SAFETY: `team` is not used any more.
    unsafe { release(pointer, registry) };
}

/// Gives a claim on `team` back.
///
/// # Safety
/// The caller holds the claim and uses no reference into the team afterwards. `registry` is the team's.
pub(super) unsafe fn release(team: *const Team<'static>, registry: &Registry) {
    // SAFETY: the claim keeps the team alive for these two reads; the pointer is made without a reference to
    // the latch.
    let (latch, owner) = unsafe { (&raw const (*team).latch, (*team).owner) };
    // SAFETY: the caller's claim, as promised.
    unsafe { Latch::release(latch, &registry.slot(owner).waiter) };
}
