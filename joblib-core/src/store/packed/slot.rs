//! One slot of the index: what it says of a key.

use super::location::Location;
use crate::store::clock;
use crate::store::mapping::shared;
use std::sync::atomic::{AtomicU64, Ordering};

shared! {
    /// One key.
    pub(super) struct Slot {
        /// Digest of the key, never 0; 0 for a free slot. Never changes once set.
        tag: AtomicU64,
        /// A [`Location`]; 0 for no entry.
        location: AtomicU64,
        /// Bytes of the value, and a check of them: [`size_word`].
        size: AtomicU64,
        /// Last use.
        stamp: AtomicU64,
    }
}
const _: () = assert!(size_of::<Slot>() == 32);

/// Bits of a slot's size.
const SIZE: u64 = (1 << 48) - 1;

impl Slot {
    #[inline]
    pub(super) fn tag(&self) -> u64 {
        self.tag.load(Ordering::Acquire)
    }

    /// Gives a free slot to a key.
    ///
    /// # Errors
    ///
    /// The tag that it has by now.
    pub(super) fn claim(&self, tag: u64) -> Result<u64, u64> {
        self.tag.compare_exchange(0, tag, Ordering::AcqRel, Ordering::Acquire)
    }

    /// Makes it refer to a record, used now; gives what it referred to before, and that one's size.
    pub(super) fn put(&self, location: Location, size: u64) -> Option<(Location, u64)> {
        let former_size = size_in(self.size.swap(size_word(size), Ordering::Relaxed)).unwrap_or(0);
        self.stamp.store(clock::new_stamp(), Ordering::Relaxed);
        let former = Location::from_word(self.location.swap(location.word(), Ordering::SeqCst));
        former.map(|former| (former, former_size))
    }

    /// Makes it refer to another record or to none, unless it does not refer to this one any more.
    pub(super) fn change_location(&self, from: Location, to: Option<Location>) -> bool {
        let to = to.map_or(0, Location::word);
        self.location.compare_exchange(from.word(), to, Ordering::SeqCst, Ordering::Relaxed).is_ok()
    }

    /// Takes over what another slot says of its record at `location`; gives what this one referred to.
    pub(super) fn copy(&self, other: &Slot, location: Location) -> Option<Location> {
        self.size.store(other.size.load(Ordering::Relaxed), Ordering::Relaxed);
        self.stamp.store(other.stamp(), Ordering::Relaxed);
        Location::from_word(self.location.swap(location.word(), Ordering::AcqRel))
    }

    /// Where its record is, if it has one.
    #[inline]
    pub(super) fn location(&self) -> Option<Location> {
        Location::from_word(self.location.load(Ordering::SeqCst))
    }

    /// Bytes of its value; `None` where the number is damaged.
    pub(super) fn size(&self) -> Option<u64> {
        size_in(self.size.load(Ordering::Relaxed))
    }

    /// Corrects the size to what the record says.
    pub(super) fn set_size(&self, size: u64) {
        self.size.store(size_word(size), Ordering::Relaxed);
    }

    pub(super) fn stamp(&self) -> u64 {
        self.stamp.load(Ordering::Relaxed)
    }

    /// Records a use.
    #[inline]
    pub(super) fn mark_used(&self) {
        if let Some(stamp) = clock::stamp_after(self.stamp()) {
            self.stamp.store(stamp, Ordering::Relaxed);
        }
    }
}

/// A size of 48 bits and, above, 16 bits that tell whether it is to be believed: one that is far too large
/// makes room for itself by evicting the others.
fn size_word(size: u64) -> u64 {
    let size = size.min(SIZE);
    let check = (size ^ SIZE).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    size | (check & !SIZE)
}

fn size_in(word: u64) -> Option<u64> {
    (size_word(word & SIZE) == word).then_some(word & SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_come_back_and_damage_is_seen() {
        for size in [0, 1, 5, 17_000, 1 << 32, SIZE] {
            assert_eq!(size_in(size_word(size)), Some(size));
            for bit in 0..64 {
                assert_eq!(size_in(size_word(size) ^ 1 << bit), None, "{size}, bit {bit}");
            }
        }
        for word in [0, 1, u64::MAX, 1 << 63, u64::MAX >> 1] {
            assert_eq!(size_in(word), None, "{word:x}");
        }
        assert_eq!(size_in(size_word(u64::MAX)), Some(SIZE));
    }
}
