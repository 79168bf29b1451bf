//! Hash maps and hash sets: the order in which they happen to yield their entries does not count.
//!
//! Every entry is hashed by itself to 128 bits; the sum of these hashes and their number stand for the
//! collection. The hashes are well mixed, so sums of different collections collide no more often than the
//! hashes themselves.

use super::error::Unhashable;
use super::names::begins;
use super::serializer::put;
use super::stream::Stream;
use super::tag;
use serde::Serialize;
use std::any::type_name;

/// Feeds a map.
pub(super) fn put_map<K, V, I>(parent: &mut Stream, entries: I) -> Result<(), Unhashable>
where
    K: Serialize,
    V: Serialize,
    I: IntoIterator<Item = (K, V)>,
{
    put_each(parent, tag::HASH_MAP, entries, |stream, (key, value)| {
        put(stream, &key)?;
        put(stream, &value)
    })
}

/// Feeds a set.
pub(super) fn put_set<I>(parent: &mut Stream, items: I) -> Result<(), Unhashable>
where
    I: IntoIterator,
    I::Item: Serialize,
{
    put_each(parent, tag::HASH_SET, items, |stream, item| put(stream, &item))
}

/// Whether the iterable that serde's `collect_map` is given is a reference to a hash map.
///
/// A map's type id cannot be compared without knowing the types of its entries and its hasher, but its name
/// can. Were the standard library to move the type, maps would be hashed in iteration order: equal maps would
/// get different keys, but different values would never share one.
#[inline]
pub(super) fn is_hash_map<I>() -> bool {
    begins!(
        type_name::<I>(),
        "&std::collections::hash::map::HashMap<"
            | "&std::collections::hash_map::HashMap<"
            | "&hashbrown::map::HashMap<"
    )
}

/// As [`is_hash_map`], for sets and `collect_seq`: serde serialises sets as sequences.
#[inline]
pub(super) fn is_hash_set<I>() -> bool {
    begins!(
        type_name::<I>(),
        "&std::collections::hash::set::HashSet<"
            | "&std::collections::hash_set::HashSet<"
            | "&hashbrown::set::HashSet<"
    )
}

#[inline]
fn put_each<I: IntoIterator>(
    parent: &mut Stream,
    tag: u8,
    entries: I,
    feed: impl Fn(&mut Stream, I::Item) -> Result<(), Unhashable>,
) -> Result<(), Unhashable> {
    parent.enter(1)?;
    let (mut entry, mut sum, mut count) = (parent.part(), 0u128, 0);
    for item in entries {
        feed(&mut entry, item)?;
        sum = sum.wrapping_add(entry.take_digest());
        count += 1;
    }
    parent.depth.leave(1);
    parent.put(&[tag]);
    parent.put_len(count);
    parent.put(&sum.to_le_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};

    #[test]
    fn knows_hash_maps() {
        assert!(is_hash_map::<&HashMap<u8, u8>>());
        assert!(is_hash_map::<&HashMap<(String, Option<&str>), HashSet<u8>>>());
        for other in [
            is_hash_map::<&BTreeMap<u8, u8>>(),
            is_hash_map::<&HashSet<(u8, u8)>>(),
            is_hash_map::<&Vec<HashMap<u8, u8>>>(),
            is_hash_map::<&indexmap::IndexMap<u8, u8>>(),
        ] {
            assert!(!other);
        }
    }

    #[test]
    fn knows_hash_sets() {
        assert!(is_hash_set::<&HashSet<u8>>());
        assert!(is_hash_set::<&HashSet<(String, Option<&str>)>>());
        for other in [
            is_hash_set::<&BTreeSet<u8>>(),
            is_hash_set::<&Vec<HashSet<u8>>>(),
            is_hash_set::<&VecDeque<u8>>(),
            is_hash_set::<&indexmap::IndexSet<u8>>(),
        ] {
            assert!(!other);
        }
    }
}
