//! Which entries go: the least recently used ones, found by histograms over the stamps instead of by sorting.

use super::Limits;
use std::time::Duration;

const BUCKETS: u64 = 4096;

/// Entries to remove: all stamped before `before`, and of those stamped `before` itself as many as still needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cut {
    before: u64,
    need: Weight,
}

/// Entries and bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Weight {
    items: u64,
    bytes: u64,
}

/// Calls its argument with the stamp and size of every entry.
pub(super) type Scan<'a> = dyn Fn(&mut dyn FnMut(u64, u64)) + 'a;

impl Cut {
    /// What has to go for the limits to hold; `None` for nothing.
    pub(super) fn find(limits: &Limits, now: u64, scan: &Scan<'_>) -> Option<Self> {
        let mut total = Weight::default();
        let (mut low, mut high) = (u64::MAX, 0);
        let aged = limits.age.map_or(0, |age| now.saturating_sub(nanos(age)));
        let mut any_aged = false;
        scan(&mut |stamp, size| {
            if stamp < aged {
                any_aged = true;
                return;
            }
            total.add(size);
            (low, high) = (low.min(stamp), high.max(stamp));
        });
        let need = Weight {
            items: limits.items.map_or(0, |items| total.items.saturating_sub(items)),
            bytes: limits.bytes.map_or(0, |bytes| total.bytes.saturating_sub(bytes)),
        };
        if need.is_zero() {
            return any_aged.then_some(Self { before: aged, need });
        }
        Some(narrow(low.max(aged), high, need, scan))
    }

    /// Whether an entry goes; asked once for each.
    pub(super) fn takes(&mut self, stamp: u64, size: u64) -> bool {
        if stamp != self.before || self.need.is_zero() {
            return stamp < self.before;
        }
        self.need.take(size);
        true
    }
}

/// Narrows the range of stamps in which the needed weight is reached, until it is a single stamp.
fn narrow(mut low: u64, mut high: u64, mut need: Weight, scan: &Scan<'_>) -> Cut {
    while low < high {
        let width = (high - low) / BUCKETS + 1;
        let mut buckets = vec![Weight::default(); BUCKETS as usize];
        scan(&mut |stamp, size| {
            if (low..=high).contains(&stamp) {
                buckets[((stamp - low) / width) as usize].add(size);
            }
        });
        // Where entries went meanwhile, the last bucket takes what is missing.
        let mut at = 0;
        while at + 1 < BUCKETS && low + (at + 1) * width <= high {
            let here = buckets[at as usize];
            if here.items >= need.items && here.bytes >= need.bytes {
                break;
            }
            need.items = need.items.saturating_sub(here.items);
            need.bytes = need.bytes.saturating_sub(here.bytes);
            at += 1;
        }
        (low, high) = (low + at * width, high.min(low + (at + 1) * width - 1));
    }
    Cut { before: low, need }
}

impl Weight {
    fn add(&mut self, size: u64) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(size);
    }

    fn take(&mut self, size: u64) {
        self.items = self.items.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(size);
    }

    fn is_zero(&self) -> bool {
        self.items == 0 && self.bytes == 0
    }
}

/// Nanoseconds, as many as there is room for.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

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
        let Some(mut cut) = Cut::find(limits, now, &scan) else { return entries.to_vec() };
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
