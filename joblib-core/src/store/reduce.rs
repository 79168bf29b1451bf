//! Which entries to remove: the least recently used ones, of one function or of many together.

use super::clock::{self, nanos};
use super::{EntryInfo, Limits, Reduced};
use crate::Result;

/// Entries as eviction sees them.
pub(super) trait Surveyed {
    /// Calls `visit` with the stamp and size of every entry.
    fn scan(&self, visit: &mut dyn FnMut(u64, u64));

    /// Removes the entries that the cut takes.
    fn evict(&self, cut: &mut Cut) -> Result<Reduced>;

    /// Closes what is open of the directory.
    fn forget(&self) {}
}

/// Removes the least recently used entries of all these functions together until the limits hold.
pub(super) fn reduce(functions: &[&dyn Surveyed], limits: &Limits) -> Result<Reduced> {
    let mut total = Reduced::default();
    if limits.is_none() {
        return Ok(total);
    }
    let scan = |visit: &mut dyn FnMut(u64, u64)| functions.iter().for_each(|function| function.scan(visit));
    let Some(mut cut) = Cut::find(limits, clock::coarse_now(), scan) else { return Ok(total) };
    let mut outcome = Ok(());
    for function in functions {
        match function.evict(&mut cut) {
            Ok(reduced) => total += reduced,
            Err(error) => outcome = outcome.and(Err(error)),
        }
    }
    if total.items > 0 {
        crate::event!(DEBUG, items = total.items, bytes = total.bytes, "evicted");
    }
    outcome.map(|()| total)
}

/// As [`reduce`], of listed entries, each of which `remove` is given.
pub(super) fn reduce_listed<T>(
    entries: Vec<(T, EntryInfo)>,
    limits: &Limits,
    remove: impl Fn(&T, &EntryInfo) -> Result<bool>,
) -> Result<Reduced> {
    let (mut total, mut outcome) = (Reduced::default(), Ok(()));
    let weights: Vec<_> =
        entries.iter().map(|(_, entry)| (clock::since_epoch(entry.last_access), entry.size)).collect();
    let scan = |visit: &mut dyn FnMut(u64, u64)| weights.iter().for_each(|&(stamp, size)| visit(stamp, size));
    let Some(mut cut) = Cut::find(limits, clock::coarse_now(), scan) else { return Ok(total) };
    for ((of, entry), &(stamp, size)) in entries.iter().zip(&weights) {
        if cut.takes(stamp, size) {
            match remove(of, entry) {
                Ok(true) => total += Reduced { items: 1, bytes: size },
                Ok(false) => {}
                Err(error) => outcome = outcome.and(Err(error)),
            }
        }
    }
    outcome.map(|()| total)
}

/// Entries to remove: all stamped before `before`, and of those stamped `before` itself as many as still
/// needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    before: u64,
    need: Reduced,
}

impl Cut {
    /// What to remove so that the limits hold; `None` for nothing. `scan` calls its argument with the stamp
    /// and size of every entry.
    fn find(limits: &Limits, now: u64, scan: impl FnOnce(&mut dyn FnMut(u64, u64))) -> Option<Self> {
        let aged = limits.age.map_or(0, |age| now.saturating_sub(nanos(age)));
        let (mut entries, mut any_aged) = (Vec::new(), false);
        scan(&mut |stamp, size| {
            if stamp < aged {
                any_aged = true;
            } else {
                entries.push((stamp, size));
            }
        });
        let total = weight(&entries);
        let need = Reduced {
            items: limits.items.map_or(0, |items| total.items.saturating_sub(items)),
            bytes: limits.bytes.map_or(0, |bytes| total.bytes.saturating_sub(bytes)),
        };
        if need == Reduced::default() {
            return any_aged.then_some(Self { before: aged, need });
        }
        let before = last_to_go(&mut entries, need)?;
        entries.retain(|entry| entry.0 < before);
        Some(Self { before, need: less(need, weight(&entries)) })
    }

    /// Whether an entry goes; asked once for each.
    pub(super) fn takes(&mut self, stamp: u64, size: u64) -> bool {
        if stamp != self.before || self.need == Reduced::default() {
            return stamp < self.before;
        }
        self.need = less(self.need, Reduced { items: 1, bytes: size });
        true
    }
}

/// The stamp of the entry with which the oldest ones reach the weight, without sorting them all.
fn last_to_go(mut entries: &mut [(u64, u64)], mut need: Reduced) -> Option<u64> {
    while entries.len() > 1 {
        let middle = entries.len() / 2;
        entries.select_nth_unstable(middle);
        let (older, newer) = entries.split_at_mut(middle);
        let left = less(need, weight(older));
        if left == Reduced::default() {
            entries = older;
        } else {
            (entries, need) = (newer, left);
        }
    }
    entries.first().map(|entry| entry.0)
}

fn weight(entries: &[(u64, u64)]) -> Reduced {
    let bytes = entries.iter().fold(0, |bytes: u64, entry| bytes.saturating_add(entry.1));
    Reduced { items: entries.len() as u64, bytes }
}

fn less(weight: Reduced, by: Reduced) -> Reduced {
    Reduced { items: weight.items.saturating_sub(by.items), bytes: weight.bytes.saturating_sub(by.bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    /// The entries kept, by sorting.
    fn expected(mut entries: Vec<(u64, u64)>, limits: &Limits, now: u64) -> Vec<(u64, u64)> {
        let aged = limits.age.map_or(0, |age| now.saturating_sub(nanos(age)));
        entries.retain(|entry| entry.0 >= aged);
        entries.sort_by_key(|entry| std::cmp::Reverse(entry.0));
        while limits.items.is_some_and(|items| entries.len() as u64 > items)
            || limits.bytes.is_some_and(|bytes| entries.iter().map(|entry| entry.1).sum::<u64>() > bytes)
        {
            entries.pop();
        }
        entries
    }

    fn kept(entries: &[(u64, u64)], limits: &Limits, now: u64) -> Vec<(u64, u64)> {
        let scan =
            |visit: &mut dyn FnMut(u64, u64)| entries.iter().for_each(|&(stamp, size)| visit(stamp, size));
        let Some(mut cut) = Cut::find(limits, now, scan) else { return entries.to_vec() };
        entries.iter().copied().filter(|&(stamp, size)| !cut.takes(stamp, size)).collect()
    }

    proptest! {
        #[test]
        fn the_least_recently_used_go_and_no_more(
            stamps in proptest::collection::hash_set(prop_oneof![0u64..500, any::<u64>()], 0..300),
            seed: u64, items: Option<u8>, bytes in proptest::option::of(0u64..3000), age in proptest::option::of(0u64..400),
        ) {
            let entries: Vec<_> = stamps.into_iter().map(|stamp| (stamp, (stamp ^ seed) % 37)).collect();
            let limits = Limits { items: items.map(u64::from), bytes, age: age.map(Duration::from_nanos) };
            let mut kept = kept(&entries, &limits, 500);
            kept.sort_by_key(|entry| std::cmp::Reverse(entry.0));
            prop_assert_eq!(kept, expected(entries, &limits, 500));
        }
    }

    #[test]
    fn of_equal_stamps_only_as_many_go_as_needed() {
        let entries = [(7, 10); 6];
        assert_eq!(kept(&entries, &Limits { items: Some(4), ..Limits::NONE }, 9).len(), 4);
        assert_eq!(kept(&entries, &Limits { bytes: Some(25), ..Limits::NONE }, 9).len(), 2);
    }
}
