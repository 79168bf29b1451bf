//! Lines of the library's own on standard output and standard error.

use std::io::Write;
use std::sync::OnceLock;

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
