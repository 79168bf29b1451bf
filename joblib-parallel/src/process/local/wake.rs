//! Waking the thread that supervises a run, from any other.

use crate::process::place::Waker;
use crate::{Error, Result};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;

/// What a place waits for besides its workers.
#[derive(Debug)]
pub(in crate::process) struct WakeReceiver {
    socket: UnixStream,
    /// With the other end closed it would always seem to be woken.
    _other: Arc<UnixStream>,
}

/// The two ends.
pub(in crate::process) fn wake_pair() -> Result<(WakeReceiver, Waker)> {
    let pair = || {
        let (socket, other) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        other.set_nonblocking(true)?;
        Ok((socket, Arc::new(other)))
    };
    let (socket, other) =
        pair().map_err(|error: io::Error| Error::backend("no socket for the run", error))?;
    let receiver = WakeReceiver { socket, _other: Arc::clone(&other) };
    // If it is full the receiver is awake already.
    Ok((receiver, Waker::new(move || drop((&*other).write(&[1])))))
}

impl WakeReceiver {
    /// Takes in all wake-ups so far.
    pub(super) fn clear(&self) {
        let mut scrap = [0u8; 64];
        while matches!((&self.socket).read(&mut scrap), Ok(read) if read == scrap.len()) {}
    }
}

impl AsFd for WakeReceiver {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}
