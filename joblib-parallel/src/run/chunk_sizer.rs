//! How many tasks make the next batch.

use crate::options::BatchSize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Finds the size of the next batch from the time the last ones took.
///
/// After joblib's rule: a batch that took less than the target grows, one that took longer shrinks in
/// proportion at once, so that a run whose tasks slow down is not held up by batches sized for quick ones.
#[derive(Debug)]
pub(crate) struct ChunkSizer {
    size: AtomicUsize,
    fixed: bool,
    target: Duration,
    growth: usize,
    most: usize,
}

impl ChunkSizer {
    /// For batches worth `target`, each at most `growth` times the one before, and of at most `most` tasks.
    pub(crate) fn new(size: BatchSize, target: Duration, growth: usize, most: usize) -> Self {
        let (first, fixed) = match size {
            BatchSize::Auto => (1, false),
            BatchSize::Fixed(size) => (size.get(), true),
        };
        Self { size: AtomicUsize::new(first.min(most)), fixed, target, growth, most }
    }

    /// Tasks for the next batch, when `left` are known to be left for `n_jobs` workers.
    pub(crate) fn next(&self, left: Option<usize>, n_jobs: usize) -> usize {
        let size = self.size.load(Ordering::Relaxed);
        match left {
            Some(left) if !self.fixed => size.min(left / (2 * n_jobs)).max(1),
            _ => size.max(1),
        }
    }

    /// How many tasks have taken `time` of late; `None` where that is not measured.
    pub(crate) fn tasks_in(&self, time: Duration) -> Option<usize> {
        let size = self.size.load(Ordering::Relaxed);
        (!self.fixed).then(|| (size as f64 * time.as_secs_f64() / self.target.as_secs_f64()) as usize)
    }

    /// Learns from a batch of `tasks` that took `elapsed`.
    pub(crate) fn record(&self, tasks: usize, elapsed: Duration) {
        let size = self.size.load(Ordering::Relaxed);
        // A batch cut short at the end says nothing about the size.
        if self.fixed || tasks == 0 || tasks < size && elapsed < self.target {
            return;
        }
        let ideal = tasks as f64 * self.target.as_secs_f64() / elapsed.as_secs_f64().max(1e-9);
        let next = (ideal as usize).clamp(1, self.growth.saturating_mul(tasks).min(self.most).max(1));
        if next != size {
            self.size.store(next, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    const TARGET: Duration = Duration::from_micros(100);

    #[test]
    fn grows_on_tiny_tasks_and_shrinks_on_slow_ones() {
        let sizer = ChunkSizer::new(BatchSize::Auto, TARGET, 2, 1000);
        let mut tasks = sizer.next(None, 2);
        assert_eq!(tasks, 1);
        for _ in 0..20 {
            sizer.record(tasks, Duration::from_nanos(10 * tasks as u64));
            tasks = sizer.next(None, 2);
        }
        assert_eq!(tasks, 1000);
        sizer.record(tasks, Duration::from_millis(1000));
        assert_eq!(sizer.next(None, 2), 1);
    }

    #[test]
    fn leaves_work_for_everyone_near_the_end() {
        let sizer = ChunkSizer::new(BatchSize::Auto, TARGET, 2, usize::MAX);
        for _ in 0..20 {
            sizer.record(sizer.next(None, 1), Duration::ZERO);
        }
        assert_eq!(sizer.next(Some(40), 2), 10);
        assert_eq!(sizer.next(Some(1), 2), 1);
    }

    #[test]
    fn a_fixed_size_stays_and_is_never_zero() {
        let sizer = ChunkSizer::new(BatchSize::from(7), TARGET, 2, 100);
        sizer.record(7, Duration::from_secs(1));
        assert_eq!(sizer.next(Some(3), 2), 7);
        assert_eq!(BatchSize::from(0), BatchSize::Fixed(NonZeroUsize::MIN));
    }
}
