//! What visitors walk through: elements, fields, variants, and `Some`s around nil.

use super::decoder::Decoder;
use super::wire::Head;
use joblib_core::{Error, Result};
use serde::de::{DeserializeSeed, Deserializer, EnumAccess, MapAccess, SeqAccess, VariantAccess, Visitor};
use serde::forward_to_deserialize_any;

/// The elements of a sequence.
pub(super) struct Elements<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    left: usize,
}

impl<'a, 'de, 's> Elements<'a, 'de, 's> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de, 's>, left: usize) -> Self {
        Self { decoder, left }
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de, '_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.decoder).map(Some)
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
}

impl<'a, 'de, 's> Fields<'a, 'de, 's> {
    #[inline]
    pub(super) fn new(decoder: &'a mut Decoder<'de, 's>, left: usize) -> Self {
        Self { decoder, left }
    }

    #[inline]
    pub(super) fn left(&self) -> usize {
        self.left
    }
}

impl<'de> MapAccess<'de> for Fields<'_, 'de, '_> {
    type Error = Error;

    #[inline]
    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(left) = self.left.checked_sub(1) else { return Ok(None) };
        self.left = left;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    #[inline]
    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        seed.deserialize(&mut *self.decoder)
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
}

impl<'a, 'de, 's> Variant<'a, 'de, 's> {
    pub(super) fn unit(decoder: &'a mut Decoder<'de, 's>) -> Self {
        Self { decoder, has_data: false }
    }

    pub(super) fn with_data(decoder: &'a mut Decoder<'de, 's>) -> Self {
        Self { decoder, has_data: true }
    }

    fn data(self) -> Result<&'a mut Decoder<'de, 's>> {
        if self.has_data {
            Ok(self.decoder)
        } else {
            Err(self.decoder.corrupt("an enum variant lacks its data"))
        }
    }
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self)> {
        let name = seed.deserialize(&mut *self.decoder)?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de, '_> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        if !self.has_data || matches!(self.decoder.head()?, Head::Nil | Head::Array(0)) {
            return Ok(());
        }
        Err(self.decoder.corrupt("an enum variant without data has some"))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self.data()?)
    }

    fn tuple_variant<V: Visitor<'de>>(self, len: usize, visitor: V) -> Result<V::Value> {
        self.data()?.deserialize_tuple(len, visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.data()?.deserialize_struct("", fields, visitor)
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

    fn is_human_readable(&self) -> bool {
        false
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq
        tuple tuple_struct map struct enum identifier ignored_any
    }
}
