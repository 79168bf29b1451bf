//! Who computes and who waits: threads and async tasks.

use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

/// Who computes: a thread, or a task that moves between threads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    Thread(u64),
    Task,
}

impl Owner {
    /// The calling thread.
    pub(crate) fn this_thread() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        thread_local!(static ID: u64 = NEXT.fetch_add(1, Ordering::Relaxed));
        Owner::Thread(ID.with(|id| *id))
    }
}

/// The task that polls a future: the one its waker wakes.
///
/// A waker without data, such as [`Waker::noop`], is the same for all tasks: there the polling thread tells them apart.
#[derive(Clone, Debug)]
pub(crate) struct Poller {
    waker: Waker,
    thread: Owner,
}

impl Poller {
    /// Who polls now, with this waker.
    pub(crate) fn current(waker: &Waker) -> Self {
        Self { waker: waker.clone(), thread: Owner::this_thread() }
    }

    /// Whether the calling thread polls for the same task with this waker.
    pub(crate) fn is(&self, waker: &Waker) -> bool {
        let anonymous = waker.data().is_null() && self.waker.data().is_null();
        if anonymous { self.thread == Owner::this_thread() } else { self.waker.will_wake(waker) }
    }
}

/// Whether a waiting task may go on waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The leader makes progress, or is another task.
    Wait,
    /// The leader is a part of the same task that is no longer polled.
    Stuck,
}

/// What a waiter remembers between two polls.
///
/// Two futures of one task wait for each other safely as long as both are polled (`join!`). A leader that its own
/// task has stopped polling, as `select!` on a borrowed future does, never lands. Within one task every poll of
/// the waiter is preceded by one of the leader; a poll count that stands still tells the two apart.
#[derive(Debug, Default)]
pub(crate) struct TaskWait {
    seen: Option<u64>,
}

impl TaskWait {
    /// `same_task`: leader and waiter are polled by one task; `polls`: how often the leader has been polled.
    pub(crate) fn turn(&mut self, same_task: bool, polls: u64) -> Turn {
        let stands_still = self.seen.replace(polls) == Some(polls);
        if same_task && stands_still { Turn::Stuck } else { Turn::Wait }
    }
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

    #[test]
    fn joined_futures_wait_for_each_other() {
        let mut wait = TaskWait::default();
        assert!((1..5).all(|polls| wait.turn(true, polls) == Turn::Wait));
    }

    #[test]
    fn a_leader_left_unpolled_by_its_own_task_is_not_waited_for() {
        let mut wait = TaskWait::default();
        assert_eq!(wait.turn(true, 7), Turn::Wait);
        assert_eq!(wait.turn(true, 7), Turn::Stuck);
    }

    #[test]
    fn another_task_may_take_its_time() {
        let mut wait = TaskWait::default();
        assert!((0..5).all(|_| wait.turn(false, 7) == Turn::Wait));
    }
}
