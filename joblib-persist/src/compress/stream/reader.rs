//! Reading a stream by whatever method its first bytes show.

use crate::compress::Method;
use crate::compress::registry::{self, HEAD};
use joblib_core::{Error, Result};
use std::io::{self, Cursor, Read};

/// A reader of a stream that may be compressed: by content, never by name.
pub(crate) struct StreamReader<'r> {
    method: Method,
    inner: Box<dyn Read + 'r>,
}

impl<'r> StreamReader<'r> {
    /// Looks at the first bytes of `source`, and decompresses what they announce.
    ///
    /// # Errors
    ///
    /// If `source` fails, or the method is not built in.
    pub(crate) fn new(mut source: impl Read + 'r) -> Result<Self> {
        let mut head = Vec::with_capacity(HEAD);
        let read = source.by_ref().take(HEAD as u64).read_to_end(&mut head);
        read.map_err(Error::codec)?;
        let method = registry::by_content(&head);
        let whole: Box<dyn Read + 'r> = Box::new(Cursor::new(head).chain(source));
        let Some(method) = method else { return Ok(Self { method: Method::None, inner: whole }) };
        let inner = registry::codec(method)?.reader(whole);
        Ok(Self { method, inner: inner.map_err(|error| Error::corrupt(error.to_string()))? })
    }

    /// The method that was recognised.
    pub(crate) fn method(&self) -> Method {
        self.method
    }
}

impl Read for StreamReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer)
    }
}
