//! An encoded result, as a store shows it.

use super::keep::Form;
use crate::store::Record;
use crate::{Codec, Error, MmapMode, Result};
use std::fs::File;
use std::io::{self, Seek};
use std::path::Path;

/// Where an encoded result is.
pub(crate) enum Encoding<'a> {
    Bytes(&'a [u8]),
    File { file: &'a File, path: &'a Path, mode: Option<MmapMode> },
}

impl Encoding<'_> {
    /// Shows what a store has found. What the store can only read is first copied to a nameless file, in
    /// which arrays can be mapped; what is written to them stays in memory.
    #[inline]
    pub(crate) fn show<T>(
        record: Record<'_>,
        mode: Option<MmapMode>,
        use_it: impl FnOnce(Encoding<'_>) -> Result<T>,
    ) -> Result<T> {
        match record {
            Record::Bytes(bytes) => use_it(Encoding::Bytes(bytes)),
            Record::File { file, path } => use_it(Encoding::File { file, path, mode }),
            Record::Reader(reader) => {
                let mut source = Source { reader, failed: false };
                let copied = crate::nameless::file().and_then(|mut file| {
                    io::copy(&mut source, &mut file)?;
                    file.rewind().map(|()| file)
                });
                let file = copied.map_err(|error| match source.failed {
                    true => Error::stream("cannot read a value from its store", error),
                    false => {
                        Error::io("cannot copy a value to a temporary file in", std::env::temp_dir(), error)
                    }
                })?;
                let mode = mode.map(|mode| if mode.is_writable() { MmapMode::CopyOnWrite } else { mode });
                use_it(Encoding::File { file: &file, path: Path::new(""), mode })
            }
        }
    }

    pub(crate) fn decode<R, F: Form<R>, C: Codec>(&self, codec: &C) -> Result<R> {
        match *self {
            Encoding::Bytes(bytes) => F::decode(codec, bytes),
            Encoding::File { file, path, mode } => F::read(codec, file, path, mode),
        }
    }

    /// Bytes of the encoding.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Encoding::Bytes(bytes) => bytes.len() as u64,
            Encoding::File { file, .. } => file.metadata().map_or(u64::MAX, |meta| meta.len()),
        }
    }
}

/// Whether a record holds more bytes than this, or is to be fetched from elsewhere.
pub(crate) fn is_larger(record: &Record<'_>, limit: usize) -> bool {
    match record {
        Record::Bytes(bytes) => bytes.len() > limit,
        Record::File { file, .. } => file.metadata().map_or(true, |meta| meta.len() > limit as u64),
        Record::Reader(_) => true,
    }
}

/// Says which side of a copy failed.
struct Source<'r> {
    reader: &'r mut dyn io::Read,
    failed: bool,
}

impl io::Read for Source<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.reader.read(into).inspect_err(|error| self.failed |= error.kind() != io::ErrorKind::Interrupted)
    }
}
