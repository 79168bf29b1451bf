//! A worker process: the same executable, which goes no further than here.
//!
//! The loader calls [`enter`] before `main`. Where the environment says that this process was started as a worker, it
//! serves its parent until the connection closes, and never returns; elsewhere it does nothing. It therefore works
//! in tests and examples too, and whatever `main` does is done in the parent only.
//!
//! What comes before `main` is the initialisation of static data, and other functions of this kind; of those, some may
//! not have been called in a worker. What the standard library does before `main` is done in `runtime.rs`.

#![allow(unsafe_code)]

mod limits;
pub(super) mod panics;
mod runtime;

pub(super) use limits::OUT_OF_MEMORY;

use super::batch::{self, Batch, Order, SharedValue};
use super::channel::{Channel, Frame};
use super::parcel::{Places, Unpacker};
use super::protocol::{BATCH, END, Hello, READY, REFUSED, RESULTS, SHARED};
use super::status::Status;
use super::task;
use super::wire::Body;
use crate::progress::screen::say_above_bars;
use crate::{Error, Result};
use joblib_core::position::Positions;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Set in a worker's environment, and removed by it before anything else runs.
pub(super) const VARIABLE: &str = "JOBLIB_WORKER";

#[used]
#[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
#[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
static ENTER: extern "C" fn() = enter;

static IS_WORKER: AtomicBool = AtomicBool::new(false);

/// Whether this process is a worker.
pub(crate) fn is_worker() -> bool {
    IS_WORKER.load(Ordering::Relaxed)
}

extern "C" fn enter() {
    // A child that a task starts inherits nothing: the variable is gone, and its input is not our socket.
    if std::env::var_os(VARIABLE).is_none() || !is_socket(&io::stdin()) {
        return;
    }
    // SAFETY: the process has one thread yet.
    unsafe { std::env::remove_var(VARIABLE) };
    IS_WORKER.store(true, Ordering::Relaxed);
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

/// Ends the process at once, whatever its threads do.
fn exit(code: i32) -> ! {
    let _ = io::stdout().flush();
    // SAFETY: ends the process; nothing of it is used any more.
    unsafe { libc::_exit(code) }
}

fn is_socket(stdin: &io::Stdin) -> bool {
    rustix::net::sockopt::socket_type(stdin).is_ok()
}

/// Takes the socket away from standard input, which tasks shall find empty.
fn take_socket() -> io::Result<UnixStream> {
    let socket = rustix::io::fcntl_dupfd_cloexec(io::stdin(), 3)?;
    let nothing = File::open("/dev/null")?;
    rustix::stdio::dup2_stdin(&nothing)?;
    Ok(socket.into())
}

/// Serves the parent until it is gone.
fn serve() -> Result<()> {
    let failed = |error| Error::backend("the connection to the parent failed", error);
    let mut channel = Channel::new(take_socket().map_err(failed)?);
    let hello = channel.receive().map_err(failed)?;
    let hello = match Hello::read(hello) {
        Ok(hello) => hello,
        Err(error) => {
            let body = error.to_string().into_bytes();
            return channel.send(Frame { kind: REFUSED, body, files: Vec::new() }).map_err(failed);
        }
    };
    let status = Arc::new(hello.status);
    limits::watch(&channel, &status, hello.memory_limit).map_err(failed)?;
    panics::report();
    if hello.initializer != 0 {
        // SAFETY: the parent runs this executable, which `Hello::read` has checked, and computed the distance.
        let initialize = unsafe { task::initializer_at(hello.initializer) };
        initialize();
    }
    channel.send(Frame { kind: READY, body: Vec::new(), files: Vec::new() }).map_err(failed)?;
    let mut worker = Worker { status, shared: None };
    loop {
        if !wait(&channel, hello.idle_timeout_ms).map_err(failed)? {
            return Ok(());
        }
        match channel.receive() {
            Ok(frame) => {
                if let Some(reply) = worker.handle(frame)? {
                    channel.send(reply).map_err(failed)?;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(failed(error)),
        }
    }
}

/// Waits for something to read; false if nothing came in time.
fn wait(channel: &Channel, idle_timeout_ms: u64) -> io::Result<bool> {
    if channel.has_received() {
        return Ok(true);
    }
    let limit = Timespec {
        tv_sec: (idle_timeout_ms / 1000) as i64,
        tv_nsec: (idle_timeout_ms % 1000 * 1_000_000) as _,
    };
    loop {
        match poll(&mut [PollFd::from_borrowed_fd(channel.socket(), PollFlags::IN)], Some(&limit)) {
            Ok(ready) => return Ok(ready > 0),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// What a worker knows between two messages.
pub(super) struct Worker {
    status: Arc<Status>,
    shared: Option<SharedValue>,
}

impl Worker {
    /// One that is told nothing from outside.
    pub(super) fn new() -> Result<Self> {
        let status = Status::new().map_err(|error| Error::backend("no shared memory for a worker", error))?;
        Ok(Self { status: Arc::new(status), shared: None })
    }

    /// Takes in a message; the answer, where there is one.
    pub(super) fn handle(&mut self, frame: Frame) -> Result<Option<Frame>> {
        let mut body = Body(&frame.body);
        match frame.kind {
            SHARED => {
                let run = body.u64()?;
                let positions = Positions::from_digest([body.u64()?, body.u64()?]);
                let inbox = Unpacker::read(&mut body, frame.files)?;
                self.shared = Some(SharedValue { run, positions, body: body.0.to_vec(), inbox, value: None });
                Ok(None)
            }
            END => {
                self.shared = None;
                Ok(None)
            }
            BATCH => self.run(body, frame.files).map(Some),
            _ => Err(Error::message("a message of unknown kind")),
        }
    }

    fn run(&mut self, mut body: Body<'_>, files: Vec<std::os::fd::OwnedFd>) -> Result<Frame> {
        let started = Instant::now();
        let order = Order::read(&mut body)?;
        let (first, tried) = (body.usize()?, body.usize()?);
        let inbox = Unpacker::read(&mut body, files)?;
        let shared = self.shared.as_mut().filter(|shared| shared.run == order.run);
        let shared = shared.ok_or_else(|| Error::message("tasks came before what they share"))?;
        let mut batch = Batch {
            order: &order,
            first,
            tried,
            inbox,
            items: body,
            shared,
            status: &self.status,
            results: Vec::new(),
            places: Places::default(),
        };
        // SAFETY: the parent runs this executable, which `Hello::read` has checked, and computed the distance.
        let entry = unsafe { task::entry_at(order.entry) };
        entry(&mut batch)?;
        let (body, files) = batch::write_results(&batch, started.elapsed())?;
        Ok(Frame { kind: RESULTS, body, files })
    }
}
