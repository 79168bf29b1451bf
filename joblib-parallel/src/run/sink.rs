//! Where results go: into a list in the order of the input, or through a fold in that order.

use joblib_core::pool::Pieces;
use joblib_core::sync::Mutex;
use std::collections::BTreeMap;

/// Takes results as batches complete, from any thread.
pub(crate) trait Sink<R>: Sync {
    /// The results of consecutive tasks, the first of which has position `first`.
    fn accept(&self, first: usize, results: Vec<R>);

    /// Where a worker puts the results of a batch of `tasks`.
    fn batch(tasks: usize) -> Vec<R> {
        Vec::with_capacity(tasks)
    }

    /// The result of the task at `index`, before the rest of its batch has run: kept for
    /// [`accept`](Self::accept), unless the sink cannot wait for a batch to end.
    fn put(&self, index: usize, result: R, batch: &mut Vec<R>) {
        let _ = index;
        batch.push(result);
    }

    /// The results that come next, as far as is known, take about so many bytes each.
    #[cfg(all(unix, feature = "processes"))]
    fn weigh(&self, bytes: usize) {
        let _ = bytes;
    }

    /// How many tasks may be taken from the input when `next` is the first of them.
    fn room(&self, next: usize) -> usize {
        let _ = next;
        usize::MAX
    }
}

/// Keeps everything, to be put in order at the end.
pub(crate) type Collect<R> = Pieces<R>;

impl<R: Send> Sink<R> for Collect<R> {
    fn accept(&self, first: usize, results: Vec<R>) {
        self.add(first, results);
    }
}

/// Folds results in the order of the input, each as soon as all earlier ones are there.
pub(crate) struct Fold<R, F>(Mutex<FoldState<R, F>>);

struct FoldState<R, F> {
    total: Option<R>,
    next: usize,
    waiting: BTreeMap<usize, Vec<R>>,
    combine: F,
}

impl<R, F: FnMut(R, R) -> R> Fold<R, F> {
    pub(crate) fn new(combine: F) -> Self {
        Self(Mutex::new(FoldState { total: None, next: 0, waiting: BTreeMap::new(), combine }))
    }

    /// The fold of all results, which are there; `None` if there were none.
    pub(crate) fn into_total(self) -> Option<R> {
        let state = self.0.into_inner();
        assert!(state.waiting.is_empty(), "results of tasks that were run are missing");
        state.total
    }
}

impl<R: Send, F: FnMut(R, R) -> R + Send> Sink<R> for Fold<R, F> {
    fn accept(&self, first: usize, results: Vec<R>) {
        // Others may have come for this place.
        if results.is_empty() {
            return;
        }
        let mut state = self.0.lock();
        let FoldState { total, next, waiting, combine } = &mut *state;
        waiting.insert(first, results);
        while let Some(results) = waiting.remove(next) {
            *next += results.len();
            for result in results {
                *total = Some(match total.take() {
                    Some(sum) => combine(sum, result),
                    None => result,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folds_in_the_inputs_order() {
        let fold = Fold::new(|a: String, b: String| a + &b);
        for (first, text) in [(2, "c"), (1, "b"), (0, "a"), (3, "d")] {
            fold.accept(first, vec![text.to_owned()]);
        }
        assert_eq!(fold.into_total().as_deref(), Some("abcd"));
    }
}
