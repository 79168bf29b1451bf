//! Counts of look-ups, cheap enough to keep on every one.

use super::Stats;
use crossbeam_utils::CachePadded;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

const STRIPES: usize = 8;

/// Hits and misses of this process, spread so that threads do not wait for each other's cache lines.
#[derive(Debug, Default)]
pub(super) struct Tally {
    stripes: [CachePadded<Stripe>; STRIPES],
}

#[derive(Debug, Default)]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Tally {
    /// Counts a hit; gives `true`.
    #[inline]
    pub(super) fn hit(&self) -> bool {
        self.stripes[stripe()].hits.fetch_add(1, Relaxed);
        true
    }

    /// Counts a miss; gives `false`.
    #[inline]
    pub(super) fn miss(&self) -> bool {
        self.stripes[stripe()].misses.fetch_add(1, Relaxed);
        false
    }

    /// Both counts; no entries.
    pub(super) fn stats(&self) -> Stats {
        let sum = |count: fn(&Stripe) -> &AtomicU64| {
            self.stripes.iter().map(|stripe| count(stripe).load(Relaxed)).sum()
        };
        Stats { hits: sum(|stripe| &stripe.hits), misses: sum(|stripe| &stripe.misses), ..Stats::default() }
    }
}

/// This thread's stripe.
#[inline]
fn stripe() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static STRIPE: Cell<usize> = const { Cell::new(usize::MAX) };
    }
    let mut stripe = STRIPE.get();
    if stripe == usize::MAX {
        stripe = NEXT.fetch_add(1, Relaxed) % STRIPES;
        STRIPE.set(stripe);
    }
    stripe
}
