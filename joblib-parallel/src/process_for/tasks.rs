//! A worker's side of a loop.

use super::blocks::Block;
use super::crosses::Crosses;
use super::shared::List;
use crate::Message;
use crate::process::{Job, Serving, TypeNames, value_of};
use joblib_core::impl_serde_struct;
use joblib_core::position::{Iterations, Position, Positions};
use joblib_core::rt::parallel_for::FromLoop;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

/// What becomes of a block of iterations.
#[derive(Debug)]
pub struct Report<V, A, X> {
    /// The iterations' values, where the loop collects.
    pub(super) values: Vec<V>,
    /// The accumulators.
    pub(super) totals: A,
    /// How its last iteration left the loop.
    pub(super) exit: Option<X>,
    /// Whether the last value ends the loop.
    pub(super) ended: bool,
}

impl_serde_struct!(Report<V, A, X> { values, totals, exit, ended });

/// The values of a block, in a loop that collects into a `C`.
#[derive(Debug)]
pub struct Values<C, V> {
    values: Vec<V>,
    ended: bool,
    collection: PhantomData<fn() -> C>,
}

impl<C: FromLoop<V>, V> Values<C, V> {
    /// Keeps the value of an iteration; whether it ends the loop.
    pub fn keep(&mut self, value: V) -> bool {
        self.ended = C::ends(&value);
        self.values.push(value);
        self.ended
    }
}

/// The items of one block.
pub struct Part<'p, T: Crosses<K>, K> {
    kept: std::slice::IterMut<'p, T::Kept>,
    iterations: Iterations<'p>,
}

impl<'p, T: Crosses<K>, K> Iterator for Part<'p, T, K> {
    type Item = T::Lent<'p>;

    fn next(&mut self) -> Option<T::Lent<'p>> {
        let kept = self.kept.next()?;
        self.iterations.begin_next();
        Some(T::lend(kept))
    }
}

/// What a worker sends back of a block: the report, and what has become of the items.
pub(super) type Answer<T, K, V, A, X> = (Report<V, A, X>, Vec<<T as Crosses<K>>::Changed>);
type Ended<T, K, V, A, X> = thread::Result<Result<Answer<T, K, V, A, X>, Answer<T, K, V, A, X>>>;

/// The tasks of a batch: blocks of a loop over items `T`, that is collected into a `C`, with accumulators
/// `A`.
pub struct Tasks<'t, T: Crosses<K>, K, C, V, A, X> {
    next: &'t mut dyn FnMut() -> Option<Block<T::Kept>>,
    ended: &'t mut dyn FnMut(Ended<T, K, V, A, X>),
    start: &'t A,
    /// The thread's place in the loop.
    position: Position,
    collection: PhantomData<fn() -> C>,
}

impl<T: Crosses<K>, K, C, V, A: Clone, X> Tasks<'_, T, K, C, V, A, X> {
    /// Runs `body` on each block, given what its accumulators start with.
    pub fn each<F>(&mut self, mut body: F)
    where
        F: for<'p> FnMut(&mut Part<'p, T, K>, A, &mut Values<C, V>) -> (A, Option<X>),
    {
        while let Some(Block { items: mut kept, start }) = (self.next)() {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                // A block has a number too, but is no iteration.
                self.position.leave();
                let iterations = self.position.iterations(start..start + kept.len());
                let mut part = Part::<T, K> { kept: kept.iter_mut(), iterations };
                let mut values = Values { values: Vec::new(), ended: false, collection: PhantomData };
                let (totals, exit) = body(&mut part, self.start.clone(), &mut values);
                Report { values: values.values, totals, exit, ended: values.ended }
            }));
            let outcome = outcome.map(|report| {
                let leaves = report.ended || report.exit.is_some();
                let answer = (report, kept.into_iter().map(T::changed).collect());
                if leaves { Err(answer) } else { Ok(answer) }
            });
            // Later iterations are not needed.
            let over = !matches!(outcome, Ok(Ok(_)));
            (self.ended)(outcome);
            if over {
                return;
            }
        }
    }
}

/// Runs the tasks of a batch; there is one per loop.
pub(super) trait Body<S: List, T: Crosses<K>, K, C, V, A, X>:
    for<'k> Fn(S::Lent<'k>, &'k mut Tasks<'_, T, K, C, V, A, X>) -> S::Lent<'k>
{
}

impl<F, S: List, T: Crosses<K>, K, C, V, A, X> Body<S, T, K, C, V, A, X> for F where
    F: for<'k> Fn(S::Lent<'k>, &'k mut Tasks<'_, T, K, C, V, A, X>) -> S::Lent<'k>
{
}

/// The job whose tasks are the blocks of a loop.
#[allow(clippy::type_complexity, reason = "a list of names")]
pub(super) struct Loop<F, S, T, K, C, V, A, X>(TypeNames<(F, S, T, K, C, V, A, X)>);

impl<F, S, T, K, C, V, A, X> Job for Loop<F, S, T, K, C, V, A, X>
where
    F: Body<S, T, K, C, V, A, X> + Copy + 'static,
    S: List,
    T: Crosses<K>,
    V: Message,
    A: Message + Clone,
    X: Message,
{
    type Shared = (S::Kept, A);
    type Item = Block<T::Kept>;
    type Output = Answer<T, K, V, A, X>;
    type Failure = Answer<T, K, V, A, X>;

    fn serve((kept, start): &mut Self::Shared, tasks: &mut dyn Serving<Self>) {
        let tasks = std::cell::RefCell::new(tasks);
        let returned = {
            let mut tasks = Tasks {
                next: &mut || tasks.borrow_mut().next(),
                ended: &mut |outcome| tasks.borrow_mut().ended(outcome),
                start,
                position: Positions::here().enter(),
                collection: PhantomData,
            };
            S::give_back(value_of::<F>()(S::lend(kept), &mut tasks))
        };
        S::put_back(kept, returned);
    }
}
