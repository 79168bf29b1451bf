//! How often a process looks whether its mapped files are still those of the directory: that costs two system
//! calls, more than storing an entry, so of many that are stored at once it is done before some only.

use std::sync::atomic::{AtomicU64, Ordering};

/// Nanoseconds between two looks of a process that stores without a pause.
const INTERVAL: u64 = 400_000;
/// Looks that may follow each other at once, after a pause.
const BURST: u64 = 64;

/// Limits the rate of looks: one per interval, with at most a burst of them in advance.
#[derive(Debug, Default)]
pub(super) struct Pace(AtomicU64);

impl Pace {
    /// Whether to look now, in nanoseconds of the Unix epoch.
    pub(super) fn is_due(&self, now: u64) -> bool {
        let taken = self.0.load(Ordering::Relaxed);
        let ahead = taken.saturating_sub(now);
        let (is_full, is_set_back) = (ahead >= BURST * INTERVAL, ahead > 2 * BURST * INTERVAL);
        if is_full && !is_set_back {
            return false;
        }
        let from = if is_set_back { now } else { taken.max(now) };
        self.0.store(from.saturating_add(INTERVAL), Ordering::Relaxed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looks(pace: &Pace, times: impl Iterator<Item = u64>) -> usize {
        times.filter(|&now| pace.is_due(now)).count()
    }

    #[test]
    fn each_of_few_and_some_of_many() {
        let pace = Pace::default();
        let start = 1_700_000_000_000_000_000;
        assert_eq!(looks(&pace, (0..BURST).map(|n| start + n)), BURST as usize);
        let second = start + 1_000_000_000;
        // A million in a tenth of a second.
        let many = looks(&pace, (0..1_000_000).map(|n| second + n * 100));
        assert!(many <= BURST as usize + 100_000_000 / INTERVAL as usize + 1, "{many}");
        let third = second + 1_000_000_000;
        assert_eq!(looks(&pace, (0..1_000).map(|n| third + n * INTERVAL)), 1_000);
        assert!(pace.is_due(start), "the clock was set back");
    }
}
