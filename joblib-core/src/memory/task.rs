//! Waiting as an async task.

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
    /// `same_task`: leader and waiter have the same waker; `polls`: how often the leader has been polled.
    pub(crate) fn turn(&mut self, same_task: bool, polls: u64) -> Turn {
        let stands_still = self.seen.replace(polls) == Some(polls);
        if same_task && stands_still { Turn::Stuck } else { Turn::Wait }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
