//! Progress as lines. Where no bar can be drawn, a line when a tenth is done, but not more than one in two
//! seconds; and at the end, how long it took.

use joblib_core::output;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

pub(super) struct Lines {
    label: &'static str,
    total: Option<usize>,
    started: Instant,
    done: AtomicUsize,
    /// When the last line was written, in nanoseconds after the start.
    said: AtomicU64,
    /// How many tenths were done then.
    tenths: AtomicUsize,
}

const APART: Duration = Duration::from_secs(2);

impl Lines {
    pub(super) fn start(label: &'static str, total: Option<usize>) -> Self {
        let (done, said, tenths) = (AtomicUsize::new(0), AtomicU64::new(0), AtomicUsize::new(0));
        Self { label, total, started: Instant::now(), done, said, tenths }
    }

    pub(super) fn add(&self, done: usize) {
        if let Some(line) = self.due(done, self.started.elapsed()) {
            say(self.label, &line);
        }
    }

    pub(super) fn finish(&self) {
        let elapsed = self.started.elapsed();
        if elapsed >= APART {
            let done = self.done.load(Ordering::Relaxed);
            say(self.label, &in_all(done, self.total, elapsed));
        }
    }

    /// The line to be written when so many more are done at `now`, if one is due.
    fn due(&self, more: usize, now: Duration) -> Option<String> {
        let done = self.done.fetch_add(more, Ordering::Relaxed) + more;
        let said = self.said.load(Ordering::Relaxed);
        let waited = now.saturating_sub(Duration::from_nanos(said));
        if waited < APART {
            return None;
        }
        let tenths = self.total.filter(|&total| total > 0).map_or(0, |total| done.saturating_mul(10) / total);
        if self.total.is_some() && tenths == self.tenths.load(Ordering::Relaxed) && waited < 10 * APART {
            return None;
        }
        // Whoever advances the time writes the line.
        let nanos = u64::try_from(now.as_nanos()).unwrap_or(u64::MAX);
        self.said.compare_exchange(said, nanos, Ordering::Relaxed, Ordering::Relaxed).ok()?;
        self.tenths.store(tenths, Ordering::Relaxed);
        let rate = done as f64 / now.as_secs_f64();
        let mut line = format!("{done}");
        if let Some(total) = self.total {
            let part = done as f64 / total.max(1) as f64 * 100.0;
            let left = total.saturating_sub(done) as f64 / rate;
            let _ = write!(line, " of {total} ({part:.0} %), {left:.0} s left");
        }
        let _ = write!(line, ", {rate:.1} a second");
        Some(line)
    }
}

/// What is said at the end.
pub(super) fn in_all(done: usize, total: Option<usize>, elapsed: Duration) -> String {
    let seconds = elapsed.as_secs_f64();
    match total {
        Some(total) if done < total => format!("{done} of {total} done in {seconds:.1} s"),
        _ => format!("{done} done in {seconds:.1} s"),
    }
}

/// Writes a line.
pub(super) fn say(label: &str, line: &str) {
    output::write_line(true, &format!("{label}: {line}"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_and_with_the_time_left() {
        let lines = Lines::start("a.rs:3", Some(100));
        let at = |seconds: u64, more| lines.due(more, Duration::from_secs(seconds));
        assert_eq!(at(1, 50), None);
        assert_eq!(at(5, 0).unwrap(), "50 of 100 (50 %), 5 s left, 10.0 a second");
        assert_eq!(at(6, 10), None);
        assert_eq!(at(8, 0).unwrap(), "60 of 100 (60 %), 5 s left, 7.5 a second");
        assert_eq!(at(12, 1), None);
        assert_eq!(at(28, 1).unwrap(), "62 of 100 (62 %), 17 s left, 2.2 a second");
        let lines = Lines::start("a.rs:3", None);
        assert_eq!(lines.due(7, Duration::from_secs(2)).unwrap(), "7, 3.5 a second");
        assert_eq!(lines.due(7, Duration::from_secs(3)), None);
        assert_eq!(in_all(7, None, Duration::from_millis(1500)), "7 done in 1.5 s");
        assert_eq!(in_all(7, Some(7), Duration::from_millis(1500)), "7 done in 1.5 s");
        assert_eq!(in_all(7, Some(10), Duration::from_millis(1500)), "7 of 10 done in 1.5 s");
    }
}
