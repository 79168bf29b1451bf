//! Reading a stream by whatever method its first bytes show.

use crate::compress::Method;
use crate::compress::registry::{self, HEAD};
use std::cell::RefCell;
use std::io::{self, Cursor, ErrorKind, Read};
use std::rc::Rc;

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
        let head = Cursor::new(head);
        let Some(method) = method else {
            return Ok(Self { method: Method::None, inner: Box::new(head.chain(source)) });
        };
        let codec = registry::codec(method).map_err(io::Error::other)?;
        let met = Met::default();
        let whole = Box::new(head.chain(Source { source, met: Rc::clone(&met) }));
        let inner = codec.reader(whole).map_err(|error| of_either(error, &met))?;
        Ok(Self { method, inner: Box::new(Decompressor { inner, met }) })
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

/// The error that a source met. Decompressors pass on a copy at best, and report their own errors as damage.
type Met = Rc<RefCell<Option<io::Error>>>;

/// What is decompressed.
struct Source<R> {
    source: R,
    met: Met,
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.source.read(buffer).map_err(|error| match error.kind() {
            // The caller reads again when it sees this.
            ErrorKind::Interrupted => error,
            kind => {
                self.met.replace(Some(error));
                kind.into()
            }
        })
    }
}

struct Decompressor<'r> {
    inner: Box<dyn Read + 'r>,
    met: Met,
}

impl Read for Decompressor<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| of_either(error, &self.met))
    }
}

/// The source's own error, if it met one; else one that says that the data are damaged or cut off.
#[cold]
fn of_either(error: io::Error, met: &Met) -> io::Error {
    match met.take() {
        Some(of_source) => of_source,
        None if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Interrupted) => error,
        None => io::Error::new(ErrorKind::InvalidData, error),
    }
}
