//! What is remembered about one loop in the source: how long an item took.

use std::sync::atomic::{AtomicU32, Ordering};

/// The cost profile of one call site, kept in a `static` beside the loop.
///
/// It holds the mean time of an item over the last run of the loop and decides whether the next run is worth
/// waking anybody for. It is a hint: a wrong value costs time, never correctness, and the clock is
/// watched while running so that a loop judged tiny is handed to other threads as soon as it proves not to
/// be.
///
/// ```
/// use joblib::pool::Site;
/// static SITE: Site = Site::new();
/// ```
#[derive(Debug, Default)]
pub struct Site {
    /// `f32` bits of clock ticks per item; zero while unknown.
    rate: AtomicU32,
}

impl Site {
    /// A profile that knows nothing yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { rate: AtomicU32::new(0) }
    }

    /// Ticks per item, if the loop has run before.
    #[inline]
    pub(super) fn rate(&self) -> Option<f32> {
        let rate = f32::from_bits(self.rate.load(Ordering::Relaxed));
        (rate > 0.0).then_some(rate)
    }

    /// Whether a run that starts at this tick shall begin alone whatever is known, to see the cost of an item
    /// afresh.
    ///
    /// Sharing a tiny loop makes its items look expensive, and so it would stay shared for ever. One run in
    /// 32 begins like this; its first piece is short, so that it can still be shared in time. The clock is as
    /// good as a counter here, and costs nothing.
    #[inline]
    pub(super) fn is_in_doubt(now: u64) -> bool {
        (now >> 6) & 31 == 0
    }

    /// Takes in a run of `items` items that took `ticks` in all (summed over threads).
    ///
    /// A sum over the run is used, not a mean over chunks: the small chunks at a loop's tail would dominate
    /// it. Small changes are not stored, so that tiny loops leave the shared cache line alone.
    #[inline]
    pub(super) fn record(&self, ticks: u64, items: u64) {
        if items == 0 {
            return;
        }
        let seen = (ticks as f32 / items as f32).max(1e-6);
        let next = match self.rate() {
            None => seen,
            Some(old) if seen > old * 1.25 || seen < old * 0.75 => old * 0.5 + seen * 0.5,
            Some(_) => return,
        };
        self.rate.store(next.to_bits(), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::Site;

    #[test]
    fn follows_the_cost_and_ignores_noise() {
        let site = Site::new();
        assert_eq!(site.rate(), None);
        site.record(0, 0);
        assert_eq!(site.rate(), None);
        site.record(1000, 10);
        assert_eq!(site.rate(), Some(100.0));
        site.record(1100, 10);
        assert_eq!(site.rate(), Some(100.0));
        for _ in 0..20 {
            site.record(1_000_000, 10);
        }
        assert!(site.rate().is_some_and(|rate| rate > 80_000.0));
    }
}
