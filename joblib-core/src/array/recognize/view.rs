//! Values seen as arrays by the ids of their types.

use super::super::RawArray;
use crate::by_type::{ByType, Returns, Untyped};
use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// How to see the values of one type as arrays.
pub(super) type View = ByType<Arrays>;

/// What views return: an array, if the value is one that can be seen so.
pub(super) enum Arrays {}

impl Returns for Arrays {
    type Of<'a> = Option<RawArray<'a>>;
}

/// Views by their types.
pub(super) struct Views(HashMap<TypeId, View, BuildHasherDefault<IdHasher>>);

impl Views {
    pub(super) fn with_room(types: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(types, BuildHasherDefault::default()))
    }

    pub(super) fn insert(&mut self, view: View) {
        self.0.insert(view.id(), view);
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TypeId> {
        self.0.keys().copied()
    }

    #[inline]
    pub(super) fn see<'a, T: ?Sized>(&self, value: &'a T) -> Option<RawArray<'a>> {
        self.0.get(&typeid::of::<T>())?.call(Untyped::of(value))?
    }
}

/// Which ids may be in the tables: one load and a test for the many types that are not.
pub(super) struct Filter(Box<[u64; FILTER_WORDS]>);

const FILTER_WORDS: usize = 1 << 10;

impl Filter {
    pub(super) fn new() -> Self {
        Self(Box::new([0; FILTER_WORDS]))
    }

    pub(super) fn insert(&mut self, id: TypeId) {
        let (word, bit) = Self::place(id);
        self.0[word] |= bit;
    }

    #[inline(always)]
    pub(super) fn may_contain(&self, id: TypeId) -> bool {
        let (word, bit) = Self::place(id);
        self.0[word] & bit != 0
    }

    /// Constant where the id is.
    #[inline(always)]
    fn place(id: TypeId) -> (usize, u64) {
        let mut hasher = IdHasher::default();
        id.hash(&mut hasher);
        let hash = hasher.finish();
        (hash as usize % FILTER_WORDS, 1 << (hash >> 58))
    }
}

/// Type ids are hashes already: their last eight bytes are as good as any.
#[derive(Default)]
struct IdHasher(u64);

impl Hasher for IdHasher {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            self.0 ^= u64::from_le_bytes(word);
        }
    }

    fn write_u64(&mut self, word: u64) {
        self.0 ^= word;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
