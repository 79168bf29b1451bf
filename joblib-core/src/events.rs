//! What the library says: events for `tracing`, with the target `joblib`, and lines on the outputs.

use std::cell::Cell;
use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

/// An event as `tracing::event!` takes it: a level, fields, a message. Whatever a subscriber does, it changes no result: one whose
/// output is closed may panic, and one that calls a cached function has it computed, for the event may stand where the cache
/// is being rearranged. Events of what a subscriber does are not sent.
///
/// Where nobody listens it costs what `tracing`'s own macros do.
#[doc(hidden)]
#[macro_export]
macro_rules! event {
    ($level:ident, parent: $parent:expr, $($what:tt)*) => {
        if $crate::is_heard!($level) {
            $crate::events::report(|| {
                ::tracing::event!(target: "joblib", parent: $parent, ::tracing::Level::$level, $($what)*)
            });
        }
    };
    ($level:ident, $($what:tt)*) => {
        if $crate::is_heard!($level) {
            $crate::events::report(|| ::tracing::event!(target: "joblib", ::tracing::Level::$level, $($what)*));
        }
    };
}

/// Whether somebody may listen to events of this level.
#[doc(hidden)]
#[macro_export]
macro_rules! is_heard {
    ($level:ident) => {
        ::tracing::Level::$level <= ::tracing::level_filters::STATIC_MAX_LEVEL
            && ::tracing::Level::$level <= ::tracing::level_filters::LevelFilter::current()
    };
}

thread_local! {
    static REPORTING: Cell<bool> = const { Cell::new(false) };
}

/// Whether the calling thread is in a subscriber, to which an event is being sent.
#[inline]
pub fn is_reporting() -> bool {
    REPORTING.get()
}

/// Sends an event by `send`.
pub fn report(send: impl FnOnce()) {
    if !REPORTING.replace(true) {
        quietly(send);
        REPORTING.set(false);
    }
}

/// Runs what only reports; `None` where it panics, of which the panic hook has told.
pub fn quietly<T>(report: impl FnOnce() -> T) -> Option<T> {
    match catch_unwind(AssertUnwindSafe(report)) {
        Ok(told) => Some(told),
        Err(payload) => {
            if let Err(again) = catch_unwind(AssertUnwindSafe(|| drop(payload))) {
                // What panics when dropped may do so again.
                std::mem::forget(again);
            }
            None
        }
    }
}

/// Writes a line to standard output or standard error.
pub type Printer = fn(to_stderr: bool, line: &str);

static PRINTER: OnceLock<Printer> = OnceLock::new();

/// From now on lines are written by `printer`, which knows what else is drawn on the terminal.
pub fn say_by(printer: Printer) {
    let _ = PRINTER.set(printer);
}

/// Writes a line of the library's own. That it cannot be written is of no interest: `println!` would panic.
pub fn say(to_stderr: bool, line: &str) {
    match PRINTER.get() {
        Some(printer) => printer(to_stderr, line),
        None => write_line(to_stderr, line),
    }
}

/// Writes a line at once, if that is possible.
pub fn write_line(to_stderr: bool, line: &str) {
    let line = format!("{line}\n");
    let _ = match to_stderr {
        true => std::io::stderr().write_all(line.as_bytes()),
        false => std::io::stdout().write_all(line.as_bytes()),
    };
}
