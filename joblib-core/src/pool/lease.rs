//! An owner's stay in a pool while its loop is shared: its seat, and its place inside the loop.
#![allow(unsafe_code)]

use super::current::{self, Entered};
use super::job::Job;
use super::registry::{Registry, Sharing};
use super::seat::SeatOwner;
use super::team::Team;
use std::cell::OnceCell;
use std::ptr;

/// Ends the stay when dropped.
pub(super) struct Lease<'r> {
    // First, so that the thread is out of the loop before its seat is given away.
    _inside: Entered,
    seat: SeatOwner<'r>,
    registry: &'r Registry,
    borrowed: Option<usize>,
}

impl<'r> Lease<'r> {
    /// Seats the calling thread and shares the units of `job` from `first` on. `None` if no seat is free.
    pub(super) fn take(
        job: &'r Job<'r>,
        cell: &'r OnceCell<Team<'r>>,
        first: u32,
        sharing: Sharing,
    ) -> Option<(Self, &'r Team<'r>)> {
        let registry = job.pool.registry();
        let frame = current::get();
        let here = ptr::eq(frame.registry, registry);
        let borrowed = if here { None } else { Some(registry.borrow_seat()?) };
        let index = borrowed.unwrap_or(frame.seat);
        // SAFETY: the thread sits there, as its frame says, or since a moment ago; it gets up when the lease ends.
        let seat = unsafe { SeatOwner::new(registry.seat(index)) };
        let outer = if here { (frame.team, frame.slot) } else { (ptr::null(), 0) };
        let team = cell.get_or_init(|| Team::new(job, first, index, outer));
        let _inside = team.open(&seat, sharing);
        Some((Self { _inside, seat, registry, borrowed }, team))
    }

    pub(super) fn seat(&self) -> &SeatOwner<'r> {
        &self.seat
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(index) = self.borrowed {
            self.registry.seat(index).leave();
        }
    }
}
