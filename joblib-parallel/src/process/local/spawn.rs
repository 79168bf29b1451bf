//! Starting worker processes, and what the parent keeps of each.

use super::channel::Channel;
use super::limits::OUT_OF_MEMORY;
use super::status::Status;
use crate::process::code;
use crate::process::message::{Hello, Message, ToParent, ToWorker};
use crate::{Error, Result};
use joblib_core::fork::Process;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};

/// What a worker is started with. Workers of equal settings serve any run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::process) struct Settings {
    pub(in crate::process) inner_threads: InnerThreads,
    pub(in crate::process) memory_limit: Option<u64>,
    pub(in crate::process) idle_timeout_ms: u64,
    /// The function to be called first, as `code::offset_of` it.
    pub(in crate::process) initializer: Option<u64>,
}

/// Threads that libraries in the worker may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::process) enum InnerThreads {
    /// As the user asked.
    Asked(usize),
    /// A share of the processors, where the environment says nothing.
    Share(usize),
}

/// One worker process. Dropping it ends the process, in the process that started it.
pub(super) struct Worker {
    child: Child,
    process: Process,
    pub(super) channel: Channel,
    pub(super) status: Status,
    pub(super) number: usize,
    pub(super) settings: Settings,
    pub(super) is_ready: bool,
}

/// Set in a worker's environment, and removed by it before anything else runs.
pub(super) const VARIABLE: &str = "JOBLIB_WORKER";

/// Variables by which numeric libraries are told how many threads to use.
const THREAD_VARIABLES: [&str; 9] = [
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "RAYON_NUM_THREADS",
    "JOBLIB_NUM_THREADS",
];

/// Has the C library ask for huge pages for large allocations of a worker, as NumPy does for its arrays:
/// results are made in fresh memory, and its small pages would cost several times as much as writing them.
/// Read as the process starts, then removed.
pub(super) const ALLOCATOR: [(&str, &str); 1] = [("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1")];

impl Worker {
    /// Starts a worker, which says when it is ready.
    pub(super) fn start(settings: &Settings) -> Result<Self> {
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let failed = |error| Error::backend("cannot start a worker process", error);
        let (ours, theirs) = UnixStream::pair().map_err(failed)?;
        let mut command = Command::new(code::executable().map_err(failed)?);
        command
            .arg0("joblib-worker")
            .env(VARIABLE, "1")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            // Keys typed at the terminal are for the parent; its end is the workers' end.
            .process_group(0);
        let (threads, overrides) = match settings.inner_threads {
            InnerThreads::Asked(threads) => (threads.to_string(), true),
            InnerThreads::Share(threads) => (threads.to_string(), false),
        };
        for variable in THREAD_VARIABLES {
            if overrides || std::env::var_os(variable).is_none() {
                command.env(variable, &threads);
            }
        }
        for (variable, value) in ALLOCATOR {
            if std::env::var_os(variable).is_none() {
                command.env(variable, value);
            }
        }
        let shared = |error| Error::backend("no shared memory for a worker", error);
        let status = Status::new().map_err(shared)?;
        let hello = Hello::new(settings.memory_limit, settings.idle_timeout_ms, settings.initializer)?;
        let hello = Message {
            attachments: vec![status.attachment().map_err(failed)?],
            ..Message::of(ToWorker::Hello(hello))
        };
        let child = command.spawn().map_err(failed)?;
        // The command holds the other end of the socket.
        drop(command);
        joblib_core::event!(DEBUG, worker = number, pid = child.id(), "worker started");
        let mut worker = Self {
            child,
            process: Process::current(),
            channel: Channel::nonblocking(ours).map_err(failed)?,
            status,
            number,
            settings: settings.clone(),
            is_ready: false,
        };
        // If it is gone already, that is noticed when receiving.
        match worker.channel.send(hello) {
            Err(error) if !is_gone(&error) => Err(failed(error)),
            _ => Ok(worker),
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has not ended, as far as is known.
    pub(super) fn is_alive(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Whether it waits for a message: it has sent nothing, except perhaps that it is ready.
    pub(super) fn is_quiet(&mut self) -> bool {
        let received = self.channel.receive::<ToParent>();
        matches!(received, Err(error) if error.kind() == io::ErrorKind::WouldBlock) && self.is_alive()
    }

    /// Ends the process and says what became of it: `why`, unless it had ended by itself.
    pub(super) fn end(&mut self, why: &str) -> String {
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) if status.signal() == Some(libc::SIGKILL) => why.to_owned(),
            Ok(status) => describe(status),
            Err(error) => format!("unknown end: {error}"),
        }
    }

    /// Waits for the end of a process whose connection has closed.
    pub(super) fn wait_for_end(&mut self) -> String {
        // The connection closes as the process ends. A worker that only closed it is ended.
        for _ in 0..100 {
            match self.child.try_wait() {
                Ok(Some(status)) => return describe(status),
                Ok(None) => std::thread::sleep(std::time::Duration::from_millis(1)),
                Err(_) => break,
            }
        }
        self.end("ended because it closed its connection")
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if self.process.is_current() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Whether sending failed because the other side is gone.
pub(super) fn is_gone(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::BrokenPipe | io::ErrorKind::ConnectionReset)
}

fn describe(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(OUT_OF_MEMORY), _) => "out of memory".into(),
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal} ({})", signal_name(signal)),
        (None, None) => "unknown end".into(),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        libc::SIGABRT => "SIGABRT, aborted",
        libc::SIGBUS => "SIGBUS, bus error",
        libc::SIGFPE => "SIGFPE",
        libc::SIGILL => "SIGILL, illegal instruction",
        libc::SIGKILL => "SIGKILL, killed, perhaps for want of memory",
        libc::SIGSEGV => "SIGSEGV, segmentation fault or stack overflow",
        libc::SIGTERM => "SIGTERM, terminated",
        _ => "signal",
    }
}
