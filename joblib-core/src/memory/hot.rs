//! Recent results in memory.
//!
//! A clock over a slab: a hit marks its slot, the hand passes marked slots once and evicts the first unmarked
//! one. So a mutex is held only for a map look-up and a write to the slot. Shards keep threads apart. Values
//! are the user's and their `Drop` may do anything, so slots are taken out under the mutex and dropped after
//! it is released.

use super::flight::{KeyBits, Shared};
use crate::Key;
use crate::store::EntryMeta;
use crate::sync::Mutex;
use std::collections::HashMap;
use std::hash::BuildHasherDefault;
use std::sync::MutexGuard;
use std::sync::atomic::{AtomicU64, Ordering};

/// More shards than cores that are likely to look up one function at the same instant.
const SHARDS: usize = 16;

/// Copying a value of up to this many bytes is quicker than raising and lowering a reference count.
const QUICK: u64 = 1024;

pub(crate) struct HotTier {
    shards: [Mutex<Shard>; SHARDS],
    bytes: AtomicU64,
    capacity: u64,
}

#[derive(Default)]
struct Shard {
    index: HashMap<u128, usize, BuildHasherDefault<KeyBits>>,
    slots: Vec<Slot>,
    hand: usize,
    hits: u64,
}

/// One value and its record.
pub(crate) struct Slot {
    key: u128,
    pub(crate) value: Shared,
    pub(crate) meta: EntryMeta,
    bytes: u64,
    marked: bool,
}

impl Slot {
    /// Whether copying the value is quicker than sharing it; this depends on its size, not on who wrote its
    /// `Clone`.
    #[inline]
    pub(crate) fn is_small(&self) -> bool {
        self.bytes <= QUICK
    }
}

impl HotTier {
    /// Room for values of this many bytes as stored.
    pub(crate) fn new(capacity: u64) -> Self {
        Self { shards: Default::default(), bytes: AtomicU64::new(0), capacity }
    }

    /// What `look` takes from the key's slot, which counts as a hit. It runs under a mutex, so it must not
    /// run any of the user's code.
    #[inline]
    pub(crate) fn get<T>(&self, key: Key, look: impl FnOnce(&Slot) -> Option<T>) -> Option<T> {
        let mut shard = self.shard(key);
        let &slot = shard.index.get(&key.0)?;
        let slot = shard.slots.get_mut(slot)?;
        let taken = look(slot)?;
        slot.marked = true;
        shard.hits += 1;
        Some(taken)
    }

    /// What was taken from the key's slot was of no use.
    #[cold]
    pub(crate) fn was_no_hit(&self, key: Key) {
        self.shard(key).hits -= 1;
    }

    /// Hits so far: counted under the mutexes that are taken anyway.
    pub(crate) fn hits(&self) -> u64 {
        self.shards.iter().map(|shard| shard.lock().hits).sum()
    }

    /// Stores a value of this many bytes, evicting others to make room.
    pub(crate) fn insert(&self, key: Key, value: Shared, meta: EntryMeta, bytes: u64) {
        // The bookkeeping is counted too, so that many tiny values do not grow without bound.
        let bytes = bytes + size_of::<Slot>() as u64 + 32;
        self.remove(key);
        if bytes > self.capacity / 2 {
            return;
        }
        // Dropped last: a `Drop` that calls the function fills the room again.
        let _evicted = self.make_room(key, bytes);
        let mut shard = self.shard(key);
        let slot = shard.slots.len();
        if let Some(raced) = shard.index.insert(key.0, slot) {
            shard.index.insert(key.0, raced);
            return;
        }
        shard.slots.push(Slot { key: key.0, value, meta, bytes, marked: false });
        self.bytes.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Evicts, in the key's shard and then in the others, until this many bytes fit.
    fn make_room(&self, key: Key, bytes: u64) -> Vec<Slot> {
        let own = shard_of(key);
        let mut evicted = Vec::new();
        for turn in 0..SHARDS {
            let mut shard = self.shards[(own + turn) % SHARDS].lock();
            while self.bytes.load(Ordering::Relaxed) + bytes > self.capacity {
                let Some(slot) = shard.evict() else { break };
                self.bytes.fetch_sub(slot.bytes, Ordering::Relaxed);
                evicted.push(slot);
            }
        }
        evicted
    }

    pub(crate) fn remove(&self, key: Key) {
        let removed = self.shard(key).remove(key.0);
        if let Some(removed) = removed {
            self.bytes.fetch_sub(removed.bytes, Ordering::Relaxed);
        }
    }

    pub(crate) fn clear(&self) {
        for shard in &self.shards {
            let gone = shard.lock().take();
            let freed = gone.iter().map(|slot| slot.bytes).sum();
            self.bytes.fetch_sub(freed, Ordering::Relaxed);
        }
    }

    fn shard(&self, key: Key) -> MutexGuard<'_, Shard> {
        self.shards[shard_of(key)].lock()
    }
}

impl Shard {
    fn take(&mut self) -> Vec<Slot> {
        self.index.clear();
        std::mem::take(&mut self.slots)
    }

    fn remove(&mut self, key: u128) -> Option<Slot> {
        let slot = self.index.remove(&key)?;
        let gone = self.slots.swap_remove(slot);
        if let Some(moved) = self.slots.get(slot) {
            self.index.insert(moved.key, slot);
        }
        Some(gone)
    }

    /// `None` from an empty shard.
    fn evict(&mut self) -> Option<Slot> {
        loop {
            if self.hand >= self.slots.len() {
                self.hand = 0;
            }
            let slot = self.slots.get_mut(self.hand)?;
            if !slot.marked {
                let key = slot.key;
                return self.remove(key);
            }
            slot.marked = false;
            self.hand += 1;
        }
    }
}

/// Chosen by bits that the map inside does not start from.
fn shard_of(key: Key) -> usize {
    (key.0 >> 96) as usize % SHARDS
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::time::Duration;

    fn keys(count: u64) -> impl Iterator<Item = Key> {
        (0..count).map(|i| Key(xxhash_rust::xxh3::xxh3_128(&i.to_le_bytes())))
    }

    fn put(hot: &HotTier, key: Key, bytes: u64) {
        hot.insert(key, Arc::new(key.0), EntryMeta::new(Duration::ZERO), bytes);
    }

    fn get(hot: &HotTier, key: Key) -> Option<u128> {
        hot.get(key, |slot| slot.value.downcast_ref().copied())
    }

    #[test]
    fn stays_below_its_capacity_and_keeps_what_is_used() {
        let hot = HotTier::new(1 << 20);
        let favourite = Key(12345);
        put(&hot, favourite, 100);
        for key in keys(100_000) {
            put(&hot, key, 100);
            assert!(get(&hot, favourite).is_some());
        }
        let bytes = hot.bytes.load(Ordering::Relaxed);
        assert!(bytes <= 1 << 20, "{bytes}");
        assert!(bytes > 1 << 19, "{bytes}");
    }

    #[test]
    fn finds_what_was_put_last_and_nothing_after_removal() {
        let hot = HotTier::new(1 << 20);
        for key in keys(500) {
            put(&hot, key, 10);
            put(&hot, key, 20);
            assert_eq!(get(&hot, key), Some(key.0));
        }
        for key in keys(500).step_by(2) {
            hot.remove(key);
        }
        for (i, key) in keys(500).enumerate() {
            assert_eq!(get(&hot, key).is_some(), i % 2 == 1);
        }
        hot.clear();
        assert!(keys(500).all(|key| get(&hot, key).is_none()));
    }

    #[test]
    fn large_values_fit_as_many_as_there_is_room_for() {
        let hot = HotTier::new(64 << 20);
        for key in keys(100) {
            put(&hot, key, 8 << 20);
        }
        assert_eq!(keys(100).filter(|&key| get(&hot, key).is_some()).count(), 7);
    }

    #[test]
    fn a_value_larger_than_the_tier_is_not_taken() {
        let hot = HotTier::new(1 << 20);
        put(&hot, Key(1), 2 << 20);
        assert!(get(&hot, Key(1)).is_none());
    }
}
