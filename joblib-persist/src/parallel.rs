//! Spreading work on parts of arrays over the cores, a bounded number at a time.

use joblib_core::pool::{Feeder, Pool, Region, Schedule, Site, with_current};
use joblib_core::{Error, Result};
use std::ops::Range;
use std::sync::{Mutex, PoisonError};

/// Memory that the raw side of a batch may take, as long as that is enough for every core.
const BATCH_BYTES: usize = 4 << 20;

/// How many threads there are to spread work over.
pub(crate) fn threads() -> usize {
    with_current(Pool::num_threads)
}

/// How many items of `item_len` bytes to hand out at a time: some for every core, within bounded memory.
pub(crate) fn width(item_len: usize) -> usize {
    (BATCH_BYTES / item_len.max(1)).max(1).next_multiple_of(threads())
}

/// Applies `f` to every item, on all cores; the results are in order.
pub(crate) fn map<T: Send, R: Send>(site: &Site, items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let results: Vec<Mutex<Option<R>>> = items.iter().map(|_| Mutex::new(None)).collect();
    for_each(site, items, |items| {
        while let Some((index, item)) = items.next() {
            *lock(&results[index]) = Some(f(item));
        }
    });
    results.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

/// Applies `f` to every item, on all cores, with buffers that each thread makes once. After an error, later items
/// are skipped; of several errors the first one counts.
pub(crate) fn try_for_each<T: Send, S>(
    site: &Site,
    items: Vec<T>,
    scratch: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, T) -> Result<()> + Sync,
) -> Result<()> {
    let first: Mutex<Option<(usize, Error)>> = Mutex::new(None);
    for_each(site, items, |items| {
        let mut scratch = scratch();
        while let Some((index, item)) = items.next() {
            if let Err(error) = f(&mut scratch, item) {
                items.leave_at(index);
                let mut first = lock(&first);
                if first.as_ref().is_none_or(|(earlier, _)| index < *earlier) {
                    *first = Some((index, error));
                }
            }
        }
    });
    let first = first.into_inner().unwrap_or_else(PoisonError::into_inner);
    first.map_or(Ok(()), |(_, error)| Err(error))
}

/// The items that fall to one thread.
struct Items<'a, 'r, T> {
    items: &'a [Mutex<Option<T>>],
    feeder: &'a mut Feeder<'r>,
    range: Range<usize>,
}

impl<T> Items<'_, '_, T> {
    fn next(&mut self) -> Option<(usize, T)> {
        while self.range.is_empty() {
            self.range = self.feeder.next()?;
        }
        let index = self.range.start;
        self.range.start += 1;
        let item = lock(&self.items[index]).take()?;
        Some((index, item))
    }

    fn leave_at(&mut self, index: usize) {
        self.feeder.leave_at(index);
        self.range = 0..0;
    }
}

fn for_each<T: Send>(site: &Site, items: Vec<T>, participant: impl Fn(&mut Items<'_, '_, T>) + Sync) {
    let items: Vec<Mutex<Option<T>>> = items.into_iter().map(|item| Mutex::new(Some(item))).collect();
    let region = Region::new(items.len()).site(site).schedule(Schedule::Dynamic).chunk(1);
    with_current(|pool| {
        pool.run(&region, |feeder| participant(&mut Items { items: &items, feeder, range: 0..0 }))
    });
}

fn lock<T>(slot: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    static SITE: Site = Site::new();

    #[test]
    fn results_are_in_order() {
        let squares = map(&SITE, (0..1000).collect(), |i: usize| i * i);
        assert!(squares.into_iter().eq((0..1000).map(|i| i * i)));
    }

    #[test]
    fn the_first_error_counts() {
        for _ in 0..50 {
            let items: Vec<usize> = (0..200).collect();
            let result = try_for_each(
                &SITE,
                items,
                || (),
                |(), i| match i {
                    70.. => Err(Error::invalid(i.to_string())),
                    _ => Ok(()),
                },
            );
            assert_eq!(result.unwrap_err().to_string(), "70");
        }
    }
}
