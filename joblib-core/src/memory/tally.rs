//! Counts of calls, cheap enough to keep on every one.

use crate::store::Stats;
use std::cell::Cell;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

const STRIPES: usize = 8;

/// Hits and misses of this process, spread so that threads do not wait for each other's cache lines.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    stripes: [Stripe; STRIPES],
}

/// As far apart as processors fetch cache lines.
#[derive(Debug, Default)]
#[repr(align(128))]
struct Stripe {
    hits: AtomicU64,
    misses: AtomicU64,
}

impl Tally {
    /// Counts a call that got its value from another.
    #[inline]
    pub(crate) fn hit(&self) {
        self.stripes[stripe()].hits.fetch_add(1, Relaxed);
    }

    /// Counts a call that ran the function.
    #[inline]
    pub(crate) fn miss(&self) {
        self.stripes[stripe()].misses.fetch_add(1, Relaxed);
    }

    /// The store's counts with these in place of its own.
    pub(crate) fn complete(&self, stored: Stats) -> Stats {
        let sum = |count: fn(&Stripe) -> &AtomicU64| {
            self.stripes.iter().map(|stripe| count(stripe).load(Relaxed)).sum()
        };
        Stats { hits: sum(|stripe| &stripe.hits), misses: sum(|stripe| &stripe.misses), ..stored }
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
