//! Finding arrays inside a serde stream by their exact type, without copying them.
//!
//! Every hook of a `serde::Serializer` is called with a value whose static type is known. Where that type is
//! exactly a known array (`Array<f64, Ix2>`, `&Vec<u8>`, ..), the value's memory can be taken as it is. The
//! look-up goes through a table of type ids, not through generic code, so that a serializer stays small however
//! many types it is instantiated for. `typeid::of` works for types with lifetimes too: it erases them.

#[cfg(feature = "ndarray")]
mod ndarrays;

use super::{DType, Element, RawArray};
use std::any::{TypeId, type_name};
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::sync::OnceLock;

/// The array that `value` is, or that it points to as a reference, `Box`, `Rc` or `Arc`, if its type is exactly
/// one of the known arrays of numbers.
#[inline]
pub fn as_array<T: ?Sized>(value: &T) -> Option<RawArray<'_>> {
    // Constant for sized types: most instantiations vanish here.
    let (size, align, word) = (size_of_val(value), align_of_val(value), size_of::<usize>());
    if align != align_of::<usize>() || !(size == word || (4 * word..=20 * word).contains(&size)) {
        return None;
    }
    if element_dtype::<T>().is_some() {
        return None;
    }
    let tables = Tables::get();
    let id = typeid::of::<T>();
    if !tables.filter.may_contain(id) {
        return None;
    }
    let at = (&raw const *value).cast::<()>();
    // SAFETY: the table maps a type's id to a function over exactly that sized type, so the pointer is thin and
    // valid for it; a `Pointer` is the id of a type that is one thin pointer to what the function is over, as
    // references and boxes are. The result borrows from `value`.
    #[allow(unsafe_code)]
    unsafe {
        match tables.arrays.get(&id)? {
            Access::Direct(view) => view(at),
            Access::Pointer(view) => view(at.cast::<*const ()>().read()),
        }
    }
}

/// The slice behind an iterable that `Serializer::collect_seq` is given: `&[T]` or `&Vec<T>` of numbers.
#[inline]
pub fn as_slice<I>(iterable: &I) -> Option<RawArray<'_>> {
    let words = size_of::<I>() / size_of::<usize>();
    if words == 0 || words > 2 || align_of::<I>() != align_of::<usize>() {
        return None;
    }
    let tables = Tables::get();
    let id = typeid::of::<I>();
    if !tables.filter.may_contain(id) {
        return None;
    }
    let view = tables.slices.get(&id)?;
    // SAFETY: as in `as_array`; the slice outlives the reference that `iterable` is.
    #[allow(unsafe_code)]
    unsafe {
        view((&raw const *iterable).cast())
    }
}

/// The dtype of `T`, or of `P` where `T` is `&P`: what a sequence's elements are called with.
///
/// `usize` and `isize` are what serde makes of them: 64 bits on every machine. Folds to a constant in optimised
/// builds.
#[inline(always)]
#[must_use]
pub fn element_dtype<T: ?Sized>() -> Option<DType> {
    let id = typeid::of::<T>();
    macro_rules! compare {
        ($($ty:ty = $dtype:expr),*) => {$(
            if id == TypeId::of::<$ty>() || id == TypeId::of::<&'static $ty>() {
                return Some($dtype);
            }
        )*};
        ($($ty:ty),*) => { compare!($($ty = <$ty as Element>::DTYPE),*) };
    }
    compare!(f64, f32, u8, i32, i64, u32, u64);
    compare!(usize = DType::U64, isize = DType::I64);
    compare!(i16, u16, i8, bool, i128, u128);
    #[cfg(feature = "half")]
    compare!(half::f16);
    #[cfg(feature = "num-complex")]
    compare!(num_complex::Complex<f32>, num_complex::Complex<f64>);
    None
}

/// Whether `T` is what ndarray's `Serialize` hands over as the elements of an array. The type is private to ndarray, so no
/// struct of anyone else's has such a field, however it calls its fields; it can be told by its name alone.
#[must_use]
pub fn is_ndarray_elements<T: ?Sized>() -> bool {
    type_name::<T>().starts_with("ndarray::array_serde::Sequence<")
}

/// As [`is_ndarray_elements`], for the extents, whose type is public.
#[must_use]
pub fn is_ndarray_extents<T: ?Sized>() -> bool {
    type_name::<T>().starts_with("ndarray::dimension::dim::Dim<")
}

/// Whether `V` is the visitor by which ndarray's `Deserialize` reads an array.
#[must_use]
pub fn is_ndarray_visitor<V: ?Sized>() -> bool {
    type_name::<V>().starts_with("ndarray::array_serde::ArrayVisitor<")
}

type View = unsafe fn(*const ()) -> Option<RawArray<'static>>;
type Table<V> = HashMap<TypeId, V, BuildHasherDefault<IdHasher>>;

/// How to get at an array of a type.
#[derive(Clone, Copy)]
#[cfg_attr(not(feature = "ndarray"), expect(dead_code))]
enum Access {
    Direct(View),
    Pointer(View),
}

struct Tables {
    /// All ids of both tables.
    filter: Filter,
    arrays: Table<Access>,
    slices: Table<View>,
}

impl Tables {
    #[inline]
    fn get() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Tables::build)
    }

    #[cold]
    fn build() -> Tables {
        let mut tables = Tables {
            filter: Filter::new(),
            arrays: Table::with_capacity_and_hasher(4096, BuildHasherDefault::default()),
            slices: Table::with_capacity_and_hasher(64, BuildHasherDefault::default()),
        };
        macro_rules! each {
            ($($ty:ty),*) => { $( tables.element::<$ty>(); )* };
        }
        each!(bool, i8, u8, i16, u16, i32, u32, i64, u64, i128, u128, f32, f64);
        #[cfg(feature = "half")]
        each!(half::f16);
        #[cfg(feature = "num-complex")]
        each!(num_complex::Complex<f32>, num_complex::Complex<f64>);
        #[cfg(target_pointer_width = "64")]
        each!(isize, usize);
        tables.arrays.keys().chain(tables.slices.keys()).for_each(|&id| tables.filter.insert(id));
        tables
    }

    fn element<T: Element>(&mut self) {
        #[cfg(feature = "ndarray")]
        ndarrays::insert::<T>(&mut self.arrays);
        self.slices.insert(TypeId::of::<&'static [T]>(), slice_at::<T>);
        self.slices.insert(TypeId::of::<&'static Vec<T>>(), vec_at::<T>);
    }
}

/// # Safety
///
/// `it` points to a `&[T]`; the slice outlives the result.
#[allow(unsafe_code)]
unsafe fn slice_at<T: Element>(it: *const ()) -> Option<RawArray<'static>> {
    // SAFETY: the caller's promise.
    Some(RawArray::from_slice(unsafe { *it.cast::<&[T]>() }))
}

/// # Safety
///
/// `it` points to a `&Vec<T>`; the vector outlives the result.
#[allow(unsafe_code)]
unsafe fn vec_at<T: Element>(it: *const ()) -> Option<RawArray<'static>> {
    // SAFETY: the caller's promise.
    Some(RawArray::from_slice(unsafe { *it.cast::<&Vec<T>>() }))
}

/// Which ids may be in the tables: one load and a test for the many types that are not.
struct Filter(Box<[u64; FILTER_WORDS]>);

const FILTER_WORDS: usize = 1 << 10;

impl Filter {
    fn new() -> Self {
        Self(Box::new([0; FILTER_WORDS]))
    }

    fn insert(&mut self, id: TypeId) {
        let (word, bit) = Self::place(id);
        self.0[word] |= bit;
    }

    #[inline(always)]
    fn may_contain(&self, id: TypeId) -> bool {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::Container;

    #[test]
    fn knows_slices_and_vectors() {
        let vector = vec![1u16, 2, 3];
        let borrowed = &vector;
        let raw = as_slice(&borrowed).unwrap();
        assert_eq!((raw.dtype(), raw.shape(), raw.container()), (DType::U16, &[3][..], Container::Sequence));
        assert!(as_slice(&&vector[1..]).is_some());
        assert!(as_slice(&&vec![String::new()]).is_none());
        assert!(as_slice(&&(0..3)).is_none());
    }

    #[test]
    fn elements_by_value_and_by_reference() {
        assert_eq!(element_dtype::<f32>(), Some(DType::F32));
        #[cfg(feature = "num-complex")]
        assert_eq!(element_dtype::<&num_complex::Complex<f64>>(), Some(DType::C128));
        assert_eq!(element_dtype::<usize>(), Some(DType::U64));
        assert_eq!(element_dtype::<str>(), None);
        assert_eq!(element_dtype::<char>(), None);
    }
}
