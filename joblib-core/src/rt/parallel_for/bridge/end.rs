//! Where a loop ends before its iterator does.

use crate::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::pool::{self, Payload};
use crate::rt::parallel_for::source::Panicked;

/// What has ended the loop so far.
pub(super) struct End {
    /// No iteration from this one on needs to be started.
    bound: AtomicUsize,
    /// The earliest iteration that left the loop.
    left_at: AtomicUsize,
    /// The earliest panic.
    panic: Mutex<Option<(usize, Payload)>>,
}

impl End {
    /// Nothing yet.
    pub(super) fn new() -> Self {
        End {
            bound: AtomicUsize::new(usize::MAX),
            left_at: AtomicUsize::new(usize::MAX),
            panic: Mutex::new(None),
        }
    }

    /// No iteration from this one on needs to be started.
    #[inline]
    pub(super) fn bound(&self) -> usize {
        self.bound.load(Ordering::Relaxed)
    }

    /// An iteration leaves the loop.
    pub(super) fn leave(&self, index: usize) {
        self.left_at.fetch_min(index, Ordering::Relaxed);
        self.bound.fetch_min(index, Ordering::Relaxed);
    }

    /// An iteration, or the iterator where it would give that one, panicked.
    pub(super) fn panic(&self, index: usize, payload: Payload) {
        pool::keep_first_panic(&self.panic, index, payload);
        self.bound.fetch_min(index, Ordering::Relaxed);
    }

    /// The earliest panic, unless an earlier iteration left the loop.
    pub(super) fn earliest_panic(&self) -> Result<(), Panicked> {
        let left_at = self.left_at.load(Ordering::Relaxed);
        match self.panic.lock().take() {
            Some((at, payload)) if at != usize::MAX && at >= left_at => pool::discard(payload),
            Some(panic) => return Err(Panicked::new(panic)),
            None => {}
        }
        Ok(())
    }
}
