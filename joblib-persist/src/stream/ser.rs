//! Writing values: a serde `Serializer` that sets arrays of numbers aside whole.

use super::encoder::{Encoder, check_len};
use super::half;
use super::record::Record;
use super::sequence::Sequence;
use super::too_deep;
use super::wire::{self, EXT_SOME, NIL};
use crate::payload::Payload;
use joblib_core::array::{Container, DType, as_slice, element_dtype};
use joblib_core::{Error, Result};
use serde::{Serialize, Serializer};

/// Byte strings from this length on are stored as arrays.
const LONG_BYTES: usize = 64 * 1024;

macro_rules! numbers {
    ($($method:ident($ty:ty) => $write:ident as $wide:ty),* $(,)?) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<()> {
            wire::$write(&mut self.out, <$wide>::from(value));
            Ok(())
        }
    )*};
}

impl<'a, 's> Serializer for &'a mut Encoder<'s> {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Sequence<'a, 's>;
    type SerializeTuple = Sequence<'a, 's>;
    type SerializeTupleStruct = Sequence<'a, 's>;
    type SerializeTupleVariant = Sequence<'a, 's>;
    type SerializeMap = Record<'a, 's>;
    type SerializeStruct = Record<'a, 's>;
    type SerializeStructVariant = Record<'a, 's>;

    numbers! {
        serialize_i8(i8) => write_int as i64,
        serialize_i16(i16) => write_int as i64,
        serialize_i32(i32) => write_int as i64,
        serialize_i64(i64) => write_int as i64,
        serialize_u8(u8) => write_uint as u64,
        serialize_u16(u16) => write_uint as u64,
        serialize_u32(u32) => write_uint as u64,
        serialize_u64(u64) => write_uint as u64,
        serialize_f32(f32) => write_f32 as f32,
        serialize_f64(f64) => write_f64 as f64,
        serialize_bool(bool) => write_bool as bool,
        serialize_i128(i128) => write_i128 as i128,
        serialize_u128(u128) => write_u128 as u128,
    }

    fn serialize_char(self, value: char) -> Result<()> {
        wire::write_str(&mut self.out, value.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<()> {
        check_len(value.len())?;
        wire::write_str(&mut self.out, value);
        Ok(())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<()> {
        if value.len() >= LONG_BYTES {
            return self.array(&Payload::collected(DType::U8, Container::Bytes, &[value.len()], value));
        }
        wire::write_bin(&mut self.out, value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<()> {
        self.serialize_unit()
    }

    /// `Some(x)` is written as `x`, except around what is nil itself: that `Some` would be lost.
    #[inline]
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<()> {
        let (start, cuts) = (self.out.len(), self.cuts);
        self.depth.enter_some().map_err(too_deep)?;
        self.value(value)?;
        self.depth.leave_some();
        if cuts != self.cuts {
            return Ok(());
        }
        match self.out.get(start..) {
            Some(&[NIL]) => {
                self.out.pop();
                wire::write_ext_head(&mut self.out, EXT_SOME, 1);
                self.out.push(1);
            }
            Some([0xd4, kind, count]) if *kind == EXT_SOME as u8 => {
                let count = count.checked_add(1).ok_or_else(|| {
                    Error::limit("a `None` cannot be written inside more than 255 `Some`s alone")
                })?;
                self.out[start + 2] = count;
            }
            _ => {}
        }
        Ok(())
    }

    #[inline]
    fn serialize_unit(self) -> Result<()> {
        self.out.push(NIL);
        Ok(())
    }

    fn serialize_unit_struct(self, _name: &'static str) -> Result<()> {
        self.serialize_unit()
    }

    #[inline]
    fn serialize_unit_variant(self, _name: &'static str, _index: u32, variant: &'static str) -> Result<()> {
        self.serialize_str(variant)
    }

    #[inline]
    fn serialize_newtype_struct<T>(self, name: &'static str, value: &T) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        if element_dtype::<T>() == Some(DType::U16)
            && let Some(dtype) = half::of_newtype(name)
        {
            return self.half(dtype, value);
        }
        self.value(value)
    }

    fn serialize_newtype_variant<T>(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<()>
    where
        T: Serialize + ?Sized,
    {
        self.variant(variant)?;
        self.value(value)?;
        self.leave();
        Ok(())
    }

    fn serialize_seq(self, len: Option<usize>) -> Result<Sequence<'a, 's>> {
        match self.nd.take() {
            Some(nd) if nd.data_start == self.out.len() && nd.cuts == self.cuts => {
                Sequence::nd_data(self, len, nd)
            }
            _ => Sequence::new(self, len),
        }
    }

    /// Slices and vectors call this with themselves, so a slice of numbers is taken whole.
    fn collect_seq<I>(self, iterable: I) -> Result<()>
    where
        I: IntoIterator,
        I::Item: Serialize,
    {
        if let Some(array) = as_slice(&iterable) {
            return self.array(&Payload::new(&array));
        }
        let iterator = iterable.into_iter();
        let len = match iterator.size_hint() {
            (least, Some(most)) if least == most => Some(least),
            _ => None,
        };
        let mut sequence = Sequence::new(self, len)?;
        for item in iterator {
            sequence.element(&item)?;
        }
        sequence.finish()
    }

    fn serialize_tuple(self, len: usize) -> Result<Sequence<'a, 's>> {
        Sequence::tuple(self, len)
    }

    fn serialize_tuple_struct(self, _name: &'static str, len: usize) -> Result<Sequence<'a, 's>> {
        Sequence::tuple(self, len)
    }

    fn serialize_tuple_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Sequence<'a, 's>> {
        self.variant(variant)?;
        Ok(Sequence::tuple(self, len)?.of_variant())
    }

    fn serialize_map(self, len: Option<usize>) -> Result<Record<'a, 's>> {
        Record::map(self, len)
    }

    #[inline]
    fn serialize_struct(self, name: &'static str, len: usize) -> Result<Record<'a, 's>> {
        Record::fields(self, name, len)
    }

    fn serialize_struct_variant(
        self,
        _name: &'static str,
        _index: u32,
        variant: &'static str,
        len: usize,
    ) -> Result<Record<'a, 's>> {
        self.variant(variant)?;
        Ok(Record::fields(self, variant, len)?.of_variant())
    }
}
