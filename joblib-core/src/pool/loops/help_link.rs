//! The way into a loop that a participant of an outer loop waits for, so that it can be helped.
//!
//! A thread that waits for the end of a loop helps whoever it waits for, and nobody else: leapfrogging, after
//! Wagner and Calder, "Leapfrogging: a portable technique for implementing efficient futures" (PPoPP 1993).
//!
//! The inner loop lives on that participant's stack and may end at any moment. A helper therefore makes its
//! claim under a lock, and the loop's owner cuts the link under the same lock before it waits for the last
//! time.
#![allow(unsafe_code)]

use crate::pool::threads::sync::{AtomicPtr, Mutex, Ordering};
use std::ptr;

/// Cut, or leading to a `T` that lives elsewhere.
#[derive(Debug)]
pub(super) struct HelpLink<T> {
    target: AtomicPtr<T>,
    following: Mutex<()>,
}

impl<T> HelpLink<T> {
    pub(super) fn cut_off() -> Self {
        Self { target: AtomicPtr::new(ptr::null_mut()), following: Mutex::new(()) }
    }

    /// Leads to `target` from now on. To be followed by a sequentially consistent fence before sleepers are
    /// looked for.
    ///
    /// # Safety
    /// `target` lives until [`cut`](Self::cut) has returned and everybody that [`follow`](Self::follow) led
    /// there has left.
    pub(super) unsafe fn lead_to(&self, target: *const T) {
        self.target.store(target.cast_mut(), Ordering::Release);
    }

    /// From now on nobody comes. Those who are there already must be waited for.
    pub(super) fn cut(&self) {
        let following = self.following.lock();
        self.target.store(ptr::null_mut(), Ordering::Relaxed);
        drop(following);
    }

    /// Where it leads, if anywhere: `claim` must make the owner wait for the caller.
    pub(super) fn follow(&self, claim: impl FnOnce(&T)) -> Option<*const T> {
        if self.target.load(Ordering::Relaxed).is_null() {
            return None;
        }
        let following = self.following.lock();
        let target = self.target.load(Ordering::Acquire).cast_const();
        // SAFETY: whoever set the link keeps the target alive until it has been cut, which needs the lock.
        claim(unsafe { target.as_ref() }?);
        drop(following);
        Some(target)
    }
}
