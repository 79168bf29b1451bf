//! The values of a message, as bytes that several messages may have parts of.

use std::ops::{Deref, Range};
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
