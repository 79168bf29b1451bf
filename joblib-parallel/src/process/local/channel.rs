//! Messages over a Unix socket, with open files beside them.
//!
//! | bytes | field |
//! |---|---|
//! | 0..8 | length of the payload, little-endian |
//! | 8..12 | length of the control data |
//! | 12..14 | number of files that belong to the message; they are sent with its first byte |
//! | 14..16 | zero |
//! | 16.. | control data, then the payload |

use super::Attachment;
use super::socket;
use crate::process::message::{self, Message, Payload};
use joblib_core::fork::Uninherited;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, IoSlice};
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

const HEAD: usize = 16;
/// Bytes read at once if no long message is under way.
const READ: usize = 64 * 1024;
/// Bytes read at once of a long message: few enough for the cleared buffer to be still in the cache.
const READ_LONG: usize = 1 << 20;

/// One end of a connection. With a non-blocking socket, sending queues messages and receiving takes what has
/// arrived.
#[derive(Debug)]
pub(super) struct Channel {
    /// A forked child's copy would keep the connection open after this process has ended.
    socket: Uninherited<UnixStream>,
    /// Messages not sent yet, and how much of the first has been.
    queue: VecDeque<Outgoing>,
    sent: usize,
    /// Bytes received that are not messages yet: those in this range.
    received: Box<[u8]>,
    unparsed: Range<usize>,
    /// Whether the socket had no more to give when last asked.
    is_drained: bool,
    is_blocking: bool,
    /// A long message that is being received.
    long: Option<Incoming>,
    /// The files of messages that have any, as they came: there may be too few, but never another message's.
    files: VecDeque<Vec<Attachment>>,
    #[cfg(feature = "faults")]
    faults: super::faults::Faults,
}

#[derive(Debug)]
struct Outgoing {
    /// Head and control data.
    front: Vec<u8>,
    payload: Payload,
    files: Vec<Attachment>,
}

impl Outgoing {
    fn len(&self) -> usize {
        self.front.len() + self.payload.len()
    }
}

/// What a head says, and the bytes behind it so far.
#[derive(Debug)]
struct Incoming {
    control: usize,
    total: usize,
    has_files: bool,
    bytes: Vec<u8>,
}

impl Channel {
    /// An end whose calls wait.
    pub(super) fn blocking(socket: UnixStream) -> Self {
        Self {
            socket: Uninherited::new(socket),
            queue: VecDeque::new(),
            sent: 0,
            received: vec![0; READ].into(),
            unparsed: 0..0,
            is_drained: false,
            is_blocking: true,
            long: None,
            files: VecDeque::new(),
            #[cfg(feature = "faults")]
            faults: super::faults::Faults::default(),
        }
    }

    /// An end whose calls do what can be done now.
    pub(super) fn nonblocking(socket: UnixStream) -> io::Result<Self> {
        socket.set_nonblocking(true)?;
        Ok(Self { is_blocking: false, ..Self::blocking(socket) })
    }

    pub(super) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    /// Sends a message, or as much as the socket takes now; [`flush`](Self::flush) sends the rest.
    ///
    /// # Errors
    ///
    /// As of the socket. Nothing can be sent any more, unless [`is_between`](Self::is_between).
    pub(super) fn send<C: Serialize>(&mut self, message: Message<C>) -> io::Result<()> {
        self.queue(message)?;
        self.flush()
    }

    /// Puts a message before the one that is sent next, with which it goes.
    ///
    /// # Errors
    ///
    /// If the message cannot be written.
    pub(super) fn queue<C: Serialize>(&mut self, message: Message<C>) -> io::Result<()> {
        let control = message::write(&message.control).map_err(io::Error::other)?;
        let control_len = u32::try_from(control.len()).map_err(io::Error::other)?;
        let files = u16::try_from(message.attachments.len()).map_err(io::Error::other)?;
        let mut front = Vec::with_capacity(HEAD + control.len());
        front.extend_from_slice(&(message.payload.len() as u64).to_le_bytes());
        front.extend_from_slice(&control_len.to_le_bytes());
        front.extend_from_slice(&files.to_le_bytes());
        front.extend_from_slice(&[0; 2]);
        front.extend_from_slice(&control);
        #[cfg(feature = "faults")]
        self.faults.sending(&self.socket, &front)?;
        self.queue.push_back(Outgoing { front, payload: message.payload, files: message.attachments });
        Ok(())
    }

    /// Whether the last message that could not be sent left no part of itself: others can be.
    pub(super) fn is_between(&self) -> bool {
        self.sent == 0
    }

    /// Whether bytes have arrived that are no complete message yet.
    pub(super) fn has_received(&self) -> bool {
        !self.unparsed.is_empty()
    }

    /// Whether something waits to be sent.
    pub(super) fn is_sending(&self) -> bool {
        !self.queue.is_empty()
    }

    /// Sends what the socket takes. What cannot be sent is not tried again.
    pub(super) fn flush(&mut self) -> io::Result<()> {
        while !self.queue.is_empty() {
            match send_part(&self.socket, &self.queue, self.sent) {
                Ok(sent) => self.sent += sent,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.queue.pop_front();
                    return Err(error);
                }
            }
            while let Some(len) = self.queue.front().map(Outgoing::len).filter(|&len| len <= self.sent) {
                self.queue.pop_front();
                self.sent -= len;
            }
        }
        Ok(())
    }

    /// The next message. `WouldBlock` if none is complete yet, `UnexpectedEof` if the other side is gone.
    pub(super) fn receive<C: DeserializeOwned>(&mut self) -> io::Result<Message<C>> {
        loop {
            if let Some(incoming) = self.parse()? {
                #[cfg(feature = "faults")]
                self.faults.received()?;
                return self.message(incoming);
            }
            // Only a call that waits has to know for sure.
            if std::mem::take(&mut self.is_drained) && !self.is_blocking {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.read()?;
        }
    }

    fn message<C: DeserializeOwned>(&mut self, incoming: Incoming) -> io::Result<Message<C>> {
        let Incoming { control, has_files, bytes, .. } = incoming;
        let words = message::read(bytes.get(..control).unwrap_or_default())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
        let attachments = if has_files { self.files.pop_front().unwrap_or_default() } else { Vec::new() };
        let end = bytes.len();
        Ok(Message { control: words, payload: Payload::from(bytes).part(control..end), attachments })
    }

    /// The next message that is there as a whole.
    fn parse(&mut self) -> io::Result<Option<Incoming>> {
        if self.long.is_none() {
            let received = &self.received[self.unparsed.clone()];
            let Some((head, _)) = received.split_first_chunk::<HEAD>() else { return Ok(None) };
            self.long = Some(Incoming::of(head)?);
            self.unparsed.start += HEAD;
        }
        let Some(incoming) = &mut self.long else { return Ok(None) };
        let there = self.unparsed.len().min(incoming.total - incoming.bytes.len());
        let bytes = self.unparsed.start..self.unparsed.start + there;
        incoming.bytes.extend_from_slice(&self.received[bytes]);
        self.unparsed.start += there;
        Ok(self.long.take_if(|incoming| incoming.bytes.len() == incoming.total))
    }

    /// Reads once.
    fn read(&mut self) -> io::Result<()> {
        let missing = self.long.as_ref().map_or(0, |incoming| incoming.total - incoming.bytes.len());
        let read = match &mut self.long {
            // A long message goes where it is to be; memory is taken only as its bytes come.
            Some(Incoming { bytes, .. }) if missing > READ => {
                let (old, want) = (bytes.len(), missing.min(READ_LONG));
                bytes.resize(old + want, 0);
                let read = receive_part(&self.socket, &mut bytes[old..], &mut self.files);
                bytes.truncate(old + read.as_ref().copied().unwrap_or(0));
                read
            }
            _ => {
                self.received.copy_within(self.unparsed.clone(), 0);
                self.unparsed = 0..self.unparsed.len();
                let free = &mut self.received[self.unparsed.end..];
                let want = free.len();
                let read = receive_part(&self.socket, free, &mut self.files);
                let got = read.as_ref().copied().unwrap_or(0);
                self.unparsed.end += got;
                self.is_drained = got < want;
                read
            }
        };
        match read {
            Ok(0) => Err(io::ErrorKind::UnexpectedEof.into()),
            Err(error) if error.kind() != io::ErrorKind::Interrupted => Err(error),
            _ => Ok(()),
        }
    }
}

impl Incoming {
    fn of(head: &[u8; HEAD]) -> io::Result<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l, m, n, ..] = *head;
        let too_long = || io::Error::new(io::ErrorKind::InvalidData, "a message is longer than memory");
        let payload =
            usize::try_from(u64::from_le_bytes([a, b, c, d, e, f, g, h])).map_err(|_| too_long())?;
        let control = u32::from_le_bytes([i, j, k, l]) as usize;
        let total = payload.checked_add(control).ok_or_else(too_long)?;
        let has_files = u16::from_le_bytes([m, n]) > 0;
        Ok(Self { control, total, has_files, bytes: Vec::with_capacity(total.min(READ_LONG)) })
    }
}

/// Sends what is left of the first message, of which so much was sent, and short ones behind it that have no
/// files: files go with the first byte of what is sent at once.
fn send_part(socket: &UnixStream, queue: &VecDeque<Outgoing>, sent: usize) -> io::Result<usize> {
    let files = queue.front().filter(|_| sent == 0).map_or(&[][..], |message| &message.files);
    let mut parts = [IoSlice::new(&[]); 2 * AT_ONCE];
    let together = queue.iter().enumerate().take_while(|(at, message)| *at == 0 || message.files.is_empty());
    for (pair, (at, message)) in parts.chunks_exact_mut(2).zip(together) {
        let (sent, front) = (if at == 0 { sent } else { 0 }, message.front.len());
        pair[0] = IoSlice::new(&message.front[sent.min(front)..]);
        pair[1] = IoSlice::new(&message.payload[sent.saturating_sub(front)..]);
    }
    socket::send(socket, &parts, files)
}

/// Most messages that are sent at once.
const AT_ONCE: usize = 4;

/// Files come with the first byte of their message, and one call takes in those of one message at most. Where
/// this process may not open so many, the kernel drops the rest and says so.
fn receive_part(
    socket: &UnixStream,
    into: &mut [u8],
    files: &mut VecDeque<Vec<Attachment>>,
) -> io::Result<usize> {
    let received = socket::receive(socket, into)?;
    if !received.files.is_empty() || received.is_cut {
        files.push_back(received.files.into_iter().map(|file| Attachment::from(File::from(file))).collect());
    }
    Ok(received.len)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::message::ToParent;
    use proptest::prelude::*;
    use std::io::{Read, Seek, Write};

    proptest! {
        #[test]
        fn any_bytes_are_messages_or_errors(
            head in proptest::collection::vec(0u8..20, 0..16),
            bytes in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            let (mut a, b) = UnixStream::pair().unwrap();
            a.write_all(&head).unwrap();
            a.write_all(&bytes).unwrap();
            drop(a);
            let mut channel = Channel::blocking(b);
            while channel.receive::<ToParent>().is_ok() {}
        }
    }

    #[test]
    fn messages_of_any_size_and_their_files_arrive_in_order() {
        let (a, b) = UnixStream::pair().unwrap();
        let (mut a, mut b) = (Channel::nonblocking(a).unwrap(), Channel::blocking(b));
        let file = |text: &str| {
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(text.as_bytes()).unwrap();
            file.rewind().unwrap();
            Attachment::from(file)
        };
        let payload = |len: usize| Payload::from((0..len).map(|i| i as u8).collect::<Vec<_>>());
        let receiver = std::thread::spawn(move || {
            for (number, len) in [(1u8, 0usize), (2, 3_000_000), (3, 10)] {
                let message: Message<u8> = b.receive().unwrap();
                assert_eq!((message.control, message.payload.len()), (number, len));
                assert!(message.payload.iter().enumerate().all(|(i, &byte)| byte == i as u8));
                for (at, file) in message.attachments.into_iter().enumerate() {
                    let mut text = String::new();
                    file.into_file().unwrap().read_to_string(&mut text).unwrap();
                    assert_eq!(text, format!("{number}.{at}"));
                }
            }
            assert_eq!(b.receive::<u8>().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        });
        let message = |control: u8, len, attachments| Message { control, payload: payload(len), attachments };
        a.send(message(1, 0, vec![file("1.0")])).unwrap();
        a.send(message(2, 3_000_000, vec![file("2.0"), file("2.1")])).unwrap();
        a.send(message(3, 10, Vec::new())).unwrap();
        while a.is_sending() {
            a.flush().unwrap();
            std::thread::yield_now();
        }
        assert_eq!(a.receive::<u8>().unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(a);
        receiver.join().unwrap();
    }
}
