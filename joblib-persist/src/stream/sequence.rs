//! Writing sequences and tuples: element by element, or as one array where all elements are numbers of one
//! type.

use super::container::{ContainerHead, Kind};
use super::encoder::{Encoder, NdCapture};
use super::number::Number;
use super::steps::Step;
use super::wire;
use crate::payload::Payload;
use joblib_core::array::{Container, DType, Numbers, element_dtype};
use joblib_core::{Error, Result};
use serde::Serialize;
use serde::ser;

/// A sequence or tuple being written.
///
/// Iterators, `VecDeque`s, boxed arrays and the like hand over numbers one by one. While their static type is
/// one number type they are collected; a sequence that turns out to be mixed is written plainly from there.
pub(crate) struct Sequence<'a, 's> {
    encoder: &'a mut Encoder<'s>,
    state: State,
    expected: Option<usize>,
    /// Whether it is inside a variant's map.
    in_variant: bool,
}

enum State {
    /// No element yet, and numbers would be collected.
    Undecided { nd: Option<Box<NdCapture>> },
    /// Numbers of one type.
    Collecting { dtype: DType, bytes: Vec<u8>, nd: Option<Box<NdCapture>> },
    /// Elements go to the stream as they come.
    Plain { count: usize, head: ContainerHead },
}

/// Shorter tuples and arrays of fixed size are written plainly.
const SHORTEST_COLLECTED_TUPLE: usize = 9;

/// Memory reserved for collected elements on the word of a length hint.
const MAX_RESERVED: usize = 1 << 20;

impl<'a, 's> Sequence<'a, 's> {
    #[inline]
    pub(super) fn new(encoder: &'a mut Encoder<'s>, len: Option<usize>) -> Result<Self> {
        encoder.enter()?;
        Ok(Self { encoder, state: State::Undecided { nd: None }, expected: len, in_variant: false })
    }

    #[inline]
    pub(super) fn tuple(encoder: &'a mut Encoder<'s>, len: usize) -> Result<Self> {
        let mut sequence = Self::new(encoder, Some(len))?;
        if len < SHORTEST_COLLECTED_TUPLE {
            sequence.begin_plain()?;
        }
        Ok(sequence)
    }

    pub(super) fn of_variant(mut self) -> Self {
        self.in_variant = true;
        self
    }

    /// The data of an n-dimensional array.
    pub(super) fn nd_data(
        encoder: &'a mut Encoder<'s>,
        len: Option<usize>,
        nd: Box<NdCapture>,
    ) -> Result<Self> {
        let mut sequence = Self::new(encoder, len)?;
        sequence.state = State::Undecided { nd: Some(nd) };
        Ok(sequence)
    }

    #[inline(always)]
    pub(super) fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        let dtype = element_dtype::<T>();
        if let State::Plain { count, .. } = &mut self.state {
            self.encoder.step(Step::index(*count));
            *count += 1;
            self.encoder.check_length()?;
            return self.encoder.value(value);
        }
        match dtype {
            Some(dtype) => self.number(value, dtype),
            None => {
                self.spill()?;
                self.element_plain(value)
            }
        }
    }

    fn element_plain<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        if let State::Plain { count, .. } = &mut self.state {
            self.encoder.step(Step::index(*count));
            *count += 1;
        }
        self.encoder.value(value)
    }

    #[inline]
    fn number<T: Serialize + ?Sized>(&mut self, value: &T, dtype: DType) -> Result<()> {
        if let State::Undecided { nd } = &mut self.state {
            let nd = nd.take();
            self.state = State::Collecting { dtype, bytes: reserved(self.expected, dtype), nd };
        }
        match &mut self.state {
            State::Collecting { dtype: collected, bytes, .. } if *collected == dtype => {
                value.serialize(Numbers::<Error>::new(bytes))
            }
            _ => {
                self.spill()?;
                self.element_plain(value)
            }
        }
    }

    /// Goes on plainly: what was collected is written number by number.
    #[cold]
    fn spill(&mut self) -> Result<()> {
        let State::Collecting { dtype, bytes, .. } =
            std::mem::replace(&mut self.state, State::Undecided { nd: None })
        else {
            return self.begin_plain();
        };
        self.begin_plain()?;
        let numbers = bytes.chunks_exact(dtype.size());
        if let State::Plain { count, .. } = &mut self.state {
            *count = numbers.len();
        }
        for mut number in numbers {
            Number::read(dtype, &mut number)?.write(&mut self.encoder.out);
        }
        Ok(())
    }

    fn begin_plain(&mut self) -> Result<()> {
        let head = ContainerHead::begin(self.encoder, Kind::Sequence, self.expected)?;
        self.state = State::Plain { count: 0, head };
        Ok(())
    }

    #[inline]
    pub(super) fn finish(self) -> Result<()> {
        self.encoder.leave();
        let encoder = self.encoder;
        let mut depth = encoder.depth;
        depth.leave(u32::from(self.in_variant));
        let result = Self::end(encoder, self.state);
        encoder.depth = depth;
        result
    }

    fn end(encoder: &mut Encoder<'_>, state: State) -> Result<()> {
        match state {
            State::Plain { count, head } => head.end(encoder, count),
            State::Undecided { .. } => {
                wire::write_array_head(&mut encoder.out, 0);
                Ok(())
            }
            State::Collecting { dtype, bytes, nd } => {
                let len = bytes.len() / dtype.size();
                match nd {
                    Some(nd) if nd.holds(len) && nd.cuts == encoder.cuts => {
                        let shape = &nd.shape[..nd.ndim];
                        encoder.out.truncate(nd.start);
                        // It stands in the place of the struct, not of the field `data` in that.
                        encoder.leave();
                        encoder.array(&Payload::collected(dtype, Container::NdArray, shape, &bytes))
                    }
                    _ => encoder.array(&Payload::collected(dtype, Container::Sequence, &[len], &bytes)),
                }
            }
        }
    }
}

fn reserved(expected: Option<usize>, dtype: DType) -> Vec<u8> {
    Vec::with_capacity(expected.unwrap_or(0).saturating_mul(dtype.size()).min(MAX_RESERVED))
}

macro_rules! sequences {
    ($($name:ident: $method:ident),*) => {$(
        impl ser::$name for Sequence<'_, '_> {
            type Ok = ();
            type Error = Error;

            #[inline(always)]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
                self.element(value)
            }

            #[inline]
            fn end(self) -> Result<()> {
                self.finish()
            }
        }
    )*};
}

sequences! {
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
}
