//! One call of `Pool::run`: the loop in units, and where it was left.

use super::sharing::Sharing;
use crate::pool::handle::Pool;
use crate::pool::region::{Region, Schedule};
use crate::pool::site::Site;
use crate::pool::threads::sync::{AtomicUsize, Ordering};
use std::ops::Range;

/// A loop being run. It lives on the caller's stack until every participant has left.
pub(super) struct Job<'r> {
    pub(super) pool: &'r Pool,
    pub(super) site: Option<&'r Site>,
    pub(super) schedule: Schedule,
    pub(super) len: usize,
    pub(super) grain: usize,
    /// Iterations per unit: a multiple of the grain, large enough for the units to be counted in 32 bits.
    pub(super) unit: usize,
    pub(super) units: u32,
    /// The chunk the caller asked for, in units.
    pub(super) chunk: Option<u32>,
    /// How many participants there may be.
    pub(super) slots: usize,
    /// Iterations from here on need not run.
    pub(super) bound: AtomicUsize,
}

impl<'r> Job<'r> {
    pub(super) fn new(pool: &'r Pool, region: &Region<'r>) -> Self {
        let (unit, units) = in_units(region.len, region.grain);
        let slots = region
            .n_jobs
            .unwrap_or_else(|| pool.num_threads())
            .min(units as usize)
            .clamp(1, pool.registry().capacity());
        Self {
            pool,
            site: region.site,
            schedule: region.schedule,
            len: region.len,
            grain: region.grain,
            unit,
            units,
            chunk: region.chunk.map(|chunk| chunk.div_ceil(unit).min(u32::MAX as usize) as u32),
            slots,
            bound: AtomicUsize::new(region.len),
        }
    }

    /// The first iteration of a unit.
    pub(super) fn start_of(&self, unit: u32) -> usize {
        (unit as usize).saturating_mul(self.unit).min(self.len)
    }

    /// The iterations of some units.
    pub(super) fn iterations(&self, start: u32, end: u32) -> Range<usize> {
        self.start_of(start)..self.start_of(end)
    }

    /// Units from this one on are past the bound.
    pub(super) fn bound_unit(&self) -> u32 {
        let bound = self.bound();
        if bound >= self.len { self.units } else { bound.div_ceil(self.unit) as u32 }
    }

    /// Iterations from here on need not run.
    pub(super) fn bound(&self) -> usize {
        self.bound.load(Ordering::Relaxed)
    }

    pub(super) fn leave_at(&self, index: usize) {
        self.bound.fetch_min(index, Ordering::Relaxed);
    }

    /// What to do if the rest is expected to take so many ticks (`None`: no idea).
    pub(super) fn judge(&self, left: Option<f32>) -> Sharing {
        self.pool.sharing().judge(left, &self.pool.registry().sleepers)
    }

    /// Learns from a run of `items` iterations that took `ticks`.
    pub(super) fn record(&self, ticks: u64, items: usize) {
        if let Some(site) = self.site {
            site.record(ticks, items as u64);
        }
    }

    /// `range` without what is past the bound, in whole grains.
    pub(super) fn clip(&self, range: Range<usize>) -> Range<usize> {
        let bound = self.bound();
        if range.end <= bound {
            return range;
        }
        let past = bound.div_ceil(self.grain).saturating_mul(self.grain);
        range.start..range.end.min(past).max(range.start)
    }
}

/// Iterations per unit, and how many units there are.
#[inline]
fn in_units(len: usize, grain: usize) -> (usize, u32) {
    if let (1, Ok(units)) = (grain, u32::try_from(len)) {
        // The usual case, without the divisions.
        return (1, units);
    }
    let grains = len.div_ceil(grain);
    match u32::try_from(grains) {
        Ok(units) => (grain, units),
        Err(_) => {
            let unit = grain.saturating_mul(grains.div_ceil(u32::MAX as usize));
            (unit, len.div_ceil(unit) as u32)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::in_units;

    #[test]
    fn units_are_whole_grains_and_cover_the_loop() {
        for len in
            [1, 7, u32::MAX as usize, (u32::MAX as usize).saturating_add(1), usize::MAX / 2, usize::MAX]
        {
            for grain in [1, 2, 1000, usize::MAX >> 24, usize::MAX] {
                let (unit, units) = in_units(len, grain);
                assert!(unit >= grain && (unit % grain == 0 || unit == usize::MAX), "{len} {grain}");
                let (unit, units) = (unit as u128, u128::from(units));
                assert!(unit * units >= len as u128 && unit * (units - 1) < len as u128, "{len} {grain}");
            }
        }
    }
}
