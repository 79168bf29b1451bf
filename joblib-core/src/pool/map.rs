//! A loop over indices, as a function: one value for each, in their order.

use super::current::with_current;
use super::handle::Pool;
use super::order::{Pieces, keep_first};
use super::region::Region;
use crate::sync::Mutex;

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
/// use joblib::pool::{self, Region};
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

/// As [`map`], with what each participant makes by `init` once and lends to all its calls. Of several errors
/// that of the smallest index counts; indices after it may be left out.
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
        pool.run(region, |ranges| {
            let mut lent = init();
            while let Some(range) = ranges.next() {
                let start = range.start;
                let mut values = Vec::with_capacity(range.len());
                for index in range {
                    match f(&mut lent, index) {
                        Ok(value) => values.push(value),
                        Err(error) => {
                            ranges.leave_at(index);
                            drop(keep_first(&first, index, error));
                            break;
                        }
                    }
                }
                pieces.add(start, values);
            }
        });
    });
    match first.into_inner() {
        Some((_, error)) => Err(error),
        None => Ok(pieces.into_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Schedule;

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
