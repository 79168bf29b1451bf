//! The way into a loop that a participant of an outer loop waits for.
//!
//! The inner loop lives on that participant's stack and may end at any moment. A visitor therefore makes its
//! claim under a lock, and the loop's owner shuts the door under the same lock before it waits for the last time.
#![allow(unsafe_code)]

use super::sync::{AtomicPtr, Mutex, Ordering};
use std::ptr;
use std::sync::PoisonError;

/// Shut, or open to a `T` that lives elsewhere.
#[derive(Debug)]
pub(super) struct Door<T> {
    inside: AtomicPtr<T>,
    visiting: Mutex<()>,
}

impl<T> Door<T> {
    pub(super) fn shut() -> Self {
        Self { inside: AtomicPtr::new(ptr::null_mut()), visiting: Mutex::new(()) }
    }

    /// Opens the door to `inside`. To be followed by a sequentially consistent fence before sleepers are looked for.
    ///
    /// # Safety
    /// `inside` lives until [`close`](Self::close) has returned and everybody that [`visit`](Self::visit) let in has left.
    pub(super) unsafe fn open(&self, inside: *const T) {
        self.inside.store(inside.cast_mut(), Ordering::Release);
    }

    /// Nobody comes in from now on. Who is inside already must be waited for.
    pub(super) fn close(&self) {
        let visiting = self.visiting.lock().unwrap_or_else(PoisonError::into_inner);
        self.inside.store(ptr::null_mut(), Ordering::Relaxed);
        drop(visiting);
    }

    /// Lets the caller in, if the door is open: `claim` must make the owner wait for the caller.
    pub(super) fn visit(&self, claim: impl FnOnce(&T)) -> Option<*const T> {
        if self.inside.load(Ordering::Relaxed).is_null() {
            return None;
        }
        let visiting = self.visiting.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = self.inside.load(Ordering::Acquire).cast_const();
        // SAFETY: whoever opened the door keeps it alive until it has been closed, which needs the lock.
        claim(unsafe { inside.as_ref() }?);
        drop(visiting);
        Some(inside)
    }
}
