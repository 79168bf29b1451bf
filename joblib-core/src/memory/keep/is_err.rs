//! Whether a value of any type is a `Result::Err`.

use serde::ser::{self, Serialize, Serializer};
use std::fmt;

/// Whether the type is the standard library's `Result`. Its type id cannot be compared without knowing its
/// parameters, but its name can.
#[inline]
pub(super) fn is_result<R>() -> bool {
    std::any::type_name::<R>().starts_with("core::result::Result<")
}

/// serde first announces an error as the variant `Err` of `Result`; nothing more is serialised.
pub(super) fn is_err<R: Serialize + ?Sized>(value: &R) -> bool {
    value.serialize(IsErr) == Err(Seen::Err)
}

/// A serializer that only looks at the first thing it is told.
struct IsErr;

/// What [`IsErr`] was told; an error so that serialisation ends there.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    Err,
    Other,
}

impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl std::error::Error for Seen {}

impl ser::Error for Seen {
    fn custom<T: fmt::Display>(_message: T) -> Self {
        Seen::Other
    }
}

macro_rules! other {
    ($($method:ident($($type:ty),*) -> $result:ty;)*) => {
        $(fn $method(self, $(_: $type),*) -> Result<$result, Seen> {
            Err(Seen::Other)
        })*
    };
}

type Never = ser::Impossible<(), Seen>;

impl Serializer for IsErr {
    type Ok = ();
    type Error = Seen;
    type SerializeSeq = Never;
    type SerializeTuple = Never;
    type SerializeTupleStruct = Never;
    type SerializeTupleVariant = Never;
    type SerializeMap = Never;
    type SerializeStruct = Never;
    type SerializeStructVariant = Never;

    other! {
        serialize_bool(bool) -> ();
        serialize_i8(i8) -> ();
        serialize_i16(i16) -> ();
        serialize_i32(i32) -> ();
        serialize_i64(i64) -> ();
        serialize_i128(i128) -> ();
        serialize_u8(u8) -> ();
        serialize_u16(u16) -> ();
        serialize_u32(u32) -> ();
        serialize_u64(u64) -> ();
        serialize_u128(u128) -> ();
        serialize_f32(f32) -> ();
        serialize_f64(f64) -> ();
        serialize_char(char) -> ();
        serialize_str(&str) -> ();
        serialize_bytes(&[u8]) -> ();
        serialize_none() -> ();
        serialize_unit() -> ();
        serialize_unit_struct(&'static str) -> ();
        serialize_unit_variant(&'static str, u32, &'static str) -> ();
        serialize_seq(Option<usize>) -> Never;
        serialize_tuple(usize) -> Never;
        serialize_tuple_struct(&'static str, usize) -> Never;
        serialize_tuple_variant(&'static str, u32, &'static str, usize) -> Never;
        serialize_map(Option<usize>) -> Never;
        serialize_struct(&'static str, usize) -> Never;
        serialize_struct_variant(&'static str, u32, &'static str, usize) -> Never;
    }

    fn serialize_some<T: Serialize + ?Sized>(self, _value: &T) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _name: &'static str,
        _value: &T,
    ) -> Result<(), Seen> {
        Err(Seen::Other)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _index: u32,
        variant: &'static str,
        _value: &T,
    ) -> Result<(), Seen> {
        Err(if name == "Result" && variant == "Err" { Seen::Err } else { Seen::Other })
    }

    fn collect_str<T: fmt::Display + ?Sized>(self, _value: &T) -> Result<(), Seen> {
        Err(Seen::Other)
    }
}
