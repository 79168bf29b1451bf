//! Recognising, while reading, that a type is exactly a vector or array of numbers.
//!
//! serde asks a deserializer for "a sequence" and hands it a visitor; which type asks is not said. It shows in two
//! type ids: that of the value the visitor makes, and that of the visitor. Where the value is a `Vec<f64>` and the
//! visitor is the one by which serde itself reads a `Vec<f64>`, that visitor would do no more than collect the
//! numbers: they can be read at once. A visitor of anyone else's (`#[serde(deserialize_with)]`) must run, though
//! its value may be a `Vec<f64>` too. serde's and ndarray's visitors are private; their ids are learned by asking
//! a `Vec<f64>` or an `Array` to deserialise itself from a probe that answers with the visitor's id.

#![allow(unsafe_code)]

#[cfg(feature = "ndarray")]
mod ndarrays;

use super::array_ext::{ArrayExt, Place, Reference};
use super::decoder::Decoder;
use super::source::Source;
use super::uninit;
use joblib_core::Result;
use joblib_core::array::{DType, Element};
use serde::de::{Deserialize, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;
use std::mem::MaybeUninit;
use std::sync::OnceLock;

/// The array as `V` would make it element by element, if `V` is known to do only that.
#[inline]
pub(super) fn read<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
) -> Result<Option<V::Value>> {
    let word = size_of::<usize>();
    // Constant: for most types nothing is left of this function.
    if align_of::<V::Value>() != word || !(3 * word..=24 * word).contains(&size_of::<V::Value>()) {
        return Ok(None);
    }
    let Some(build) = find(typeid::of::<V::Value>(), typeid::of::<V>(), array.dtype) else { return Ok(None) };
    let mut value = MaybeUninit::<V::Value>::uninit();
    // SAFETY: `find` gives the builder of exactly the type `V::Value`, up to lifetimes, of which an owned array
    // of numbers uses none. The builder initialises the value unless it fails.
    unsafe {
        build(decoder.source, array, value.as_mut_ptr().cast())?;
        Ok(Some(value.assume_init()))
    }
}

/// Writes the value it builds behind the pointer, unless it fails.
type Build = for<'de> unsafe fn(&mut dyn Source<'de>, &ArrayExt<'de>, *mut ()) -> Result<()>;

struct Entry {
    visitor: TypeId,
    dtype: DType,
    build: Build,
}

#[inline(never)]
fn find(value: TypeId, visitor: TypeId, dtype: DType) -> Option<Build> {
    static TABLE: OnceLock<HashMap<TypeId, Entry>> = OnceLock::new();
    if cfg!(target_endian = "big") {
        return None;
    }
    let entry = TABLE.get_or_init(table).get(&value)?;
    (entry.visitor == visitor && entry.dtype == dtype).then_some(entry.build)
}

#[cold]
fn table() -> HashMap<TypeId, Entry> {
    let mut table = HashMap::with_capacity(512);
    macro_rules! each {
        ($($ty:ty),*) => { $( element::<$ty>(&mut table); )* };
    }
    each!(bool, i8, u8, i16, u16, i32, u32, i64, u64, i128, u128, f32, f64);
    #[cfg(feature = "half")]
    each!(half::f16);
    #[cfg(feature = "num-complex")]
    each!(num_complex::Complex<f32>, num_complex::Complex<f64>);
    #[cfg(target_pointer_width = "64")]
    each!(isize, usize);
    table
}

fn element<T: Element + for<'de> Deserialize<'de>>(table: &mut HashMap<TypeId, Entry>) {
    insert::<Vec<T>>(table, T::DTYPE, build_vec::<T>);
    #[cfg(feature = "ndarray")]
    ndarrays::insert_all::<T>(table);
}

fn insert<V: for<'de> Deserialize<'de> + 'static>(
    table: &mut HashMap<TypeId, Entry>,
    dtype: DType,
    build: Build,
) {
    if let Err(Probed(Some(visitor))) = V::deserialize(Probe) {
        table.insert(TypeId::of::<V>(), Entry { visitor, dtype, build });
    }
}

/// # Safety
///
/// `out` is valid for writing a `Vec<T>`.
unsafe fn build_vec<'de, T: Element>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
    out: *mut (),
) -> Result<()> {
    let vector = elements::<T>(source, array)?;
    // SAFETY: the caller's promise.
    unsafe { out.cast::<Vec<T>>().write(vector) };
    Ok(())
}

/// All elements, in the order in which they are stored; as bytes, if `T` is `u8`.
pub(super) fn elements<'de, T: Element>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
) -> Result<Vec<T>> {
    let len = array.nbytes / size_of::<T>();
    if let Place::Elsewhere(_) = array.place {
        source.reserve(array)?;
    }
    match array.place {
        Place::Elsewhere(Reference::Blocks { .. }) => {
            uninit::zeroed_vec(len, |dst| source.decompress(array, dst))
        }
        Place::Elsewhere(Reference::Follows) => uninit::grown_vec(len, |dst| source.fill(array, dst)),
        _ => uninit::filled_vec(len, |dst| fill(source, array, dst)),
    }
}

/// Fills `dst` with the bytes of an array, in the order in which they are stored.
pub(super) fn fill<'de, 'b>(
    source: &mut dyn Source<'de>,
    array: &ArrayExt<'de>,
    dst: &'b mut [MaybeUninit<u8>],
) -> Result<&'b mut [u8]> {
    match array.place {
        Place::Inline(bytes) => uninit::copy(dst, bytes),
        Place::Elsewhere(_) => source.fill(array, dst),
    }
}

/// Answers every request with the type id of the visitor it came with.
struct Probe;

#[derive(Debug)]
struct Probed(Option<TypeId>);

impl<'de> Deserializer<'de> for Probe {
    type Error = Probed;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Probed> {
        Err(Probed(Some(typeid::of::<V>())))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

impl serde::de::Error for Probed {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self(None)
    }
}

impl std::error::Error for Probed {}

impl fmt::Display for Probed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("probed")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_has_its_visitor() {
        let of = |is_known: bool, types: usize| if is_known { types } else { 0 };
        let elements = 13
            + of(cfg!(feature = "half"), 1)
            + of(cfg!(feature = "num-complex"), 2)
            + of(cfg!(target_pointer_width = "64"), 2);
        assert_eq!(table().len(), elements * (1 + of(cfg!(feature = "ndarray"), 2 * 8)));
    }
}
