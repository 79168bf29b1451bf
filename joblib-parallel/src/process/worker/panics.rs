//! The place of a panic, kept for the parent.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::cell::RefCell;

thread_local! {
    static PLACE: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Keeps the place of every panic from now on, before the panic hook in force runs.
pub(in crate::process) fn report() {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let mut place = info.location().map(|location| format!("at {location}")).unwrap_or_default();
        place.push_str(&format!(" in worker process {}", std::process::id()));
        // Captured only where the environment asks for it.
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            place.push_str(&format!("\n{backtrace}"));
        }
        PLACE.set(place);
        before(info);
    }));
}

/// The text of the last panic of this thread, and where it was.
pub(in crate::process) fn take_report(text: &str) -> (String, String) {
    (text.to_owned(), PLACE.take())
}
