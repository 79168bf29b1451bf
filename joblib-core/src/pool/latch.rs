//! Counting who may still look at a loop, and waking its owner when nobody does.
//!
//! A loop lives on its owner's stack. Every ticket in a deque and every visitor holds one *claim*; the owner
//! leaves only when there is none. Giving the last claim back is the last touch: the flag that says whether the
//! owner sleeps is therefore not in the latch but in the owner's seat, which outlives the loop.
#![allow(unsafe_code)]

use super::sync::{AtomicBool, AtomicUsize, Ordering, Parker, Unparker, fence};
use std::time::Duration;

/// The claims on one loop.
#[derive(Debug)]
pub(super) struct Latch {
    claims: AtomicUsize,
}

impl Latch {
    pub(super) fn new(claims: usize) -> Self {
        Self { claims: AtomicUsize::new(claims) }
    }

    /// One more claim. The caller must hold one, or know that the owner cannot leave at present.
    pub(super) fn add(&self) {
        self.claims.fetch_add(1, Ordering::Relaxed);
    }

    /// Whether nobody but the owner can look at the loop.
    pub(super) fn is_free(&self) -> bool {
        self.claims.load(Ordering::Acquire) == 0
    }

    /// Gives a claim back, and wakes the owner if it was the last.
    ///
    /// # Safety
    /// The caller holds a claim, and no reference into the loop is used after the call: `this` may dangle when it returns.
    pub(super) unsafe fn release(this: *const Self, owner: &Waiter) {
        // SAFETY: the claim keeps the loop alive until the subtraction.
        let before = unsafe { (*this).claims.fetch_sub(1, Ordering::AcqRel) };
        if before == 1 {
            owner.wake();
        }
    }
}

/// The side of a seat that others may reach: whether its thread sleeps in a loop's end, and how to wake it.
#[derive(Debug)]
pub(super) struct Waiter {
    parked: AtomicBool,
    unparker: Unparker,
}

impl Waiter {
    pub(super) fn new(parker: &Parker) -> Self {
        Self { parked: AtomicBool::new(false), unparker: parker.unparker().clone() }
    }

    /// Sleeps until woken, or for `longest`, unless `ready` already. May return early; the caller looks again.
    ///
    /// The store here and the load in [`wake`](Self::wake) are each followed, or preceded, by a sequentially consistent fence:
    /// either `ready` sees what the waker published, or the waker sees the flag.
    pub(super) fn park(&self, parker: &Parker, longest: Option<Duration>, ready: impl FnOnce() -> bool) {
        self.parked.store(true, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        if !ready() {
            match longest {
                Some(longest) => parker.park_timeout(longest),
                None => parker.park(),
            }
        }
        self.parked.store(false, Ordering::Relaxed);
    }

    /// Wakes the thread if it sleeps in a loop's end. Says whether it did.
    pub(super) fn wake(&self) -> bool {
        fence(Ordering::SeqCst);
        let sleeps = self.parked.load(Ordering::Relaxed) && self.parked.swap(false, Ordering::Relaxed);
        if sleeps {
            self.unparker.unpark();
        }
        sleeps
    }

    /// Ends a sleep of any kind.
    pub(super) fn unpark(&self) {
        self.unparker.unpark();
    }
}
