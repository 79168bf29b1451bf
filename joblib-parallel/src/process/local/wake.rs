//! Waking the thread that supervises a run, from any other.

use crate::process::place::Waker;
use crate::{Error, Result};
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// What a place listens to besides its workers.
#[derive(Debug)]
pub(in crate::process) struct Ear {
    socket: UnixStream,
    /// With the other end closed it would always seem to be woken.
    _other: Arc<UnixStream>,
}

/// An ear, and what wakes it.
pub(in crate::process) fn wake_pair() -> Result<(Ear, Waker)> {
    let pair = || {
        let (socket, other) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((socket, Arc::new(other)))
    };
    let (socket, other) =
        pair().map_err(|error: io::Error| Error::backend("no socket for the run", error))?;
    let ear = Ear { socket, _other: Arc::clone(&other) };
    // If it is full the ear is awake already.
    Ok((ear, Waker::new(move || drop((&*other).write(&[1])))))
}

impl Ear {
    /// Takes in all wake-ups so far.
    pub(super) fn clear(&self) {
        let mut scrap = [0u8; 64];
        while matches!(rustix::io::read(&self.socket, &mut scrap), Ok(read) if read == scrap.len()) {}
    }
}

impl AsFd for Ear {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
