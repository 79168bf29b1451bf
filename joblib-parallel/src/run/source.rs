//! The input of a run: an iterator that all workers pull from, in order.

use super::Payload;
use joblib_core::sync::Mutex;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};

/// An iterator under a lock, with the position of its next item.
pub(crate) struct Source<I: Iterator> {
    state: Mutex<State<I>>,
    /// As in the state; readable without the lock.
    taken: AtomicUsize,
}

struct State<I> {
    /// Gone once it has ended: it is not asked again.
    iter: Option<I>,
    next: usize,
}

/// What [`Source::pull`] found.
pub(crate) enum Pulled {
    /// Items were added; the first has this position.
    From(usize),
    /// None are wanted at present.
    Full,
    /// There are no more.
    Ended,
    /// Items may have been added, and then the iterator panicked when asked for the item at position `at`.
    Panicked { at: usize, payload: Payload },
}

impl<I: Iterator> Source<I> {
    pub(crate) fn new(iter: I) -> Self {
        Self { state: Mutex::new(State { iter: Some(iter), next: 0 }), taken: AtomicUsize::new(0) }
    }

    /// Adds the next `want` items, or as many as there are, to `items`, which is empty.
    ///
    /// `wanted` is asked, under the lock, how many are wanted when told how many are left for sure.
    pub(crate) fn pull(
        &self,
        items: &mut Vec<I::Item>,
        wanted: impl FnOnce(usize, Option<usize>) -> usize,
    ) -> Pulled {
        self.pull_and(items, wanted, |_, _| ())
    }

    /// As [`pull`](Self::pull); `open` is given the items and the position of the first, under the lock:
    /// before anybody learns that there are no more.
    pub(super) fn pull_and(
        &self,
        items: &mut Vec<I::Item>,
        wanted: impl FnOnce(usize, Option<usize>) -> usize,
        open: impl FnOnce(usize, &mut Vec<I::Item>),
    ) -> Pulled {
        let mut state = self.state.lock();
        let State { iter: slot, next } = &mut *state;
        let Some(iter) = slot else { return Pulled::Ended };
        let first = *next;
        // The iterator is dropped if it panics, so nothing sees it in between.
        let pulled = catch_unwind(AssertUnwindSafe(|| {
            let (least, most) = iter.size_hint();
            let known = (most == Some(least)).then_some(least);
            let want = wanted(first, known);
            items.extend(iter.take(want));
            (want == 0, items.len() < want)
        }));
        *next += items.len();
        self.taken.store(*next, Ordering::Release);
        match pulled {
            Ok((true, _)) => Pulled::Full,
            Ok((false, ended)) => {
                if ended {
                    *slot = None;
                }
                if items.is_empty() {
                    return Pulled::Ended;
                }
                open(first, items);
                Pulled::From(first)
            }
            Err(payload) => {
                *slot = None;
                Pulled::Panicked { at: *next, payload }
            }
        }
    }

    /// How many items were taken so far.
    pub(crate) fn taken(&self) -> usize {
        self.taken.load(Ordering::Acquire)
    }

    /// Items left, where the iterator knows.
    pub(crate) fn remaining(&self) -> Option<usize> {
        let state = self.state.lock();
        let Some(iter) = &state.iter else { return Some(0) };
        let (least, most) = iter.size_hint();
        (most == Some(least)).then_some(least)
    }
}
