//! Values seen as arrays by the ids of their types.
//!
//! Unsafe, for a function that is found by a type's id is called with the value as an untyped pointer. Only
//! [`View`] makes such functions, out of ones over exactly that type, and only [`Views::see`] calls them,
//! with a value whose type has that id.

#![allow(unsafe_code)]

use super::super::RawArray;
use std::any::TypeId;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// How to see the values of one type as arrays.
pub(super) struct View {
    id: TypeId,
    show: unsafe fn(*const ()) -> Option<RawArray<'static>>,
    /// Whether a value is a thin pointer to what `show` takes.
    is_pointer: bool,
}

/// What is one thin pointer to an `A`.
///
/// # Safety
///
/// As it says.
#[cfg(feature = "ndarray")]
pub(super) unsafe trait PointerTo<A>: 'static {}

// SAFETY: thin for types with a size.
#[cfg(feature = "ndarray")]
unsafe impl<A> PointerTo<A> for &'static A {}
// SAFETY: as above.
#[cfg(feature = "ndarray")]
unsafe impl<A> PointerTo<A> for &'static mut A {}
// SAFETY: as above.
#[cfg(feature = "ndarray")]
unsafe impl<A: 'static> PointerTo<A> for Box<A> {}

impl View {
    pub(super) fn of<A: 'static>(show: for<'a> fn(&'a A) -> Option<RawArray<'a>>) -> Self {
        Self { id: TypeId::of::<A>(), show: erased(show), is_pointer: false }
    }

    /// Of a pointer to what `show` takes: functions that many types share are compiled once.
    #[cfg(feature = "ndarray")]
    pub(super) fn behind<P: PointerTo<A>, A>(show: for<'a> fn(&'a A) -> Option<RawArray<'a>>) -> Self {
        Self { id: TypeId::of::<P>(), show: erased(show), is_pointer: true }
    }
}

fn erased<A>(
    show: for<'a> fn(&'a A) -> Option<RawArray<'a>>,
) -> unsafe fn(*const ()) -> Option<RawArray<'static>> {
    // SAFETY: a reference to a type with a size is passed as a thin pointer is; that the pointer is such a
    // reference, which outlives the result, is the caller's promise.
    unsafe { std::mem::transmute(show) }
}

/// Views by their types.
pub(super) struct Views(HashMap<TypeId, View, BuildHasherDefault<IdHasher>>);

impl Views {
    pub(super) fn with_room(types: usize) -> Self {
        Self(HashMap::with_capacity_and_hasher(types, BuildHasherDefault::default()))
    }

    pub(super) fn insert(&mut self, view: View) {
        self.0.insert(view.id, view);
    }

    pub(super) fn ids(&self) -> impl Iterator<Item = TypeId> {
        self.0.keys().copied()
    }

    #[inline]
    pub(super) fn see<'a, T: ?Sized>(&self, value: &'a T) -> Option<RawArray<'a>> {
        let view = self.0.get(&typeid::of::<T>())?;
        let mut at = (&raw const *value).cast::<()>();
        // SAFETY: the view is of exactly the type `T`, up to lifetimes, which has a size, so that the pointer
        // is thin; what is behind a pointer lives as long as that. The result borrows from `value`.
        unsafe {
            if view.is_pointer {
                at = at.cast::<*const ()>().read();
            }
            (view.show)(at)
        }
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
