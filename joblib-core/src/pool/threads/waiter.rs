//! Sleeping inside of a loop until others have done something, and waking who does.

use super::sync::{AtomicBool, Ordering, Parker, Unparker, fence};
use std::time::Duration;

/// The side of a worker slot that others may reach: whether its thread sleeps inside of a loop, and how to
/// wake it.
#[derive(Debug)]
pub(in crate::pool) struct Waiter {
    parked: AtomicBool,
    unparker: Unparker,
}

impl Waiter {
    pub(in crate::pool) fn new(parker: &Parker) -> Self {
        Self { parked: AtomicBool::new(false), unparker: parker.unparker().clone() }
    }

    /// Sleeps until woken, or for `longest`, unless `ready` already. May return early; the caller looks
    /// again.
    ///
    /// Dekker's way to agree: the store here and the load in [`wake`](Self::wake) are followed, or preceded,
    /// by a sequentially consistent fence, so either `ready` sees what the waker published, or the waker sees
    /// the flag.
    pub(in crate::pool) fn park(
        &self,
        parker: &Parker,
        longest: Option<Duration>,
        ready: impl FnOnce() -> bool,
    ) {
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

    /// Wakes the thread if it sleeps inside of a loop. Says whether it did.
    pub(in crate::pool) fn wake(&self) -> bool {
        fence(Ordering::SeqCst);
        let sleeps = self.parked.load(Ordering::Relaxed) && self.parked.swap(false, Ordering::Relaxed);
        if sleeps {
            self.unparker.unpark();
        }
        sleeps
    }

    /// Ends a sleep of any kind.
    pub(in crate::pool) fn unpark(&self) {
        self.unparker.unpark();
    }
}
