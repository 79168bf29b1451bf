//! Events for `tracing`, with the target `joblib`.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// An event as `tracing::event!` takes it: a level, fields, a message. Whatever a subscriber does, it changes no result: one whose
/// output is closed may panic.
///
/// Where nobody listens it costs what `tracing`'s own macros do.
#[doc(hidden)]
#[macro_export]
macro_rules! event {
    ($level:ident, parent: $parent:expr, $($what:tt)*) => {
        if $crate::is_heard!($level) {
            $crate::events::quietly(|| {
                ::tracing::event!(target: "joblib", parent: $parent, ::tracing::Level::$level, $($what)*)
            });
        }
    };
    ($level:ident, $($what:tt)*) => {
        if $crate::is_heard!($level) {
            $crate::events::quietly(|| ::tracing::event!(target: "joblib", ::tracing::Level::$level, $($what)*));
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
