//! A reader that gives little at a time, as sockets do.

use std::io::{self, Read};

/// Gives a few bytes at a time.
pub(crate) struct Trickle<R>(pub(crate) R, pub(crate) usize);

impl<R: Read> Read for Trickle<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = self.1 % 1000 + 7;
        let len = buffer.len().min(self.1);
        self.0.read(&mut buffer[..len])
    }
}
