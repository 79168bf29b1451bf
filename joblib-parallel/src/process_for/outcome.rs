//! What a loop came to.

use super::tasks::Report;
use joblib_core::rt::parallel_for::FromLoop;
use std::marker::PhantomData;
use std::ops::{ControlFlow, Range};

/// The report of a block, and the block's iterations.
pub(super) type Placed<V, A, X> = (Range<usize>, Report<V, A, X>);

/// What a loop came to, up to the iteration that left it.
#[derive(Debug)]
pub struct Outcome<C, V, A, X> {
    /// How it was left.
    pub left: Option<X>,
    /// The accumulators of each block, and its iterations.
    pub totals: Vec<(Range<usize>, A)>,
    values: Vec<V>,
    collection: PhantomData<fn() -> C>,
}

impl<C, V, A, X> Outcome<C, V, A, X> {
    /// Of reports in loop order, of which only the last may have left the loop.
    pub(super) fn new(reports: impl Iterator<Item = Placed<V, A, X>>) -> Self {
        let mut outcome =
            Outcome { left: None, totals: Vec::new(), values: Vec::new(), collection: PhantomData };
        for (range, report) in reports {
            outcome.totals.push((range, report.totals));
            outcome.values.extend(report.values);
            outcome.left = report.exit;
        }
        outcome
    }

    /// The collection of the values, or what stands for it where a value ended the loop.
    #[track_caller]
    pub fn collect(self) -> C
    where
        C: FromLoop<V>,
    {
        let mut all = Vec::with_capacity(self.values.len());
        for value in self.values {
            match C::keep(value) {
                ControlFlow::Continue(kept) => all.push(kept),
                ControlFlow::Break(stop) => return C::stopped(stop),
            }
        }
        C::build(all)
    }
}
