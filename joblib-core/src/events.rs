//! Events for `tracing`, with the target `joblib`.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// An event as `tracing::event!` takes it: a level, fields, a message. Whatever a subscriber does, it changes
/// no result: one whose output is closed may panic, and one that calls a cached function has it computed, for
/// the event may stand where the cache is being rearranged. Events of what a subscriber does are not sent.
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
