//! When to stop waiting for another thread of this process.
//!
//! A leader may depend on the waiting thread in ways that cannot be seen from here: the waiter stands on top of a
//! job of a foreign thread pool that the leader waits for, or holds a lock that the leader needs. Then nothing in
//! the process moves any more. So a waiter watches the processor time of its process and, when that has stood
//! still long enough, computes by itself; where the leader merely slept, one computation is done twice.

use std::time::{Duration, Instant};

/// Watches one wait.
pub(crate) struct Patience {
    still_since: Instant,
    used: Duration,
}

impl Patience {
    /// How often to look.
    pub(crate) const SLICE: Duration = Duration::from_secs(1);
    /// How long the process must stand still.
    const LIMIT: Duration = Duration::from_secs(20);
    /// Less processor time than this between two looks is standing still.
    const STILL: Duration = Duration::from_millis(20);

    pub(crate) fn new() -> Self {
        Self { still_since: Instant::now(), used: processor_time() }
    }

    /// Whether the process has stood still for too long; to be asked once per [`SLICE`](Self::SLICE).
    pub(crate) fn is_over(&mut self) -> bool {
        self.look(Instant::now(), processor_time())
    }

    fn look(&mut self, now: Instant, used: Duration) -> bool {
        if used.saturating_sub(self.used) >= Self::STILL {
            self.still_since = now;
        }
        self.used = used;
        now.duration_since(self.still_since) >= Self::LIMIT
    }
}

#[cfg(unix)]
fn processor_time() -> Duration {
    crate::sys::clock(libc::CLOCK_PROCESS_CPUTIME_ID)
}

/// Where processor time is not asked for, every wait looks still.
#[cfg(not(unix))]
fn processor_time() -> Duration {
    Duration::ZERO
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_anywhere_in_the_process_renews_patience() {
        let start = Instant::now();
        let mut patience = Patience { still_since: start, used: Duration::ZERO };
        for second in 1..100 {
            let work = Duration::from_millis(30 * second);
            assert!(!patience.look(start + Duration::from_secs(second), work));
        }
    }

    #[test]
    fn a_process_that_stands_still_ends_it() {
        let start = Instant::now();
        let mut patience = Patience { still_since: start, used: Duration::ZERO };
        let over: Vec<u64> = (1..30)
            .filter(|&second| {
                patience.look(start + Duration::from_secs(second), Duration::from_millis(second))
            })
            .collect();
        assert_eq!(over.first(), Some(&20));
    }
}
