//! How large the next piece of a loop should be, so that it lasts about as long as intended.

use super::clock;
use super::job::Job;
use super::region::Schedule;

/// A participant's piece size and the time it has spent.
#[derive(Debug)]
pub(super) struct Pace {
    schedule: Schedule,
    /// Iterations per piece.
    piece: usize,
    /// The piece size asked for, in units.
    fixed: Option<u32>,
    slots: u32,
    /// How long a piece shall take, in ticks.
    target: u64,
    lap_started: u64,
    ticks: u64,
    items: u64,
}

impl Pace {
    /// For a participant that runs alone, and does not measure pieces.
    pub(super) const UNTIMED: Self = Self {
        schedule: Schedule::Auto,
        piece: 1,
        fixed: None,
        slots: 1,
        target: 0,
        lap_started: 0,
        ticks: 0,
        items: 0,
    };

    pub(super) fn new(job: &Job<'_>) -> Self {
        let target = job.pool.registry().tuning.piece;
        let share = (job.len / (4 * job.slots)).max(1);
        let piece = match job.site.and_then(|site| site.rate()) {
            Some(rate) => ((target as f32 * 0.5 / rate) as usize).clamp(1, share),
            None => 1,
        };
        let fixed = match job.schedule {
            Schedule::Dynamic | Schedule::Guided => Some(job.chunk.unwrap_or(1)),
            // A static chunk is a property of the dealing, not of the taking.
            Schedule::Static => None,
            Schedule::Auto => job.chunk,
        };
        let slots = job.slots.min(u32::MAX as usize) as u32;
        Self { schedule: job.schedule, piece, fixed, slots, target, lap_started: 0, ticks: 0, items: 0 }
    }

    /// How many of `left` units of `unit` iterations to take next.
    #[inline]
    pub(super) fn units(&self, left: u32, unit: usize) -> u32 {
        match (self.schedule, self.fixed) {
            (Schedule::Guided, fixed) => (left / (2 * self.slots)).max(fixed.unwrap_or(1)),
            (_, Some(fixed)) => fixed,
            (schedule, None) => {
                let whole = u32::try_from((self.piece / unit).max(1)).unwrap_or(u32::MAX);
                if schedule == Schedule::Static {
                    return whole;
                }
                // Half of the rest stays for thieves, but crumbs do not pay.
                whole.min(left.div_ceil(2).max(whole / 8))
            }
        }
    }

    /// How many iterations of a run in hand to give out next, in whole grains.
    pub(super) fn iterations(&self, grain: usize) -> usize {
        (self.piece / grain).max(1).saturating_mul(grain)
    }

    /// The participant begins a piece.
    #[inline]
    pub(super) fn begin(&mut self) {
        self.lap_started = clock::ticks();
    }

    /// The participant is done with a piece of `items` iterations, and at once begins the next.
    #[inline]
    pub(super) fn lap(&mut self, items: usize) {
        let now = clock::ticks();
        let ticks = now.saturating_sub(self.lap_started);
        self.lap_started = now;
        self.ticks += ticks;
        self.items += items as u64;
        let aim = items as f32 * (self.target as f32 / ticks.max(1) as f32);
        self.piece = (aim as usize).min(self.piece.saturating_mul(4)).max(1);
    }

    /// Ticks and iterations so far.
    pub(super) fn spent(&self) -> (u64, u64) {
        (self.ticks, self.items)
    }
}
