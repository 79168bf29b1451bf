//! When many short loops follow each other, waking a thread pays although it does for none of them.

use super::clock;
use super::registry::Tuning;
use std::sync::atomic::{AtomicU64, Ordering};

/// Work of late that was too short to wake anybody for. Races lose some of it, which does no harm.
#[derive(Debug, Default)]
pub(super) struct Missed {
    since: AtomicU64,
    ticks: AtomicU64,
}

impl Missed {
    /// Adds a loop about to run alone. True if such loops have filled a good part of the time for as long as
    /// to outweigh waking a thread, which then stays awake as long as more keep coming.
    pub(super) fn add(&self, ticks: u64, tuning: &Tuning) -> bool {
        let now = clock::ticks();
        let (since, before) = (self.since.load(Ordering::Relaxed), self.ticks.load(Ordering::Relaxed));
        if now.saturating_sub(since) > 2 * before + tuning.search {
            self.since.store(now, Ordering::Relaxed);
            self.ticks.store(ticks, Ordering::Relaxed);
            return false;
        }
        let enough = before + ticks > 2 * tuning.wake;
        self.ticks.store(if enough { 0 } else { before + ticks }, Ordering::Relaxed);
        enough
    }
}
