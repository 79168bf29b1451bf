//! Which workers look for a loop, which sleep, and whom to wake. The protocol is in `README.md`, "Sleeping".

use super::sync::{AtomicU64, AtomicUsize, Ordering, fence};
use crossbeam_utils::CachePadded;

/// One bit per sleeping worker, and a count of those that look around.
#[derive(Debug)]
pub(in crate::pool) struct Sleepers {
    words: Box<[CachePadded<AtomicU64>]>,
    searching: CachePadded<AtomicUsize>,
}

impl Sleepers {
    pub(in crate::pool) fn new(workers: usize) -> Self {
        let words = (0..workers.div_ceil(64)).map(|_| CachePadded::new(AtomicU64::new(0))).collect();
        Self { words, searching: CachePadded::new(AtomicUsize::new(0)) }
    }

    /// A worker begins to look for a loop.
    pub(in crate::pool) fn begin_search(&self) {
        self.searching.fetch_add(1, Ordering::Relaxed);
    }

    /// A worker stops looking because it found something. True if it was the last that looked.
    pub(in crate::pool) fn end_search(&self) -> bool {
        self.searching.fetch_sub(1, Ordering::Relaxed) == 1
    }

    /// A worker stops looking because it will sleep. It must look around once more after this and before it
    /// sleeps.
    pub(in crate::pool) fn announce(&self, worker: usize) {
        self.words[worker / 64].fetch_or(bit(worker), Ordering::Relaxed);
        self.searching.fetch_sub(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
    }

    /// A worker that announced itself looks around again, woken or not.
    pub(in crate::pool) fn withdraw(&self, worker: usize) {
        self.searching.fetch_add(1, Ordering::Relaxed);
        self.words[worker / 64].fetch_and(!bit(worker), Ordering::Relaxed);
    }

    /// Whether some worker looks around at this moment.
    pub(in crate::pool) fn anyone_searching(&self) -> bool {
        self.searching.load(Ordering::Relaxed) != 0
    }

    /// Whether some worker sleeps.
    pub(in crate::pool) fn anyone_asleep(&self) -> bool {
        self.words.iter().any(|word| word.load(Ordering::Relaxed) != 0)
    }

    /// After publishing: makes the publication visible to whoever goes to sleep from now on, and picks a
    /// sleeper to wake, unless somebody looks around already and will find it.
    pub(in crate::pool) fn pick_after_publishing(&self) -> Option<usize> {
        fence(Ordering::SeqCst);
        if self.anyone_searching() { None } else { self.pick() }
    }

    /// Takes one sleeper, to be unparked by the caller.
    pub(in crate::pool) fn pick(&self) -> Option<usize> {
        for (index, word) in self.words.iter().enumerate() {
            let mut asleep = word.load(Ordering::Relaxed);
            while asleep != 0 {
                let lowest = asleep & asleep.wrapping_neg();
                if word.fetch_and(!lowest, Ordering::Relaxed) & lowest != 0 {
                    return Some(index * 64 + lowest.trailing_zeros() as usize);
                }
                asleep = word.load(Ordering::Relaxed);
            }
        }
        None
    }
}

fn bit(worker: usize) -> u64 {
    1 << (worker % 64)
}
