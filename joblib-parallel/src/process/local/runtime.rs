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

use super::sys;
use std::fs::File;
use std::os::fd::IntoRawFd;

/// Does it.
pub(super) fn start() {
    for number in 0..=2 {
        if !sys::is_open(number) {
            // The lowest free number is the one that is closed.
            if let Ok(nothing) = File::options().read(true).write(true).open("/dev/null") {
                let _ = nothing.into_raw_fd();
            }
        }
    }
    sys::ignore_sigpipe();
}
