//! A thread's place in a pool: its deque of jobs and the means to make it sleep and wake.
//!
//! A worker keeps its slot for life. Other threads that run a loop are guests: they have one for as long as
//! the loop lasts.
//!
//! The deque is crossbeam's, after Chase and Lev, "Dynamic circular work-stealing deque" (SPAA 2005), with
//! the memory orderings of Le, Pop, Cohen and Zappa Nardelli, "Correct and efficient work-stealing for weak
//! memory models" (PPoPP 2013).
//!
//! Unsafe, for all threads see the slot's deque, which is for one: the thread that has the slot.
#![allow(unsafe_code)]

use super::affinity::Affinity;
use super::job_ref::JobRef;
use super::sync::{AtomicBool, Ordering, Parker};
use super::waiter::Waiter;
use crossbeam_deque::{Steal, Stealer, Worker};
use std::marker::PhantomData;
use std::time::Duration;

/// One place, as every thread of the pool sees it.
pub(in crate::pool) struct WorkerSlot {
    pub(in crate::pool) waiter: Waiter,
    /// Of a worker.
    pub(super) affinity: Affinity,
    stealer: Stealer<JobRef>,
    /// Whether the deque may hold a job: spares thieves the fences of looking into empty deques.
    offering: AtomicBool,
    taken: AtomicBool,
    deque: Worker<JobRef>,
    parker: Parker,
}

// SAFETY: `deque` and `parker`, the parts that are not `Sync`, are reached through `WorkerThread` only, whose
// constructors let one thread at a time have them; that thread's own accesses do not overlap, because none of
// them calls back.
unsafe impl Sync for WorkerSlot {}

impl WorkerSlot {
    pub(super) fn new(affinity: Affinity) -> Self {
        let (deque, parker) = (Worker::new_lifo(), Parker::new());
        Self {
            waiter: Waiter::new(&parker),
            affinity,
            stealer: deque.stealer(),
            offering: AtomicBool::new(false),
            taken: AtomicBool::new(false),
            deque,
            parker,
        }
    }

    /// Whether a thief might find a job here.
    pub(super) fn is_offering(&self) -> bool {
        self.offering.load(Ordering::Relaxed)
    }

    /// Takes the oldest job.
    pub(super) fn steal(&self) -> Option<JobRef> {
        if !self.is_offering() {
            return None;
        }
        loop {
            match self.stealer.steal() {
                Steal::Success(job) => return Some(job),
                Steal::Empty => return None,
                Steal::Retry => std::hint::spin_loop(),
            }
        }
    }

    /// Reserves the slot for a thread, if it is free.
    pub(super) fn reserve(&self) -> bool {
        !self.taken.load(Ordering::Relaxed)
            && self.taken.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    /// Undoes [`reserve`](Self::reserve).
    pub(super) fn free(&self) {
        self.taken.store(false, Ordering::Release);
    }
}

/// The right to use a slot's deque and to sleep on it; it stays on the thread that has the slot.
pub(in crate::pool) struct WorkerThread<'p> {
    slot: &'p WorkerSlot,
    is_guest: bool,
    not_send: PhantomData<*const ()>,
}

impl<'p> WorkerThread<'p> {
    /// For a worker, whose slot is its own from now on.
    ///
    /// # Panics
    /// If a thread has the slot.
    pub(super) fn for_life(slot: &'p WorkerSlot) -> Self {
        assert!(slot.reserve(), "a worker's slot is nobody else's");
        Self { slot, is_guest: false, not_send: PhantomData }
    }

    /// # Safety
    /// The calling thread has `slot`, and will for as long as the value lives.
    pub(in crate::pool) unsafe fn new(slot: &'p WorkerSlot) -> Self {
        Self { slot, is_guest: false, not_send: PhantomData }
    }

    /// The same for a guest, who gives the slot back when the value is dropped, with nothing left in the
    /// deque.
    ///
    /// # Safety
    /// `slot` is reserved for the calling thread.
    pub(in crate::pool) unsafe fn guest(slot: &'p WorkerSlot) -> Self {
        Self { slot, is_guest: true, not_send: PhantomData }
    }

    /// Offers a job to thieves. To be followed by a wake-up, which has the fence.
    pub(in crate::pool) fn push(&self, job: JobRef) {
        self.slot.offering.store(true, Ordering::Relaxed);
        self.slot.deque.push(job);
    }

    /// Takes back the youngest job, if no thief has it.
    pub(in crate::pool) fn pop(&self) -> Option<JobRef> {
        let job = self.slot.deque.pop();
        if self.slot.deque.is_empty() {
            self.slot.offering.store(false, Ordering::Relaxed);
        }
        job
    }

    /// Sleeps until unparked. May return early.
    pub(super) fn park(&self) {
        self.slot.affinity.sleeps();
        self.slot.parker.park();
        self.slot.affinity.restore();
    }

    /// Sleeps inside of a loop until woken, or for `longest`, unless `ready` already. May return early.
    pub(in crate::pool) fn park_unless(&self, longest: Option<Duration>, ready: impl FnOnce() -> bool) {
        self.slot.waiter.park(&self.slot.parker, longest, ready);
    }
}

impl Drop for WorkerThread<'_> {
    fn drop(&mut self) {
        if self.is_guest {
            self.slot.free();
        }
    }
}
