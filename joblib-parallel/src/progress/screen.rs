//! The part of the terminal that bars have, and printing above it.

use joblib_core::events;
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
    // At once, so that no bar comes in between; and before the bars are locked, as this may be the user's code.
    let line = format!("{}{line}\n", erasure(to_stderr));
    above_bars(|| match to_stderr {
        true => eprint!("{line}"),
        false => print!("{line}"),
    });
}

/// Makes the library's own lines stand above the bars, too.
pub(crate) fn say_above_bars() {
    events::say_by(|to_stderr, line| {
        let line = format!("{}{line}", erasure(to_stderr));
        above_bars(|| events::write_line(to_stderr, &line));
    });
}

/// What takes a bar away that this process does not have: a worker's parent draws it, on the line where the cursor is, and
/// draws it anew below.
fn erasure(to_stderr: bool) -> &'static str {
    let is_terminal = || match to_stderr {
        true => io::stderr().is_terminal(),
        false => io::stdout().is_terminal(),
    };
    if crate::is_worker() && draws() && is_terminal() { "\r\x1b[2K" } else { "" }
}

/// Calls `print` while no bar of this process is on the screen.
fn above_bars(print: impl FnOnce()) {
    #[cfg(feature = "progress")]
    if let Some(bars) = bars::shown() {
        // A panic must not leave the bars locked.
        let printed = bars.suspend(|| catch_unwind(AssertUnwindSafe(print)));
        return printed.unwrap_or_else(|payload| resume_unwind(payload));
    }
    print();
}

/// Whether standard error is a terminal that takes escape codes, and may be sent some.
fn draws() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").map_or(cfg!(unix), |term| term.is_empty() || term == "dumb");
    io::stderr().is_terminal() && !is_dumb && !is_set("NO_COLOR")
}

#[cfg(feature = "progress")]
pub(super) use bars::Bar;

#[cfg(feature = "progress")]
mod bars {
    use crate::progress::lines;
    use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
    use joblib_core::fork::PerProcess;

    /// All bars of the process, one below the other.
    static BARS: PerProcess<MultiProgress> = PerProcess::new();

    const KNOWN: &str = "{prefix}: {wide_bar} {pos}/{len} [{elapsed}<{eta}, {per_sec}]";
    const UNKNOWN: &str = "{prefix}: {spinner} {pos} [{elapsed}, {per_sec}]";

    /// What has been drawn, if anything ever was.
    pub(super) fn shown() -> Option<&'static MultiProgress> {
        BARS.get()
    }

    /// One of them.
    pub(in crate::progress) struct Bar {
        label: &'static str,
        bar: ProgressBar,
    }

    impl Bar {
        /// A new one, where it can be drawn. indicatif limits how often.
        pub(in crate::progress) fn draw(label: &'static str, total: Option<usize>) -> Option<Self> {
            if !super::draws() {
                return None;
            }
            super::say_above_bars();
            let template = if total.is_some() { KNOWN } else { UNKNOWN };
            // Hidden until it is one of them: what it drew before nobody would take away.
            let hidden = ProgressDrawTarget::hidden();
            let mut bar =
                ProgressBar::with_draw_target(total.map(|total| total as u64), hidden).with_prefix(label);
            if let Ok(style) = ProgressStyle::with_template(template) {
                bar = bar.with_style(style);
            }
            let bar = BARS.get_or_init(MultiProgress::new).add(bar);
            bar.tick();
            Some(Self { label, bar })
        }

        pub(in crate::progress) fn add(&self, done: usize) {
            self.bar.inc(done as u64);
        }

        /// Puts a line in its place: bars that have ended would be drawn again with the others, or get lost.
        pub(in crate::progress) fn finish(&self) {
            let Some(bars) = BARS.get() else { return };
            let number = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
            let (done, total) = (number(self.bar.position()), self.bar.length().map(number));
            let line = lines::in_all(done, total, self.bar.elapsed());
            self.bar.finish_and_clear();
            bars.remove(&self.bar);
            bars.suspend(|| lines::say(self.label, &line));
        }
    }
}
