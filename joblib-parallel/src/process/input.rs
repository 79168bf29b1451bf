//! What a run is about, and where its tasks run.

#![cfg_attr(
    not(all(unix, feature = "processes")),
    allow(dead_code, reason = "there are no workers to use it")
)]

use super::role::is_worker;
use crate::run::Source;

/// Where tasks run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placement {
    Workers,
    /// On this thread, of what would be sent.
    Here,
}

impl Placement {
    /// Workers have no workers.
    pub(crate) fn of_this_process() -> Self {
        if is_worker() { Placement::Here } else { Placement::Workers }
    }
}

/// What a run is about.
pub(crate) struct Input<'r, Sh, I: Iterator> {
    pub(crate) shared: &'r Sh,
    pub(crate) source: &'r Source<I>,
    /// What becomes of items that have been packed.
    pub(crate) keep: &'r dyn Fn(usize, I::Item),
}

impl<'r, Sh, I: Iterator> Input<'r, Sh, I> {
    /// Of items that are not needed any more once they are packed.
    pub(crate) fn of(shared: &'r Sh, source: &'r Source<I>) -> Self {
        Self { shared, source, keep: &|_, _| () }
    }
}
