//! What the standard library does for a program before `main` and after it, which a worker never comes to.
//!
//! | std's start-up | a worker |
//! |---|---|
//! | a closed standard input, output or error becomes `/dev/null` | here: a file that a task opens must not be its output |
//! | `SIGPIPE` is ignored, so that writing to a closed pipe is an error | here |
//! | arguments and environment | set by the loader on Linux and macOS |
//! | a handler of `SIGSEGV` that names the thread whose stack overflowed | missing: the signal itself ends the worker, and is what its parent reports |
//! | the name `main` of the main thread | missing: panics there are of an unnamed thread |
//! | at the end, standard output is flushed | `exit` of `enter.rs` |

#![allow(unsafe_code)]

use std::fs::File;
use std::io;
use std::os::fd::IntoRawFd;

/// Does it.
pub(super) fn start() {
    for number in 0..=2 {
        // SAFETY: asks whether the number is a descriptor.
        let flags = unsafe { libc::fcntl(number, libc::F_GETFD) };
        if flags == -1 && io::Error::last_os_error().raw_os_error() == Some(libc::EBADF) {
            // The lowest free number is the one that is closed.
            if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
                let _ = nothing.into_raw_fd();
            }
        }
    }
    // SAFETY: nothing else handles signals yet.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
}

/// Ends the process at once, from any thread: a task may hold the lock of its output.
pub(super) fn exit_now(code: i32) -> ! {
    // SAFETY: ends the process; nothing of it is used any more.
    unsafe { libc::_exit(code) }
}
