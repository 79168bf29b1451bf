//! The input of a run: an iterator that all workers pull from, in order.

use super::Payload;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};

/// An iterator under a lock, with the position of its next item.
pub(crate) struct Source<I: Iterator>(Mutex<State<I>>);

struct State<I> {
    /// Gone once it has ended: it is not asked again.
    iter: Option<I>,
    next: usize,
}

/// What [`Source::pull`] found.
pub(crate) enum Pulled {
    /// Items were added; the first has this position.
    From(usize),
    /// There are no more.
    Ended,
    /// Items may have been added, and then the iterator panicked when asked for the item at position `at`.
    Panicked { at: usize, payload: Payload },
}

impl<I: Iterator> Source<I> {
    pub(crate) fn new(iter: I) -> Self {
        Self(Mutex::new(State { iter: Some(iter), next: 0 }))
    }

    /// Adds the next `want` items, or as many as there are, to `items`, which is empty.
    ///
    /// `wanted` is asked, under the lock, how many are wanted when told how many are left for sure.
    pub(crate) fn pull(
        &self,
        items: &mut Vec<I::Item>,
        wanted: impl FnOnce(Option<usize>) -> usize,
    ) -> Pulled {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let State { iter: slot, next } = &mut *state;
        let Some(iter) = slot else { return Pulled::Ended };
        let first = *next;
        // The iterator is dropped if it panics, so nothing sees it in between.
        let pulled = catch_unwind(AssertUnwindSafe(|| {
            let (least, most) = iter.size_hint();
            let known = (most == Some(least)).then_some(least);
            let want = wanted(known);
            items.extend(iter.take(want));
            items.len() < want
        }));
        *next += items.len();
        match pulled {
            Ok(ended) => {
                if ended {
                    *slot = None;
                }
                if items.is_empty() { Pulled::Ended } else { Pulled::From(first) }
            }
            Err(payload) => {
                *slot = None;
                Pulled::Panicked { at: *next, payload }
            }
        }
    }

    /// Items left, where the iterator knows.
    pub(crate) fn remaining(&self) -> Option<usize> {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(iter) = &state.iter else { return Some(0) };
        let (least, most) = iter.size_hint();
        (most == Some(least)).then_some(least)
    }
}
