//! Calls of the system for sockets: bytes with open files beside them, and waiting for several at once.
#![allow(unsafe_code)]

use super::Attachment;
use super::attachment::MAX_ATTACHMENTS;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::zeroed;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::ptr;
use std::time::Duration;

const NUMBER: usize = size_of::<libc::c_int>();
/// Room for the control data of one message, in words, which are aligned as that has to be.
// SAFETY: it is computed of numbers.
const CONTROL: usize = (unsafe { libc::CMSG_SPACE((MAX_ATTACHMENTS * NUMBER) as u32) } as usize).div_ceil(8);

#[cfg(target_os = "linux")]
const SEND: libc::c_int = libc::MSG_NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const SEND: libc::c_int = 0;
#[cfg(target_os = "linux")]
const RECEIVE: libc::c_int = libc::MSG_CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const RECEIVE: libc::c_int = 0;

/// Sends as many bytes as the socket takes, the files with the first of them.
pub(super) fn send(socket: &UnixStream, parts: &[IoSlice<'_>], files: &[Attachment]) -> io::Result<usize> {
    if files.len() > MAX_ATTACHMENTS {
        return Err(io::Error::from_raw_os_error(libc::E2BIG));
    }
    let mut control = [0u64; CONTROL];
    // SAFETY: a C structure, which may be zeroes.
    let mut message: libc::msghdr = unsafe { zeroed() };
    // The same bytes as an `iovec`, by its documentation; they are read.
    message.msg_iov = parts.as_ptr().cast_mut().cast();
    message.msg_iovlen = parts.len() as _;
    if !files.is_empty() {
        let len = (files.len() * NUMBER) as u32;
        message.msg_control = control.as_mut_ptr().cast();
        // SAFETY: there is room for so many files, for which the header and then their numbers are written.
        unsafe {
            message.msg_controllen = libc::CMSG_SPACE(len) as _;
            let head = libc::CMSG_FIRSTHDR(&raw const message);
            (*head).cmsg_level = libc::SOL_SOCKET;
            (*head).cmsg_type = libc::SCM_RIGHTS;
            (*head).cmsg_len = libc::CMSG_LEN(len) as _;
            let numbers = libc::CMSG_DATA(head).cast::<libc::c_int>();
            for (at, file) in files.iter().enumerate() {
                numbers.add(at).write_unaligned(file.as_fd().as_raw_fd());
            }
        }
    }
    // SAFETY: what the message points to lives, and the files are open.
    size(unsafe { libc::sendmsg(socket.as_raw_fd(), &raw const message, SEND) })
}

/// What one call took in.
#[derive(Debug)]
pub(super) struct Received {
    /// Bytes.
    pub(super) len: usize,
    pub(super) files: Vec<OwnedFd>,
    /// Whether there were more files, which this process may not open.
    pub(super) is_cut: bool,
}

/// Receives once.
#[allow(clippy::unnecessary_cast, reason = "other systems have other numbers")]
pub(super) fn receive(socket: &UnixStream, into: &mut [u8]) -> io::Result<Received> {
    let mut control = [0u64; CONTROL];
    let mut parts = [IoSliceMut::new(into)];
    // SAFETY: a C structure, which may be zeroes.
    let mut message: libc::msghdr = unsafe { zeroed() };
    message.msg_iov = parts.as_mut_ptr().cast();
    message.msg_iovlen = 1;
    message.msg_control = control.as_mut_ptr().cast();
    message.msg_controllen = size_of_val(&control) as _;
    // SAFETY: what the message points to lives, and may be written.
    let len = size(unsafe { libc::recvmsg(socket.as_raw_fd(), &raw mut message, RECEIVE) })?;
    let mut files = Vec::new();
    // SAFETY: the kernel has written the control data, up to the length that it has set; the files in it are
    // this process's.
    unsafe {
        let mut head = libc::CMSG_FIRSTHDR(&raw const message);
        while let Some(&libc::cmsghdr { cmsg_level, cmsg_type, cmsg_len, .. }) = head.as_ref() {
            if (cmsg_level, cmsg_type) == (libc::SOL_SOCKET, libc::SCM_RIGHTS) {
                let count = (cmsg_len as usize - libc::CMSG_LEN(0) as usize) / NUMBER;
                let numbers = libc::CMSG_DATA(head).cast::<libc::c_int>();
                files.extend((0..count).map(|at| OwnedFd::from_raw_fd(ptr::read_unaligned(numbers.add(at)))));
            }
            head = libc::CMSG_NXTHDR(&raw const message, head);
        }
    }
    #[cfg(not(target_os = "linux"))]
    for file in &files {
        // SAFETY: it sets a flag of a file that is open.
        unsafe { libc::fcntl(file.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) };
    }
    Ok(Received { len, files, is_cut: message.msg_flags & libc::MSG_CTRUNC != 0 })
}

/// What is waited for on a descriptor: `POLLIN`, `POLLOUT`, or nothing but its end.
pub(super) fn events(of: BorrowedFd<'_>, events: libc::c_short) -> libc::pollfd {
    libc::pollfd { fd: of.as_raw_fd(), events, revents: 0 }
}

/// Waits for one of these, at least as long as is said; gives how many there are.
pub(super) fn poll(polled: &mut [libc::pollfd], limit: Option<Duration>) -> io::Result<usize> {
    let milliseconds =
        |limit: Duration| i32::try_from(limit.as_nanos().div_ceil(1_000_000)).unwrap_or(i32::MAX);
    // SAFETY: there are as many as is said. A number that is no descriptor is an event.
    size(unsafe { libc::poll(polled.as_mut_ptr(), polled.len() as _, limit.map_or(-1, milliseconds)) }
        as isize)
}

fn size(answer: isize) -> io::Result<usize> {
    usize::try_from(answer).map_err(|_| io::Error::last_os_error())
}
