//! The rest of the batches that workers are at, open to workers with nothing to do.
//!
//! A worker takes its own batch a piece at a time. A worker with nothing to do takes pieces of a batch whose
//! worker has not come back for the next one, so that tasks do not wait behind a long one.

use joblib_core::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::vec;

/// Pieces of a batch: few enough that taking them costs little, enough of them that little waits behind a
/// task.
const PIECES: usize = 32;

/// One for each worker of a run.
pub(crate) struct Tails<T> {
    workers: usize,
    tails: OnceLock<Box<[Tail<T>]>>,
}

struct Tail<T> {
    rest: Mutex<Rest<T>>,
    /// How many tasks that are; readable without the lock.
    left: AtomicUsize,
}

struct Rest<T> {
    items: vec::IntoIter<T>,
    /// The position of the first.
    first: usize,
    piece: usize,
}

impl<T> Default for Tail<T> {
    fn default() -> Self {
        let rest = Rest { items: Vec::new().into_iter(), first: 0, piece: 1 };
        Self { rest: Mutex::new(rest), left: AtomicUsize::new(0) }
    }
}

impl<T> Tails<T> {
    /// For so many workers; with one, batches stay whole.
    pub(crate) fn new(workers: usize) -> Self {
        Self { workers, tails: OnceLock::new() }
    }

    /// Opens the batch that worker `of` has taken, but for the first piece, which stays in `items`. A piece
    /// has `least` tasks.
    pub(super) fn open(&self, of: usize, first: usize, items: &mut Vec<T>, least: usize) {
        let piece = (items.len() / PIECES).max(least);
        if self.workers <= 1 || items.len() <= piece {
            return;
        }
        let tails = self.tails.get_or_init(|| (0..self.workers).map(|_| Tail::default()).collect());
        // One that is left stays: a back-end may give two threads one number.
        if let Some(tail) = tails.get(of).filter(|tail| tail.left.load(Ordering::Acquire) == 0) {
            let rest = items.split_off(piece);
            let left = rest.len();
            *tail.rest.lock() = Rest { items: rest.into_iter(), first: first + piece, piece };
            tail.left.store(left, Ordering::Release);
        }
    }

    /// Takes the next piece of the batch of worker `of` into `items`, which is empty; where it starts.
    pub(super) fn take(&self, of: usize, items: &mut Vec<T>) -> Option<usize> {
        let tail = self.tail(of).filter(|tail| tail.left.load(Ordering::Acquire) > 0)?;
        let mut rest = tail.rest.lock();
        let (first, piece) = (rest.first, rest.piece);
        items.extend(rest.items.by_ref().take(piece));
        rest.first += items.len();
        tail.left.store(rest.items.len(), Ordering::Release);
        (!items.is_empty()).then_some(first)
    }

    /// What is left of the batch of worker `of` is not needed.
    pub(super) fn clear(&self, of: usize) {
        if let Some(tail) = self.tail(of).filter(|tail| tail.left.swap(0, Ordering::AcqRel) > 0) {
            let dropped = std::mem::replace(&mut tail.rest.lock().items, Vec::new().into_iter());
            // Without the lock: these are the user's values.
            drop(dropped);
        }
    }

    /// How many tasks are left of the batch of worker `of`.
    pub(super) fn left(&self, of: usize) -> usize {
        self.tail(of).map_or(0, |tail| tail.left.load(Ordering::Acquire))
    }

    /// Whether nothing is left of any.
    pub(crate) fn is_empty(&self) -> bool {
        self.longest().is_none()
    }

    /// Whose batch has most left.
    pub(super) fn longest(&self) -> Option<usize> {
        let workers = 0..self.tails.get()?.len();
        workers.max_by_key(|&of| self.left(of)).filter(|&of| self.left(of) > 0)
    }

    fn tail(&self, of: usize) -> Option<&Tail<T>> {
        self.tails.get()?.get(of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_is_taken_once_in_pieces() {
        let tails = Tails::new(2);
        let mut items: Vec<usize> = (100..1100).collect();
        tails.open(1, 100, &mut items, 1);
        assert_eq!((items.len(), tails.longest()), (31, Some(1)));
        let mut taken = std::mem::take(&mut items);
        while let Some(first) = tails.take(1, &mut items) {
            assert_eq!(first, items[0]);
            taken.append(&mut items);
        }
        assert_eq!(taken, (100..1100).collect::<Vec<_>>());
        assert_eq!(tails.longest(), None);
    }

    #[test]
    fn single_tasks_and_single_workers_keep_what_they_have() {
        for (workers, len) in [(1, 50), (2, 1)] {
            let tails = Tails::new(workers);
            let mut items = vec![(); len];
            tails.open(0, 0, &mut items, 1);
            assert_eq!((items.len(), tails.longest()), (len, None));
        }
    }

    #[test]
    fn what_is_cleared_is_gone() {
        let tails = Tails::new(2);
        let mut items: Vec<String> = (0..10).map(|i| i.to_string()).collect();
        tails.open(0, 0, &mut items, 1);
        tails.clear(0);
        items.clear();
        assert_eq!((tails.take(0, &mut items), tails.left(0)), (None, 0));
    }
}
