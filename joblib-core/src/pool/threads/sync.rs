//! What the pool synchronises with: `std` and crossbeam, or loom's models of them under `--cfg loom`.
//!
//! Cost estimates and other hints that never decide about memory use `std` atomics directly.

#[cfg(not(loom))]
pub(in crate::pool) use crate::sync::Mutex;
#[cfg(not(loom))]
pub(in crate::pool) use crossbeam_utils::sync::{Parker, Unparker};
#[cfg(not(loom))]
pub(in crate::pool) use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence};

#[cfg(loom)]
pub(in crate::pool) use loom::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering, fence,
};
#[cfg(loom)]
pub(in crate::pool) use parker::{Parker, Unparker};

/// [`crate::sync::Mutex`] on loom's.
#[cfg(loom)]
#[derive(Debug)]
pub(in crate::pool) struct Mutex<T>(loom::sync::Mutex<T>);

#[cfg(loom)]
impl<T> Mutex<T> {
    pub(in crate::pool) fn new(value: T) -> Self {
        Self(loom::sync::Mutex::new(value))
    }

    pub(in crate::pool) fn lock(&self) -> loom::sync::MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// crossbeam's `Parker` on loom's mutex and condition variable.
#[cfg(loom)]
mod parker {
    use loom::sync::{Arc, Condvar, Mutex};

    type State = Arc<(Mutex<bool>, Condvar)>;

    #[derive(Debug)]
    pub(in crate::pool) struct Parker(State);

    #[derive(Clone, Debug)]
    pub(in crate::pool) struct Unparker(State);

    impl Parker {
        pub(in crate::pool) fn new() -> Self {
            Self(Arc::new((Mutex::new(false), Condvar::new())))
        }

        pub(in crate::pool) fn unparker(&self) -> Unparker {
            Unparker(self.0.clone())
        }

        pub(in crate::pool) fn park(&self) {
            let (token, changed) = &*self.0;
            let mut token = token.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            while !*token {
                token = changed.wait(token).unwrap_or_else(std::sync::PoisonError::into_inner);
            }
            *token = false;
        }

        /// Time does not pass in a model.
        pub(in crate::pool) fn park_timeout(&self, _longest: std::time::Duration) {
            self.park();
        }
    }

    impl Unparker {
        pub(in crate::pool) fn unpark(&self) {
            let (token, changed) = &*self.0;
            *token.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = true;
            changed.notify_one();
        }
    }
}
