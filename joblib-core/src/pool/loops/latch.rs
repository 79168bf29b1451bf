//! Counting who may still look at a loop, and waking its owner when nobody does.
//!
//! A loop lives on its owner's stack. Every job reference in a deque and every visitor holds one *claim*; the
//! owner leaves only when there is none. Giving the last claim back is the last touch: the flag that says
//! whether the owner sleeps is therefore not in the latch but in the owner's worker slot, which outlives the
//! loop.
#![allow(unsafe_code)]

use crate::pool::threads::Waiter;
use crate::pool::threads::sync::{AtomicUsize, Ordering};

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
    /// The caller holds a claim, and no reference into the loop is used after the call: `this` may dangle
    /// when it returns.
    pub(super) unsafe fn release(this: *const Self, owner: &Waiter) {
        // SAFETY: the claim keeps the loop alive until the subtraction.
        let before = unsafe { (*this).claims.fetch_sub(1, Ordering::AcqRel) };
        if before == 1 {
            owner.wake();
        }
    }
}
