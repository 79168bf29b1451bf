//! Values in memory, as the caches keep small results: one byte of version and a main stream with its arrays
//! in it.

use crate::format::VERSION;
use crate::payload::Payload;
use crate::stream::{ArrayExt, Decoder, Encoder, Sink, Source, Steps, write_inline};
use joblib_core::{Encoded, Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::mem::MaybeUninit;

/// The first byte: which encoding follows.
const PLAIN: u8 = VERSION as u8;

/// Appends the encoding of `value` to `buffer` unless it takes more than `limit` bytes.
pub(crate) fn encode<T: Serialize + ?Sized>(
    value: &T,
    buffer: &mut Vec<u8>,
    limit: usize,
) -> Result<Encoded> {
    let start = buffer.len();
    let end = start.saturating_add(limit);
    let mut sink = Inline { end, exceeded: false };
    let mut out = std::mem::take(buffer);
    out.push(PLAIN);
    let mut encoder = Encoder::new(out, end, &mut sink);
    let result = encoder.value(value);
    *buffer = encoder.into_output();
    if sink.exceeded || buffer.len() > end {
        buffer.truncate(start);
        return Ok(Encoded::TooLarge);
    }
    match result {
        Ok(()) => Ok(Encoded::Inline),
        Err(error) => {
            buffer.truncate(start);
            Err(error)
        }
    }
}

/// The value that [`encode`] made these bytes of.
#[inline]
pub(crate) fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T> {
    let Some((&PLAIN, stream)) = bytes.split_first() else { return Err(unknown_version()) };
    let mut nowhere = Nowhere;
    let mut decoder = Decoder::new(stream, &mut nowhere);
    let value = T::deserialize(&mut decoder)?;
    decoder.finish()?;
    Ok(value)
}

#[cold]
fn unknown_version() -> Error {
    Error::unsupported("a value in memory is empty or of a later format version")
}

/// Keeps arrays in the stream, up to a limit.
struct Inline {
    end: usize,
    exceeded: bool,
}

impl Inline {
    #[cold]
    fn exceed(&mut self) -> Result<()> {
        self.exceeded = true;
        Err(Error::limit("the value exceeds the limit"))
    }
}

impl Sink for Inline {
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, _: Steps<'_>, _: bool) -> Result<()> {
        if out.len().saturating_add(payload.nbytes()) > self.end {
            return self.exceed();
        }
        write_inline(out, payload)
    }

    fn overflow(&mut self, _out: &mut Vec<u8>) -> Result<()> {
        self.exceed()
    }
}

/// The source of a stream that has all arrays in it.
pub(crate) struct Nowhere;

#[cold]
fn nowhere<T>() -> Result<T> {
    Err(Error::corrupt("an array refers to a file, which a value in memory does not have"))
}

impl<'de> Source<'de> for Nowhere {
    fn check(&mut self, _array: &ArrayExt<'de>) -> Result<()> {
        nowhere()
    }

    fn fill<'b>(&mut self, _array: &ArrayExt<'de>, _dst: &'b mut [MaybeUninit<u8>]) -> Result<&'b mut [u8]> {
        nowhere()
    }
}

#[cfg(test)]
mod tests;
