//! The description of a parallel loop.

use super::site::Site;

/// How iterations are divided among the participants of a loop.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Schedule {
    /// Each participant has an equal share, takes it in pieces that last about ten microseconds, and when it
    /// is done takes half of what the slowest other has left. The right choice unless measured otherwise.
    #[default]
    Auto,
    /// Equal shares that stay with their participant: consecutive loops touch the same memory from
    /// the same thread. With a chunk size, chunks go round robin. A share whose participant never came is
    /// taken over whole.
    Static,
    /// Pieces of the chunk size (one by default), in loop order, to whoever asks next.
    Dynamic,
    /// Pieces in loop order of half an equal share of what is left, never smaller than the chunk size.
    Guided,
}

/// One parallel loop: how long it is and how to divide it.
///
/// ```
/// use joblib::pool::{Pool, Region, Schedule};
/// use std::sync::atomic::{AtomicU64, Ordering};
///
/// let sum = AtomicU64::new(0);
/// let region = Region::new(1000).schedule(Schedule::Guided).grain(10);
/// Pool::global().run(&region, |ranges| {
///     let mut part = 0;
///     while let Some(range) = ranges.next() {
///         part += range.map(|i| i as u64).sum::<u64>();
///     }
///     sum.fetch_add(part, Ordering::Relaxed);
/// });
/// assert_eq!(sum.into_inner(), 499_500);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Region<'a> {
    pub(super) len: usize,
    pub(super) site: Option<&'a Site>,
    pub(super) n_jobs: Option<usize>,
    pub(super) schedule: Schedule,
    pub(super) chunk: Option<usize>,
    pub(super) grain: usize,
}

impl<'a> Region<'a> {
    /// A loop over `0..len`.
    #[must_use]
    pub const fn new(len: usize) -> Self {
        Self { len, site: None, n_jobs: None, schedule: Schedule::Auto, chunk: None, grain: 1 }
    }

    /// The profile of the loop's place in the source. Without one every run is a first run.
    #[must_use]
    pub const fn site(mut self, site: &'a Site) -> Self {
        self.site = Some(site);
        self
    }

    /// At most how many participants run at once; the pool's size by default, and 1 at least. One means: in
    /// order, on the caller alone. For more than the pool's size further threads are started for this loop.
    #[must_use]
    pub const fn n_jobs(mut self, n_jobs: usize) -> Self {
        self.n_jobs = Some(n_jobs);
        self
    }

    /// How iterations are divided among the participants.
    #[must_use]
    pub const fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// The piece size of the schedule, in iterations; rounded up to whole grains. Zero means none.
    #[must_use]
    pub const fn chunk(mut self, chunk: usize) -> Self {
        self.chunk = if chunk == 0 { None } else { Some(chunk) };
        self
    }

    /// Every range handed out starts at a multiple of `grain`, and ends at one or at the loop's end: sums
    /// over blocks of a grain do not depend on who ran them or when.
    #[must_use]
    pub const fn grain(mut self, grain: usize) -> Self {
        self.grain = if grain == 0 { 1 } else { grain };
        self
    }
}
