//! The types that are read at once, by their ids and their visitors'.
//!
//! Unsafe, for what builds a value is found by the value's type id. [`Table::insert`] alone puts in such
//! functions, under the id of the very type that they build, and [`Table::find`] alone gives them back as
//! that.

#![allow(unsafe_code)]

use super::super::array_ext::ArrayExt;
use super::super::source::Source;
use joblib_core::Result;
use joblib_core::array::DType;
use serde::de::{DeserializeOwned, Deserializer, Visitor};
use serde::forward_to_deserialize_any;
use std::any::TypeId;
use std::collections::HashMap;
use std::fmt;

/// Reads an array as a `T`.
pub(super) type Build<T> = for<'de> fn(&mut dyn Source<'de>, &ArrayExt<'de>) -> Result<T>;

#[derive(Default)]
pub(super) struct Table(HashMap<TypeId, Entry>);

struct Entry {
    visitor: TypeId,
    dtype: DType,
    /// A [`Build`] of the type that the entry stands under.
    build: fn(),
}

impl Table {
    pub(super) fn insert<T: DeserializeOwned + 'static>(&mut self, dtype: DType, build: Build<T>) {
        if let Err(Probed(Some(visitor))) = T::deserialize(Probe) {
            // SAFETY: a pointer to a function may be kept as one to another, if it is not called.
            let build = unsafe { std::mem::transmute::<Build<T>, fn()>(build) };
            self.0.insert(TypeId::of::<T>(), Entry { visitor, dtype, build });
        }
    }

    /// What builds a value of `V`, if that visitor does nothing but collect numbers of this dtype.
    #[inline]
    pub(super) fn find<'de, V: Visitor<'de>>(&self, dtype: DType) -> Option<Build<V::Value>> {
        let build = self.entry(typeid::of::<V::Value>(), typeid::of::<V>(), dtype)?;
        // SAFETY: it was inserted as that for exactly the type `V::Value`, up to lifetimes, of which an owned
        // array of numbers uses none.
        Some(unsafe { std::mem::transmute::<fn(), Build<V::Value>>(build) })
    }

    #[inline(never)]
    fn entry(&self, value: TypeId, visitor: TypeId, dtype: DType) -> Option<fn()> {
        let entry = self.0.get(&value)?;
        (entry.visitor == visitor && entry.dtype == dtype).then_some(entry.build)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
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
