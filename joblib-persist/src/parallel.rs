//! Spreading work on parts of arrays over the cores, a bounded number at a time.

use joblib_core::Result;
use joblib_core::pool::{self, Region, Schedule, Site};
use std::sync::{Mutex, PoisonError};

/// Memory that the raw side of a batch may take, as long as that is enough for every core.
const BATCH_BYTES: usize = 4 << 20;

/// How many items of `item_len` bytes to hand out at a time: some for every core, within bounded memory.
pub(crate) fn width(item_len: usize) -> usize {
    (BATCH_BYTES / item_len.max(1)).max(1).next_multiple_of(pool::num_threads())
}

/// Applies `f` to every item, on all cores; the results are in order.
pub(crate) fn map<T: Send, R: Send>(site: &Site, items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    let region = one_by_one(site, items.len());
    let items = Items::new(items);
    pool::map(&region, |index| f(items.take(index)))
}

/// Applies `f` to every item, on all cores, with buffers that each thread makes once. After an error, later
/// items are skipped; of several errors the first one is returned.
pub(crate) fn try_for_each<T: Send, S>(
    site: &Site,
    items: Vec<T>,
    scratch: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, T) -> Result<()> + Sync,
) -> Result<()> {
    let region = one_by_one(site, items.len());
    let items = Items::new(items);
    pool::try_map(&region, scratch, |scratch, index| f(scratch, items.take(index))).map(drop)
}

fn one_by_one(site: &Site, len: usize) -> Region<'_> {
    Region::new(len).site(site).schedule(Schedule::Dynamic).chunk(1)
}

/// Values that are taken once each, by whoever has their index.
struct Items<T>(Vec<Mutex<Option<T>>>);

impl<T> Items<T> {
    fn new(items: Vec<T>) -> Self {
        Items(items.into_iter().map(|item| Mutex::new(Some(item))).collect())
    }

    fn take(&self, index: usize) -> T {
        let mut item = self.0[index].lock().unwrap_or_else(PoisonError::into_inner);
        item.take().unwrap_or_else(|| unreachable!("the pool hands out each index once"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use joblib_core::Error;

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
