//! Loops over any other iterator: pulled in batches under a lock.
//!
//! A batch starts at one item and at most doubles, up to what keeps its participant busy for [`BATCH_TIME`]: slow
//! bodies get items one by one, cheap ones pay for the lock once in many. Whoever pulls a batch runs it at once, so
//! the iterator is never ahead of the bodies by more than one batch per participant.
#![allow(unsafe_code)]

use std::cell::Cell;
use std::collections::VecDeque;
use std::mem;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use super::plan::Plan;
use super::source::{Feed, Finished, Panicked, Source};
use crate::pool::{self, Payload};

/// How long a batch should keep its participant busy.
const BATCH_TIME: Duration = Duration::from_micros(20);
/// How many times a participant looks whether it is its turn to pull before it sleeps.
const PATIENCE: u32 = 100;
/// The most items pulled at once.
const MAX_BATCH: usize = 1024;
/// Where rounding depends on the blocks of a reduction: how many blocks have one length before it doubles.
const BLOCKS_OF_A_LENGTH: usize = 4096;

/// An iterator that several threads pull from, one at a time.
pub struct Bridge<I> {
    pulled: Mutex<Pulling<I>>,
    /// No iteration from this one on needs to be started.
    bound: AtomicUsize,
    /// The earliest iteration that left the loop.
    left_at: AtomicUsize,
    /// The earliest panic.
    panic: Mutex<Option<(usize, Payload)>>,
}

// SAFETY: the iterator is behind a lock, and made from a `Send` one: asked where the bridge is made, and only there, it
// is one error at the user's own expression. An item stays with the thread that pulled it.
unsafe impl<I> Sync for Bridge<I> {}

struct Pulling<I> {
    /// `None` when it has ended or panicked.
    iter: Option<I>,
    /// The index of the next item.
    next: usize,
}

/// How many items are pulled at once.
#[derive(Clone, Copy)]
enum Batches {
    /// By time.
    Adaptive,
    /// `chunk = ..`
    Fixed(usize),
    /// By index alone, for reductions whose rounding depends on it.
    Blocks,
}

/// Where a participant is.
pub struct BridgeHand<'h, T> {
    batches: Batches,
    pace: Pace,
    /// Memory for the next batch.
    memory: Memory<T>,
    /// Lets others in if it pays by now.
    call_others: &'h mut dyn FnMut(),
}

/// Where a batch leaves its memory for the next one: a fresh large block for each would have the allocator tidy up each time.
type Memory<T> = Rc<Cell<VecDeque<T>>>;

/// Items that one participant pulled together.
pub struct Batch<T> {
    items: VecDeque<T>,
    memory: Memory<T>,
}

impl<T> Iterator for Batch<T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        self.items.pop_front()
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.items.len(), Some(self.items.len()))
    }
}

impl<T> ExactSizeIterator for Batch<T> {}

impl<T> Drop for Batch<T> {
    fn drop(&mut self) {
        self.items.clear();
        self.memory.set(mem::take(&mut self.items));
    }
}

impl<I: Iterator> Source for Bridge<I> {
    type Item = I::Item;
    type Part = Batch<I::Item>;
    type Hand<'h> = BridgeHand<'h, I::Item>;

    fn known_len(&self) -> Option<usize> {
        None
    }

    fn try_run<P>(&self, plan: &Plan<'_>, participant: P) -> Result<(), Panicked>
    where
        P: Fn(&mut Feed<'_, Self>) -> Finished + Sync,
    {
        let batches = match plan.chunk_len() {
            _ if plan.has_blocks() => Batches::Blocks,
            Some(chunk) => Batches::Fixed(chunk),
            None => Batches::Adaptive,
        };
        pool::with_current(|pool| {
            let n_jobs = plan.jobs().unwrap_or_else(|| pool.num_threads());
            pool.broadcast_lazily(n_jobs, plan.site(), |_slot, call_others| {
                let memory = Memory::default();
                let hand = BridgeHand { batches, pace: Pace::new(), memory, call_others };
                let mut feed = Feed::new(self, hand);
                // A panic ends this participant; the others finish what is earlier in loop order.
                let outcome = panic::catch_unwind(AssertUnwindSafe(|| participant(&mut feed)));
                if let Err(payload) = outcome {
                    self.panicked(feed.position.start, payload);
                }
            });
        });
        self.earliest_panic()
    }

    fn next(&self, hand: &mut BridgeHand<'_, I::Item>, position: &mut Range<usize>) -> Option<Self::Part> {
        (hand.call_others)();
        let (batches, adaptive) = (hand.batches, hand.pace.next());
        let mut batch = Batch { items: hand.memory.take(), memory: hand.memory.clone() };
        self.pull(&mut batch.items, position, |start| match batches {
            Batches::Adaptive => adaptive,
            Batches::Fixed(len) => len,
            Batches::Blocks => block_len(start),
        });
        hand.pace.begin();
        if batch.items.is_empty() {
            *position = usize::MAX..usize::MAX;
            return None;
        }
        Some(batch)
    }

    fn leave(&self, _hand: &mut BridgeHand<'_, I::Item>, index: usize) {
        self.left_at.fetch_min(index, Ordering::Relaxed);
        self.bound.fetch_min(index, Ordering::Relaxed);
    }
}

impl<I: Iterator> Bridge<I> {
    /// Of an iterator that is `Send`.
    pub(super) fn new(iter: I) -> Self {
        Bridge {
            pulled: Mutex::new(Pulling { iter: Some(iter), next: 0 }),
            bound: AtomicUsize::new(usize::MAX),
            left_at: AtomicUsize::new(usize::MAX),
            panic: Mutex::new(None),
        }
    }

    /// Pulls the next batch, as long as `len` says for where it starts; `position` becomes its iterations.
    fn pull(&self, batch: &mut VecDeque<I::Item>, position: &mut Range<usize>, len: impl Fn(usize) -> usize) {
        let mut pulled = self.turn();
        let start = pulled.next;
        if start >= self.bound.load(Ordering::Relaxed) {
            return;
        }
        let Some(mut iter) = pulled.iter.take() else { return };
        let len = len(start);
        batch.reserve(len.min(MAX_BATCH));
        let outcome = panic::catch_unwind(AssertUnwindSafe(|| batch.extend(iter.by_ref().take(len))));
        *position = start..start + batch.len();
        pulled.next = position.end;
        if outcome.is_ok() && batch.len() == len {
            pulled.iter = Some(iter);
        }
        drop(pulled);
        if let Err(payload) = outcome {
            // What was pulled before still runs, as it would have.
            self.panicked(position.end, payload);
        }
    }

    /// The lock, whose holder pulls for some microseconds as a rule: going to sleep at once would cost more.
    fn turn(&self) -> MutexGuard<'_, Pulling<I>> {
        let mut rounds = 0;
        for _ in 0..PATIENCE {
            match self.pulled.try_lock() {
                Ok(pulled) => return pulled,
                Err(TryLockError::Poisoned(poisoned)) => return poisoned.into_inner(),
                Err(TryLockError::WouldBlock) => pool::relax(&mut rounds),
            }
        }
        self.pulled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn panicked(&self, index: usize, payload: Payload) {
        self.bound.fetch_min(index, Ordering::Relaxed);
        pool::keep_first(&self.panic, index, payload);
    }

    /// The earliest panic, unless an earlier iteration left the loop.
    fn earliest_panic(&self) -> Result<(), Panicked> {
        let left_at = self.left_at.load(Ordering::Relaxed);
        match self.panic.lock().unwrap_or_else(PoisonError::into_inner).take() {
            Some((at, payload)) if at != usize::MAX && at >= left_at => pool::discard(payload),
            Some(panic) => return Err(Panicked::new(panic)),
            None => {}
        }
        Ok(())
    }
}

/// The length of the block that starts at `index`: 1 for the first [`BLOCKS_OF_A_LENGTH`], then 2 for as many, then 4, ..
fn block_len(index: usize) -> usize {
    let doublings = (index / BLOCKS_OF_A_LENGTH + 1).ilog2();
    1 << doublings.min(MAX_BATCH.ilog2())
}

/// How many items a participant should pull at once.
struct Pace {
    batch: usize,
    /// When the batch in hand was begun.
    since: Option<Instant>,
}

impl Pace {
    fn new() -> Self {
        Pace { batch: 1, since: None }
    }

    fn begin(&mut self) {
        self.since = Some(Instant::now());
    }

    /// The last batch is done: the length of the next.
    fn next(&mut self) -> usize {
        if let Some(since) = self.since {
            let spent = since.elapsed().as_nanos().max(1);
            let in_time = BATCH_TIME.as_nanos() * self.batch as u128 / spent;
            let most = (self.batch * 2).min(MAX_BATCH);
            self.batch = usize::try_from(in_time).unwrap_or(most).clamp(1, most);
        }
        self.batch
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_follow_one_another_and_grow() {
        let (mut start, mut longest) = (0, 0);
        while start < 1 << 20 {
            let len = block_len(start);
            assert!(len >= longest && len <= MAX_BATCH);
            longest = len;
            start += len;
        }
        assert_eq!(block_len(4095), 1);
        assert_eq!(block_len(4096), 2);
        assert!(longest >= 64);
    }
}
