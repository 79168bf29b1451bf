//! Spreading blocks over the cores, a bounded number at a time.

use joblib_core::Result;
use std::thread;

/// Memory that the raw side of a batch may take, whatever the number of cores.
const BATCH_BYTES: usize = 8 << 20;

/// How many items of `item_len` bytes to hand out at a time: enough for every core, within bounded memory.
pub(crate) fn width(item_len: usize) -> usize {
    threads().max(BATCH_BYTES / item_len.max(1)).max(1)
}

/// Applies `f` to every item, on all cores; the results are in order.
pub(crate) fn map<T: Send, R: Send>(items: Vec<T>, f: impl Fn(T) -> R + Sync) -> Vec<R> {
    items.into_iter().map(f).collect()
}

/// Applies `f` to every item, on all cores, with buffers that each thread makes once; stops at an error.
pub(crate) fn try_for_each<T: Send, S>(
    items: impl Iterator<Item = T> + Send,
    scratch: impl Fn() -> S + Sync,
    f: impl Fn(&mut S, T) -> Result<()> + Sync,
) -> Result<()> {
    let mut own = scratch();
    let mut items = items;
    items.try_for_each(|item| f(&mut own, item))
}

fn threads() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}
