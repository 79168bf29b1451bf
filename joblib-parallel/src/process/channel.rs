//! Frames over a Unix socket, with open files beside them.
//!
//! | bytes | field |
//! |---|---|
//! | 0..4 | length of the body, little-endian |
//! | 4 | kind |
//! | 5 | number of files that belong to the frame; they are sent with its first byte |
//! | 6..8 | zero |
//! | 8.. | body |

use joblib_core::fork::Uninherited;
use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use std::collections::VecDeque;
use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

/// Most files in one frame; the kernel takes 253 at once.
pub(super) const MAX_FILES: usize = 200;

const HEAD: usize = 8;
const READ: usize = 64 * 1024;

/// One message.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) kind: u8,
    pub(super) body: Vec<u8>,
    pub(super) files: Vec<OwnedFd>,
}

/// One end of a connection. With a non-blocking socket, sending queues and receiving takes what is there.
#[derive(Debug)]
pub(super) struct Channel {
    /// A forked child's copy would keep the connection open after this process has ended.
    socket: Uninherited<UnixStream>,
    /// Frames not sent yet, and how much of the first has been.
    queue: VecDeque<(Frame, [u8; HEAD])>,
    sent: usize,
    /// Bytes received and not made frames yet, from `parsed` on.
    received: Vec<u8>,
    parsed: usize,
    files: VecDeque<OwnedFd>,
}

impl Channel {
    pub(super) fn new(socket: UnixStream) -> Self {
        let (queue, files) = (VecDeque::new(), VecDeque::new());
        Self { socket: Uninherited::new(socket), queue, sent: 0, received: Vec::new(), parsed: 0, files }
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends a frame, or as much as the socket takes now; [`flush`](Self::flush) sends the rest.
    pub(super) fn send(&mut self, frame: Frame) -> io::Result<()> {
        let len = u32::try_from(frame.body.len())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidInput, "a message of 4 GiB or more"))?;
        let [a, b, c, d] = len.to_le_bytes();
        let files = u8::try_from(frame.files.len()).map_err(io::Error::other)?;
        self.queue.push_back((frame, [a, b, c, d, 0, files, 0, 0]));
        if let Some((frame, head)) = self.queue.back_mut() {
            head[4] = frame.kind;
        }
        self.flush()
    }

    /// Whether bytes have come that no frame was made of yet.
    pub(super) fn has_received(&self) -> bool {
        self.parsed < self.received.len()
    }

    /// Whether something waits to be sent.
    pub(super) fn is_sending(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Sends what the socket takes.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while let Some((frame, head)) = self.queue.front() {
            let sent = match send_part(&self.socket, frame, head, self.sent) {
                Ok(sent) => sent,
                Err(rustix::io::Errno::INTR) => continue,
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error.into()),
            };
            self.sent += sent;
            if self.sent == HEAD + frame.body.len() {
                self.queue.pop_front();
                self.sent = 0;
            }
        }
        Ok(())
    }

    /// The next frame. `WouldBlock` if none is complete yet, `UnexpectedEof` if the other side is gone.
    pub(super) fn receive(&mut self) -> io::Result<Frame> {
        loop {
            if let Some(frame) = self.parse()? {
                return Ok(frame);
            }
            self.read()?;
        }
    }

    fn parse(&mut self) -> io::Result<Option<Frame>> {
        let rest = &self.received[self.parsed..];
        let Some((&[a, b, c, d, kind, files, ..], body)) = rest.split_first_chunk::<HEAD>() else {
            return Ok(None);
        };
        let len = u32::from_le_bytes([a, b, c, d]) as usize;
        let Some(body) = body.get(..len) else { return Ok(None) };
        let body = body.to_vec();
        if self.files.len() < usize::from(files) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "files of a message are missing"));
        }
        self.parsed += HEAD + len;
        if self.parsed == self.received.len() {
            self.received.clear();
            self.parsed = 0;
            self.received.shrink_to(1 << 20);
        }
        Ok(Some(Frame { kind, body, files: self.files.drain(..usize::from(files)).collect() }))
    }

    /// Reads once.
    fn read(&mut self) -> io::Result<()> {
        if self.parsed > 0 {
            self.received.drain(..self.parsed);
            self.parsed = 0;
        }
        // As much as the frame under way still needs, but memory only as the bytes come.
        let old = self.received.len();
        let want = READ.max(old.min(1 << 24));
        self.received.resize(old + want, 0);
        let outcome = receive_part(&self.socket, &mut self.received[old..], &mut self.files);
        self.received.truncate(old + outcome.as_ref().copied().unwrap_or(0));
        match outcome {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(rustix::io::Errno::INTR) | Ok(_) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(target_os = "linux")]
const SEND: SendFlags = SendFlags::NOSIGNAL;
#[cfg(not(target_os = "linux"))]
const SEND: SendFlags = SendFlags::empty();

fn send_part(
    socket: &UnixStream,
    frame: &Frame,
    head: &[u8; HEAD],
    sent: usize,
) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    let files: Vec<BorrowedFd<'_>> = frame.files.iter().map(AsFd::as_fd).collect();
    if sent == 0 && !files.is_empty() && !control.push(SendAncillaryMessage::ScmRights(&files)) {
        return Err(rustix::io::Errno::TOOBIG);
    }
    let parts =
        [IoSlice::new(&head[sent.min(HEAD)..]), IoSlice::new(&frame.body[sent.saturating_sub(HEAD)..])];
    sendmsg(socket, &parts, &mut control, SEND)
}

#[cfg(target_os = "linux")]
const RECEIVE: RecvFlags = RecvFlags::CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const RECEIVE: RecvFlags = RecvFlags::empty();

fn receive_part(
    socket: &UnixStream,
    into: &mut [u8],
    files: &mut VecDeque<OwnedFd>,
) -> rustix::io::Result<usize> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(MAX_FILES))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let received = recvmsg(socket, &mut [IoSliceMut::new(into)], &mut control, RECEIVE)?;
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(passed) = message {
            for file in passed {
                #[cfg(not(target_os = "linux"))]
                let _ = rustix::io::fcntl_setfd(&file, rustix::io::FdFlags::CLOEXEC);
                files.push_back(file);
            }
        }
    }
    Ok(received.bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Seek, Write};

    #[test]
    fn frames_of_any_size_and_their_files_arrive_in_order() {
        let (a, b) = UnixStream::pair().unwrap();
        a.set_nonblocking(true).unwrap();
        let (mut a, mut b) = (Channel::new(a), Channel::new(b));
        let file = |text: &str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.rewind().unwrap();
            OwnedFd::from(file)
        };
        let body = |len: usize| (0..len).map(|i| i as u8).collect::<Vec<_>>();
        let receiver = std::thread::spawn(move || {
            for (kind, len) in [(1u8, 0usize), (2, 3_000_000), (3, 10)] {
                let frame = b.receive().unwrap();
                assert_eq!((frame.kind, frame.body.len()), (kind, len));
                assert!(frame.body.iter().enumerate().all(|(i, &byte)| byte == i as u8));
                for (number, file) in frame.files.into_iter().enumerate() {
                    let mut text = String::new();
                    std::fs::File::from(file).read_to_string(&mut text).unwrap();
                    assert_eq!(text, format!("{kind}.{number}"));
                }
            }
            assert_eq!(b.receive().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        });
        a.send(Frame { kind: 1, body: Vec::new(), files: vec![file("1.0")] }).unwrap();
        a.send(Frame { kind: 2, body: body(3_000_000), files: vec![file("2.0"), file("2.1")] }).unwrap();
        a.send(Frame { kind: 3, body: body(10), files: Vec::new() }).unwrap();
        while a.is_sending() {
            a.flush().unwrap();
            std::thread::yield_now();
        }
        assert_eq!(a.receive().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(a);
        receiver.join().unwrap();
    }
}
