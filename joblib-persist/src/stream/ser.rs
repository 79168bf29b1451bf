//! Writing values: a serde `Serializer` that puts arrays of numbers aside whole.

use super::collected::Collected;
use super::half::{Half, HalfFormat};
use super::number::Number;
use super::record::Record;
use super::sequence::{NdCapture, Sequence};
use super::steps::{Step, Steps};
use super::too_deep;
use super::wire::{self, EXT_SOME, NIL};
use crate::payload::Payload;
use joblib_core::array::{Container, DType, as_array, as_slice, element_dtype};
use joblib_core::depth::{Depth, MAX_DEPTH};
use joblib_core::unsaid::{self, Unsaid};
use joblib_core::{Error, Result, mutable};
use serde::{Serialize, Serializer};

/// Takes the arrays of a value while it is written, and the main stream when it gets long.
pub(crate) trait Sink {
    /// Puts an array into the main stream (`out`), or elsewhere with a reference in the main stream. While the
    /// stream has `open` heads, whose lengths are filled in later, nothing may be taken off `out`. `steps` lead to the
    /// array.
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, steps: Steps<'_>, open: bool)
    -> Result<()>;

    /// Called when `out` is longer than the encoder's limit: takes all bytes off it, or fails.
    fn overflow(&mut self, out: &mut Vec<u8>) -> Result<()>;
}

/// Writes one value to the main stream.
pub(crate) struct Encoder<'s> {
    pub(super) out: Vec<u8>,
    limit: usize,
    pub(super) depth: Depth,
    /// The last step in each open container, the outermost first.
    steps: Vec<Step>,
    /// How many containers with a length still to be filled in are open: the stream cannot be cut meanwhile.
    pub(super) open_heads: usize,
    /// How often the sink took from the stream: positions in `out` from before are void then.
    pub(super) cuts: usize,
    /// Set while the data of what looks like an n-dimensional array is about to be written.
    pub(super) nd: Option<Box<NdCapture>>,
    sink: &'s mut dyn Sink,
}

/// A value as layouts see it, which are compiled once, whatever is written.
pub(crate) trait Encode {
    fn encode(&self, encoder: &mut Encoder<'_>) -> Result<()>;
}

impl<T: Serialize + ?Sized> Encode for &T {
    fn encode(&self, encoder: &mut Encoder<'_>) -> Result<()> {
        encoder.value(*self)
    }
}

impl<'s> Encoder<'s> {
    /// An encoder that appends to `out`; once that is longer than `limit`, the sink is asked to take from it.
    pub(crate) fn new(out: Vec<u8>, limit: usize, sink: &'s mut dyn Sink) -> Self {
        let (depth, steps) = (Depth::new(MAX_DEPTH), Vec::new());
        Self { out, limit, depth, steps, open_heads: 0, cuts: 0, nd: None, sink }
    }

    /// Allows containers to be nested `depth` deep.
    #[must_use]
    pub(crate) fn max_depth(mut self, depth: usize) -> Self {
        self.depth = Depth::new(depth);
        self
    }

    /// The main stream written so far and not taken by the sink.
    pub(crate) fn into_output(self) -> Vec<u8> {
        self.out
    }

    /// Writes `value`; an array of numbers goes to the sink whole.
    #[inline]
    pub(crate) fn value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<()> {
        look_at(value)?;
        if let Some(array) = as_array(value) {
            return self.array(&Payload::new(&array));
        }
        value.serialize(self)
    }

    pub(super) fn array(&mut self, payload: &Payload<'_>) -> Result<()> {
        let length = self.out.len();
        let steps = Steps(self.steps.get(..self.depth.containers()).unwrap_or_default());
        self.sink.array(&mut self.out, payload, steps, self.open_heads > 0)?;
        if self.out.len() < length {
            self.cuts += 1;
        }
        self.check_length()
    }

    /// Enters a container; gives back what `leave` undoes.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<()> {
        self.check_length()?;
        self.depth.enter(1).map_err(too_deep)
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth.leave(1);
    }

    /// Notes where in the innermost container the encoder is.
    #[inline(always)]
    pub(super) fn step(&mut self, step: Step) {
        match self.steps.get_mut(self.depth.containers() - 1) {
            Some(last) => *last = step,
            None => self.first_step(step),
        }
    }

    #[cold]
    fn first_step(&mut self, step: Step) {
        self.steps.resize(self.depth.containers(), step);
    }

    /// Lets the sink take from a main stream that has grown beyond the limit.
    #[inline]
    pub(super) fn check_length(&mut self) -> Result<()> {
        if self.out.len() > self.limit && self.open_heads == 0 {
            self.cuts += 1;
            return self.sink.overflow(&mut self.out);
        }
        Ok(())
    }

    /// A half-precision float, given its bits.
    #[inline(never)]
    fn half<T: Serialize + ?Sized>(&mut self, format: HalfFormat, bits: &T) -> Result<()> {
        let mut bytes = Vec::new();
        bits.serialize(Collected(&mut bytes))?;
        if let Number::Half(half) = Number::read(DType::F16, &mut &bytes[..])? {
            Number::Half(Half { format, ..half }).write(&mut self.out);
        }
        Ok(())
    }

    /// Begins a variant, a map of one entry.
    fn variant(&mut self, name: &str) -> Result<()> {
        self.enter()?;
        wire::write_map_head(&mut self.out, 1);
        self.step(Step::key_at(self.out.len()));
        wire::write_str(&mut self.out, name);
        Ok(())
    }
}

/// Notes what can be changed, and refuses what would not come back as it is.
#[inline(always)]
pub(super) fn look_at<T: ?Sized>(value: &T) -> Result<()> {
    mutable::note::<T>();
    match unsaid::in_text(value) {
        None | Some(Unsaid::Address { flowinfo: 0, .. }) => Ok(()),
        Some(unsaid) => Err(incomplete(unsaid)),
    }
}

#[cold]
fn incomplete(unsaid: Unsaid) -> Error {
    Error::codec(match unsaid {
        Unsaid::Address { .. } => {
            "serde leaves out the flow information of a `SocketAddrV6`, which would be lost".to_owned()
        }
        Unsaid::Spent => {
            "a `RangeInclusive` iterated to its end would come back as one that is not".to_owned()
        }
        Unsaid::Hidden(name) => {
            format!(
                "serde leaves something out of a `{name}`, which is behind too many pointers to be looked at"
            )
        }
    })
}

#[cold]
fn too_long() -> Error {
    Error::limit("MessagePack holds at most 2^32 - 1 elements or bytes in one value")
}

/// MessagePack lengths have 32 bits.
#[inline]
pub(super) fn check_len(len: usize) -> Result<usize> {
    if u32::try_from(len).is_err() { Err(too_long()) } else { Ok(len) }
}

/// Byte strings from this length on are stored as arrays.
const LONG_BYTES: usize = 64 * 1024;

macro_rules! integers {
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

    integers! {
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
    }

    fn serialize_i128(self, value: i128) -> Result<()> {
        wire::write_i128(&mut self.out, value);
        Ok(())
    }

    fn serialize_u128(self, value: u128) -> Result<()> {
        wire::write_u128(&mut self.out, value);
        Ok(())
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
            && let Some(format) = HalfFormat::of_newtype(name)
        {
            return self.half(format, value);
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

    /// Slices and vectors call this with themselves: a slice of numbers is taken whole.
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
