//! The canonical encoding as a serde `Serializer`.

use super::error::Unhashable;
use super::map;
use super::mutable::is_mutable;
use super::names::is_worth_a_look;
use super::ndarray::{Sequence, StructHasher};
use super::stream::{Stream, too_deep};
use super::unsaid::{self, Unsaid};
use super::{array, sizes, tag, tree};
use crate::array::{as_array, as_slice, element_dtype, is_named_list};
use serde::Serialize;
use serde::ser;
use std::any::TypeId;

type Result<T = ()> = std::result::Result<T, Unhashable>;

/// Feeds any value. Every nested value passes through here, which is where types are recognised.
#[inline]
pub(super) fn put<T: Serialize + ?Sized>(stream: &mut Stream, value: &T) -> Result {
    if is_worth_a_look::<T>() {
        look_at(stream, value)?;
    }
    if !is_shallow(value) {
        stream.depth.check().map_err(too_deep)?;
    }
    match as_array(value) {
        Some(raw) => {
            array::put(stream, &raw);
            Ok(())
        }
        None => value.serialize(stream),
    }
}

/// Whether the value is a number, text, or of a size or alignment that no pointer has: then it need not be
/// asked how deep it is, and a struct or tuple of such values cannot fail. Constant in optimised builds.
#[inline(always)]
fn is_shallow<T: ?Sized>(value: &T) -> bool {
    let id = typeid::of::<T>();
    element_dtype::<T>().is_some()
        || id == TypeId::of::<String>()
        || size_of_val(value) < size_of::<usize>()
        || align_of_val(value) < align_of::<usize>()
}

/// Refuses what a call could change, and feeds what serde leaves out of a value before it.
#[cold]
fn look_at<T: ?Sized>(stream: &mut Stream, value: &T) -> Result {
    if stream.of_call
        && let Some(mutable) = is_mutable::<T>()
    {
        return Err(changeable(mutable));
    }
    unsaid::of(value).map_or(Ok(()), |unsaid| put_unsaid(stream, unsaid))
}

#[cold]
pub(super) fn changeable(mutable: &str) -> Unhashable {
    ser::Error::custom(format_args!(
        "it can be changed through its `{mutable}`, and a stored result would not change it: \
         `ignore` the argument, or say what stands for the arguments by `key = ..`"
    ))
}

fn put_unsaid(stream: &mut Stream, unsaid: Unsaid) -> Result {
    match unsaid {
        Unsaid::Address { flowinfo, scope_id } => {
            stream.put_tagged(tag::ADDRESS, flowinfo.to_le_bytes());
            stream.put(&scope_id.to_le_bytes());
        }
        Unsaid::Spent => stream.put(&[tag::SPENT]),
        Unsaid::Hidden(name) => {
            return Err(ser::Error::custom(format_args!(
                "serde leaves something out of a `{name}`, which is behind too many pointers to be looked at"
            )));
        }
    }
    Ok(())
}

macro_rules! numbers {
    ($($method:ident($ty:ty) = $tag:ident;)*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result {
            self.put_tagged(tag::$tag, value.to_le_bytes());
            Ok(())
        }
    )*};
}

impl<'a> ser::Serializer for &'a mut Stream {
    type Ok = ();
    type Error = Unhashable;
    type SerializeSeq = Sequence<'a>;
    type SerializeTuple = Elements<'a>;
    type SerializeTupleStruct = Elements<'a>;
    type SerializeTupleVariant = Elements<'a>;
    type SerializeMap = Elements<'a>;
    type SerializeStruct = StructHasher<'a>;
    type SerializeStructVariant = Fields<'a>;

    numbers! {
        serialize_i8(i8) = I8; serialize_i16(i16) = I16; serialize_i32(i32) = I32; serialize_i64(i64) = I64;
        serialize_u8(u8) = U8; serialize_u16(u16) = U16; serialize_u32(u32) = U32; serialize_u64(u64) = U64;
        serialize_i128(i128) = I128; serialize_u128(u128) = U128; serialize_f32(f32) = F32; serialize_f64(f64) = F64;
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result {
        self.put(&[if value { tag::TRUE } else { tag::FALSE }]);
        Ok(())
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result {
        self.put_tagged(tag::CHAR, u32::from(value).to_le_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result {
        self.put_tagged(tag::STR, (value.len() as u64).to_le_bytes());
        tree::put_bytes(self, value.as_bytes());
        Ok(())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result {
        self.put_tagged(tag::BYTES, (value.len() as u64).to_le_bytes());
        tree::put_bytes(self, value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result {
        self.put(&[tag::NONE]);
        Ok(())
    }

    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result {
        self.put(&[tag::SOME]);
        if is_shallow(value) {
            return put(self, value);
        }
        self.depth.enter_some().map_err(too_deep)?;
        put(self, value)?;
        self.depth.leave_some();
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Result {
        self.put(&[tag::UNIT]);
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, name: &'static str) -> Result {
        self.put(&[tag::UNIT_STRUCT]);
        self.put_name(name);
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(self, name: &'static str, index: u32, variant: &'static str) -> Result {
        put_variant(self, tag::UNIT_VARIANT, name, index, variant);
        Ok(())
    }

    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, name: &'static str, value: &T) -> Result {
        self.put(&[tag::NEWTYPE_STRUCT]);
        self.put_name(name);
        put(self, value)
    }

    #[inline]
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result {
        self.enter(1)?;
        put_variant(self, tag::NEWTYPE_VARIANT, name, index, variant);
        put(self, value)?;
        self.depth.leave(1);
        Ok(())
    }

    #[inline]
    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence<'a>> {
        Sequence::new(self, len)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Elements<'a>> {
        self.depth.open(1);
        self.put(&[tag::TUPLE]);
        Ok(Elements(self))
    }

    #[inline]
    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Elements<'a>> {
        self.depth.open(1);
        self.put(&[tag::TUPLE_STRUCT]);
        self.put_name(name);
        Ok(Elements(self))
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Elements<'a>> {
        self.enter(2)?;
        put_variant(self, tag::TUPLE_VARIANT, name, index, variant);
        Ok(Elements(self))
    }

    #[inline]
    fn serialize_map(self, _: Option<usize>) -> Result<Elements<'a>> {
        self.enter(1)?;
        self.put(&[tag::MAP]);
        Ok(Elements(self))
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<StructHasher<'a>> {
        Ok(StructHasher::new(self, name, len))
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'a>> {
        self.enter(2)?;
        put_variant(self, tag::STRUCT_VARIANT, name, index, variant);
        Ok(Fields(self))
    }

    #[inline]
    fn collect_seq<I>(self, iter: I) -> Result
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if let Some(raw) = as_slice(&iter) {
            array::put(self, &raw);
            return Ok(());
        }
        let of_sizes = cfg!(not(target_pointer_width = "64")) && sizes::is_list::<I>();
        if of_sizes || is_named_list::<I>() {
            return sizes::put(self, iter);
        }
        if map::is_hash_set::<I>() {
            return map::put_set(self, iter);
        }
        self.enter(1)?;
        self.put(&[tag::SEQ]);
        for item in iter {
            put(self, &item)?;
        }
        self.close(1);
        Ok(())
    }

    #[inline]
    fn collect_map<K, V, I>(self, iter: I) -> Result
    where
        K: Serialize,
        V: Serialize,
        I: IntoIterator<Item = (K, V)>,
    {
        if map::is_hash_map::<I>() {
            return map::put_map(self, iter);
        }
        self.enter(1)?;
        self.put(&[tag::MAP]);
        for (key, value) in iter {
            put(self, &key)?;
            put(self, &value)?;
        }
        self.close(1);
        Ok(())
    }

    fn is_human_readable(&self) -> bool {
        false
    }
}

/// The index counts beside the name because serde lets two variants be renamed alike.
#[inline(always)]
fn put_variant(stream: &mut Stream, tag: u8, name: &str, index: u32, variant: &str) {
    stream.put_tagged(tag, index.to_le_bytes());
    stream.put_name(name);
    stream.put_name(variant);
}

/// Unnamed parts, up to `END`: lengths are never taken on trust.
pub(super) struct Elements<'a>(&'a mut Stream);

macro_rules! elements {
    ($($trait:ident::$method:ident = $levels:literal),*) => {$(
        impl ser::$trait for Elements<'_> {
            type Ok = ();
            type Error = Unhashable;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
                put(self.0, value)
            }

            #[inline]
            fn end(self) -> Result {
                self.0.close($levels);
                Ok(())
            }
        }
    )*};
}

elements!(
    SerializeTuple::serialize_element = 1,
    SerializeTupleStruct::serialize_field = 1,
    SerializeTupleVariant::serialize_field = 2
);

impl ser::SerializeMap for Elements<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result {
        put(self.0, key)
    }

    #[inline]
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result {
        put(self.0, value)
    }

    #[inline]
    fn end(self) -> Result {
        self.0.close(1);
        Ok(())
    }
}

/// Named parts, up to `END`.
pub(super) struct Fields<'a>(pub(super) &'a mut Stream);

impl ser::SerializeStructVariant for Fields<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result {
        self.0.put_name(name);
        put(self.0, value)
    }

    #[inline]
    fn end(self) -> Result {
        self.0.close(2);
        Ok(())
    }
}
