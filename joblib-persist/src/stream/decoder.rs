//! Going through a main stream: heads, bytes, texts and arrays, one after the other, from one segment to the
//! next.

use super::array_ext::{ArrayExt, Place};
use super::source::Source;
use super::too_deep;
use super::wire::{self, EXT_ARRAY, Head};
use joblib_core::depth::{Depth, MAX_DEPTH};
use joblib_core::{Error, Result};

/// Reads values from a main stream.
pub(crate) struct Decoder<'de, 's> {
    pub(super) input: &'de [u8],
    /// Position of the end of `input` in the whole stream.
    pub(super) end: u64,
    pub(super) depth: Depth,
    pub(super) source: &'s mut dyn Source<'de>,
}

impl<'de, 's> Decoder<'de, 's> {
    pub(crate) fn new(input: &'de [u8], source: &'s mut dyn Source<'de>) -> Self {
        Self { input, end: input.len() as u64, depth: Depth::new(MAX_DEPTH), source }
    }

    /// Allows containers to be nested `depth` deep.
    #[must_use]
    pub(crate) fn max_depth(mut self, depth: usize) -> Self {
        self.depth = Depth::new(depth);
        self
    }

    /// How many bytes of the main stream have been read.
    pub(crate) fn position(&self) -> u64 {
        self.end - self.input.len() as u64
    }

    /// Checks that nothing follows the value.
    pub(crate) fn finish(&mut self) -> Result<()> {
        if self.input.is_empty() { Ok(()) } else { Err(self.corrupt("bytes follow the value")) }
    }

    #[cold]
    pub(super) fn corrupt(&self, message: &str) -> Error {
        Error::corrupt(message).with_offset(self.position())
    }

    #[inline]
    pub(super) fn head(&mut self) -> Result<Head> {
        if self.input.is_empty() {
            self.refill()?;
        }
        match wire::read_head(&mut self.input) {
            Some(head) => Ok(head),
            None => Err(self.corrupt("the stream is cut off or holds a reserved byte")),
        }
    }

    #[inline]
    pub(super) fn peek(&mut self) -> Result<u8> {
        self.rest()?.first().copied().ok_or_else(|| self.corrupt("the stream is cut off"))
    }

    /// The part of the stream at hand, beginning with the next value.
    #[inline]
    pub(super) fn rest(&mut self) -> Result<&'de [u8]> {
        if self.input.is_empty() {
            self.refill()?;
        }
        Ok(self.input)
    }

    #[cold]
    fn refill(&mut self) -> Result<()> {
        while self.input.is_empty() {
            let Some(input) = self.source.more()? else { return Err(self.corrupt("the stream is cut off")) };
            self.input = input;
            self.end += input.len() as u64;
        }
        Ok(())
    }

    #[inline]
    pub(super) fn take(&mut self, len: usize) -> Result<&'de [u8]> {
        let Some((bytes, rest)) = self.input.split_at_checked(len) else {
            return Err(self.corrupt("the stream is cut off"));
        };
        self.input = rest;
        Ok(bytes)
    }

    pub(super) fn take_array<const N: usize>(&mut self) -> Result<[u8; N]> {
        wire::take(&mut self.input).ok_or_else(|| self.corrupt("the stream is cut off"))
    }

    #[inline]
    pub(super) fn text(&mut self, len: usize) -> Result<&'de str> {
        let bytes = self.take(len)?;
        std::str::from_utf8(bytes).map_err(|_| self.corrupt("a string is not UTF-8"))
    }

    /// Takes a string of fewer than 32 bytes, as almost all keys are, if that comes next.
    #[inline(always)]
    pub(super) fn short_text(&mut self) -> Result<Option<&'de str>> {
        let Some((&tag, rest)) = self.input.split_first() else { return Ok(None) };
        if tag & 0xe0 != 0xa0 {
            return Ok(None);
        }
        self.input = rest;
        self.text(usize::from(tag & 0x1f)).map(Some)
    }

    /// The array whose extension value has `len` bytes.
    pub(super) fn array(&mut self, len: usize) -> Result<ArrayExt<'de>> {
        let payload = self.take(len)?;
        let array = ArrayExt::parse(payload).map_err(|message| self.corrupt(message))?;
        if let Place::Elsewhere(_) = array.place {
            self.source.check(&array).map_err(|error| error.with_offset(self.position()))?;
        }
        Ok(array)
    }

    /// Passes over an array that is not wanted.
    pub(super) fn skip_array(&mut self, array: &ArrayExt<'de>) -> Result<()> {
        match array.place {
            Place::Inline(_) => Ok(()),
            Place::Elsewhere(_) => self.source.skip(array),
        }
    }

    /// Enters a container.
    #[inline]
    pub(super) fn enter(&mut self) -> Result<()> {
        self.depth.enter(1).map_err(too_deep)
    }

    #[inline]
    pub(super) fn leave(&mut self) {
        self.depth.leave(1);
    }

    /// Passes over the next value and everything in it without building anything, however deep it is.
    pub(super) fn skip_value(&mut self) -> Result<()> {
        let mut values = 1u64;
        while let Some(rest) = values.checked_sub(1) {
            values = rest;
            match self.head()? {
                Head::Str(len) | Head::Bin(len) => {
                    self.take(len)?;
                }
                Head::Array(len) => values = values.saturating_add(len as u64),
                Head::Map(len) => values = values.saturating_add(2 * len as u64),
                Head::Ext(EXT_ARRAY, len) => {
                    let array = self.array(len)?;
                    self.skip_array(&array)?;
                }
                Head::Ext(_, len) => {
                    self.take(len)?;
                }
                Head::Nil
                | Head::Bool(_)
                | Head::Unsigned(_)
                | Head::Signed(_)
                | Head::F32(_)
                | Head::F64(_) => {}
            }
        }
        Ok(())
    }
}
