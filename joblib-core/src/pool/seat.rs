//! A thread's place in a pool: its deque of tickets and the means to make it sleep and wake.
//!
//! A worker keeps its seat for life. Other threads that run a loop borrow one for as long as the loop lasts.
#![allow(unsafe_code)]

use super::latch::Waiter;
use super::placement::Berth;
use super::sync::{AtomicBool, Ordering, Parker};
use super::team::Ticket;
use crossbeam_deque::{Steal, Stealer, Worker};
use std::marker::PhantomData;
use std::time::Duration;

/// One place, as every thread of the pool sees it.
pub(super) struct Seat {
    pub(super) waiter: Waiter,
    /// Of a worker.
    pub(super) berth: Berth,
    stealer: Stealer<Ticket>,
    /// Whether the deque may hold a ticket: spares thieves the fences of looking into empty deques.
    offering: AtomicBool,
    taken: AtomicBool,
    deque: Worker<Ticket>,
    parker: Parker,
}

// SAFETY: `deque` and `parker`, the parts that are not `Sync`, are reached through `SeatOwner` only, whose
// constructors let one thread at a time have them; that thread's own accesses do not overlap, because none of them calls back.
unsafe impl Sync for Seat {}

impl Seat {
    pub(super) fn new() -> Self {
        let (deque, parker) = (Worker::new_lifo(), Parker::new());
        Self {
            waiter: Waiter::new(&parker),
            berth: Berth::default(),
            stealer: deque.stealer(),
            offering: AtomicBool::new(false),
            taken: AtomicBool::new(false),
            deque,
            parker,
        }
    }

    /// Whether a thief might find a ticket here.
    pub(super) fn is_offering(&self) -> bool {
        self.offering.load(Ordering::Relaxed)
    }

    /// Takes the oldest ticket.
    pub(super) fn steal(&self) -> Option<Ticket> {
        if !self.is_offering() {
            return None;
        }
        loop {
            match self.stealer.steal() {
                Steal::Success(ticket) => return Some(ticket),
                Steal::Empty => return None,
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    /// Sits down, if nobody sits here.
    pub(super) fn sit(&self) -> bool {
        !self.taken.load(Ordering::Relaxed)
            && self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Gets up. Only for the thread that sits here, with nothing left in the deque.
    pub(super) fn leave(&self) {
        self.taken.store(false, Ordering::Release);
    }
}

/// The right to use a seat's deque and to sleep on it; it stays on the thread that sits there.
pub(super) struct SeatOwner<'p> {
    seat: &'p Seat,
    not_send: PhantomData<*const ()>,
}

impl<'p> SeatOwner<'p> {
    /// # Safety
    /// The calling thread sits on `seat`, and will for as long as the value lives.
    pub(super) unsafe fn new(seat: &'p Seat) -> Self {
        Self { seat, not_send: PhantomData }
    }

    /// Offers a ticket to thieves. To be followed by a wake-up, which has the fence.
    pub(super) fn push(&self, ticket: Ticket) {
        self.seat.offering.store(true, Ordering::Relaxed);
        self.seat.deque.push(ticket);
    }

    /// Takes back the youngest ticket, if no thief has it.
    pub(super) fn pop(&self) -> Option<Ticket> {
        let ticket = self.seat.deque.pop();
        if self.seat.deque.is_empty() {
            self.seat.offering.store(false, Ordering::Relaxed);
        }
        ticket
    }

    /// Sleeps until unparked. May return early.
    pub(super) fn park(&self) {
        self.seat.berth.lie_down();
        self.seat.parker.park();
        self.seat.berth.get_up();
    }

    /// Sleeps inside of a loop until woken, or for `longest`, unless `ready` already. May return early.
    pub(super) fn park_unless(&self, longest: Option<Duration>, ready: impl FnOnce() -> bool) {
        self.seat.waiter.park(&self.seat.parker, longest, ready);
    }
}
