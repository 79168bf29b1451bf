//! What ndarray's `Serialize` writes for an array, read back: its version byte, its extents, its elements.

use super::error::Unhashable;
use super::stream::Stream;
use super::{array, tree};
use crate::array::{DType, MAX_NDIM, element_dtype};
use serde::Serialize;
use serde::ser::{Error as _, Impossible, SerializeSeq, SerializeTuple, Serializer};

/// An array's extents.
#[derive(Clone, Copy)]
pub(super) struct Shape {
    ndim: usize,
    extents: [usize; MAX_NDIM],
}

impl Shape {
    /// One axis.
    pub(super) fn line(len: usize) -> Self {
        let mut extents = [0; MAX_NDIM];
        extents[0] = len;
        Self { ndim: 1, extents }
    }

    pub(super) fn as_slice(&self) -> &[usize] {
        &self.extents[..self.ndim]
    }

    /// The number of elements; `None` where it exceeds the machine's numbers.
    fn len(&self) -> Option<usize> {
        self.as_slice().iter().try_fold(1usize, |len, &extent| len.checked_mul(extent))
    }
}

/// The byte that `value` is, itself and not by its `Serialize`.
pub(super) fn byte<T: Serialize + ?Sized>(value: &T) -> Option<u8> {
    if element_dtype::<T>() != Some(DType::U8) {
        return None;
    }
    let mut bytes = Vec::with_capacity(1);
    value.serialize(Plain { bytes: &mut bytes, dtype: DType::U8 }).ok()?;
    bytes.first().copied()
}

/// The extents that `value` lists, if it is a sequence of at most `MAX_NDIM` numbers.
pub(super) fn shape<T: Serialize + ?Sized>(value: &T) -> Option<Shape> {
    value.serialize(Extents(Shape { ndim: 0, extents: [0; MAX_NDIM] })).ok()
}

/// Feeds the elements that `value` hands out as an array of this shape; `false`, and nothing is fed, if they are
/// not plain numbers or do not fill the shape.
pub(super) fn put<T: Serialize + ?Sized>(
    stream: &mut Stream,
    shape: Shape,
    value: &T,
) -> Result<bool, Unhashable> {
    let mut fed = false;
    let result = value.serialize(Elements { stream, shape, fed: &mut fed });
    if fed { result.map(|()| true) } else { Ok(false) }
}

fn other() -> Unhashable {
    Unhashable::custom("not what an array is made of")
}

/// Methods of a `Serializer` that takes nothing of the kind.
macro_rules! refuse {
    () => {};
    (scalars $($rest:tt)*) => {
        refuse!(@ serialize_bool(bool) serialize_i8(i8) serialize_i16(i16) serialize_i32(i32) serialize_i64(i64)
            serialize_i128(i128) serialize_u8(u8) serialize_u16(u16) serialize_u32(u32) serialize_u128(u128)
            serialize_f32(f32) serialize_f64(f64));
        refuse!($($rest)*);
    };
    (u64 $($rest:tt)*) => { refuse!(@ serialize_u64(u64)); refuse!($($rest)*); };
    (newtype $($rest:tt)*) => {
        fn serialize_newtype_struct<T: Serialize + ?Sized>(
            self, _: &'static str, _: &T,
        ) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        refuse!($($rest)*);
    };
    (seq $($rest:tt)*) => {
        type SerializeSeq = Impossible<Self::Ok, Unhashable>;
        fn serialize_seq(self, _: Option<usize>) -> Result<Self::SerializeSeq, Unhashable> {
            Err(other())
        }
        refuse!($($rest)*);
    };
    (tuple $($rest:tt)*) => {
        type SerializeTuple = Impossible<Self::Ok, Unhashable>;
        fn serialize_tuple(self, _: usize) -> Result<Self::SerializeTuple, Unhashable> {
            Err(other())
        }
        refuse!($($rest)*);
    };
    (rest) => {
        type SerializeTupleStruct = Impossible<Self::Ok, Unhashable>;
        type SerializeTupleVariant = Impossible<Self::Ok, Unhashable>;
        type SerializeMap = Impossible<Self::Ok, Unhashable>;
        type SerializeStruct = Impossible<Self::Ok, Unhashable>;
        type SerializeStructVariant = Impossible<Self::Ok, Unhashable>;
        refuse!(@ serialize_char(char) serialize_str(&str) serialize_bytes(&[u8]) serialize_unit_struct(&'static str));
        fn serialize_none(self) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        fn serialize_unit(self) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        fn serialize_some<T: Serialize + ?Sized>(self, _: &T) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        fn serialize_newtype_variant<T: Serialize + ?Sized>(
            self, _: &'static str, _: u32, _: &'static str, _: &T,
        ) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
        fn serialize_tuple_struct(
            self, _: &'static str, _: usize,
        ) -> Result<Self::SerializeTupleStruct, Unhashable> {
            Err(other())
        }
        fn serialize_tuple_variant(
            self, _: &'static str, _: u32, _: &'static str, _: usize,
        ) -> Result<Self::SerializeTupleVariant, Unhashable> {
            Err(other())
        }
        fn serialize_map(self, _: Option<usize>) -> Result<Self::SerializeMap, Unhashable> {
            Err(other())
        }
        fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self::SerializeStruct, Unhashable> {
            Err(other())
        }
        fn serialize_struct_variant(
            self, _: &'static str, _: u32, _: &'static str, _: usize,
        ) -> Result<Self::SerializeStructVariant, Unhashable> {
            Err(other())
        }
        fn is_human_readable(&self) -> bool {
            false
        }
    };
    (@ $($method:ident($ty:ty))*) => {$(
        fn $method(self, _: $ty) -> Result<Self::Ok, Unhashable> {
            Err(other())
        }
    )*};
}

/// Reads a sequence or tuple of `u64` (serde's form of `usize`).
struct Extents(Shape);

impl Serializer for Extents {
    type Ok = Shape;
    type Error = Unhashable;
    type SerializeSeq = Self;
    type SerializeTuple = Self;

    fn serialize_u64(mut self, extent: u64) -> Result<Shape, Unhashable> {
        self.push(&extent)?;
        Ok(self.0)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Unhashable> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unhashable> {
        Ok(self)
    }

    refuse!(scalars newtype rest);
}

impl Extents {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        let mut bytes = Vec::with_capacity(8);
        value.serialize(Plain { bytes: &mut bytes, dtype: DType::U64 })?;
        let extent = <[u8; 8]>::try_from(&bytes[..]).map_err(|_| other())?;
        let slot = self.0.extents.get_mut(self.0.ndim).ok_or_else(other)?;
        *slot = usize::try_from(u64::from_le_bytes(extent)).map_err(|_| other())?;
        self.0.ndim += 1;
        Ok(())
    }
}

impl SerializeSeq for Extents {
    type Ok = Shape;
    type Error = Unhashable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        self.push(value)
    }

    fn end(self) -> Result<Shape, Unhashable> {
        Ok(self.0)
    }
}

impl SerializeTuple for Extents {
    type Ok = Shape;
    type Error = Unhashable;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        self.push(value)
    }

    fn end(self) -> Result<Shape, Unhashable> {
        Ok(self.0)
    }
}

/// Takes a sequence that fills the shape.
struct Elements<'a> {
    stream: &'a mut Stream,
    shape: Shape,
    fed: &'a mut bool,
}

impl<'a> Serializer for Elements<'a> {
    type Ok = ();
    type Error = Unhashable;
    type SerializeSeq = Gather<'a>;

    fn serialize_seq(self, len: Option<usize>) -> Result<Gather<'a>, Unhashable> {
        match len {
            Some(0) if self.shape.len() == Some(0) => {
                array::put_header(self.stream, None, self.shape.as_slice());
                *self.fed = true;
                Ok(Gather { left: 0, shape: self.shape, fed: self.fed, target: Target::Unknown(self.stream) })
            }
            Some(len) if self.shape.len() == Some(len) => Ok(Gather {
                left: len,
                shape: self.shape,
                fed: self.fed,
                target: Target::Unknown(self.stream),
            }),
            _ => Err(other()),
        }
    }

    refuse!(scalars u64 newtype tuple rest);
}

/// Packs elements into the bytes that the array's memory would show.
struct Gather<'a> {
    left: usize,
    shape: Shape,
    fed: &'a mut bool,
    target: Target<'a>,
}

enum Target<'a> {
    /// No element was seen yet, so the dtype is not known.
    Unknown(&'a mut Stream),
    Known {
        dtype: DType,
        buffer: Vec<u8>,
        pieces: tree::Pieces<'a>,
    },
    Taken,
}

const BUFFER: usize = 64 * 1024;

impl Gather<'_> {
    #[cold]
    fn begin(&mut self, dtype: Option<DType>) -> Result<(), Unhashable> {
        let Target::Unknown(stream) = std::mem::replace(&mut self.target, Target::Taken) else {
            return Err(other());
        };
        let dtype = dtype.ok_or_else(other)?;
        let total = self.left.checked_mul(dtype.size()).ok_or_else(other)?;
        array::put_header(stream, Some(dtype), self.shape.as_slice());
        *self.fed = true;
        let buffer = Vec::with_capacity((BUFFER + dtype.size()).min(total));
        self.target = Target::Known { dtype, buffer, pieces: tree::Pieces::new(stream, total) };
        Ok(())
    }
}

impl SerializeSeq for Gather<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        if let Target::Unknown(_) = self.target {
            self.begin(element_dtype::<T>())?;
        }
        let Target::Known { dtype, buffer, pieces } = &mut self.target else {
            return Err(other());
        };
        let before = buffer.len();
        value.serialize(Plain { bytes: buffer, dtype: *dtype })?;
        if buffer.len() - before != dtype.size() || self.left == 0 {
            return Err(Unhashable::custom("an array whose elements do not match its shape"));
        }
        self.left -= 1;
        if buffer.len() >= BUFFER {
            pieces.put(buffer);
            buffer.clear();
        }
        Ok(())
    }

    fn end(self) -> Result<(), Unhashable> {
        if self.left > 0 {
            return Err(Unhashable::custom("an array whose elements do not match its shape"));
        }
        if let Target::Known { buffer, mut pieces, .. } = self.target {
            pieces.put(&buffer);
            pieces.finish();
        }
        Ok(())
    }
}

/// Writes a number's little-endian bytes, and nothing else.
struct Plain<'a> {
    bytes: &'a mut Vec<u8>,
    dtype: DType,
}

macro_rules! plain {
    ($($method:ident($ty:ty) = $($dtype:ident)|+;)*) => {$(
        #[inline]
        fn $method(self, value: $ty) -> Result<(), Unhashable> {
            match self.dtype {
                $(DType::$dtype)|+ => {
                    self.bytes.extend_from_slice(&value.to_le_bytes());
                    Ok(())
                }
                _ => Err(other()),
            }
        }
    )*};
}

impl<'a> Serializer for Plain<'a> {
    type Ok = ();
    type Error = Unhashable;
    type SerializeTuple = Pair<'a>;

    plain! {
        serialize_i8(i8) = I8; serialize_i16(i16) = I16; serialize_i32(i32) = I32; serialize_i64(i64) = I64;
        serialize_i128(i128) = I128; serialize_u8(u8) = U8; serialize_u16(u16) = U16 | F16;
        serialize_u32(u32) = U32; serialize_u64(u64) = U64; serialize_u128(u128) = U128;
        serialize_f32(f32) = F32 | C64; serialize_f64(f64) = F64 | C128;
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), Unhashable> {
        if self.dtype != DType::Bool {
            return Err(other());
        }
        self.bytes.push(u8::from(value));
        Ok(())
    }

    /// `half::f16` is a newtype of its bits.
    #[inline]
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unhashable> {
        value.serialize(self)
    }

    /// `Complex` is a tuple of two numbers.
    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Pair<'a>, Unhashable> {
        Ok(Pair(self))
    }

    refuse!(seq rest);
}

struct Pair<'a>(Plain<'a>);

impl SerializeTuple for Pair<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        value.serialize(Plain { bytes: self.0.bytes, dtype: self.0.dtype })
    }

    fn end(self) -> Result<(), Unhashable> {
        Ok(())
    }
}
