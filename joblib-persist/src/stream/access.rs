//! What visitors walk through: elements, fields, variants, and `Some`s around nil.

use super::decoder::Decoder;
use super::names;
use super::wire::Head;
use joblib_core::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The elements of a sequence.
pub(super) struct Elements<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    len: usize,
    left: usize,
}

impl<'a, 'de, 's> Elements<'a, 'de, 's> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de, 's>, len: usize) -> Self {
        Self { decoder, len, left: len }
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The error that the last element met.
    #[cold]
    fn at_last(&self, error: Error) -> Error {
        error.within(self.len - self.left - 1)
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.decoder).map(Some).map_err(|error| self.at_last(error))
    }

    /// Never more than the bytes at hand, each element taking at least one.
    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.decoder.input.len()))
    }
}

/// The pairs of a map.
pub(super) struct Fields<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    left: usize,
    /// The stream from the last key on.
    key: &'de [u8],
}

impl<'a, 'de, 's> Fields<'a, 'de, 's> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de, 's>, left: usize) -> Self {
        Self { decoder, left, key: &[] }
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }

    /// The error that the last value met.
    #[cold]
    fn at_last(&self, error: Error) -> Error {
        error.within(names::key_in(self.key))
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de, '_> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        self.key = self.decoder.rest()?;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(&mut *self.decoder).map_err(|error| self.at_last(error))
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left.min(self.decoder.input.len() / 2))
    }
}

/// The variant of an enum: its name alone, or its name and its data.
pub(super) struct Variant<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    has_data: bool,
    /// The stream from the name on.
    name: &'de [u8],
}

impl<'a, 'de, 's> Variant<'a, 'de, 's> {
    pub(super) fn unit(decoder: &'a mut Decoder<'de, 's>) -> Self {
        Self { decoder, has_data: false, name: &[] }
    }

    pub(super) fn with_data(decoder: &'a mut Decoder<'de, 's>) -> Self {
        Self { decoder, has_data: true, name: &[] }
    }

    /// Reads the variant's data, where it has some.
    #[inline]
    fn data<T>(self, read: impl FnOnce(&mut Decoder<'de, 's>) -> Result<T>) -> Result<T> {
        if !self.has_data {
            return Err(Error::codec("an enum variant lacks its data").within(names::key_in(self.name)));
        }
        read(self.decoder).map_err(|error| error.within(names::key_in(self.name)))
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(mut self, seed: V) -> Result<(V::Value, Self)> {
        self.name = self.decoder.rest()?;
        let variant = seed.deserialize(&mut *self.decoder)?;
        Ok((variant, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        if !self.has_data {
            return Ok(());
        }
        self.data(|decoder| match decoder.head()? {
            Head::Nil | Head::Array(0) => Ok(()),
            other => Err(other.mismatch(&"a variant without data")),
        })
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        self.data(|decoder| seed.deserialize(decoder))
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.data(|decoder| decoder.deserialize_tuple(len, visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.data(|decoder| decoder.deserialize_struct("", fields, visitor))
    }
}

/// `Some(Some(..nil))`, with this many `Some`s.
#[derive(Clone, Copy)]
pub(super) struct NilInSome(u8);

impl NilInSome {
    pub(super) fn read(decoder: &mut Decoder<'_, '_>, len: usize) -> Result<Self> {
        match decoder.take(len)? {
            &[count] if count > 0 => Ok(Self(count)),
            _ => Err(decoder.corrupt("an optional value is malformed")),
        }
    }
}

impl<'de> Deserializer<'de> for NilInSome {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.checked_sub(1) {
            None => visitor.visit_unit(),
            Some(count) => visitor.visit_some(NilInSome(count)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0.checked_sub(1) {
            None => visitor.visit_none(),
            Some(count) => visitor.visit_some(NilInSome(count)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
