//! The options of one loop.

use crate::cpu::effective_n_jobs;
use crate::pool::{Region, Schedule, Site};

/// The most blocks a loop of known length is split into for its reductions.
///
/// Up to this many iterations each is a block of its own, and merging in loop order is what the plain loop
/// does.
const MAX_BLOCKS: usize = 4096;

/// A loop of this length is hardly meant to reach its end. A participant that has begun a block or part when
/// another leaves the loop finishes it, so they are short there.
const ENDLESS: usize = u32::MAX as usize;
const BLOCK_OF_THE_ENDLESS: usize = 1024;
const PART_OF_THE_ENDLESS: usize = 1 << 16;

/// How many iterations make a block, in a loop of known length.
#[inline]
#[must_use]
pub fn block_len(len: usize) -> usize {
    if len >= ENDLESS { BLOCK_OF_THE_ENDLESS } else { len.div_ceil(MAX_BLOCKS).max(1) }
}

/// How a loop is to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan<'a> {
    site: &'a Site,
    /// As set, if it was.
    n_jobs: Option<Option<usize>>,
    alone: bool,
    schedule: Schedule,
    chunk: Option<usize>,
    blocks: bool,
    longest_part: usize,
}

impl<'a> Plan<'a> {
    /// The defaults, for the loop at `site`.
    #[inline]
    pub fn new(site: &'a Site) -> Self {
        Plan {
            site,
            n_jobs: None,
            alone: false,
            schedule: Schedule::Auto,
            chunk: None,
            blocks: false,
            longest_part: usize::MAX,
        }
    }

    /// `n_jobs = ..`
    ///
    /// # Panics
    /// If it is zero.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn n_jobs(mut self, n_jobs: impl Jobs) -> Self {
        self.n_jobs = Some(n_jobs.limit());
        self
    }

    /// `schedule = ..`
    #[inline]
    #[must_use]
    pub fn schedule(mut self, schedule: Schedule) -> Self {
        self.schedule = schedule;
        self
    }

    /// `chunk = ..`
    ///
    /// # Panics
    /// If it is zero.
    #[inline]
    #[track_caller]
    #[must_use]
    pub fn chunk(mut self, chunk: usize) -> Self {
        assert!(chunk > 0, "`chunk` is the number of iterations handed out together: it must be 1 at least");
        self.chunk = Some(chunk);
        self
    }

    /// `if = ..`: otherwise the loop runs on the calling thread, with the same result.
    #[inline]
    #[must_use]
    pub fn only_if(mut self, condition: bool) -> Self {
        self.alone |= !condition;
        self
    }

    /// Whether an accumulator's rounding depends on where it is merged, so that the places must be fixed.
    #[inline]
    #[must_use]
    pub fn in_blocks(mut self, blocks: bool) -> Self {
        self.blocks |= blocks;
        self
    }

    /// The most iterations a part may have.
    #[inline]
    #[must_use]
    pub fn in_parts(mut self, longest: usize) -> Self {
        self.longest_part = longest;
        self
    }

    pub(super) fn site(&self) -> &'a Site {
        self.site
    }

    pub(super) fn jobs(&self) -> Option<usize> {
        if self.alone { Some(1) } else { self.n_jobs.flatten() }
    }

    /// The value of `n_jobs`, if it was set.
    #[must_use]
    pub fn asked_jobs(&self) -> Option<Option<usize>> {
        self.n_jobs
    }

    /// Whether the loop runs on the calling thread, by `if`.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.alone
    }

    /// Whether rounding depends on where accumulators are merged.
    #[must_use]
    pub fn has_blocks(&self) -> bool {
        self.blocks
    }

    /// How many iterations are handed out together, if that was set.
    #[must_use]
    pub fn chunk_len(&self) -> Option<usize> {
        self.chunk
    }

    /// How many iterations make a part: a function of the length alone.
    #[inline]
    pub(super) fn block_len(&self, len: usize) -> usize {
        if self.blocks { block_len(len) } else { usize::MAX }
    }

    /// How many iterations a participant gets at once, at most.
    #[inline]
    pub(super) fn part_len(&self, len: usize) -> usize {
        let longest = if len >= ENDLESS { PART_OF_THE_ENDLESS } else { usize::MAX };
        self.block_len(len).min(self.longest_part).min(longest)
    }

    /// The same for the pool.
    #[inline]
    pub(super) fn region(&self, len: usize) -> Region<'a> {
        let mut region = Region::new(len).site(self.site).schedule(self.schedule);
        if let Some(n_jobs) = self.jobs() {
            region = region.n_jobs(n_jobs);
        }
        if let Some(chunk) = self.chunk {
            region = region.chunk(chunk);
        }
        if self.blocks { region.grain(self.block_len(len)) } else { region }
    }
}

/// A number of jobs as Python's joblib reads it.
#[diagnostic::on_unimplemented(
    message = "`n_jobs` takes an integer, not `{Self}`",
    label = "write a number: 4 threads at most, -1 for all, -2 for all but one"
)]
pub trait Jobs {
    /// The most participants; `None` for as many as the pool has threads.
    fn limit(self) -> Option<usize>;
}

macro_rules! jobs {
    ($($int:ident),*) => {$(
        impl Jobs for $int {
            #[inline]
            #[track_caller]
            fn limit(self) -> Option<usize> {
                // A number that does not fit is more than any machine has.
                resolve(isize::try_from(self).unwrap_or(isize::MAX))
            }
        }
    )*};
}

jobs!(u8, u16, u32, u64, usize, i8, i16, i32, i64, isize);

impl<J: Jobs> Jobs for Option<J> {
    #[inline]
    #[track_caller]
    fn limit(self) -> Option<usize> {
        self.and_then(Jobs::limit)
    }
}

#[track_caller]
fn resolve(n_jobs: isize) -> Option<usize> {
    // All threads of the pool the loop runs on, which need not be one per processor.
    if n_jobs == -1 {
        return None;
    }
    match effective_n_jobs(n_jobs) {
        Ok(n_jobs) => Some(n_jobs),
        Err(error) => panic!("{error}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn n_jobs_follows_python() {
        assert_eq!((-1).limit(), None);
        assert_eq!(3_usize.limit(), Some(3));
        assert_eq!((-2).limit(), Some(crate::cpu_count().saturating_sub(1).max(1)));
        assert_eq!(isize::MIN.limit(), Some(1));
        assert_eq!(None::<i32>.limit(), None);
    }

    #[test]
    #[should_panic(expected = "has no meaning")]
    fn zero_jobs_are_refused() {
        let _ = 0.limit();
    }

    #[test]
    fn blocks_depend_on_the_length_alone() {
        let site = Site::new();
        let plan = Plan::new(&site).in_blocks(true);
        assert_eq!(plan.block_len(0), 1);
        assert_eq!(plan.block_len(4096), 1);
        assert_eq!(plan.block_len(4097), 2);
        assert_eq!(plan.block_len(usize::MAX), 1024);
        assert_eq!(plan.n_jobs(1).block_len(1 << 20), 256);
    }
}
