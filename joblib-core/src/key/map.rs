//! Maps and hash sets: the order in which they happen to hand out their entries does not count.
//!
//! Every entry is hashed by itself to 128 bits; the sum of these hashes and their number stand for the collection.
//! Entries are well mixed, so sums of different collections meet no more often than the hashes themselves.

use super::error::Unhashable;
use super::serializer::put;
use super::stream::Stream;
use super::tag;
use serde::Serialize;
use serde::ser::SerializeMap;

/// Collects a map's entries.
pub(super) struct MapHasher<'a> {
    parent: &'a mut Stream,
    entry: Stream,
    entries: Unordered,
}

impl<'a> MapHasher<'a> {
    #[inline]
    pub(super) fn new(parent: &'a mut Stream) -> Self {
        Self { parent, entry: Stream::new(), entries: Unordered::default() }
    }
}

impl SerializeMap for MapHasher<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unhashable> {
        put(&mut self.entry, key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        put(&mut self.entry, value)?;
        self.entries.add(&mut self.entry);
        Ok(())
    }

    #[inline]
    fn end(self) -> Result<(), Unhashable> {
        self.entries.put(self.parent, tag::MAP);
        Ok(())
    }
}

/// Feeds a set.
pub(super) fn put_set<I>(parent: &mut Stream, items: I) -> Result<(), Unhashable>
where
    I: IntoIterator,
    I::Item: Serialize,
{
    let (mut entry, mut entries) = (Stream::new(), Unordered::default());
    for item in items {
        put(&mut entry, &item)?;
        entries.add(&mut entry);
    }
    entries.put(parent, tag::SET);
    Ok(())
}

/// Whether the iterable that serde's `collect_seq` is given is a reference to a hash set.
///
/// serde serialises sets as sequences, and a set's type cannot be asked for without knowing its elements' and
/// hasher's; its name can. Were the standard library to move the type, sets would be hashed in iteration order:
/// equal sets would miss each other's entries, and no two different values would ever meet.
#[inline]
pub(super) fn is_hash_set<I>() -> bool {
    const SETS: [&str; 3] = [
        "&std::collections::hash::set::HashSet<",
        "&std::collections::hash_set::HashSet<",
        "&hashbrown::set::HashSet<",
    ];
    size_of::<I>() == size_of::<usize>() && {
        let name = std::any::type_name::<I>();
        SETS.iter().any(|set| name.starts_with(set))
    }
}

#[derive(Default)]
struct Unordered {
    sum: u128,
    count: usize,
}

impl Unordered {
    #[inline]
    fn add(&mut self, entry: &mut Stream) {
        self.sum = self.sum.wrapping_add(entry.take_digest());
        self.count += 1;
    }

    #[inline]
    fn put(self, parent: &mut Stream, tag: u8) {
        parent.put(&[tag]);
        parent.put_len(self.count);
        parent.put(&self.sum.to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeSet, HashSet, VecDeque};

    #[test]
    fn knows_hash_sets() {
        assert!(is_hash_set::<&HashSet<u8>>());
        assert!(is_hash_set::<&HashSet<(String, Option<&str>)>>());
        for other in [
            is_hash_set::<&BTreeSet<u8>>(),
            is_hash_set::<&Vec<HashSet<u8>>>(),
            is_hash_set::<&VecDeque<u8>>(),
        ] {
            assert!(!other);
        }
    }
}
