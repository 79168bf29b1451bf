//! Putting large arrays into files, small ones into the main stream.

use super::seen::Seen;
use crate::compress::{BlockTable, Compression};
use crate::payload::Payload;
use crate::stream::{Reference, Sink, Steps, write_inline, write_reference};
use joblib_core::{Error, Result};

/// Where arrays are put: side files, or members of an archive.
pub(crate) trait Shelf {
    /// Stores an array as it is; gives its number and its digest. `name` leads to it in the value.
    fn store(&mut self, name: &str, payload: &Payload<'_>) -> Result<(u64, u128)>;

    /// Stores an array in compressed blocks; gives its number, its block table and its digest.
    fn compress(
        &mut self,
        name: &str,
        payload: &Payload<'_>,
        compression: &Compression,
    ) -> Result<(u64, BlockTable, u128)>;
}

/// Takes the arrays of a value that is being written.
pub(crate) struct ArraySink<S> {
    shelf: S,
    compression: Compression,
    /// Smaller arrays stay in the main stream.
    least: usize,
    seen: Seen,
}

impl<S: Shelf> ArraySink<S> {
    pub(crate) fn new(shelf: S, compression: Compression, least: usize, by_content: bool) -> Self {
        Self { shelf, compression, least, seen: Seen::new(by_content) }
    }

    pub(crate) fn into_shelf(self) -> S {
        self.shelf
    }

    fn put(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, steps: Steps<'_>) -> Result<()> {
        let name = steps.name(out);
        if self.compression.is_none() {
            let (index, digest) = self.shelf.store(&name, payload)?;
            write_reference(out, payload, &Reference::Stored { index, digest });
            self.seen.insert(payload, index, None, digest);
        } else {
            let (index, table, digest) = self.shelf.compress(&name, payload, &self.compression)?;
            let mut bytes = Vec::new();
            table.encode(&mut bytes);
            if u32::try_from(bytes.len() + 256).is_err() {
                return Err(Error::limit("an array has too many blocks"));
            }
            write_reference(out, payload, &Reference::Blocks { index, table: &bytes });
            self.seen.insert(payload, index, Some(bytes), digest);
        }
        Ok(())
    }
}

impl<S: Shelf> Sink for ArraySink<S> {
    fn array(&mut self, out: &mut Vec<u8>, payload: &Payload<'_>, steps: Steps<'_>, _: bool) -> Result<()> {
        if payload.nbytes() < self.least {
            return write_inline(out, payload);
        }
        match self.seen.find(payload) {
            Some(reference) => {
                write_reference(out, payload, &reference);
                Ok(())
            }
            None => self.put(out, payload, steps),
        }
    }
}
