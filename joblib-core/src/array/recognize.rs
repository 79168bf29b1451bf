//! Finding arrays inside a serde stream by their exact type, without copying them.
//!
//! Every hook of a `serde::Serializer` is called with a value whose static type is known. Where that type is
//! exactly a known array (`Array<f64, Ix2>`, `&Vec<u8>`, ..), the value's memory can be taken as it is. The
//! look-up goes through a table of type ids, not through generic code, so that a serializer stays small
//! however many types it is instantiated for. `typeid::of` works for types with lifetimes too: it erases
//! them.

#[cfg(feature = "ndarray")]
mod ndarrays;
mod view;

use super::dtype::{ElementVisitor, named_dtype, visit_elements};
use super::{Element, RawArray, element_dtype};
use serde::de::DeserializeOwned;
use std::any::type_name;
use std::sync::OnceLock;
use view::{Filter, View, Views};

/// The array that `value` is, or that it points to as a reference, `Box`, `Rc` or `Arc`, if its type is
/// exactly one of the known arrays of numbers.
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
    Tables::get().see(|tables| &tables.arrays, value)
}

/// The slice behind an iterable that `Serializer::collect_seq` is given: `&[T]` or `&Vec<T>` of numbers.
#[inline]
pub fn as_slice<I>(iterable: &I) -> Option<RawArray<'_>> {
    let words = size_of::<I>() / size_of::<usize>();
    if words == 0 || words > 2 || align_of::<I>() != align_of::<usize>() {
        return None;
    }
    Tables::get().see(|tables| &tables.slices, iterable)
}

/// Whether `I` is a slice or vector, as [`as_slice`] takes them, of numbers whose crate is left out.
#[inline(always)]
pub(crate) fn is_named_list<I>() -> bool {
    let name = type_name::<I>();
    let slice = name.strip_prefix("&[").and_then(|rest| rest.strip_suffix(']'));
    let vector = || name.strip_prefix("&alloc::vec::Vec<").and_then(|rest| rest.strip_suffix('>'));
    slice.or_else(vector).is_some_and(|name| !name.starts_with('&') && named_dtype(name).is_some())
}

/// Whether `T` is what ndarray's `Serialize` hands over as the elements of an array. The type is private to
/// ndarray, so no struct of anyone else's has such a field, however it calls its fields; it can be told by
/// its name alone.
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

struct Tables {
    /// All ids of both tables.
    filter: Filter,
    arrays: Views,
    slices: Views,
}

impl Tables {
    #[inline]
    fn get() -> &'static Tables {
        static TABLES: OnceLock<Tables> = OnceLock::new();
        TABLES.get_or_init(Tables::build)
    }

    #[cold]
    fn build() -> Tables {
        let mut tables =
            Tables { filter: Filter::new(), arrays: Views::with_room(4096), slices: Views::with_room(64) };
        visit_elements(&mut tables);
        tables.arrays.ids().chain(tables.slices.ids()).for_each(|id| tables.filter.insert(id));
        tables
    }

    #[inline(always)]
    fn see<'a, T: ?Sized>(&self, views: fn(&Self) -> &Views, value: &'a T) -> Option<RawArray<'a>> {
        if self.filter.may_contain(typeid::of::<T>()) { views(self).see(value) } else { None }
    }
}

impl ElementVisitor for Tables {
    fn visit<T: Element + DeserializeOwned>(&mut self) {
        #[cfg(feature = "ndarray")]
        ndarrays::insert::<T>(&mut self.arrays);
        self.slices.insert(View::of(|slice: &&'static [T]| Some(RawArray::from_slice(slice))));
        self.slices.insert(View::of(|vector: &&'static Vec<T>| Some(RawArray::from_slice(vector))));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::array::{Container, DType};

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
}
