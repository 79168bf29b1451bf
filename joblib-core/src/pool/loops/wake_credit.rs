//! When many short loops follow each other, waking a thread pays although it does for none of them.

use crate::pool::clock;
use std::sync::atomic::{AtomicU64, Ordering};

/// How long a stream of such loops may pause before it has ended, in nanoseconds.
const PAUSE: f64 = 20_000.0;

/// Work of late that was too short to wake anybody for. Races lose some of it, which does no harm.
#[derive(Debug)]
pub(super) struct WakeCredit {
    /// How much pays for a wake-up.
    enough: u64,
    pause: u64,
    since: AtomicU64,
    ticks: AtomicU64,
}

impl WakeCredit {
    /// Where as many ticks of work pay for a wake-up.
    pub(super) fn new(enough: u64) -> Self {
        let (since, ticks) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { enough, pause: clock::ticks_in(PAUSE), since, ticks }
    }

    /// Adds a loop about to run alone. True if such loops have filled a good part of the time for as long as
    /// to outweigh waking a thread, which then stays awake as long as more keep coming.
    pub(super) fn add(&self, ticks: u64) -> bool {
        let now = clock::ticks();
        let (since, before) = (self.since.load(Ordering::Relaxed), self.ticks.load(Ordering::Relaxed));
        if now.saturating_sub(since) > 2 * before + self.pause {
            self.since.store(now, Ordering::Relaxed);
            self.ticks.store(ticks, Ordering::Relaxed);
            return false;
        }
        let enough = before + ticks > self.enough;
        self.ticks.store(if enough { 0 } else { before + ticks }, Ordering::Relaxed);
        enough
    }
}
