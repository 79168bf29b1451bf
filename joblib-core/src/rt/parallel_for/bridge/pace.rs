//! How many items a participant pulls at once: one at first, at most twice as many the next time, and no more
//! than keep it busy for [`BATCH_TIME`]. Slow bodies get items one by one, cheap ones pay for their turn once
//! in many.

use std::time::{Duration, Instant};

use super::MAX_BATCH;

/// How long a batch should keep its participant busy.
const BATCH_TIME: Duration = Duration::from_micros(20);

/// The pace of one participant.
pub(super) struct Pace {
    batch: usize,
    /// When the batch in hand was begun.
    since: Option<Instant>,
}

impl Pace {
    pub(super) fn new() -> Self {
        Pace { batch: 1, since: None }
    }

    /// A batch is begun.
    pub(super) fn begin(&mut self) {
        self.since = Some(Instant::now());
    }

    /// Its `count` items are done.
    pub(super) fn end(&mut self, count: usize) {
        if let Some(since) = self.since.take() {
            let spent = since.elapsed().as_nanos().max(1);
            let in_time = BATCH_TIME.as_nanos() * count as u128 / spent;
            let most = (self.batch * 2).min(MAX_BATCH);
            self.batch = usize::try_from(in_time).unwrap_or(most).clamp(1, most);
        }
    }

    /// The length of the next batch.
    pub(super) fn batch(&self) -> usize {
        self.batch
    }
}
