//! `progress`: how far a loop is, on standard error. One line that is drawn over on a terminal, now and then a new
//! line elsewhere.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// How often the line on a terminal is drawn.
const ON_TERMINAL: Duration = Duration::from_millis(100);
/// How often a line is written elsewhere.
const IN_A_FILE: Duration = Duration::from_secs(10);

/// The progress of one loop.
#[derive(Debug)]
pub struct Progress {
    /// File and line of the loop.
    place: &'static str,
    len: Option<usize>,
    done: AtomicUsize,
    started: Instant,
    interval: Duration,
    /// When to report next, in nanoseconds after the start.
    due: AtomicU64,
    on_terminal: bool,
}

impl Progress {
    /// Of a loop of `len` iterations, if that is known, at `place`.
    #[must_use]
    pub fn new(place: &'static str, len: Option<usize>) -> Self {
        let on_terminal = io::stderr().is_terminal();
        let interval = if on_terminal { ON_TERMINAL } else { IN_A_FILE };
        Progress {
            place,
            len,
            done: AtomicUsize::new(0),
            started: Instant::now(),
            interval,
            due: AtomicU64::new(nanoseconds(interval)),
            on_terminal,
        }
    }

    /// That many more iterations are done.
    pub fn add(&self, iterations: usize) {
        let done = self.done.fetch_add(iterations, Ordering::Relaxed) + iterations;
        let elapsed = self.started.elapsed();
        let (now, due) = (nanoseconds(elapsed), self.due.load(Ordering::Relaxed));
        let next = now.saturating_add(nanoseconds(self.interval));
        // Whoever moves the time on reports.
        if now >= due && self.due.compare_exchange(due, next, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            self.report(&Line { place: self.place, done, len: self.len, elapsed }, false);
        }
    }

    /// Reports the end, if anything was reported before or on a terminal.
    pub fn finish(self) {
        let elapsed = self.started.elapsed();
        if self.on_terminal || elapsed >= self.interval {
            let done = self.done.load(Ordering::Relaxed);
            self.report(&Line { place: self.place, done, len: self.len, elapsed }, true);
        }
    }

    fn report(&self, line: &Line, last: bool) {
        let text = match (self.on_terminal, last) {
            // Back to the start of the line, whose rest is erased.
            (true, false) => format!("\r{line}\x1b[K"),
            (true, true) => format!("\r{line}\x1b[K\n"),
            (false, _) => format!("{line}\n"),
        };
        // Nobody to tell if standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// `src/main.rs:12: 250 of 1000 (25 %), 1.5 s, 4.5 s left`
struct Line {
    place: &'static str,
    done: usize,
    len: Option<usize>,
    elapsed: Duration,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Line { place, done, len, elapsed } = self;
        let seconds = elapsed.as_secs_f64();
        match *len {
            Some(len) if len > 0 && *done > 0 => {
                let part = *done as f64 / len as f64;
                let left = seconds * (1.0 / part - 1.0);
                write!(
                    f,
                    "{place}: {done} of {len} ({:.0} %), {seconds:.1} s, {left:.1} s left",
                    part * 100.0
                )
            }
            _ => write!(f, "{place}: {done} done, {seconds:.1} s"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(done: usize, len: Option<usize>) -> String {
        Line { place: "a.rs:3", done, len, elapsed: Duration::from_millis(1500) }.to_string()
    }

    #[test]
    fn lines_say_how_far_and_how_long() {
        assert_eq!(line(250, Some(1000)), "a.rs:3: 250 of 1000 (25 %), 1.5 s, 4.5 s left");
        assert_eq!(line(7, None), "a.rs:3: 7 done, 1.5 s");
        assert_eq!(line(0, Some(10)), "a.rs:3: 0 done, 1.5 s");
        assert_eq!(line(0, Some(0)), "a.rs:3: 0 done, 1.5 s");
    }

    #[test]
    fn iterations_add_up() {
        let progress = Progress::new("a.rs:3", Some(10));
        progress.add(4);
        progress.add(5);
        assert_eq!(progress.done.load(Ordering::Relaxed), 9);
    }
}
