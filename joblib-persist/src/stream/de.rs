//! Reading values: a serde `Deserializer` that reads arrays of numbers straight into their place.

use super::access::{Elements, Fields, NilInSome, Variant};
use super::array_ext::{ArrayExt, Place};
use super::decoder::Decoder;
use super::half::{self, Half};
use super::number::{Number, NumberDeserializer};
use super::wire::{EXT_ARRAY, EXT_BRAIN, EXT_HALF, EXT_I128, EXT_SOME, EXT_U128, Head, NIL};
use super::{nd, too_deep, too_long};
use joblib_core::array::{DType, is_ndarray_visitor};
use joblib_core::memmap::handover;
use joblib_core::{Error, Result};
use serde::de::{Deserializer, Visitor};

impl<'de> Decoder<'de, '_> {
    #[inline]
    fn integer<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if let Some((&value @ 0..0x80, rest)) = self.input.split_first() {
            self.input = rest;
            return visitor.visit_u64(u64::from(value));
        }
        match self.head()? {
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Signed(value) => visitor.visit_i64(value),
            other => match self.number(other)? {
                Some(number) => NumberDeserializer(number).deserialize_i64(visitor),
                None => Err(other.mismatch(&visitor)),
            },
        }
    }

    /// The number that a head is, or begins.
    pub(super) fn number(&mut self, head: Head) -> Result<Option<Number>> {
        Ok(Some(match head {
            Head::Unsigned(value) => Number::Unsigned(value),
            Head::Signed(value) => Number::Signed(value),
            Head::F32(value) => Number::F32(value),
            Head::F64(value) => Number::F64(value),
            Head::Ext(EXT_HALF, 2) => self.half_number(DType::F16)?,
            Head::Ext(EXT_BRAIN, 2) => self.half_number(DType::BF16)?,
            Head::Ext(EXT_I128, 16) => Number::I128(i128::from_be_bytes(self.take_array()?)),
            Head::Ext(EXT_U128, 16) => Number::U128(u128::from_be_bytes(self.take_array()?)),
            _ => return Ok(None),
        }))
    }

    fn half_number(&mut self, dtype: DType) -> Result<Number> {
        Ok(Number::Half(Half { dtype, bits: u16::from_be_bytes(self.take_array()?) }))
    }

    /// A half-precision float, or another newtype of that name.
    #[cold]
    fn half<V: Visitor<'de>>(&mut self, name: &'static str, visitor: V) -> Result<V::Value> {
        self.peek()?;
        let before = (self.input, self.end);
        let head = self.head()?;
        if let Some(number) = self.number(head)? {
            return NumberDeserializer(number).deserialize_newtype_struct(name, visitor);
        }
        (self.input, self.end) = before;
        visitor.visit_newtype_struct(self)
    }

    #[inline]
    pub(super) fn elements<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value> {
        self.enter()?;
        let mut elements = Elements::new(self, len);
        let value = visitor.visit_seq(&mut elements)?;
        let left = elements.left();
        self.leave();
        if left == 0 { Ok(value) } else { Err(too_long("sequence", len, left)) }
    }

    #[inline]
    fn fields<V: Visitor<'de>>(&mut self, len: usize, visitor: V) -> Result<V::Value> {
        self.enter()?;
        let mut fields = Fields::new(self, len);
        let value = visitor.visit_map(&mut fields)?;
        let left = fields.left();
        self.leave();
        if left == 0 { Ok(value) } else { Err(too_long("map", len, left)) }
    }

    /// A type can be made of nothing but `Some`s, whatever the stream holds; not one that owns nothing, such
    /// as a number.
    #[inline]
    fn some<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if !std::mem::needs_drop::<V::Value>() {
            return visitor.visit_some(self);
        }
        self.depth.enter_some().map_err(too_deep)?;
        let value = visitor.visit_some(&mut *self)?;
        self.depth.leave_some();
        Ok(value)
    }

    fn any<V: Visitor<'de>>(&mut self, head: Head, visitor: V) -> Result<V::Value> {
        match head {
            Head::Nil => visitor.visit_unit(),
            Head::Bool(value) => visitor.visit_bool(value),
            Head::Str(len) => visitor.visit_borrowed_str(self.text(len)?),
            Head::Bin(len) => visitor.visit_borrowed_bytes(self.take(len)?),
            Head::Array(len) => self.elements(len, visitor),
            Head::Map(len) => self.fields(len, visitor),
            Head::Ext(EXT_ARRAY, len) => {
                let array = self.array(len)?;
                nd::any(self, &array, visitor)
            }
            Head::Ext(EXT_SOME, len) => NilInSome::read(self, len)?.deserialize_any(visitor),
            number => match self.number(number)? {
                Some(number) => NumberDeserializer(number).deserialize_any(visitor),
                None => Err(self.corrupt("an extension value of unknown type")),
            },
        }
    }

    fn sequence<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::Array(len) => self.elements(len, visitor),
            Head::Ext(EXT_ARRAY, len) => {
                let array = self.array(len)?;
                nd::sequence(self, &array, visitor)
            }
            Head::Bin(len) => {
                let array = ArrayExt::of_bytes(self.take(len)?);
                nd::sequence(self, &array, visitor)
            }
            other => Err(other.mismatch(&visitor)),
        }
    }

    fn bytes<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::Bin(len) | Head::Str(len) => visitor.visit_borrowed_bytes(self.take(len)?),
            Head::Array(len) => self.elements(len, visitor),
            Head::Ext(EXT_ARRAY, len) => {
                let array = self.array(len)?;
                nd::bytes(self, &array, visitor)
            }
            other => Err(other.mismatch(&visitor)),
        }
    }

    #[inline]
    fn string<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        if let Some(text) = self.short_text()? {
            return visitor.visit_borrowed_str(text);
        }
        match self.head()? {
            Head::Str(len) => visitor.visit_borrowed_str(self.text(len)?),
            other => Err(other.mismatch(&visitor)),
        }
    }

    #[inline]
    fn float<V: Visitor<'de>>(&mut self, wide: bool, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::F64(value) if wide => visitor.visit_f64(value),
            Head::F32(value) => visitor.visit_f32(value),
            other => match self.number(other)? {
                Some(number) if wide => NumberDeserializer(number).deserialize_f64(visitor),
                Some(number) => NumberDeserializer(number).deserialize_f32(visitor),
                None => Err(other.mismatch(&visitor)),
            },
        }
    }

    /// A `MappedArray`: mapped where the source has a place for the array.
    fn mapped_array<V: Visitor<'de>>(&mut self, visitor: V) -> Result<V::Value> {
        self.peek()?;
        let before = (self.input, self.end);
        if let Head::Ext(EXT_ARRAY, len) = self.head()? {
            let array = self.array(len)?;
            if let Place::Inline(_) = array.place {
                self.source.unmapped(&array, "it is small and stands in the main stream")?;
            }
            if let Place::Elsewhere(_) = array.place
                && let Some(place) = self.source.place(&array)?
            {
                let after = std::mem::replace(&mut self.input, before.0);
                let (value, taken) =
                    handover::offer(Some(place), || visitor.visit_newtype_struct(&mut *self));
                if taken {
                    self.input = after;
                    if value.is_ok() {
                        self.source.mapped(&array)?;
                    }
                } else if value.is_ok() {
                    self.source.unmapped(
                        &array,
                        "its dtype is another one, or an array of this process writes to it",
                    )?;
                }
                return value;
            }
            (self.input, self.end) = before;
            return handover::offer(None, || visitor.visit_newtype_struct(self)).0;
        }
        // What is no array, the visitor itself says of.
        (self.input, self.end) = before;
        visitor.visit_newtype_struct(self)
    }
}

/// Methods that differ in name alone.
macro_rules! all {
    ($($method:ident)+ => $by:ident) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.$by(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de, '_> {
    type Error = Error;

    all! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128 => integer
    }
    all! { deserialize_char deserialize_str deserialize_string => string }
    all! { deserialize_bytes deserialize_byte_buf => bytes }
    all! { deserialize_seq => sequence }

    #[inline]
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(false, visitor)
    }

    #[inline]
    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(true, visitor)
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let head = self.head()?;
        self.any(head, visitor)
    }

    #[inline]
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::Bool(value) => visitor.visit_bool(value),
            other => Err(other.mismatch(&visitor)),
        }
    }

    #[inline]
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.peek()? {
            NIL => {
                self.take(1)?;
                visitor.visit_none()
            }
            0xc7 | 0xd4 => {
                let before = (self.input, self.end);
                if let Head::Ext(EXT_SOME, len) = self.head()? {
                    return NilInSome::read(self, len)?.deserialize_option(visitor);
                }
                (self.input, self.end) = before;
                self.some(visitor)
            }
            _ => self.some(visitor),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::Nil => visitor.visit_unit(),
            other => Err(other.mismatch(&visitor)),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _name: &'static str, visitor: V) -> Result<V::Value> {
        self.deserialize_unit(visitor)
    }

    #[inline]
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        if name == handover::NEWTYPE {
            return self.mapped_array(visitor);
        }
        if half::of_newtype(name).is_some() {
            return self.half(name, visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _len: usize, visitor: V) -> Result<V::Value> {
        self.sequence(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _len: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.sequence(visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.head()? {
            Head::Map(len) => self.fields(len, visitor),
            head @ Head::Ext(EXT_ARRAY, _) => self.any(head, visitor),
            other => Err(other.mismatch(&visitor)),
        }
    }

    #[inline]
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        match self.head()? {
            Head::Map(len) => self.fields(len, visitor),
            Head::Bin(len) => {
                let array = ArrayExt::of_bytes(self.take(len)?);
                nd::structure(self, &array, visitor)
            }
            Head::Array(len) if is_ndarray_visitor::<V>() => nd::elements(self, len, visitor),
            Head::Array(len) => self.elements(len, visitor),
            Head::Ext(EXT_ARRAY, len) => {
                let array = self.array(len)?;
                nd::structure(self, &array, visitor)
            }
            other => Err(other.mismatch(&visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        if !matches!(self.peek()?, 0x80..=0x8f | 0xde | 0xdf) {
            return visitor.visit_enum(Variant::unit(self));
        }
        match self.head()? {
            Head::Map(1) => {
                self.enter()?;
                let value = visitor.visit_enum(Variant::with_data(self))?;
                self.leave();
                Ok(value)
            }
            other => Err(other.mismatch(&"an enum's variant")),
        }
    }

    #[inline]
    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if let Some(text) = self.short_text()? {
            return visitor.visit_borrowed_str(text);
        }
        match self.head()? {
            Head::Str(len) => visitor.visit_borrowed_str(self.text(len)?),
            Head::Unsigned(value) => visitor.visit_u64(value),
            Head::Bin(len) => visitor.visit_borrowed_bytes(self.take(len)?),
            other => Err(other.mismatch(&visitor)),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.skip_value()?;
        visitor.visit_unit()
    }
}
