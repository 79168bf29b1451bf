//! Numbers and texts in message bodies: little-endian, lengths first.

use crate::Error;

/// Appends to a message body.
pub(super) trait Put {
    fn put_u64(&mut self, value: u64);
    fn put_bytes(&mut self, bytes: &[u8]);
}

impl Put for Vec<u8> {
    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_le_bytes());
    }

    fn put_bytes(&mut self, bytes: &[u8]) {
        self.put_u64(bytes.len() as u64);
        self.extend_from_slice(bytes);
    }
}

/// Takes from a message body.
#[derive(Clone, Copy)]
pub(super) struct Body<'m>(pub(super) &'m [u8]);

impl<'m> Body<'m> {
    pub(super) fn u64(&mut self) -> Result<u64, Error> {
        let (bytes, rest) = self.0.split_first_chunk().ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(u64::from_le_bytes(*bytes))
    }

    pub(super) fn usize(&mut self) -> Result<usize, Error> {
        usize::try_from(self.u64()?).map_err(|_| cut_off())
    }

    pub(super) fn byte(&mut self) -> Result<u8, Error> {
        let (&byte, rest) = self.0.split_first().ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(byte)
    }

    pub(super) fn bytes(&mut self) -> Result<&'m [u8], Error> {
        let len = self.usize()?;
        let (bytes, rest) = self.0.split_at_checked(len).ok_or_else(cut_off)?;
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<String, Error> {
        Ok(String::from_utf8_lossy(self.bytes()?).into_owned())
    }
}

#[cold]
fn cut_off() -> Error {
    Error::message("a message between processes is malformed")
}
