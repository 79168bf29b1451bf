//! What can go wrong with a message, on purpose: for the project's own tests.
//!
//! `JOBLIB_FAULT` is four words: `parent` or `worker`; `send` or `receive`; the number of the message on its
//! connection; and `fail` (an error of the system), `cut` (half of it, and nothing more), `late` or, of a
//! worker, `end`. With `JOBLIB_FAULT_ONCE`, a path, it happens to whoever makes a file there first, else on
//! every connection.

use super::runtime::exit_now;
use crate::process::role::is_worker;
use std::io::{self, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

/// How late a late message is.
const LATE: Duration = Duration::from_millis(100);

struct Fault {
    of_worker: bool,
    of_sending: bool,
    number: usize,
    kind: String,
}

/// Counts the messages of a connection.
#[derive(Debug, Default)]
pub(super) struct Faults {
    sent: usize,
    received: usize,
}

impl Faults {
    /// Before the message that begins so is sent.
    pub(super) fn sending(&mut self, mut socket: &UnixStream, front: &[u8]) -> io::Result<()> {
        let number = self.sent;
        self.sent += 1;
        match due(true, number) {
            Some("fail") => Err(on_purpose()),
            Some("cut") => {
                let _ = socket.write(&front[..front.len() / 2])?;
                socket.shutdown(Shutdown::Write)?;
                Err(io::ErrorKind::BrokenPipe.into())
            }
            other => late_or_never(other),
        }
    }

    /// After a message was received.
    pub(super) fn received(&mut self) -> io::Result<()> {
        let number = self.received;
        self.received += 1;
        match due(false, number) {
            Some("fail") => Err(on_purpose()),
            Some("cut") => Err(io::Error::new(io::ErrorKind::InvalidData, "a message cut on purpose")),
            other => late_or_never(other),
        }
    }
}

fn late_or_never(kind: Option<&str>) -> io::Result<()> {
    match kind {
        Some("late") => thread::sleep(LATE),
        Some("end") if is_worker() => exit_now(5),
        _ => {}
    }
    Ok(())
}

fn on_purpose() -> io::Error {
    io::Error::other("a fault on purpose")
}

/// What is to happen to this message.
fn due(is_sent: bool, number: usize) -> Option<&'static str> {
    static FAULT: OnceLock<Option<Fault>> = OnceLock::new();
    let fault = FAULT.get_or_init(|| {
        let text = std::env::var("JOBLIB_FAULT").ok()?;
        let mut words = text.split(' ');
        let (side, way) = (words.next()?, words.next()?);
        let (number, kind) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        Some(Fault { of_worker: side == "worker", of_sending: way == "send", number, kind })
    });
    let fault = fault.as_ref().filter(|fault| {
        fault.of_worker == is_worker() && fault.of_sending == is_sent && fault.number == number
    })?;
    let is_ours = std::env::var_os("JOBLIB_FAULT_ONCE")
        .is_none_or(|path| std::fs::File::options().write(true).create_new(true).open(path).is_ok());
    is_ours.then_some(fault.kind.as_str())
}
