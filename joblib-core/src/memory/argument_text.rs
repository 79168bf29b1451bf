//! An argument as text, by its `Serialize`: what `Debug` would write, for code that cannot ask whether there
//! is one.

use super::cut_text::CutText;
use crate::array::{Container, as_array};
use crate::depth::{Depth, MAX_DEPTH};
use serde::Serialize;
use serde::ser::{self, Serializer};
use std::any::type_name;
use std::fmt::{self, Write};

/// The text of `value`, cut off where it is too long or too deep; the type's name if its `Serialize` fails.
pub(super) fn argument_text<T: Serialize + ?Sized>(value: &T) -> String {
    let mut text = Text { text: CutText::default(), depth: Depth::new(MAX_DEPTH) };
    match text.value(value) {
        Err(_) if !text.text.is_cut() => format!("<{}>", type_name::<T>()),
        _ => text.text.finish(),
    }
}

struct Text {
    text: CutText,
    depth: Depth,
}

impl Text {
    /// Arrays are described by dtype and shape.
    fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        match as_array(value) {
            Some(array) if array.container() == Container::NdArray => {
                write!(self, "array({}, {:?})", array.dtype(), array.shape())
            }
            _ => value.serialize(self),
        }
    }

    /// One level deeper, whether in a container or a wrapper.
    fn enter(&mut self) -> fmt::Result {
        self.depth.enter(1).map_err(|_| self.text.cut())
    }

    fn open(&mut self, name: &str, open: &str, close: &'static str) -> Result<Parts<'_>, fmt::Error> {
        self.enter()?;
        write!(self, "{name}{open}")?;
        Ok(Parts { text: self, close, empty: true })
    }

    fn tuple(&mut self, name: &str, len: usize) -> Result<Parts<'_>, fmt::Error> {
        self.open(name, "(", if len == 1 && name.is_empty() { ",)" } else { ")" })
    }

    fn newtype<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> fmt::Result {
        self.enter()?;
        write!(self, "{name}(")?;
        self.value(value)?;
        self.depth.leave(1);
        self.write_str(")")
    }
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text.write_str(text)
    }
}

macro_rules! by_debug {
    ($($method:ident($ty:ty))*) => {$(
        fn $method(self, value: $ty) -> fmt::Result {
            write!(self, "{value:?}")
        }
    )*};
}

impl<'a> Serializer for &'a mut Text {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    by_debug! {
        serialize_bool(bool) serialize_char(char) serialize_str(&str) serialize_bytes(&[u8])
        serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64) serialize_i128(i128)
        serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u64(u64) serialize_u128(u128)
        serialize_f32(f32) serialize_f64(f64)
    }

    fn serialize_none(self) -> fmt::Result {
        self.write_str("None")
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> fmt::Result {
        self.newtype("Some", value)
    }

    fn serialize_unit(self) -> fmt::Result {
        self.write_str("()")
    }

    fn serialize_unit_struct(self, name: &'static str) -> fmt::Result {
        self.write_str(name)
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> fmt::Result {
        self.write_str(variant)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> fmt::Result {
        self.newtype(name, value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> fmt::Result {
        self.newtype(variant, value)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, fmt::Error> {
        self.open("", "[", "]")
    }

    fn serialize_tuple(self, len: usize) -> Result<Parts<'a>, fmt::Error> {
        self.tuple("", len)
    }

    fn serialize_tuple_struct(self, name: &'static str, len: usize) -> Result<Parts<'a>, fmt::Error> {
        self.tuple(name, len)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Parts<'a>, fmt::Error> {
        self.tuple(variant, len)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, fmt::Error> {
        self.open("", "{", "}")
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, fmt::Error> {
        self.open(name, " { ", " }")
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, fmt::Error> {
        self.open(variant, " { ", " }")
    }
}

/// The parts of a compound, between commas.
struct Parts<'a> {
    text: &'a mut Text,
    close: &'static str,
    empty: bool,
}

impl Parts<'_> {
    fn part<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> fmt::Result {
        let comma = if self.empty { "" } else { ", " };
        self.empty = false;
        write!(self.text, "{comma}{name}")?;
        self.text.value(value)
    }

    fn finish(self) -> fmt::Result {
        self.text.depth.leave(1);
        self.text.write_str(self.close)
    }
}

macro_rules! unnamed {
    ($($trait:ident::$method:ident),*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
                self.part("", value)
            }

            fn end(self) -> fmt::Result {
                self.finish()
            }
        }
    )*};
}

unnamed!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! named {
    ($($trait:ident),*) => {$(
        impl ser::$trait for Parts<'_> {
            type Ok = ();
            type Error = fmt::Error;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> fmt::Result {
                self.part(&format!("{name}: "), value)
            }

            fn end(self) -> fmt::Result {
                self.finish()
            }
        }
    )*};
}

named!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> fmt::Result {
        self.part("", key)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> fmt::Result {
        self.text.write_str(": ")?;
        self.text.value(value)
    }

    fn end(self) -> fmt::Result {
        self.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::super::cut_text::LONGEST;
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize, Debug)]
    struct Unit;

    #[derive(Serialize, Debug)]
    struct Newtype(i8);

    #[derive(Serialize, Debug)]
    struct Pair(f32, char);

    #[derive(Serialize, Debug)]
    struct Named {
        text: String,
        inner: Option<Box<Named>>,
    }

    #[derive(Serialize, Debug)]
    enum Choice {
        Unit,
        Newtype(Option<()>),
        Pair(f64, u128),
        Named { list: Vec<&'static str>, map: BTreeMap<u8, (u8,)> },
    }

    #[test]
    fn it_is_what_debug_writes() {
        fn check<T: Serialize + fmt::Debug>(value: T) {
            assert_eq!(argument_text(&value), format!("{value:?}"));
        }
        check((1u8, -2i64, true, 'x', "a\"b\n", 1.0f64, f32::NAN));
        check((Unit, Newtype(-1), Pair(0.5, '\'')));
        let inner = Named { text: String::new(), inner: None };
        check(Named { text: "é".into(), inner: Some(Box::new(inner)) });
        let map = BTreeMap::from([(1, (2,)), (3, (4,))]);
        let named = Choice::Named { list: vec!["a", "b"], map };
        check(vec![
            Choice::Unit,
            Choice::Newtype(Some(())),
            Choice::Newtype(None),
            Choice::Pair(1e300, 7),
            named,
        ]);
        check((Vec::<u8>::new(), BTreeMap::<u8, u8>::new(), vec![vec![1u8], vec![]]));
    }

    #[test]
    fn arrays_are_told_by_dtype_and_shape() {
        let array = ndarray::Array2::<f32>::zeros((300, 1000));
        assert_eq!(argument_text(&(1u8, &array)), "(1, array(float32, [300, 1000]))");
        assert_eq!(argument_text(&vec![1.5f64, 2.0]), "[1.5, 2.0]");
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        for text in [argument_text(&"é".repeat(1 << 20)), argument_text(&vec![7u32; 1 << 20])] {
            assert!((LONGEST..LONGEST + 4).contains(&text.len()), "{}", text.len());
            assert!(text.ends_with("..."));
        }
        assert!(!argument_text(&"x".repeat(LONGEST - 2)).ends_with("..."));
    }

    #[test]
    fn what_cannot_be_serialised_is_told_by_its_type() {
        let time = std::time::UNIX_EPOCH.checked_sub(std::time::Duration::from_secs(1)).unwrap();
        assert_eq!(argument_text(&time), "<std::time::SystemTime>");
    }
}
