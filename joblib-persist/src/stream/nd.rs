//! An array of the main stream, read as whatever type asks for it.

use super::array_ext::{ArrayExt, Place};
use super::bulk;
use super::decoder::Decoder;
use super::number::{Number, NumberDeserializer};
use super::{source, too_long};
use joblib_core::array::{Container, DType, Order, is_ndarray_visitor};
use joblib_core::{Error, Result};
use serde::de::value::{BorrowedStrDeserializer, SeqDeserializer};
use serde::de::{DeserializeSeed, Deserializer, IntoDeserializer, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;
use std::borrow::Cow;

/// For a type that takes anything.
pub(super) fn any<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
    visitor: V,
) -> Result<V::Value> {
    match array.container {
        Container::Sequence => flat(decoder, array, visitor),
        Container::Bytes => bytes(decoder, array, visitor),
        Container::NdArray => visitor.visit_map(NdFields::of_array(decoder, array)),
    }
}

/// For a sequence: only one axis.
pub(super) fn sequence<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
    visitor: V,
) -> Result<V::Value> {
    if array.shape().len() != 1 {
        let message = format!("an array of shape {:?} where a sequence is expected", array.shape());
        return Err(Error::codec(message));
    }
    flat(decoder, array, visitor)
}

/// For a struct: ndarray's own, in bulk; others that look alike, field by field.
pub(super) fn structure<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
    visitor: V,
) -> Result<V::Value> {
    if array.container != Container::NdArray && !is_ndarray_visitor::<V>() {
        return flat(decoder, array, visitor);
    }
    if let Some(value) = bulk::read::<V>(decoder, array)? {
        return Ok(value);
    }
    visitor.visit_map(NdFields::of_array(decoder, array))
}

/// For ndarray's arrays: the `len` elements of a sequence that was not written as an array.
pub(super) fn elements<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    len: usize,
    visitor: V,
) -> Result<V::Value> {
    visitor.visit_map(NdFields { decoder, shape: &[len], data: NdData::Elements(len), next: 0 })
}

/// For a byte string.
pub(super) fn bytes<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
    visitor: V,
) -> Result<V::Value> {
    if array.dtype != DType::U8 || array.shape().len() != 1 {
        return sequence(decoder, array, visitor);
    }
    match contents(decoder, array)? {
        Cow::Borrowed(bytes) => visitor.visit_borrowed_bytes(bytes),
        Cow::Owned(bytes) => visitor.visit_byte_buf(bytes),
    }
}

/// All elements in C order: at once if the visitor is a vector's own, else one by one.
fn flat<'de, V: Visitor<'de>>(
    decoder: &mut Decoder<'de, '_>,
    array: &ArrayExt<'de>,
    visitor: V,
) -> Result<V::Value> {
    let reorder = array.order == Order::Fortran && array.shape().len() > 1;
    if !reorder && let Some(value) = bulk::read::<V>(decoder, array)? {
        return Ok(value);
    }
    let mut bytes = contents(decoder, array)?;
    if reorder {
        bytes = Cow::Owned(in_c_order(&bytes, array));
    }
    let mut numbers = Numbers { bytes: &bytes, dtype: array.dtype, len: array.len() };
    let value = visitor.visit_seq(&mut numbers)?;
    if numbers.bytes.is_empty() {
        Ok(value)
    } else {
        let (len, left) = (array.len(), numbers.bytes.len() / array.dtype.size());
        Err(too_long("sequence", len, left))
    }
}

fn contents<'de>(decoder: &mut Decoder<'de, '_>, array: &ArrayExt<'de>) -> Result<Cow<'de, [u8]>> {
    match array.place {
        Place::Inline(bytes) => Ok(Cow::Borrowed(bytes)),
        Place::Elsewhere(_) => source::elements::<u8>(decoder.source, array).map(Cow::Owned),
    }
}

/// Rearranges the elements of a Fortran-ordered array.
fn in_c_order(bytes: &[u8], array: &ArrayExt<'_>) -> Vec<u8> {
    let (size, shape) = (array.dtype.size(), array.shape());
    let mut out = Vec::with_capacity(bytes.len());
    let mut index = vec![0usize; shape.len()];
    while out.len() < bytes.len() {
        let mut at = 0;
        for (&i, &extent) in index.iter().zip(shape).rev() {
            at = at * extent + i;
        }
        out.extend_from_slice(&bytes[at * size..][..size]);
        for (i, &extent) in index.iter_mut().zip(shape).rev() {
            *i += 1;
            if *i < extent {
                break;
            }
            *i = 0;
        }
    }
    out
}

/// Numbers one by one.
struct Numbers<'b> {
    bytes: &'b [u8],
    dtype: DType,
    len: usize,
}

impl Numbers<'_> {
    /// The error that the last number met.
    #[cold]
    fn at_last(&self, error: Error) -> Error {
        let index = self.len - self.bytes.len() / self.dtype.size() - 1;
        let cause = std::error::Error::source(&error).filter(|_| error.is_codec()).map(ToString::to_string);
        let error = match cause {
            Some(cause) if wants_number(&cause) => Error::codec(format!(
                "{cause} (the array is of {}: read it as that, then convert it as by `mapv`)",
                self.dtype
            )),
            _ => error,
        };
        error.within(index)
    }
}

/// Whether serde says that a plain number of another type was expected.
fn wants_number(cause: &str) -> bool {
    let number = |wanted: &str| {
        let (kind, bits) = wanted.split_at(wanted.len().min(1));
        matches!(kind, "i" | "u" | "f") && (bits == "size" || bits.parse::<u8>().is_ok())
    };
    cause.rsplit_once("expected ").is_some_and(|(_, wanted)| number(wanted))
}

impl<'de> SeqAccess<'de> for Numbers<'_> {
    type Error = Error;

    #[inline]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        if self.bytes.is_empty() {
            return Ok(None);
        }
        let number = Number::read(self.dtype, &mut self.bytes)?;
        seed.deserialize(NumberDeserializer(number)).map(Some).map_err(|error| self.at_last(error))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.bytes.len() / self.dtype.size())
    }
}

/// An array as ndarray serialises one: `v`, `dim`, `data`.
struct NdFields<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    shape: &'a [usize],
    data: NdData<'a, 'de>,
    next: usize,
}

/// Where the elements come from.
#[derive(Clone, Copy)]
enum NdData<'a, 'de> {
    Array(&'a ArrayExt<'de>),
    /// This many values of the main stream.
    Elements(usize),
}

impl<'a, 'de, 's> NdFields<'a, 'de, 's> {
    fn of_array(decoder: &'a mut Decoder<'de, 's>, array: &'a ArrayExt<'de>) -> Self {
        Self { decoder, shape: array.shape(), data: NdData::Array(array), next: 0 }
    }
}

impl<'de> MapAccess<'de> for NdFields<'_, 'de, '_> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        let Some(key) = ["v", "dim", "data"].get(self.next) else { return Ok(None) };
        self.next += 1;
        seed.deserialize(BorrowedStrDeserializer::new(key)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value> {
        match self.next {
            1 => seed.deserialize(IntoDeserializer::<Error>::into_deserializer(1u8)),
            2 => {
                let shape = self.shape.iter().copied();
                seed.deserialize(SeqDeserializer::<_, Error>::new(shape))
            }
            _ => seed.deserialize(NdDataDeserializer { decoder: self.decoder, data: self.data }),
        }
    }
}

/// The elements of an n-dimensional array.
struct NdDataDeserializer<'a, 'de, 's> {
    decoder: &'a mut Decoder<'de, 's>,
    data: NdData<'a, 'de>,
}

impl<'de> Deserializer<'de> for NdDataDeserializer<'_, 'de, '_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data {
            NdData::Array(array) => flat(self.decoder, array, visitor),
            NdData::Elements(len) => self.decoder.elements(len, visitor),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        match self.data {
            NdData::Array(array) => self.decoder.skip_array(array)?,
            NdData::Elements(len) => (0..len).try_for_each(|_| self.decoder.skip_value())?,
        }
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier
    }
}
