//! Structs and sequences; and among them the arrays that serde hides behind a pointer.
//!
//! An `Arc<Array2<f64>>` or `&ArrayView1<i32>` serialises as its target does without the serializer seeing
//! the target's type, and ndarray's `Serialize` then writes `Array { v: 1u8, dim, data }` with one call per
//! element. That is caught here and fed as the array it is: known by the types of its fields, the last of
//! which is private to ndarray. Whatever departs from it, such as a struct of the user's with these names, is
//! an ordinary struct.

use super::error::Unhashable;
use super::gather::Gather;
use super::serializer::{Fields, put};
use super::shape::{self, Shape};
use super::stream::Stream;
use super::tag;
use crate::array::{element_dtype, is_ndarray_elements, is_ndarray_extents};
use serde::Serialize;
use serde::ser::{self, SerializeSeq, SerializeStruct, SerializeStructVariant};

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
            (Held::Nothing, "v") if shape::byte(value) == Some(VERSION) => Some(Held::Version),
            (Held::Version, "dim") if is_ndarray_extents::<T>() => Shape::of(value).map(Held::Shape),
            (Held::Shape(shape), "data") if is_ndarray_elements::<T>() => {
                self.stream.hidden = Some(Box::new(shape));
                value.serialize(&mut *self.stream)?;
                // Given back where its elements are no numbers.
                self.held = self.stream.hidden.take().is_none().then_some(Held::Done);
                if self.held.is_some() {
                    self.stream.depth.leave(1);
                }
                return Ok(());
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
        release(self.stream, held)
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

/// Unnamed parts, up to `END`; or the elements of an array, of which version and shape are held back.
pub(super) struct Sequence<'a>(Parts<'a>);

enum Parts<'a> {
    /// With the shape of the array that it turned out not to be.
    Plain(&'a mut Stream, Option<Box<Shape>>),
    Undecided(&'a mut Stream, Box<Shape>),
    Elements(Gather<'a>),
    Taken,
}

impl<'a> Sequence<'a> {
    /// That `len` elements follow, if they are to be those of an array of the stream's `hidden` shape.
    #[inline]
    pub(super) fn new(stream: &'a mut Stream, len: Option<usize>) -> Result<Self, Unhashable> {
        stream.enter(1)?;
        match stream.hidden.take() {
            Some(shape) => Self::hidden(stream, shape, len),
            None => Ok(Self::plain(stream, None)),
        }
    }

    #[inline]
    fn plain(stream: &'a mut Stream, hidden: Option<Box<Shape>>) -> Self {
        stream.put(&[tag::SEQ]);
        Self(Parts::Plain(stream, hidden))
    }

    #[cold]
    fn hidden(stream: &'a mut Stream, shape: Box<Shape>, len: Option<usize>) -> Result<Self, Unhashable> {
        match len {
            Some(0) if shape.len() == Some(0) => Ok(Self(Parts::Elements(Gather::new(stream, *shape)))),
            Some(len) if shape.len() == Some(len) => Ok(Self(Parts::Undecided(stream, shape))),
            _ => Self::released(stream, shape),
        }
    }

    /// Of something else than numbers: feeds what was held back.
    fn released(stream: &'a mut Stream, shape: Box<Shape>) -> Result<Self, Unhashable> {
        release(stream, Held::Shape(*shape))?;
        stream.put_name("data");
        Ok(Self::plain(stream, Some(shape)))
    }

    #[cold]
    fn decide(&mut self, is_number: bool) -> Result<(), Unhashable> {
        match std::mem::replace(&mut self.0, Parts::Taken) {
            Parts::Undecided(stream, shape) if is_number => {
                self.0 = Parts::Elements(Gather::new(stream, *shape))
            }
            Parts::Undecided(stream, shape) => *self = Self::released(stream, shape)?,
            decided => self.0 = decided,
        }
        Ok(())
    }
}

impl SerializeSeq for Sequence<'_> {
    type Ok = ();
    type Error = Unhashable;

    #[inline]
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unhashable> {
        if let Parts::Undecided(..) = self.0 {
            self.decide(element_dtype::<T>().is_some())?;
        }
        match &mut self.0 {
            Parts::Plain(stream, _) => put(stream, value),
            Parts::Elements(gather) => gather.element(value),
            _ => Ok(()),
        }
    }

    #[inline]
    fn end(self) -> Result<(), Unhashable> {
        match self.0 {
            Parts::Plain(stream, hidden) => {
                stream.close(1);
                stream.hidden = hidden;
                Ok(())
            }
            Parts::Elements(gather) => gather.end(),
            _ => Err(ser::Error::custom("a sequence of fewer elements than it announced")),
        }
    }
}

fn release(stream: &mut Stream, held: Held) -> Result<(), Unhashable> {
    open(stream, NAME);
    let mut fields = Fields(stream);
    if let Held::Version | Held::Shape(_) = held {
        fields.serialize_field("v", &VERSION)?;
    }
    if let Held::Shape(shape) = held {
        fields.serialize_field("dim", shape.as_slice())?;
    }
    Ok(())
}

#[inline(always)]
fn open(stream: &mut Stream, name: &str) {
    stream.put(&[tag::STRUCT]);
    stream.put_name(name);
}
