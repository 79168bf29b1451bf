//! How many units a participant takes next, and what time it has spent.

use super::job::Job;
use crate::pool::chunk_sizer::ChunkSizer;
use crate::pool::region::Schedule;

/// A participant's pace.
#[derive(Debug)]
pub(super) struct Pacer {
    schedule: Schedule,
    sizer: ChunkSizer,
    /// The piece size asked for, in units.
    fixed: Option<u32>,
    slots: u32,
    ticks: u64,
    items: u64,
}

impl Pacer {
    /// For a participant that runs alone, and does not measure pieces.
    pub(super) const UNTIMED: Self = Self {
        schedule: Schedule::Auto,
        sizer: ChunkSizer::in_ticks(0, 1, 1, 1),
        fixed: None,
        slots: 1,
        ticks: 0,
        items: 0,
    };

    pub(super) fn new(job: &Job<'_>) -> Self {
        let target = job.pool.sharing().piece;
        let share = (job.len / (4 * job.slots)).max(1);
        let piece = match job.site.and_then(|site| site.rate()) {
            Some(rate) => ((target as f32 * 0.5 / rate) as usize).clamp(1, share),
            None => 1,
        };
        let fixed = match job.schedule {
            Schedule::Dynamic | Schedule::Guided => Some(job.chunk.unwrap_or(1)),
            // A static chunk is a property of the partition, not of the taking.
            Schedule::Static => None,
            Schedule::Auto => job.chunk,
        };
        let slots = job.slots.min(u32::MAX as usize) as u32;
        let sizer = ChunkSizer::in_ticks(target, piece, 4, usize::MAX);
        Self { schedule: job.schedule, sizer, fixed, slots, ticks: 0, items: 0 }
    }

    /// How many of `left` units of `unit` iterations to take next.
    #[inline]
    pub(super) fn units(&self, left: u32, unit: usize) -> u32 {
        match (self.schedule, self.fixed) {
            (Schedule::Guided, fixed) => (left / (2 * self.slots)).max(fixed.unwrap_or(1)),
            (_, Some(fixed)) => fixed,
            (schedule, None) => {
                let whole = u32::try_from((self.sizer.size() / unit).max(1)).unwrap_or(u32::MAX);
                if schedule == Schedule::Static {
                    return whole;
                }
                // Half of the rest is left to thieves, unless it is too little to be worth stealing.
                whole.min(left.div_ceil(2).max(whole / 8))
            }
        }
    }

    /// How many iterations of a run in hand to give out next, in whole grains.
    pub(super) fn iterations(&self, grain: usize) -> usize {
        (self.sizer.size() / grain).max(1).saturating_mul(grain)
    }

    /// The participant begins a piece.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.sizer.begin();
    }

    /// The participant is done with a piece of `items` iterations, and at once begins the next.
    #[inline]
    pub(super) fn lap(&mut self, items: usize) {
        self.ticks += self.sizer.lap(items);
        self.items += items as u64;
    }

    /// Ticks and iterations so far.
    pub(super) fn spent(&self) -> (u64, u64) {
        (self.ticks, self.items)
    }
}
