//! Printing above the bars on the terminal.

use crate::process::is_worker;
use std::fmt;
use std::io::{self, IsTerminal};
#[cfg(feature = "progress")]
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// Writes a line to standard output, as [`std::println!`] does, above any progress bars.
///
/// # Panics
///
/// As `std`'s, if standard output cannot be written to.
// Of another name here: beside `use joblib_parallel::*` a `println!` would be ambiguous.
#[macro_export]
#[doc(hidden)]
macro_rules! __println {
    ($($what:tt)*) => {
        $crate::__print_line(false, ::core::format_args!($($what)*))
    };
}

/// Writes a line to standard error, as [`std::eprintln!`] does, above any progress bars.
///
/// # Panics
///
/// As `std`'s, if standard error cannot be written to.
#[macro_export]
#[doc(hidden)]
macro_rules! __eprintln {
    ($($what:tt)*) => {
        $crate::__print_line(true, ::core::format_args!($($what)*))
    };
}

/// What the two macros expand to.
pub fn print_line(to_stderr: bool, line: fmt::Arguments<'_>) {
    // At once, so that no bar comes in between; and before the bars are locked, as this may be the user's
    // code.
    let line = format!("{}{line}\n", erasure(to_stderr));
    above_bars(|| match to_stderr {
        true => eprint!("{line}"),
        false => print!("{line}"),
    });
}

/// Makes the library's own lines stand above the bars, too.
#[cfg(any(feature = "progress", all(unix, feature = "processes")))]
pub(crate) fn say_above_bars() {
    joblib_core::output::say_by(|to_stderr, line| {
        let line = format!("{}{line}", erasure(to_stderr));
        above_bars(|| joblib_core::output::write_line(to_stderr, &line));
    });
}

/// Erases a bar that another process has drawn: a worker's parent draws it on the line of the cursor, and
/// again below.
fn erasure(to_stderr: bool) -> &'static str {
    let is_terminal = || match to_stderr {
        true => io::stderr().is_terminal(),
        false => io::stdout().is_terminal(),
    };
    if is_worker() && draws() && is_terminal() { "\r\x1b[2K" } else { "" }
}

/// Calls `print` while no bar of this process is on the screen.
fn above_bars(print: impl FnOnce()) {
    #[cfg(feature = "progress")]
    if let Some(bars) = super::bars::shown() {
        // A panic must not leave the bars locked.
        let printed = bars.suspend(|| catch_unwind(AssertUnwindSafe(print)));
        return printed.unwrap_or_else(|payload| resume_unwind(payload));
    }
    print();
}

/// Whether standard error is a terminal that takes escape codes, and may be sent some.
pub(super) fn draws() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").map_or(cfg!(unix), |term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !is_dumb && !is_set("NO_COLOR")
}
