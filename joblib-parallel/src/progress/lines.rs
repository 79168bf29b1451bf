//! Progress where there is no terminal: a line when a tenth is done, but not more than one in two seconds.

use super::{BatchReport, Reporter, RunEnd};
use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

pub(super) struct Lines(Mutex<Said>);

struct Said {
    at: Duration,
    tenths: usize,
}

const APART: Duration = Duration::from_secs(2);

impl Lines {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Said { at: Duration::ZERO, tenths: 0 }))
    }

    /// The line to be said after a batch, if one is due.
    fn due(&self, batch: &BatchReport) -> Option<String> {
        let mut said = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let tenths = batch.total.filter(|&total| total > 0).map(|total| batch.done * 10 / total);
        let waited = batch.end.saturating_sub(said.at);
        if waited < APART || tenths == Some(said.tenths) && waited < 10 * APART {
            return None;
        }
        *said = Said { at: batch.end, tenths: tenths.unwrap_or(0) };
        let rate = batch.done as f64 / batch.end.as_secs_f64();
        let mut line = format!("{} tasks", batch.done);
        if let Some(total) = batch.total {
            let left = (total - batch.done.min(total)) as f64 / rate;
            let _ = write!(line, " of {total}, {left:.0} s left");
        }
        let _ = write!(line, ", {rate:.1} a second");
        Some(line)
    }
}

impl Reporter for Lines {
    fn batch(&self, batch: &BatchReport) {
        if let Some(line) = self.due(batch) {
            let _ = writeln!(std::io::stderr(), "joblib: {line}");
        }
    }

    fn end(&self, run: &RunEnd) {
        if run.elapsed >= APART {
            let _ = writeln!(
                std::io::stderr(),
                "joblib: {} tasks in {:.1} s",
                run.done,
                run.elapsed.as_secs_f64()
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_and_with_the_time_left() {
        let lines = Lines::new();
        let at = |seconds: u64, done| {
            let end = Duration::from_secs(seconds);
            let total = Some(100);
            lines.due(&BatchReport { worker: 0, first: 0, tasks: 1, begin: end, end, done, total })
        };
        assert_eq!(at(1, 50), None);
        assert_eq!(at(5, 50).unwrap(), "50 tasks of 100, 5 s left, 10.0 a second");
        assert_eq!(at(6, 60), None);
        assert_eq!(at(10, 51), None);
        assert_eq!(at(26, 52).unwrap(), "52 tasks of 100, 24 s left, 2.0 a second");
    }
}
