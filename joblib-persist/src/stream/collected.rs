//! Collecting numbers that are serialised one by one, as the bytes of an array.

use joblib_core::{Error, Result};
use serde::ser::{Impossible, SerializeTuple};
use serde::{Serialize, Serializer};

/// Appends the little-endian bytes of the one number that is serialised into it.
pub(super) struct Collected<'b>(pub(super) &'b mut Vec<u8>);

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

impl Serializer for Collected<'_> {
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
}

impl SerializeTuple for Collected<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        value.serialize(Collected(self.0))
    }

    fn end(self) -> Result<()> {
        Ok(())
    }
}
