//! Which entries go: the least recently used ones, found by a histogram of their ages instead of by sorting them all.

use super::Limits;
use std::time::Duration;

/// Each doubling of the age is split into so many buckets.
const PER_OCTAVE: u64 = 256;
/// Buckets of a range that is split evenly.
const EVEN: u64 = 4096;
/// So many entries are sorted; more are split further. Few in tests, so that they come to both.
const FEW: u64 = if cfg!(test) { 16 } else { 1 << 16 };

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
        let aged = limits.age.map_or(0, |age| now.saturating_sub(nanos(age)));
        let mut any_aged = false;
        let mut ages = vec![Weight::default(); age_bucket(u64::MAX) + 1];
        scan(&mut |stamp, size| {
            if stamp < aged {
                any_aged = true;
            } else {
                ages[age_bucket(now.saturating_sub(stamp))].add(size);
            }
        });
        let mut total = Weight::default();
        ages.iter().for_each(|bucket| total.merge(bucket));
        let mut need = Weight {
            items: limits.items.map_or(0, |items| total.items.saturating_sub(items)),
            bytes: limits.bytes.map_or(0, |bytes| total.bytes.saturating_sub(bytes)),
        };
        if need.is_zero() {
            return any_aged.then_some(Self { before: aged, need });
        }
        let (from_oldest, items) = need.reduce_by(ages.iter().rev());
        let bucket = ages.len() - 1 - from_oldest;
        let range = Range {
            low: now.saturating_sub(ages_of(bucket).1).max(aged),
            // The newest bucket has what a clock set back has put into the future.
            high: if bucket == 0 { u64::MAX } else { now.saturating_sub(ages_of(bucket).0) },
            items,
        };
        Some(range.narrow(need, scan))
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

/// Stamps among which the needed weight is reached.
struct Range {
    low: u64,
    high: u64,
    items: u64,
}

impl Range {
    /// Narrows the range until its entries can be sorted.
    fn narrow(mut self, mut need: Weight, scan: &Scan<'_>) -> Cut {
        while self.items > FEW && self.low < self.high {
            let Self { low, high, .. } = self;
            let width = (high - low) / EVEN + 1;
            let mut buckets = vec![Weight::default(); ((high - low) / width) as usize + 1];
            scan(&mut |stamp, size| {
                if (low..=high).contains(&stamp) {
                    buckets[((stamp - low) / width) as usize].add(size);
                }
            });
            let (at, items) = need.reduce_by(buckets.iter());
            let low = low + at as u64 * width;
            self = Self { low, high: high.min(low.saturating_add(width - 1)), items };
        }
        if self.low == self.high { Cut { before: self.low, need } } else { self.sort(need, scan) }
    }

    fn sort(self, mut need: Weight, scan: &Scan<'_>) -> Cut {
        let mut stamps = Vec::new();
        scan(&mut |stamp, size| {
            if (self.low..=self.high).contains(&stamp) {
                stamps.push((stamp, size));
            }
        });
        stamps.sort_unstable();
        let groups: Vec<(u64, Weight)> =
            stamps.chunk_by(|a, b| a.0 == b.0).map(|group| (group[0].0, Weight::of(group))).collect();
        let (at, _) = need.reduce_by(groups.iter().map(|(_, weight)| weight));
        Cut { before: groups.get(at).map_or(self.low, |group| group.0), need }
    }
}

/// Ages grow by less than one part in [`PER_OCTAVE`] within a bucket.
fn age_bucket(age: u64) -> usize {
    let shift = (age | PER_OCTAVE).ilog2() - PER_OCTAVE.ilog2();
    (u64::from(shift) * PER_OCTAVE + (age >> shift)) as usize
}

/// The least and the greatest age of a bucket.
fn ages_of(bucket: usize) -> (u64, u64) {
    let bucket = bucket as u64;
    let shift = (bucket / PER_OCTAVE).saturating_sub(1);
    let least = (bucket - shift * PER_OCTAVE) << shift;
    (least, least + ((1 << shift) - 1))
}

impl Weight {
    fn add(&mut self, size: u64) {
        self.items += 1;
        self.bytes = self.bytes.saturating_add(size);
    }

    fn of(entries: &[(u64, u64)]) -> Self {
        let mut weight = Self::default();
        entries.iter().for_each(|&(_, size)| weight.add(size));
        weight
    }

    fn merge(&mut self, other: &Self) {
        self.items += other.items;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }

    /// Takes off the buckets that go as a whole; tells which one is the first that does not, and its items.
    ///
    /// Where entries went meanwhile, the last bucket gives what is missing.
    fn reduce_by<'a>(&mut self, buckets: impl Iterator<Item = &'a Weight>) -> (usize, u64) {
        let mut last = (0, 0);
        for (at, bucket) in buckets.enumerate() {
            if bucket.items == 0 {
                continue;
            }
            last = (at, bucket.items);
            if bucket.items >= self.items && bucket.bytes >= self.bytes {
                break;
            }
            self.items = self.items.saturating_sub(bucket.items);
            self.bytes = self.bytes.saturating_sub(bucket.bytes);
        }
        last
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

    proptest! {
        #[test]
        fn ages_lie_in_their_bucket(age: u64) {
            let (least, greatest) = ages_of(age_bucket(age));
            prop_assert!(least <= age && age <= greatest);
            prop_assert!(greatest - least <= least / PER_OCTAVE);
        }
    }

    #[test]
    fn of_equal_stamps_only_as_many_go_as_needed() {
        let entries = [(7, 10); 6];
        assert_eq!(kept(&entries, &Limits { items: Some(4), ..Limits::NONE }, 9).len(), 4);
        assert_eq!(kept(&entries, &Limits { bytes: Some(25), ..Limits::NONE }, 9).len(), 2);
    }
}
