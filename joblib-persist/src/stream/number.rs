//! One number of an array, as bytes and back: the slow path beside taking arrays whole.

use super::wire;
use half::f16;
use joblib_core::array::DType;
use joblib_core::{Error, Result};
use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::ser::{Impossible, SerializeTuple};
use serde::{Deserializer, Serialize, Serializer, forward_to_deserialize_any};

/// Appends the little-endian bytes of the one number that is serialised into it.
pub(super) struct NumberBytes<'b>(pub(super) &'b mut Vec<u8>);

macro_rules! append {
    ($($method:ident($ty:ty)),* $(,)?) => {$(
        #[inline(always)]
        fn $method(self, value: $ty) -> Result<()> {
            self.0.extend_from_slice(&value.to_le_bytes());
            Ok(())
        }
    )*};
}

macro_rules! refuse {
    ($($method:ident($($ty:ty),*) -> $ok:ty),* $(,)?) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok> {
            Err(not_a_number())
        }
    )*};
}

#[cold]
fn not_a_number() -> Error {
    Error::codec("a number serialised as something else")
}

type No = Impossible<(), Error>;

impl Serializer for NumberBytes<'_> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = No;
    type SerializeTuple = Self;
    type SerializeTupleStruct = No;
    type SerializeTupleVariant = No;
    type SerializeMap = No;
    type SerializeStruct = No;
    type SerializeStructVariant = No;

    append! {
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128),
        serialize_f32(f32), serialize_f64(f64),
    }

    fn serialize_bool(self, value: bool) -> Result<()> {
        self.0.push(u8::from(value));
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _name: &'static str, value: &T) -> Result<()> {
        value.serialize(self)
    }

    /// The two parts of a complex number.
    fn serialize_tuple(self, _len: usize) -> Result<Self> {
        Ok(self)
    }

    refuse! {
        serialize_char(char) -> (), serialize_str(&str) -> (), serialize_bytes(&[u8]) -> (),
        serialize_none() -> (), serialize_unit() -> (), serialize_unit_struct(&'static str) -> (),
        serialize_unit_variant(&'static str, u32, &'static str) -> (),
        serialize_seq(Option<usize>) -> No, serialize_tuple_struct(&'static str, usize) -> No,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No,
        serialize_map(Option<usize>) -> No, serialize_struct(&'static str, usize) -> No,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No,
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<()> {
        Err(not_a_number())
    }

    fn serialize_newtype_variant<T>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        Err(not_a_number())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

impl SerializeTuple for NumberBytes<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(NumberBytes(self.0))
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}

/// Writes one collected number to the main stream, as it would have been written alone.
pub(super) fn write_number(out: &mut Vec<u8>, dtype: DType, mut bytes: &[u8]) -> Result<()> {
    match Number::read(dtype, &mut bytes)? {
        Number::Bool(value) => wire::write_bool(out, value),
        Number::Signed(value) => wire::write_int(out, value),
        Number::Unsigned(value) => wire::write_uint(out, value),
        Number::I128(value) => wire::write_bin(out, &value.to_be_bytes()),
        Number::U128(value) => wire::write_bin(out, &value.to_be_bytes()),
        Number::F16(value) => wire::write_uint(out, u64::from(value)),
        Number::F32(value) => wire::write_f32(out, value),
        Number::F64(value) => wire::write_f64(out, value),
        Number::C64([re, im]) => {
            wire::write_array_head(out, 2);
            wire::write_f32(out, re);
            wire::write_f32(out, im);
        }
        Number::C128([re, im]) => {
            wire::write_array_head(out, 2);
            wire::write_f64(out, re);
            wire::write_f64(out, im);
        }
    }
    Ok(())
}

/// One number of an array.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    I128(i128),
    U128(u128),
    /// The bits of a half-precision float: that is how `half` serialises.
    F16(u16),
    F32(f32),
    F64(f64),
    C64([f32; 2]),
    C128([f64; 2]),
}

impl Number {
    /// Takes a number off the front of `bytes`.
    #[inline]
    pub(super) fn read(dtype: DType, bytes: &mut &[u8]) -> Result<Self> {
        macro_rules! little_endian {
            ($ty:ty) => {
                <$ty>::from_le_bytes(wire::take(bytes).ok_or_else(cut_off)?)
            };
        }
        Ok(match dtype {
            DType::Bool => match little_endian!(u8) {
                0 => Number::Bool(false),
                1 => Number::Bool(true),
                _ => return Err(Error::corrupt("a bool is neither 0 nor 1")),
            },
            DType::I8 => Number::Signed(little_endian!(i8).into()),
            DType::I16 => Number::Signed(little_endian!(i16).into()),
            DType::I32 => Number::Signed(little_endian!(i32).into()),
            DType::I64 => Number::Signed(little_endian!(i64)),
            DType::U8 => Number::Unsigned(little_endian!(u8).into()),
            DType::U16 => Number::Unsigned(little_endian!(u16).into()),
            DType::U32 => Number::Unsigned(little_endian!(u32).into()),
            DType::U64 => Number::Unsigned(little_endian!(u64)),
            DType::I128 => Number::I128(little_endian!(i128)),
            DType::U128 => Number::U128(little_endian!(u128)),
            DType::F16 => Number::F16(little_endian!(u16)),
            DType::F32 => Number::F32(little_endian!(f32)),
            DType::F64 => Number::F64(little_endian!(f64)),
            DType::C64 => Number::C64([little_endian!(f32), little_endian!(f32)]),
            DType::C128 => Number::C128([little_endian!(f64), little_endian!(f64)]),
            _ => return Err(Error::unsupported("an array dtype of a later version")),
        })
    }

    /// Deserialises the number by `seed`.
    #[inline]
    pub(super) fn deserialize<'de, T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(NumberDeserializer(self))
    }
}

#[cold]
fn cut_off() -> Error {
    Error::corrupt("array bytes are cut off")
}

struct NumberDeserializer(Number);

impl<'de> Deserializer<'de> for NumberDeserializer {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Number::Bool(value) => visitor.visit_bool(value),
            Number::Signed(value) => visitor.visit_i64(value),
            Number::Unsigned(value) => visitor.visit_u64(value),
            Number::I128(value) => visitor.visit_i128(value),
            Number::U128(value) => visitor.visit_u128(value),
            Number::F16(value) => visitor.visit_u16(value),
            Number::F32(value) => visitor.visit_f32(value),
            Number::F64(value) => visitor.visit_f64(value),
            Number::C64([re, im]) => visitor.visit_seq(Parts([Number::F32(re), Number::F32(im)], 0)),
            Number::C128([re, im]) => visitor.visit_seq(Parts([Number::F64(re), Number::F64(im)], 0)),
        }
    }

    /// Half-precision floats that are wanted as numbers rather than as `half::f16`.
    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Number::F16(bits) => visitor.visit_f32(f16::from_bits(bits).to_f32()),
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_f32(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
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
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct enum identifier ignored_any
    }
}

/// Real and imaginary part.
struct Parts([Number; 2], usize);

impl<'de> SeqAccess<'de> for Parts {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(part) = self.0.get(self.1) else { return Ok(None) };
        self.1 += 1;
        part.deserialize(seed).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(2 - self.1)
    }
}
