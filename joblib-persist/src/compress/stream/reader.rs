//! Reading a stream by whatever method its first bytes show.

use crate::compress::Method;
use crate::compress::registry::{self, HEAD};
use std::io::{self, Cursor, ErrorKind, Read};

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
    pub(crate) fn new(mut source: impl Read + 'r) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD);
        source.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        let method = registry::by_content(&head);
        let whole: Box<dyn Read + 'r> = Box::new(Cursor::new(head).chain(source));
        let Some(method) = method else { return Ok(Self { method: Method::None, inner: whole }) };
        let inner = registry::codec(method).map_err(io::Error::other)?.reader(whole);
        let inner = inner.map_err(|error| match error.kind() {
            // Of a decompressor that does not like the first bytes, not of the source.
            ErrorKind::Other if error.raw_os_error().is_none() => {
                io::Error::new(ErrorKind::InvalidData, error)
            }
            _ => error,
        })?;
        Ok(Self { method, inner })
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
