//! What a loop came to.

use super::tasks::Report;
use joblib_core::rt::parallel_for::FromLoop;
use std::any::Any;
use std::marker::PhantomData;
use std::ops::{ControlFlow, Range};
use std::panic::resume_unwind;

/// The report of a block, and the block's iterations.
pub(super) type Placed<V, A, X> = (Range<usize>, Report<V, A, X>);

/// What a panic carries.
type Payload = Box<dyn Any + Send>;

/// What a loop came to, up to the iteration that left it.
#[derive(Debug)]
pub struct Outcome<C, V, A, X> {
    left: Option<X>,
    totals: Vec<Total<A>>,
    values: Vec<V>,
    failed: Option<Payload>,
    collection: PhantomData<fn() -> C>,
}

/// The accumulators of a block, its iterations, and whether the last of them left the loop.
type Total<A> = (Range<usize>, A, bool);

impl<C, V, A, X> Outcome<C, V, A, X> {
    /// Of reports in loop order, of which only the last may have left the loop; `failed`, if a panic ended
    /// it.
    pub(super) fn new(reports: impl Iterator<Item = Placed<V, A, X>>, failed: Option<Payload>) -> Self {
        let (mut totals, mut values, mut left) = (Vec::new(), Vec::new(), None);
        for (range, report) in reports {
            totals.push((range, report.totals, report.exit.is_some() || report.ended));
            values.extend(report.values);
            left = report.exit;
        }
        Outcome { left, totals, values, failed, collection: PhantomData }
    }

    /// The accumulators of all blocks.
    pub fn totals(&mut self) -> Vec<Total<A>> {
        std::mem::take(&mut self.totals)
    }

    /// How the loop was left.
    pub fn left(&mut self) -> Option<X> {
        self.left.take()
    }

    /// Throws the panic that ended the loop again.
    pub fn rethrow(&mut self) {
        if let Some(payload) = self.failed.take() {
            resume_unwind(payload);
        }
    }
}

impl<A, X> Outcome<(), (), A, X> {
    /// The value of a loop without values. Found before [`AnyOutcome::collect`]: nothing else has to say what
    /// they are collected into.
    pub fn collect(self) {
        AnyOutcome::collect(self);
    }
}

/// What any loop came to.
pub trait AnyOutcome {
    /// What its values are collected into.
    type Collection;

    /// The collection of the values, or what stands for it where a value ended the loop.
    #[track_caller]
    fn collect(self) -> Self::Collection;
}

impl<C: FromLoop<V>, V, A, X> AnyOutcome for Outcome<C, V, A, X> {
    type Collection = C;

    fn collect(self) -> C {
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
