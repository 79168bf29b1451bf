//! Numbers that are serialised one by one, as the bytes that an array's memory would show.

use serde::Serialize;
use serde::ser::{self, Impossible, SerializeSeq, SerializeTuple, Serializer};
use std::marker::PhantomData;

/// Appends the little-endian bytes of what is serialised into it: a number, a complex one, or a list of
/// numbers.
#[derive(Debug)]
pub struct Numbers<'b, E>(&'b mut Vec<u8>, PhantomData<E>);

impl<'b, E> Numbers<'b, E> {
    /// That appends to `bytes`.
    #[inline(always)]
    pub fn new(bytes: &'b mut Vec<u8>) -> Self {
        Self(bytes, PhantomData)
    }
}

#[cold]
fn other<E: ser::Error>() -> E {
    E::custom("a number serialised as something else")
}

macro_rules! append {
    ($($method:ident($ty:ty)),* $(,)?) => {$(
        #[inline(always)]
        fn $method(self, value: $ty) -> Result<(), E> {
            self.0.extend_from_slice(&value.to_le_bytes());
            Ok(())
        }
    )*};
}

macro_rules! refuse {
    ($($method:ident($($ty:ty),*) -> $ok:ty),* $(,)?) => {$(
        fn $method(self, $(_: $ty),*) -> Result<$ok, E> {
            Err(other())
        }
    )*};
}

type No<E> = Impossible<(), E>;

impl<E: ser::Error> Serializer for Numbers<'_, E> {
    type Ok = ();
    type Error = E;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = No<E>;
    type SerializeTupleVariant = No<E>;
    type SerializeMap = No<E>;
    type SerializeStruct = No<E>;
    type SerializeStructVariant = No<E>;

    append! {
        serialize_i8(i8), serialize_i16(i16), serialize_i32(i32), serialize_i64(i64), serialize_i128(i128),
        serialize_u8(u8), serialize_u16(u16), serialize_u32(u32), serialize_u64(u64), serialize_u128(u128),
        serialize_f32(f32), serialize_f64(f64),
    }

    #[inline(always)]
    fn serialize_bool(self, value: bool) -> Result<(), E> {
        self.0.push(u8::from(value));
        Ok(())
    }

    /// The types of `half` are newtypes of their bits.
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), E> {
        value.serialize(self)
    }

    /// The two parts of a complex number.
    fn serialize_tuple(self, _: usize) -> Result<Self, E> {
        Ok(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, E> {
        Ok(self)
    }

    refuse! {
        serialize_char(char) -> (), serialize_str(&str) -> (), serialize_bytes(&[u8]) -> (),
        serialize_none() -> (), serialize_unit() -> (), serialize_unit_struct(&'static str) -> (),
        serialize_unit_variant(&'static str, u32, &'static str) -> (),
        serialize_tuple_struct(&'static str, usize) -> No<E>, serialize_map(Option<usize>) -> No<E>,
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> No<E>,
        serialize_struct(&'static str, usize) -> No<E>,
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> No<E>,
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<(), E> {
        Err(other())
    }

    fn serialize_newtype_variant<T>(self, _: &'static str, _: u32, _: &'static str, _: &T) -> Result<(), E>
    where
        T: Serialize + ?Sized,
    {
        Err(other())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

macro_rules! elements {
    ($($name:ident),*) => {$(
        impl<E: ser::Error> $name for Numbers<'_, E> {
            type Ok = ();
            type Error = E;

            #[inline]
            fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), E> {
                value.serialize(Numbers::new(self.0))
            }

            fn end(self) -> Result<(), E> {
                Ok(())
            }
        }
    )*};
}

elements!(SerializeSeq, SerializeTuple);
