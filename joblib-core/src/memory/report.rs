//! Events, and the same as readable lines at Python's verbosity levels.
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

use crate::Key;
use crate::output;
use crate::store::{FunctionId, FunctionStore};
use std::fmt;
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
    verbose: u32,
}

impl Report {
    pub(crate) fn new(id: &FunctionId, verbose: u32) -> Self {
        Self { path: id.path.join("::"), name: id.path.last().cloned().unwrap_or_default(), verbose }
    }

    #[inline]
    pub(crate) fn hit(&self, key: Key) {
        crate::event!(TRACE, function = %self.path, %key, "hit");
        if self.verbose > 1 {
            print_line(format_args!("[Memory]: Loading {} from memory...", self.path));
        }
    }

    /// Before a load; returns the start time where it is wanted.
    #[inline]
    pub(crate) fn loading(&self, _key: Key) -> Option<Instant> {
        (self.verbose > 4).then(Instant::now)
    }

    #[inline]
    pub(crate) fn loaded(&self, key: Key, start: Option<Instant>) {
        crate::event!(TRACE, function = %self.path, %key, "hit");
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

    /// `whose`: the call that computes what this one waits for.
    pub(crate) fn waiting(&self, key: Key, whose: &str) {
        crate::event!(DEBUG, function = %self.path, %key, "waits for {whose} with the same arguments");
    }

    pub(crate) fn computing(&self, key: Key, args: Option<&str>) {
        crate::event!(DEBUG, function = %self.path, %key, "miss");
        if self.verbose == 0 {
            return;
        }
        let args = args.map(shorten).unwrap_or_default();
        let rule = "_".repeat(WIDTH);
        print_line(format_args!("{rule}\n[Memory] Calling {}...\n{}({args})", self.path, self.name));
    }

    pub(crate) fn computed(&self, key: Key, duration: Duration) {
        crate::event!(DEBUG, function = %self.path, %key, ?duration, "computed");
        if self.verbose > 0 {
            print_line(format_args!("{}", rule_to(&format!("{} - {}", self.name, spent(duration)))));
        }
    }

    pub(crate) fn storing(&self, key: Key, store: &dyn FunctionStore) {
        crate::event!(DEBUG, function = %self.path, %key, "store");
        if self.verbose > 10 {
            match store.dir() {
                Some(dir) => print_line(format_args!("[Memory] Persisting {key} in {}", dir.display())),
                None => print_line(format_args!("[Memory] Persisting {key}")),
            }
        }
    }

    pub(crate) fn invalid(&self, key: Key) {
        crate::event!(DEBUG, function = %self.path, %key, "no longer valid");
        if self.verbose > 10 {
            print_line(format_args!("[Memory] {} {key} is no longer valid", self.path));
        }
    }
}

fn print_line(line: fmt::Arguments<'_>) {
    output::say(false, &line.to_string());
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

    #[test]
    fn long_arguments_are_shortened_in_the_middle() {
        let short = shorten(&"é".repeat(2000));
        assert_eq!(short.chars().count(), SHORT + 3);
        assert_eq!(shorten("1, 2"), "1, 2");
    }
}
