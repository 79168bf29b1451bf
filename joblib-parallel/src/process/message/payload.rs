//! The values of a message, one behind the other, as bytes that several messages may have parts of. Before
//! each value stands its length: 8 bytes, little-endian.

use crate::error::panic_text;
use crate::{Error, Result};
use joblib_persist::exchange::{self, Outbox};
use serde::Serialize;
use std::ops::{Deref, Range};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// Bytes, or a part of some; cheap to clone and to cut.
#[derive(Clone, Debug, Default)]
pub(in crate::process) struct Payload {
    /// `None` for no bytes at all.
    bytes: Option<Arc<Vec<u8>>>,
    range: Range<usize>,
}

impl Payload {
    /// The part in this range of it; nothing, where it does not reach so far.
    pub(in crate::process) fn part(&self, range: Range<usize>) -> Self {
        let (start, end) = (self.range.start + range.start, self.range.start + range.end);
        let range = if start <= end && end <= self.range.end { start..end } else { 0..0 };
        Self { bytes: self.bytes.clone(), range }
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Self { range: 0..bytes.len(), bytes: Some(Arc::new(bytes)) }
    }
}

impl Deref for Payload {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        self.bytes.as_ref().map_or(&[], |bytes| &bytes[self.range.clone()])
    }
}

/// Appends a value; an error that says `what` cannot be done, if it cannot be written.
pub(super) fn push<T: Serialize>(
    bytes: &mut Vec<u8>,
    value: &T,
    outbox: &mut dyn Outbox,
    what: &str,
) -> Result<()> {
    let start = bytes.len();
    bytes.extend_from_slice(&[0; 8]);
    let written = guarded(what, || exchange::encode(value, bytes, outbox));
    match written {
        Ok(()) => {
            let len = (bytes.len() - start - 8) as u64;
            bytes[start..start + 8].copy_from_slice(&len.to_le_bytes());
        }
        Err(_) => bytes.truncate(start),
    }
    written
}

/// Takes the first value off the front of `bytes`; `None` if they end before it does.
pub(in crate::process) fn take<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (value, rest) = rest.split_at_checked(usize::try_from(u64::from_le_bytes(*len)).ok()?)?;
    *bytes = rest;
    Some(value)
}

/// Runs a `Serialize` or `Deserialize` of the user's; an error if it fails or panics, that says `what` cannot
/// be done.
pub(in crate::process) fn guarded<T>(what: &str, code: impl FnOnce() -> Result<T>) -> Result<T> {
    // Its partial output is cut off, and its input is not looked at again.
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(done) => done.map_err(|error| Error::message_from(what, error)),
        Err(payload) => Err(Error::message(format!("{what}: a panic: {}", panic_text(&*payload)))),
    }
}
