//! The part of a loop that one participant has yet to run: taken from the front by it, halved from the back
//! by thieves.
//!
//! Taking half is after Hendler and Shavit, "Non-blocking steal-half work queues" (PODC 2002). A run of
//! consecutive units needs no queue: two numbers say which are left.

use crate::pool::threads::sync::{AtomicU64, Ordering};

/// A half-open run of units, packed into one word (start low, end high) so that one compare-and-swap moves
/// it.
///
/// Each unit of a loop is in exactly one run or handed out, so a swap that succeeds is right whatever
/// happened to the word in between: the value alone says which units are there.
#[derive(Debug)]
pub(super) struct UnitRange(AtomicU64);

impl UnitRange {
    pub(super) fn new(start: u32, end: u32) -> Self {
        Self(AtomicU64::new(pack(start, end)))
    }

    /// Start and end as they are now; empty if `start >= end`.
    pub(super) fn get(&self) -> (u32, u32) {
        unpack(self.0.load(Ordering::Acquire))
    }

    /// Takes units from the front: as many as `want` says when told how many are left (at least one, at most
    /// all).
    pub(super) fn take_front(&self, want: impl Fn(u32) -> u32) -> Option<(u32, u32)> {
        let mut seen = self.0.load(Ordering::Acquire);
        loop {
            let (start, end) = unpack(seen);
            if start >= end {
                return None;
            }
            let split = start + want(end - start).clamp(1, end - start);
            let next = pack(split, end);
            match self.0.compare_exchange_weak(seen, next, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => return Some((start, split)),
                Err(now) => seen = now,
            }
        }
    }

    /// Takes everything from `split` on, if the run still is `seen`.
    pub(super) fn steal_back(&self, seen: (u32, u32), split: u32) -> bool {
        let (start, end) = seen;
        debug_assert!(start <= split && split < end);
        let (old, new) = (pack(start, end), pack(start, split));
        self.0.compare_exchange(old, new, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }

    /// Puts a stolen run in. Only for the participant the run belongs to, and only while it is empty: nobody
    /// else changes an empty run.
    pub(super) fn refill(&self, start: u32, end: u32) {
        self.0.store(pack(start, end), Ordering::Release);
    }

    /// Gives up everything that is left.
    pub(super) fn clear(&self) {
        self.0.swap(0, Ordering::AcqRel);
    }
}

fn pack(start: u32, end: u32) -> u64 {
    u64::from(start) | u64::from(end) << 32
}

fn unpack(word: u64) -> (u32, u32) {
    (word as u32, (word >> 32) as u32)
}
