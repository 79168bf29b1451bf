//! A loop over indices, as a function: one value for each, in their order.

use super::handle::{Pool, with_current};
use super::region::Region;
use std::sync::{Mutex, PoisonError};

/// How many threads a loop that is started here runs on.
#[must_use]
pub fn num_threads() -> usize {
    with_current(Pool::num_threads)
}

/// The values of `f` for all indices of the region, in order.
///
/// # Panics
/// As [`Pool::run`](super::Pool::run).
///
/// ```
/// use joblib_core::pool::{self, Region};
///
/// assert_eq!(pool::map(&Region::new(4), |i| i * i), [0, 1, 4, 9]);
/// ```
pub fn map<R: Send>(region: &Region<'_>, f: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let values = try_map(region, || (), |(), index| Ok::<_, std::convert::Infallible>(f(index)));
    match values {
        Ok(values) => values,
        Err(never) => match never {},
    }
}

/// As [`map`], with what each participant makes by `init` once and lends to all its calls. Of several errors that of the smallest index
/// counts; indices after it may be left out.
///
/// # Errors
/// That of `f`.
///
/// # Panics
/// As [`Pool::run`](super::Pool::run).
pub fn try_map<W, R: Send, E: Send>(
    region: &Region<'_>,
    init: impl Fn() -> W + Sync,
    f: impl Fn(&mut W, usize) -> Result<R, E> + Sync,
) -> Result<Vec<R>, E> {
    let (pieces, first) = (Pieces::new(), Mutex::new(None));
    with_current(|pool| {
        pool.run(region, |feeder| {
            let mut lent = init();
            while let Some(range) = feeder.next() {
                let start = range.start;
                let mut values = Vec::with_capacity(range.len());
                for index in range {
                    match f(&mut lent, index) {
                        Ok(value) => values.push(value),
                        Err(error) => {
                            feeder.leave_at(index);
                            drop(keep_first(&first, index, error));
                            break;
                        }
                    }
                }
                pieces.add(start, values);
            }
        });
    });
    match first.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(pieces.into_vec()),
    }
}

/// Puts what belongs to `at` into `kept`, unless something earlier is there. The loser comes back, to be dropped without the lock:
/// it may be the user's value, with anything in its `drop`.
pub fn keep_first<T>(kept: &Mutex<Option<(usize, T)>>, at: usize, value: T) -> Option<T> {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    match &*kept {
        Some((earliest, _)) if *earliest <= at => Some(value),
        _ => kept.replace((at, value)).map(|(_, loser)| loser),
    }
}

/// Consecutive values as they come, to be put in order at the end.
#[derive(Debug)]
pub struct Pieces<R>(Mutex<Vec<(usize, Vec<R>)>>);

impl<R> Default for Pieces<R> {
    fn default() -> Self {
        Self::new()
    }
}

impl<R> Pieces<R> {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    /// Adds values, the first of which has position `first`.
    pub fn add(&self, first: usize, mut values: Vec<R>) {
        let mut pieces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What follows on the last grows it.
        if let Some((at, piece)) = pieces.last_mut()
            && *at + piece.len() == first
        {
            piece.append(&mut values);
        } else {
            pieces.push((first, values));
        }
    }

    /// All values in the order of their positions.
    #[must_use]
    pub fn into_vec(self) -> Vec<R> {
        let mut pieces = self.0.into_inner().unwrap_or_else(PoisonError::into_inner);
        if pieces.len() == 1 {
            return pieces.pop().map(|(_, values)| values).unwrap_or_default();
        }
        pieces.sort_unstable_by_key(|(first, _)| *first);
        let mut all = Vec::with_capacity(pieces.iter().map(|(_, values)| values.len()).sum());
        pieces.into_iter().for_each(|(_, mut values)| all.append(&mut values));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Schedule;

    #[test]
    fn pieces_in_any_order_come_out_in_theirs() {
        let pieces = Pieces::new();
        for (first, values) in [(4, vec![4, 5]), (0, vec![0]), (1, vec![1, 2]), (3, vec![3])] {
            pieces.add(first, values);
        }
        assert_eq!(pieces.into_vec(), [0, 1, 2, 3, 4, 5]);
    }

    #[test]
    fn values_are_in_order() {
        for schedule in [Schedule::Auto, Schedule::Static, Schedule::Dynamic, Schedule::Guided] {
            let squares = map(&Region::new(1000).schedule(schedule), |i| i * i);
            assert!(squares.into_iter().eq((0..1000).map(|i| i * i)));
        }
    }

    #[test]
    fn the_first_error_counts() {
        for _ in 0..50 {
            let region = Region::new(200).schedule(Schedule::Dynamic);
            let outcome = try_map(&region, || (), |(), i| if i < 70 { Ok(()) } else { Err(i) });
            assert_eq!(outcome, Err(70));
        }
    }
}
