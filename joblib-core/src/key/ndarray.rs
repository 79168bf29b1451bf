//! Structs; and among them the arrays that serde hides behind a pointer.
//!
//! An `Arc<Array2<f64>>` or `&ArrayView1<i32>` serialises as its target does without the serializer seeing the
//! target's type, and ndarray's `Serialize` then writes `Array { v: 1u8, dim, data }` with one call per element.
//! That is caught here and fed as the array it is: known by the types of its fields, the last of which is private to
//! ndarray. Whatever departs from it, such as a struct of the user's with these names, is an ordinary struct.

use super::elements::{self, Shape};
use super::error::Unhashable;
use super::serializer::{Fields, put};
use super::stream::Stream;
use super::tag;
use crate::array::{is_ndarray_elements, is_ndarray_extents};
use serde::Serialize;
use serde::ser::{self, SerializeStruct, SerializeStructVariant};

/// Feeds a struct's fields.
pub(super) struct StructHasher<'a> {
    stream: &'a mut Stream,
    /// What was held back of something that may still turn out to be an array.
    held: Option<Held>,
}

#[derive(Clone, Copy)]
enum Held {
    Nothing,
    Version,
    Shape(Shape),
    /// The array has been fed.
    Done,
}

const NAME: &str = "Array";
const VERSION: u8 = 1;

impl<'a> StructHasher<'a> {
    #[inline(always)]
    pub(super) fn new(stream: &'a mut Stream, name: &'static str, len: usize) -> Self {
        stream.depth.open(1);
        if name == NAME && len == 3 {
            return Self { stream, held: Some(Held::Nothing) };
        }
        open(stream, name);
        Self { stream, held: None }
    }

    /// A field of what looks like an array so far.
    #[cold]
    #[inline(never)]
    fn array_field<T: Serialize + ?Sized>(
        &mut self,
        held: Held,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unhashable> {
        let next = match (held, name) {
            (Held::Nothing, "v") if elements::byte(value) == Some(VERSION) => Some(Held::Version),
            (Held::Version, "dim") if is_ndarray_extents::<T>() => elements::shape(value).map(Held::Shape),
            (Held::Shape(shape), "data") if is_ndarray_elements::<T>() => {
                self.stream.enter(1)?;
                let fed = elements::put(self.stream, shape, value)?;
                self.stream.depth.leave(1);
                fed.then_some(Held::Done)
            }
            (Held::Done, _) => return Err(ser::Error::custom("a struct of more fields than it announced")),
            _ => None,
        };
        match next {
            Some(next) => {
                self.held = Some(next);
                Ok(())
            }
            None => {
                self.release(held)?;
                Fields(self.stream).serialize_field(name, value)
            }
        }
    }

    /// It is an ordinary struct after all: feeds what was held back.
    fn release(&mut self, held: Held) -> Result<(), Unhashable> {
        self.held = None;
        open(self.stream, NAME);
        let mut fields = Fields(self.stream);
        if let Held::Version | Held::Shape(_) = held {
            fields.serialize_field("v", &VERSION)?;
        }
        if let Held::Shape(shape) = held {
            fields.serialize_field("dim", shape.as_slice())?;
        }
        Ok(())
    }
}

impl SerializeStruct for StructHasher<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unhashable> {
        if let Some(held) = self.held {
            return self.array_field(held, name, value);
        }
        self.stream.put_name(name);
        put(self.stream, value)
    }

    #[inline]
    fn end(mut self) -> Result<(), Unhashable> {
        match self.held {
            Some(Held::Done) => self.stream.depth.leave(1),
            Some(held) => {
                self.release(held)?;
                self.stream.close(1);
            }
            None => self.stream.close(1),
        }
        Ok(())
    }
}

#[inline(always)]
fn open(stream: &mut Stream, name: &str) {
    stream.put(&[tag::STRUCT]);
    stream.put_name(name);
}
