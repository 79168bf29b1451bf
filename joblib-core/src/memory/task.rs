//! The tasks that poll futures, seen from outside.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Waker;
use std::thread::ThreadId;

/// The task that polls a future: the one its waker wakes.
///
/// A waker without data, such as [`Waker::noop`], is the same for all tasks: there the polling thread tells
/// them apart.
#[derive(Clone, Debug)]
pub(crate) struct Poller {
    waker: Waker,
    thread: ThreadId,
}

impl Poller {
    /// The task that polls now, with this waker.
    pub(crate) fn current(waker: &Waker) -> Self {
        Self { waker: waker.clone(), thread: this_thread() }
    }

    /// Whether the calling thread polls for the same task with this waker.
    pub(crate) fn is(&self, waker: &Waker) -> bool {
        let anonymous = waker.data().is_null() && self.waker.data().is_null();
        if anonymous { self.thread == this_thread() } else { self.waker.will_wake(waker) }
    }

    pub(crate) fn wake(self) {
        self.waker.wake();
    }
}

/// Wakes a task. This is the executor's code: if it panics, that ends nothing here, and keeps no other from
/// being woken.
pub(crate) fn wake(waker: Waker) {
    let _ = catch_unwind(AssertUnwindSafe(|| waker.wake()));
}

/// The calling thread, without counting references to it.
pub(crate) fn this_thread() -> ThreadId {
    thread_local!(static ID: ThreadId = std::thread::current().id());
    ID.with(|id| *id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_waker_without_data_is_told_apart_by_its_thread() {
        let here = Poller::current(Waker::noop());
        assert!(here.is(Waker::noop()));
        assert!(!std::thread::scope(|scope| scope.spawn(|| here.is(Waker::noop())).join().unwrap()));
    }

    #[test]
    fn a_waker_with_data_is_a_task_on_any_thread() {
        struct Nothing;
        impl std::task::Wake for Nothing {
            fn wake(self: std::sync::Arc<Self>) {}
        }
        let (one, other) =
            (Waker::from(std::sync::Arc::new(Nothing)), Waker::from(std::sync::Arc::new(Nothing)));
        let task = Poller::current(&one);
        assert!(std::thread::scope(|scope| scope.spawn(|| task.is(&one)).join().unwrap()));
        assert!(!task.is(&other) && !task.is(Waker::noop()));
    }
}
