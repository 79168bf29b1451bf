//! Events, and the same as readable lines at Python's levels.
//!
//! | level | prints |
//! |---|---|
//! | 0 | nothing |
//! | 1 | each computation: a rule, the function, its arguments, the time it took |
//! | 2 | each load |
//! | 5 | how long each load took |
//! | 11 | what is persisted where, what has expired |
//!
//! Lines go to standard output; where that fails, nowhere. Events go to [`tracing`], target `joblib`.

use crate::store::{FunctionId, FunctionStore};
use crate::{Key, user_code};
use std::fmt;
use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Width of the rules around a computation.
const WIDTH: usize = 80;
/// Arguments longer than this are shortened ..
const LONG: usize = 1500;
/// .. to this.
const SHORT: usize = 700;

/// Reports what one function does.
#[derive(Debug)]
pub(crate) struct Report {
    path: String,
    name: String,
    verbose: u8,
}

impl Report {
    pub(crate) fn new(id: &FunctionId, verbose: u8) -> Self {
        Self { path: id.path.join("::"), name: id.path.last().cloned().unwrap_or_default(), verbose }
    }

    #[inline]
    pub(crate) fn hit(&self, key: Key) {
        tracing::trace!(target: "joblib", function = %self.path, %key, "hit");
        if self.verbose > 1 {
            print_line(format_args!("[Memory]: Loading {} from memory...", self.path));
        }
    }

    /// Before a load; gives the start where the time is wanted.
    #[inline]
    pub(crate) fn loading(&self, _key: Key) -> Option<Instant> {
        (self.verbose > 4).then(Instant::now)
    }

    #[inline]
    pub(crate) fn loaded(&self, key: Key, start: Option<Instant>) {
        tracing::trace!(target: "joblib", function = %self.path, %key, "hit");
        if self.verbose > 1 {
            print_line(format_args!("[Memory]: Loading {}...", self.path));
        }
        if let Some(start) = start {
            print_line(format_args!(
                "{}",
                rule_to(&format!("{}.load - {}", self.name, spent(start.elapsed())))
            ));
        }
    }

    pub(crate) fn computing(&self, key: Key, args: Option<&str>) {
        tracing::debug!(target: "joblib", function = %self.path, %key, "miss");
        if self.verbose == 0 {
            return;
        }
        let args = args.map(shorten).unwrap_or_default();
        let rule = "_".repeat(WIDTH);
        print_line(format_args!("{rule}\n[Memory] Calling {}...\n{}({args})", self.path, self.name));
    }

    pub(crate) fn computed(&self, key: Key, duration: Duration) {
        tracing::debug!(target: "joblib", function = %self.path, %key, ?duration, "computed");
        if self.verbose > 0 {
            print_line(format_args!("{}", rule_to(&format!("{} - {}", self.name, spent(duration)))));
        }
    }

    pub(crate) fn storing(&self, key: Key, store: &dyn FunctionStore) {
        tracing::debug!(target: "joblib", function = %self.path, %key, "store");
        if self.verbose > 10 {
            match store.dir() {
                Some(dir) => print_line(format_args!("[Memory] Persisting {key} in {}", dir.display())),
                None => print_line(format_args!("[Memory] Persisting {key}")),
            }
        }
    }

    pub(crate) fn invalid(&self, key: Key) {
        tracing::debug!(target: "joblib", function = %self.path, %key, "no longer valid");
        if self.verbose > 10 {
            print_line(format_args!("[Memory] {} {key} is no longer valid", self.path));
        }
    }
}

/// Prints a line, if that is possible.
///
/// Tests capture what `println!` prints and nothing else; but it panics where standard output is closed or full.
fn print_line(line: fmt::Arguments<'_>) {
    static FAILED: AtomicBool = AtomicBool::new(false);
    if cfg!(panic = "abort") {
        let _ = writeln!(std::io::stdout(), "{line}");
    } else if !FAILED.load(Ordering::Relaxed)
        && user_code::run("`println!`", || println!("{line}")).is_err_and(|error| error.is_panic())
    {
        // Each panic is a line on standard error: one is enough.
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Underscores that end in `text`.
fn rule_to(text: &str) -> String {
    format!("{text:_>WIDTH$}")
}

fn spent(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    format!("{seconds:.1}s, {:.1}min", seconds / 60.0)
}

fn shorten(args: &str) -> String {
    if args.chars().count() <= LONG {
        return args.to_owned();
    }
    let half = |chars: &mut dyn Iterator<Item = char>| chars.take(SHORT / 2).collect::<String>();
    let head = half(&mut args.chars());
    let tail: String = half(&mut args.chars().rev()).chars().rev().collect();
    format!("{head}...{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_look_as_pythons() {
        let line = rule_to(&format!("f - {}", spent(Duration::from_secs(90))));
        assert_eq!(line.len(), WIDTH);
        assert!(line.ends_with("____f - 90.0s, 1.5min"));
    }

    /// Standard output of a child is made a device that is always full.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_standard_output_ends_nothing() {
        const FULL: &str = "JOBLIB_TEST_FULL";
        if std::env::var_os(FULL).is_some() {
            let kept = rustix::io::dup(std::io::stdout()).unwrap();
            rustix::stdio::dup2_stdout(std::fs::File::options().write(true).open("/dev/full").unwrap())
                .unwrap();
            (0..3).for_each(|x| print_line(format_args!("{x}")));
            rustix::stdio::dup2_stdout(kept).unwrap();
            return;
        }
        let name = std::thread::current().name().unwrap().to_owned();
        let child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", &name, "--nocapture"])
            .env(FULL, "1")
            .output()
            .unwrap();
        assert!(child.status.success(), "{child:?}");
        // The failure is told once.
        assert_eq!(String::from_utf8_lossy(&child.stderr).matches("failed printing").count(), 1, "{child:?}");
    }

    #[test]
    fn long_arguments_are_shortened_in_the_middle() {
        let short = shorten(&"é".repeat(2000));
        assert_eq!(short.chars().count(), SHORT + 3);
        assert_eq!(shorten("1, 2"), "1, 2");
    }
}
