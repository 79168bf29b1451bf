//! The start of a worker process: the same executable, which never gets further than this.
//!
//! The loader calls [`enter`] before `main`. If the environment says that this process was started as a
//! worker, it serves its parent until the connection closes, and never returns; otherwise it does nothing. It
//! therefore works in tests and examples too, and whatever `main` does is done in the parent only.
//!
//! What comes before `main` is the initialisation of static data, and other functions of this kind; of those,
//! some may not have been called in a worker. What the standard library does before `main` is done in
//! `runtime.rs`.
//!
//! Unsafe, for the loader is told to call it, and the environment is changed, before there is a second
//! thread.

#![allow(unsafe_code)]

use super::channel::Channel;
use super::spawn::{ALLOCATOR, VARIABLE, is_gone};
use super::status::Status;
use super::sys::{self, events, exit_now, poll};
use super::{limits, runtime};
use crate::process::message::{Endings, Hello, Message, Payload, ResultsHead, ToParent, ToWorker};
use crate::process::role::become_worker;
use crate::process::worker::{Worker, initialize, panics};
use crate::progress::screen::say_above_bars;
use crate::{Error, Result};
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static ENTER: extern "C" fn() = enter;

extern "C" fn enter() {
    // A child that a task starts inherits nothing: the variable is gone, and its input is not our socket.
    if std::env::var_os(VARIABLE).is_none() || !is_socket(&io::stdin()) {
        return;
    }
    // SAFETY: the process has one thread yet.
    unsafe { std::env::remove_var(VARIABLE) };
    for (variable, value) in ALLOCATOR {
        if std::env::var_os(variable).is_some_and(|found| found == value) {
            // SAFETY: as above.
            unsafe { std::env::remove_var(variable) };
        }
    }
    become_worker();
    runtime::start();
    say_above_bars();
    let code = match std::panic::catch_unwind(serve) {
        Ok(Ok(())) => 0,
        Ok(Err(error)) => {
            // The parent may have closed it.
            let _ = writeln!(io::stderr(), "joblib worker {}: {error}", std::process::id());
            1
        }
        Err(_) => 101,
    };
    exit(code);
}

/// Ends the process, whatever its other threads do, as the main thread.
fn exit(code: i32) -> ! {
    let _ = io::stdout().flush();
    exit_now(code)
}

fn is_socket(stdin: &io::Stdin) -> bool {
    stdin.as_fd().try_clone_to_owned().is_ok_and(|socket| UnixStream::from(socket).local_addr().is_ok())
}

/// Takes the socket away from standard input, which is to be empty for tasks.
fn take_socket() -> io::Result<UnixStream> {
    let socket = io::stdin().as_fd().try_clone_to_owned()?;
    let nothing = File::open("/dev/null")?;
    sys::replace_stdin(nothing.as_fd())?;
    Ok(socket.into())
}

/// Serves the parent until it is gone.
fn serve() -> Result<()> {
    let mut channel = Channel::blocking(take_socket().map_err(failed)?);
    let hello = match greeted(&mut channel) {
        Ok(hello) => hello,
        Err(error) => return send(&mut channel, Message::of(ToParent::Refused(error.to_string()))),
    };
    let (hello, status) = hello;
    let status = Arc::new(status);
    limits::watch(&channel, &status, hello.memory_limit).map_err(failed)?;
    panics::report();
    initialize(&hello);
    send(&mut channel, Message::of(ToParent::Ready))?;
    let mut worker = Worker::new(status);
    loop {
        if !wait(&channel, READ_WITHIN.min(hello.idle_timeout_ms)).map_err(failed)? {
            worker.release();
            if !wait(&channel, hello.idle_timeout_ms).map_err(failed)? {
                return Ok(());
            }
        }
        let message = match channel.receive() {
            Ok(message) => message,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof || is_gone(&error) => return Ok(()),
            Err(error) => return Err(failed(error)),
        };
        if let Some(reply) = worker.handle(message)? {
            send(&mut channel, reply)?;
            worker.answered();
        }
    }
}

/// How soon, in ms, results are usually read: then this process frees the memory that they lay in, not the
/// busy parent.
const READ_WITHIN: u64 = 100;

fn failed(error: io::Error) -> Error {
    Error::backend("the connection to the parent failed", error)
}

/// The parent's first message, if it makes sense.
fn greeted(channel: &mut Channel) -> Result<(Hello, Status)> {
    let Message { control, attachments, .. } = channel.receive().map_err(failed)?;
    let ToWorker::Hello(hello) = control else {
        return Err(Error::message("a message came before the hello"));
    };
    hello.check()?;
    let status =
        attachments.into_iter().next().ok_or_else(|| Error::message("the status cells are missing"))?;
    let status = Status::from_attachment(status)
        .map_err(|error| Error::message_from("the status cells cannot be used", error))?;
    Ok((hello, status))
}

/// Sends a message; results that cannot be sent are told as lost.
fn send(channel: &mut Channel, message: Message<ToParent>) -> Result<()> {
    let substitute = match &message.control {
        ToParent::Results(ResultsHead { run, nanoseconds, endings, .. }) => {
            Some((*run, *nanoseconds, endings.len()))
        }
        _ => None,
    };
    let error = match channel.send(message) {
        Ok(()) => return Ok(()),
        Err(error) if is_gone(&error) => return Ok(()),
        Err(error) => error,
    };
    let Some((run, nanoseconds, tasks)) = substitute.filter(|_| channel.is_between()) else {
        return Err(failed(error));
    };
    let endings = Endings::all_lost(tasks, &Error::message_from("its result cannot be sent", error));
    let control = ToParent::Results(ResultsHead { run, nanoseconds, endings, manifest: Default::default() });
    let told = channel.send(Message { control, payload: Payload::default(), attachments: Vec::new() });
    told.map_err(failed)
}

/// Waits for something to read; false if nothing came in time.
fn wait(channel: &Channel, idle_timeout_ms: u64) -> io::Result<bool> {
    if channel.has_received() {
        return Ok(true);
    }
    let limit = Duration::from_millis(idle_timeout_ms);
    loop {
        match poll(&mut [events(channel.socket(), libc::POLLIN)], Some(limit)) {
            Ok(ready) => return Ok(ready > 0),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
