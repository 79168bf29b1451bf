//! How values become bytes: chosen outside this crate, so that the cache knows no file format.

use crate::{MmapMode, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt;
use std::fs::File;
use std::path::Path;

/// Encodes results for a [`Store`](crate::store::Store) and decodes them again.
///
/// Small results are encoded into memory and packed by the store; results that do not fit are encoded once
/// more, straight into a file of their own, whose arrays can then be mapped in place.
pub trait Codec: Clone + fmt::Debug + Send + Sync + 'static {
    /// What `compress = ..` takes.
    type Compression: Clone + fmt::Debug + Default + Serialize + DeserializeOwned + Send + Sync + 'static;

    /// Appends the encoding of `value` to `buffer`, unless it would take more than `limit` bytes.
    ///
    /// # Errors
    ///
    /// The value's own serialisation errors.
    fn encode<T>(
        &self,
        value: &T,
        buffer: &mut Vec<u8>,
        limit: usize,
        compression: &Self::Compression,
    ) -> Result<Encoded>
    where
        T: Serialize + ?Sized;

    /// Writes the encoding of `value` to an empty file opened for reading and writing; gives its length.
    ///
    /// # Errors
    ///
    /// Serialisation and I/O errors; the file is then of no use.
    fn write<T>(&self, value: &T, file: &File, compression: &Self::Compression) -> Result<u64>
    where
        T: Serialize + ?Sized;

    /// The value that [`encode`](Codec::encode) made these bytes of.
    ///
    /// # Errors
    ///
    /// Corrupt or foreign bytes. Never panics, never allocates more than the bytes justify.
    fn decode<T>(&self, bytes: &[u8]) -> Result<T>
    where
        T: DeserializeOwned;

    /// The value that [`write`](Codec::write) put into this file.
    ///
    /// With a `mode`, arrays whose field type can be mapped are mapped; all others are read. A nameless file
    /// has an empty `path`.
    ///
    /// # Errors
    ///
    /// Corrupt, foreign or truncated files; I/O errors.
    fn read<T>(&self, file: &File, path: &Path, mode: Option<MmapMode>) -> Result<T>
    where
        T: DeserializeOwned;
}

/// A codec that takes a `T` for `compress = ..`.
pub trait Compresses<T>: Codec {
    /// The compression that is meant.
    ///
    /// # Errors
    ///
    /// Names and levels of no compression.
    fn compression(wanted: T) -> Result<Self::Compression>;
}

/// Whether a value fitted into memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoded {
    /// The buffer holds the whole encoding.
    Inline,
    /// The value needs more than the limit; the buffer is as it was.
    TooLarge,
}
