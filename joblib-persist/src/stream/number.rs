//! A number of the main stream, alone or in an array, and which types it is read as: the slow path beside
//! taking arrays whole.
//!
//! One rule holds wherever a number stands. An integer is read as any integer type that holds it, and as a
//! float that holds it exactly; a float is read as itself or a wider float; a half-precision float is never
//! taken for the integer that `half` makes of it. Everything else is an error.

use super::half::{self, Half};
use super::{too_long, wire};
use joblib_core::array::{DType, element_dtype};
use joblib_core::{Error, Result};
use serde::de::{DeserializeSeed, Error as _, IntoDeserializer, SeqAccess, Unexpected, Visitor};
use serde::{Deserializer, forward_to_deserialize_any};
use std::fmt;

/// A number.
#[derive(Clone, Copy, Debug)]
pub(super) enum Number {
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    I128(i128),
    U128(u128),
    Half(Half),
    F32(f32),
    F64(f64),
    C64([f32; 2]),
    C128([f64; 2]),
}

impl Number {
    /// Takes a number of an array off the front of `bytes`.
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
            DType::F16 | DType::BF16 => Number::Half(Half { dtype, bits: little_endian!(u16) }),
            DType::F32 => Number::F32(little_endian!(f32)),
            DType::F64 => Number::F64(little_endian!(f64)),
            DType::C64 => Number::C64([little_endian!(f32), little_endian!(f32)]),
            DType::C128 => Number::C128([little_endian!(f64), little_endian!(f64)]),
            _ => return Err(Error::unsupported("an array dtype of a later version")),
        })
    }

    /// Writes the number to the main stream, as it would have been written alone.
    pub(super) fn write(self, out: &mut Vec<u8>) {
        match self {
            Number::Bool(value) => wire::write_bool(out, value),
            Number::Signed(value) => wire::write_int(out, value),
            Number::Unsigned(value) => wire::write_uint(out, value),
            Number::I128(value) => wire::write_i128(out, value),
            Number::U128(value) => wire::write_u128(out, value),
            Number::Half(value) => wire::write_half(out, value.extension(), value.bits),
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
    }

    /// The sign and magnitude of an integer.
    fn integer(self) -> Option<(bool, u128)> {
        match self {
            Number::Signed(value) => Some((value < 0, value.unsigned_abs().into())),
            Number::Unsigned(value) => Some((false, value.into())),
            Number::I128(value) => Some((value < 0, value.unsigned_abs())),
            Number::U128(value) => Some((false, value)),
            _ => None,
        }
    }

    /// What errors call it.
    fn kind(self) -> &'static str {
        match self {
            Number::Bool(_) => "bool",
            Number::Signed(_) | Number::Unsigned(_) | Number::I128(_) | Number::U128(_) => "integer",
            Number::Half(value) => value.dtype.name(),
            Number::F32(_) => "float32",
            Number::F64(_) => "float64",
            Number::C64(_) => "complex64",
            Number::C128(_) => "complex128",
        }
    }

    /// The half-precision float that an integer of up to 32 bits is exactly.
    fn as_half(self, dtype: DType) -> Option<Half> {
        let (negative, magnitude) = self.integer()?;
        Half::of_integer(dtype, negative, u32::try_from(magnitude).ok()?)
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Number::Bool(value) => write!(f, "{value}"),
            Number::Signed(value) => write!(f, "{value}"),
            Number::Unsigned(value) => write!(f, "{value}"),
            Number::I128(value) => write!(f, "{value}"),
            Number::U128(value) => write!(f, "{value}"),
            Number::Half(value) => write!(f, "{:?}", value.to_f32()),
            Number::F32(value) => write!(f, "{value:?}"),
            Number::F64(value) => write!(f, "{value:?}"),
            Number::C64([re, im]) => write!(f, "{re:?}{im:+?}i"),
            Number::C128([re, im]) => write!(f, "{re:?}{im:+?}i"),
        }
    }
}

#[cold]
fn cut_off() -> Error {
    Error::corrupt("array bytes are cut off")
}

/// Hands a number to whatever type asks for it.
pub(super) struct NumberDeserializer(pub(super) Number);

impl NumberDeserializer {
    fn integer<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            // Its bits are no integer to anyone but `half`.
            Number::Half(value) => {
                Err(Error::invalid_type(Unexpected::Float(value.to_f32().into()), &visitor))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    /// A float with a mantissa of `digits` bits.
    fn float<'de, V: Visitor<'de>>(self, digits: u32, visitor: V) -> Result<V::Value> {
        match self.0 {
            Number::Half(value) => visitor.visit_f32(value.to_f32()),
            Number::F64(value) if digits < f64::MANTISSA_DIGITS => Err(rounded(value)),
            number => match number.integer() {
                Some((_, magnitude)) if !is_exact(magnitude, digits) => Err(inexact(number, digits)),
                // serde's floats are read from no integers of 128 bits; both have the exponent for it.
                Some((negative, magnitude)) if u64::try_from(magnitude).is_err() => {
                    visitor.visit_f64(if negative { -(magnitude as f64) } else { magnitude as f64 })
                }
                _ => self.deserialize_any(visitor),
            },
        }
    }
}

/// Whether a float with a mantissa of `digits` bits holds the integer.
fn is_exact(magnitude: u128, digits: u32) -> bool {
    magnitude == 0 || u128::BITS - magnitude.leading_zeros() - magnitude.trailing_zeros() <= digits
}

#[cold]
fn rounded(value: f64) -> Error {
    Error::codec(format!(
        "the float64 {value:?} is not read as a float32, which may round it: read it as float64 and convert that, \
         as by `as f32` or an array's `mapv(|x| x as f32)`"
    ))
}

#[cold]
fn inexact(number: Number, digits: u32) -> Error {
    let float = if digits == f64::MANTISSA_DIGITS { "float64" } else { "float32" };
    Error::codec(format!(
        "the integer {number} is not read as a {float}, which would round it: read it as an integer and \
         convert that"
    ))
}

macro_rules! integers {
    ($($method:ident)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            self.integer(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for NumberDeserializer {
    type Error = Error;

    #[inline]
    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.0 {
            Number::Bool(value) => visitor.visit_bool(value),
            Number::Signed(value) => visitor.visit_i64(value),
            Number::Unsigned(value) => visitor.visit_u64(value),
            Number::I128(value) => match (u64::try_from(value), i64::try_from(value)) {
                (Ok(value), _) => visitor.visit_u64(value),
                (_, Ok(value)) => visitor.visit_i64(value),
                _ => visitor.visit_i128(value),
            },
            Number::U128(value) => match u64::try_from(value) {
                Ok(value) => visitor.visit_u64(value),
                Err(_) => visitor.visit_u128(value),
            },
            // What serde keeps of them until a type is known is read as a `half::f16` or `bf16`, and as no
            // integer.
            Number::Half(value) => visitor.visit_newtype_struct(bits(value.bits)),
            Number::F32(value) => visitor.visit_f32(value),
            Number::F64(value) => visitor.visit_f64(value),
            Number::C64([re, im]) => parts([Number::F32(re), Number::F32(im)], visitor),
            Number::C128([re, im]) => parts([Number::F64(re), Number::F64(im)], visitor),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64 deserialize_i128
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(f32::MANTISSA_DIGITS, visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.float(f64::MANTISSA_DIGITS, visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value> {
        // Others may have types of these names that mean something else.
        let wanted = element_dtype::<V::Value>().filter(|dtype| matches!(dtype, DType::F16 | DType::BF16));
        let half = match (self.0, wanted) {
            (Number::Half(half), _) if half::of_newtype(name) == Some(half.dtype) => Some(half),
            (number, Some(dtype)) => number.as_half(dtype),
            _ => return visitor.visit_newtype_struct(self),
        };
        match half {
            Some(half) => visitor.visit_newtype_struct(bits(half.bits)),
            None => Err(Error::codec(format!(
                "the {} {} is not read as a {name}, which may round it: read it as what it is, and convert that",
                self.0.kind(),
                self.0
            ))),
        }
    }

    forward_to_deserialize_any! {
        bool char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct enum identifier
        ignored_any
    }
}

/// What `half` deserialises itself from.
fn bits(bits: u16) -> serde::de::value::U16Deserializer<Error> {
    bits.into_deserializer()
}

/// Hands over a real and an imaginary part.
fn parts<'de, V: Visitor<'de>>(parts: [Number; 2], visitor: V) -> Result<V::Value> {
    let mut parts = Parts(parts, 0);
    let value = visitor.visit_seq(&mut parts)?;
    if parts.1 == 2 { Ok(value) } else { Err(too_long("complex number", 2, 2 - parts.1)) }
}

/// Real and imaginary part.
struct Parts([Number; 2], usize);

impl<'de> SeqAccess<'de> for Parts {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        let Some(part) = self.0.get(self.1) else { return Ok(None) };
        self.1 += 1;
        seed.deserialize(NumberDeserializer(*part)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(2 - self.1)
    }
}
