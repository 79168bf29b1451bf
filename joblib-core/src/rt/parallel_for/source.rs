//! What a loop runs over.

use std::fmt;
use std::ops::Range;
use std::panic;

use super::plan::Plan;
use crate::pool::Payload;
use crate::position::{Iterations, Positions};

/// What a participant returns when there is nothing left for it.
///
/// Its name is what the compiler shows when a macro inside a loop's body hides a `return` from
/// `#[parallel_for]`.
#[derive(Debug)]
pub struct BodyOfAParallelLoop;

/// The earliest panic of a loop.
#[must_use = "a panic has to be resumed"]
pub struct Panicked {
    at: usize,
    payload: Payload,
}

impl Panicked {
    pub(super) fn new((at, payload): (usize, Payload)) -> Self {
        Panicked { at, payload }
    }

    /// The first iteration of the part in which it happened; parts that begin before it ran. `usize::MAX`
    /// where no iteration panicked but a participant that had run all of its parts.
    #[must_use]
    pub fn at(&self) -> usize {
        self.at
    }

    /// Throws it again.
    pub fn resume(self) -> ! {
        panic::resume_unwind(self.payload)
    }
}

impl fmt::Debug for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Panicked").field("at", &self.at).finish_non_exhaustive()
    }
}

/// A source, cut by index or pulled under a lock.
pub trait Source: Sized {
    /// What the loop's pattern binds.
    type Item;
    /// The items of its `position`, and no more; dropping it drops those it did not give.
    type Part: ExactSizeIterator<Item = Self::Item>;
    /// Where one participant is in its parts. (Without `Self: 'f`, which a closure over feeds of any lifetime
    /// could only promise for `'static` sources.)
    type Feed<'f>;

    /// Whether code of the user's may run where an item is given: it stands where the loop does, in no
    /// iteration.
    const RUNS_CODE: bool = true;

    /// The number of iterations, where it is known beforehand.
    fn known_len(&self) -> Option<usize>;

    /// Where the loop stands, if code that runs between its iterations may ask.
    #[inline]
    fn positions(&self) -> Option<Positions> {
        Self::RUNS_CODE.then(Positions::here)
    }

    /// Runs the loop: calls `participant` on one or more threads and returns when all are done. Returns the
    /// panic of the earliest iteration in loop order, unless an earlier one left the loop.
    fn try_run<P>(&self, plan: &Plan<'_>, participant: P) -> Result<(), Panicked>
    where
        // The compiler shows the next line when a body shares what it must not.
        P: Fn(&mut Self::Feed<'_>) -> BodyOfAParallelLoop + Sync; // `Arc` instead of `Rc`, an atomic or `Mutex` instead of `Cell`

    /// The next part for a participant, whose iterations become its position; `None` when there is none left.
    fn next(&self, feed: &mut Self::Feed<'_>) -> Option<Self::Part>;

    /// The iterations of the part in hand, also while it unwinds; empty at `usize::MAX` when there is none
    /// left.
    fn position(&self, feed: &Self::Feed<'_>) -> Range<usize>;

    /// The next item is about to be given.
    #[inline]
    fn between(&self, iterations: &mut Iterations<'_>) {
        if Self::RUNS_CODE {
            iterations.between();
        }
    }

    /// The part in hand was left with `remaining` items not given: no later iteration needs to run. Returns
    /// the one that left it.
    fn leave(&self, feed: &mut Self::Feed<'_>, remaining: usize) -> usize;
}

#[cfg(test)]
mod tests {
    use super::super::start::{AnyStart, Start};
    use super::*;
    use crate::pool::Site;
    use std::sync::Mutex;

    /// Where the panic of iteration 42 of 100 belongs, in parts of one iteration if they are `blocks`.
    fn panics_at(source: &(impl Source<Item = usize> + Sync), n_jobs: usize, blocks: bool) -> usize {
        static SITE: Site = Site::new();
        let plan = Plan::new(&SITE).n_jobs(n_jobs).in_blocks(blocks);
        let ran = Mutex::new(Vec::new());
        let outcome = source.try_run(&plan, |feed| {
            while let Some(part) = source.next(feed) {
                for i in part {
                    ran.lock().unwrap().push(i);
                    if i == 42 {
                        panic::panic_any(source.position(feed));
                    }
                }
            }
            BodyOfAParallelLoop
        });
        let panicked = outcome.unwrap_err();
        let at = panicked.at();
        let ran = ran.into_inner().unwrap();
        assert!((0..at).all(|i| ran.contains(&i)));
        let payload = panic::catch_unwind(panic::AssertUnwindSafe(|| panicked.resume())).unwrap_err();
        let position = payload.downcast_ref::<Range<usize>>().unwrap();
        assert!(position.start == at && position.contains(&42));
        at
    }

    #[test]
    fn a_panic_knows_where_it_belongs() {
        for n_jobs in [1, 2, 5] {
            for blocks in [false, true] {
                let of_range = panics_at(&Start(0..100_usize).source(), n_jobs, blocks);
                let of_iterator = panics_at(&Start((0..100_usize).filter(|_| true)).source(), n_jobs, blocks);
                for at in [of_range, of_iterator] {
                    assert!(if blocks { at == 42 } else { at <= 42 });
                }
            }
        }
    }

    #[test]
    fn a_panic_after_the_exit_never_happened() {
        static SITE: Site = Site::new();
        for n_jobs in [1, 3] {
            let source = Start((0..100_usize).filter(|_| true)).source();
            let outcome = source.try_run(&Plan::new(&SITE).n_jobs(n_jobs).chunk(1), |feed| {
                while let Some(mut part) = source.next(feed) {
                    while let Some(i) = part.next() {
                        assert!(i <= 7, "later");
                        if i == 7 {
                            source.leave(feed, part.len());
                            break;
                        }
                    }
                }
                BodyOfAParallelLoop
            });
            assert!(outcome.is_ok());
        }
    }
}
