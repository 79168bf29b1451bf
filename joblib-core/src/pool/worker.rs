//! What a thread of the pool does: look for a loop to join, and sleep while there is none.
#![allow(unsafe_code)]

use super::clock;
use super::current::{self, Frame};
use super::handle::Pool;
use super::registry::Registry;
use super::seat::SeatOwner;
use super::team::{Ticket, relax};
use std::ptr;
use std::sync::Arc;

/// Runs until the pool closes, as the worker on seat `me`.
pub(super) fn work(registry: &Arc<Registry>, me: usize) {
    let pool = Pool::of_worker(Arc::clone(registry));
    let registry = &**registry;
    let _inside =
        current::enter(Frame { pool: &raw const pool, registry, seat: me, team: ptr::null(), slot: 0 });
    // SAFETY: a worker's seat is its own from the pool's start to its end.
    let seat = unsafe { SeatOwner::new(registry.seat(me)) };
    registry.sleepers.begin_search();
    while let Some(ticket) = search(registry, me, &seat) {
        if registry.sleepers.found() {
            registry.keep_a_lookout();
        }
        ticket.redeem(registry, me, &seat);
        registry.sleepers.begin_search();
    }
}

/// Looks for a ticket, awake for a while and then asleep. `None` when the pool closes.
fn search(registry: &Registry, me: usize, seat: &SeatOwner<'_>) -> Option<Ticket> {
    loop {
        let (began, mut rounds) = (clock::ticks(), 0);
        while clock::since(began) < registry.tuning.search {
            if let Some(ticket) = registry.find_ticket(me) {
                return Some(ticket);
            }
            relax(&mut rounds);
        }
        registry.sleepers.announce(me);
        let last_look = registry.find_ticket(me);
        if last_look.is_none() && !registry.is_closing() {
            seat.park();
        }
        registry.sleepers.withdraw(me);
        if registry.is_closing() {
            return None;
        }
        if last_look.is_some() {
            return last_look;
        }
    }
}
