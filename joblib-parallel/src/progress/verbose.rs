//! Python joblib's lines for `verbose = N`.

use super::{BatchReport, Reporter, RunEnd, RunStart};
use joblib_core::output;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Prints to standard error, from level 50 on to standard output. Above 10 every batch has its line; below,
/// the lines are further and further apart.
pub(crate) struct Verbose {
    level: u32,
    n_jobs: AtomicUsize,
    batches: AtomicUsize,
}

impl Verbose {
    pub(crate) fn new(level: u32) -> Self {
        Self { level, n_jobs: AtomicUsize::new(1), batches: AtomicUsize::new(0) }
    }

    fn say(&self, text: &str) {
        let line = format!("[Parallel(n_jobs={})]: {text}", self.n_jobs.load(Ordering::Relaxed));
        output::say(self.level < 50, &line);
    }
}

impl Reporter for Verbose {
    fn begin(&self, run: &RunStart) {
        self.n_jobs.store(run.n_jobs, Ordering::Relaxed);
        self.say(&format!("Using backend {} with {} concurrent workers.", run.backend, run.n_jobs));
    }

    fn batch(&self, batch: &BatchReport) {
        let batches = self.batches.fetch_add(1, Ordering::Relaxed);
        if is_due(batches, self.level) && batch.total != Some(batch.done) {
            self.say(&line(batch));
        }
    }

    fn end(&self, run: &RunEnd) {
        let (done, width) = (run.done, width(run.done));
        let elapsed = short_time(run.elapsed);
        self.say(&format!("Done {done:width$} out of {done:width$} | elapsed: {elapsed} finished"));
    }
}

fn line(batch: &BatchReport) -> String {
    let (done, elapsed) = (batch.done, short_time(batch.end));
    match batch.total {
        Some(total) => {
            let left = batch.end.mul_f64((total - done.min(total)) as f64 / done.max(1) as f64);
            let (width, remaining) = (width(total), short_time(left));
            format!("Done {done:width$} out of {total:width$} | elapsed: {elapsed} remaining: {remaining}")
        }
        None => format!("Done {done:3} tasks      | elapsed: {elapsed}"),
    }
}

/// Whether the batch of this number has a line: the square root of the number, scaled by the level, has
/// reached another whole number.
fn is_due(batch: usize, level: u32) -> bool {
    if level > 10 || batch == 0 {
        return level > 0;
    }
    let scale = 0.5 * f64::from(11 - level).powi(2);
    let step = |batch: usize| (batch as f64 / scale).sqrt() as u64;
    level > 0 && step(batch + 1) != step(batch)
}

fn width(number: usize) -> usize {
    number.max(1).ilog10() as usize + 1
}

fn short_time(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    if seconds > 60.0 { format!("{:4.1}min", seconds / 60.0) } else { format!(" {seconds:5.1}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pythons_texts() {
        let report = |done, total| {
            let end = Duration::from_millis(1500);
            line(&BatchReport { worker: 0, first: 0, tasks: 1, begin: end, end, done, total })
        };
        assert_eq!(report(14, None), "Done  14 tasks      | elapsed:    1.5s");
        assert_eq!(report(5, Some(20)), "Done  5 out of 20 | elapsed:    1.5s remaining:    4.5s");
        assert_eq!(short_time(Duration::from_secs(90)), " 1.5min");
    }

    #[test]
    fn pythons_spacing() {
        let due = |level| (0..200).filter(|&batch| is_due(batch, level)).collect::<Vec<_>>();
        assert_eq!(due(0), Vec::<usize>::new());
        assert_eq!(due(11).len(), 200);
        // By joblib's own `_verbosity_filter`.
        assert_eq!(due(1), [0, 49, 199]);
        assert_eq!(due(5), [0, 17, 71, 161]);
        assert_eq!(due(10).len(), 20);
    }
}
