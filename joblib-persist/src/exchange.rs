//! Values passed between processes of one machine: the main stream as bytes, large arrays as places in shared
//! files.
//!
//! Where an array's bytes are put, and under which number the other side finds them, is up to an [`Outbox`]
//! and an [`Inbox`]. Anything of the stream may be wrong without harm; the numbers are checked by the inbox.

use crate::file::{Verify, read_at};
use crate::payload::Payload;
use crate::stream::{
    ArrayExt, Decoder, Encoder, Place, Reference, Sink, Source, Steps, uninit, write_inline, write_reference,
};
use joblib_core::memmap::{ArrayPlace, MappedFile};
use joblib_core::{Error, Result};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::mem::MaybeUninit;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

pub use crate::payload::Payload as Outgoing;

/// Takes arrays out of a value that is written.
pub trait Outbox {
    /// Puts the array where the other side finds it under the number given back; `None` leaves it in the
    /// stream.
    ///
    /// # Errors
    ///
    /// If there is no place for it.
    fn put(&mut self, array: &Outgoing<'_>) -> Result<Option<u64>>;
}

/// Finds the arrays of a value that is read.
pub trait Inbox {
    /// The file in which the array of this number lies, and the offset and length there.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    fn find(&mut self, number: u64) -> Result<(&File, u64, u64)>;

    /// The mapping for an array that is to be mapped, and the offset in it.
    ///
    /// # Errors
    ///
    /// If it cannot be mapped.
    fn map(&mut self, number: u64) -> Result<(MappedFile, u64)>;

    /// The strides, in elements, of an array that lies there with gaps; the offset is then that of the
    /// element `[0, 0, ..]`.
    ///
    /// # Errors
    ///
    /// If there is none of that number.
    fn strides(&mut self, number: u64) -> Result<Option<Vec<isize>>> {
        let _ = number;
        Ok(None)
    }
}

/// Appends `value` to `out`.
///
/// # Errors
///
/// If the value cannot be serialised or an array not be put anywhere.
pub fn encode<T: Serialize + ?Sized>(value: &T, out: &mut Vec<u8>, outbox: &mut dyn Outbox) -> Result<()> {
    let mut sink = Post(outbox);
    let mut encoder = Encoder::new(std::mem::take(out), usize::MAX, &mut sink);
    // What was in `out` before is still there if the value's `Serialize` panics.
    let result = catch_unwind(AssertUnwindSafe(|| encoder.value(value)));
    *out = encoder.into_output();
    result.unwrap_or_else(|payload| resume_unwind(payload))
}

/// Takes a value that [`encode`] wrote off the front of `input`.
///
/// # Errors
///
/// If the bytes are not a `T`, or an array is not where they say.
pub fn decode<'de, T: Deserialize<'de>>(input: &mut &'de [u8], inbox: &mut dyn Inbox) -> Result<T> {
    let mut source = Collected(inbox);
    let mut decoder = Decoder::new(input, &mut source);
    let value = T::deserialize(&mut decoder)?;
    let read = usize::try_from(decoder.position()).unwrap_or(usize::MAX);
    *input = input.get(read..).unwrap_or_default();
    Ok(value)
}

struct Post<'o>(&'o mut dyn Outbox);

impl Sink for Post<'_> {
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, _: Steps<'_>, _: bool) -> Result<()> {
        match self.0.put(payload)? {
            Some(index) => {
                write_reference(out, payload, &Reference::Stored { index, digest: 0 });
                Ok(())
            }
            None => write_inline(out, payload),
        }
    }

    fn overflow(&mut self, _: &mut Vec<u8>) -> Result<()> {
        Err(Error::limit("a message is too long"))
    }
}

struct Collected<'i>(&'i mut dyn Inbox);

fn number(array: &ArrayExt<'_>) -> Result<u64> {
    match array.place {
        Place::Elsewhere(Reference::Stored { index, .. }) => Ok(index),
        _ => Err(Error::corrupt("an array of a message is not in a file")),
    }
}

impl Collected<'_> {
    /// Where an array with gaps lies.
    fn strided(&mut self, array: &ArrayExt<'_>) -> Result<Option<ArrayPlace>> {
        let number = number(array)?;
        let Some(strides) = self.0.strides(number)? else { return Ok(None) };
        let (file, offset) = self.0.map(number)?;
        Ok(Some(ArrayPlace::strided(file, offset, array.dtype, array.shape(), &strides)))
    }
}

/// Fills `dst` with the elements at a place.
fn gathered<'b>(place: &ArrayPlace, dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
    let differs = || Error::corrupt("an array of a message is not as long as its place");
    let (mut rest, mut filled) = (&mut *dst, Vec::new());
    place.for_each_chunk(|chunk| {
        let (part, others) =
            std::mem::take(&mut rest).split_at_mut_checked(chunk.len()).ok_or_else(differs)?;
        filled.push(uninit::Filled::of(uninit::copy(part, chunk)?));
        rest = others;
        Ok(())
    })?;
    uninit::joined(dst, &filled)
}

impl<'de> Source<'de> for Collected<'_> {
    fn check(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        let (_, _, len) = self.0.find(number(array)?)?;
        if array.nbytes as u64 <= len { Ok(()) } else { Err(Error::corrupt("an array exceeds its place")) }
    }

    fn fill<'b>(&mut self, array: &ArrayExt<'de>, dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        if let Some(place) = self.strided(array)? {
            return gathered(&place, dst);
        }
        let (file, offset, _) = self.0.find(number(array)?)?;
        read_at(file, Path::new("shared memory"), offset, dst, Verify::Nothing)
    }

    fn place(&mut self, array: &ArrayExt<'de>) -> Result<Option<ArrayPlace>> {
        if let Some(place) = self.strided(array)? {
            return Ok(Some(place));
        }
        let (file, offset) = self.0.map(number(array)?)?;
        Ok(Some(ArrayPlace::new(file, offset, array.dtype, array.shape(), array.order)))
    }
}

#[cfg(test)]
mod tests;
